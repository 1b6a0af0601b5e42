//! Each function is told what it asks for, and nothing else.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::deployed::Deployed;
use crate::document::{Document, file};
use crate::rights::ALL;

/// What is set for others than the code that asks the environment for its settings.
const SET_FOR_OTHERS: [(&str, &str, &str); 5] = [
    ("", "AWS_ENDPOINT_URL", "the AWS SDK"),
    ("", "METRICS_NAMESPACE", "what writes the metrics"),
    ("ResegmentFunction", "WEBHOOK_URL", "the operator's tool"),
    ("ResegmentFunction", "WEBHOOK_SECRET_ID", "the operator's tool"),
    ("ResegmentFunction", "EVENT_BUS_NAME", "the operator's tool"),
];

#[tokio::test]
async fn each_function_is_told_what_it_asks_for_and_nothing_else() {
    let stack = Deployed::open().await;
    for function in ALL {
        let (set, mut asked) = stack.variables(function);
        for (of, variable, _) in SET_FOR_OTHERS {
            if of.is_empty() || of == function {
                assert!(asked.insert(variable.to_owned()), "{function} asks for {variable} itself");
            }
        }
        assert_eq!(set, asked, "{function}");
    }
}

/// The literals in a source that look like a variable's name.
fn variables(source: &Path) -> Vec<String> {
    let source = fs::read_to_string(source).unwrap();
    let literals = source.split('"').skip(1).step_by(2);
    let is_variable = |text: &&str| {
        text.contains('_')
            && text.starts_with(|first: char| first.is_ascii_uppercase())
            && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
    };
    literals.filter(is_variable).map(str::to_owned).collect()
}

/// The test above knows the parts of the functions, and not what their `main` asks for beside.
#[test]
fn no_variable_stands_in_the_functions_sources_that_the_template_does_not_set() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut named = BTreeSet::new();
    for source in ["env", "services", "telemetry"] {
        named.extend(variables(&root.join(format!("shared/runtime/src/{source}.rs"))));
    }
    for function in ["webhook", "sync-customer", "refresh-groups", "resegment"] {
        named.extend(variables(&root.join("functions").join(function).join("src/main.rs")));
    }
    assert!(named.contains("SHOPIFY_SHOP"), "{named:?}");
    let document = Document::read();
    let of_all = document.at("Globals/Function/Environment/Variables").as_mapping().unwrap();
    let own = document
        .functions()
        .into_iter()
        .flat_map(|function| function.get("Environment/Variables").as_mapping().unwrap().keys());
    let set: BTreeSet<_> = of_all.keys().chain(own).map(|name| name.as_str().unwrap()).collect();
    // Lambda sets its own.
    let by_lambda = |name: &str| name.starts_with("AWS_LAMBDA_");
    let unset: Vec<_> =
        named.iter().filter(|name| !set.contains(name.as_str()) && !by_lambda(name)).collect();
    assert_eq!(unset, [""; 0]);
}

#[test]
fn the_readme_says_which_function_is_told_what() {
    let document = Document::read();
    let readme = file("README.md");
    let begin = readme.find("| variable | default | what it is | used by |").unwrap();
    let rows = readme[begin..].lines().skip(2).take_while(|line| line.starts_with('|'));
    let listed: BTreeSet<(String, String)> = rows
        .flat_map(|row| {
            let cells: Vec<_> = row.trim_matches('|').split(" | ").collect();
            let (variable, users) = (cells[0].trim().replace('`', ""), cells[3].trim().to_owned());
            let functions = document.functions().into_iter().map(|function| function.id);
            let named = functions.filter(move |id| users == "all" || is_named(&users, id));
            named.map(|id| (id.to_owned(), variable.clone())).collect::<Vec<_>>()
        })
        .filter(|(_, variable)| !variable.starts_with("AWS_LAMBDA_"))
        .collect();
    let of_all = document.at("Globals/Function/Environment/Variables").as_mapping().unwrap();
    let told: BTreeSet<_> = document
        .functions()
        .into_iter()
        .flat_map(|function| {
            let own = function.get("Environment/Variables").as_mapping().unwrap();
            let names = of_all.keys().chain(own.keys());
            names.map(move |name| (function.id.to_owned(), name.as_str().unwrap().to_owned()))
        })
        .collect();
    assert_eq!(listed, told);
}

/// Whether a list of functions by their folders' names has this one.
fn is_named(users: &str, id: &str) -> bool {
    let folder = match id {
        "WebhookFunction" => "webhook",
        "SyncCustomerFunction" => "sync-customer",
        "RefreshGroupsFunction" => "refresh-groups",
        _ => "resegment",
    };
    users.split([',', ';', ' ']).any(|word| word == folder)
}
