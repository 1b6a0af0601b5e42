//! What is asked for at `sam deploy --guided`, and what is told at the end.

use crate::document::{Document, file, text, texts};

/// What a deployment cannot do without.
const ASKED: [&str; 2] = ["ShopifyShop", "OktaOrgUrl"];

#[test]
fn each_parameter_is_described_bounded_and_has_a_default_but_the_shop_and_the_org() {
    let document = Document::read();
    for parameter in document.parts("Parameters") {
        let (id, has) = (parameter.id, |key: &str| !parameter.value[key].is_null());
        assert!(has("Description"), "{id}");
        assert_eq!(has("Default"), !ASKED.contains(&id), "{id}");
        let is_number = parameter.value["Type"] == "Number";
        let is_bounded = has("AllowedValues")
            || (is_number && has("MinValue") && has("MaxValue"))
            || (!is_number && has("AllowedPattern") && has("ConstraintDescription"));
        assert!(is_bounded, "{id}");
    }
}

#[test]
fn each_parameter_is_used_and_has_its_place_in_the_console() {
    let document = Document::read();
    let groups = "Metadata/AWS::CloudFormation::Interface/ParameterGroups";
    let groups = document.at(groups).as_sequence().unwrap().iter();
    let mut shown: Vec<_> = groups.flat_map(|group| texts(&group["Parameters"])).collect();
    shown.sort();
    let parameters = document.parts("Parameters");
    let mut ids: Vec<_> = parameters.iter().map(|parameter| parameter.id).collect();
    ids.sort_unstable();
    assert_eq!(shown, ids);
    let template = file("template.yaml");
    for id in ids {
        let uses = [format!("!Ref {id}"), format!("${{{id}}}")];
        let is_used = |line: &str| {
            uses.iter().any(|name| {
                line.match_indices(name.as_str()).any(|(at, _)| {
                    !line[at + name.len()..].starts_with(|next: char| next.is_alphanumeric())
                })
            })
        };
        assert!(template.lines().any(is_used), "{id} is not used");
    }
}

#[test]
fn the_readme_lists_each_parameter_with_its_default() {
    let document = Document::read();
    let readme = file("README.md");
    for parameter in document.parts("Parameters") {
        let start = format!("| `{}` | ", parameter.id);
        let row = readme.lines().find_map(|line| line.strip_prefix(start.as_str()));
        let row = row.unwrap_or_else(|| panic!("the README does not list {}", parameter.id));
        let default = match text(&parameter.value["Default"]) {
            default if default.is_empty() => String::new(),
            default => format!("`{default}`"),
        };
        let listed = row.split(" | ").next().unwrap().trim();
        assert_eq!(listed, default, "{}", parameter.id);
    }
}

#[test]
fn the_outputs_tell_the_webhooks_address_the_names_and_the_dashboard() {
    let document = Document::read();
    for output in document.parts("Outputs") {
        assert!(!output.value["Description"].is_null(), "{}", output.id);
    }
    let output = |id: &str| text(document.at(&format!("Outputs/{id}/Value")));
    assert!(output("WebhookUrl").ends_with(webhook::PATH));
    assert!(output("DashboardUrl").ends_with("/${Dashboard}"));
    let told: Vec<_> =
        document.parts("Outputs").iter().map(|part| text(&part.value["Value"])).collect();
    let kept = ["AWS::DynamoDB::Table", "AWS::SQS::Queue"];
    for part in kept.into_iter().flat_map(|kind| document.of_type(kind)) {
        assert!(told.contains(&format!("${{{}}}", part.id)), "no output tells {}", part.id);
    }
    for secret in document.of_type("AWS::SecretsManager::Secret") {
        assert!(told.contains(&secret.text("Name")), "no output tells {}", secret.id);
    }
}
