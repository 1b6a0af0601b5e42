//! Where a pin shows: `segments pins`, and every other command that tells of customers.

use rules::{CustomerId, PinnedTo, RuleBook};
use serde_json::json;
use state::Pin;

use crate::people::{NEW, VIP, json as answer};
use crate::pins::{REASON, flat};
use crate::store::Store;
use crate::support::{BOOK, File, Stack, code, stderr, stdout};

#[tokio::test]
async fn members_are_marked_whom_a_pin_put_there_and_no_others() {
    let store = Store::set_up().await;
    let (ann, _) = store.new_customer().await;
    let (ben, _) = store.person("ben@example.com", 9, 900);
    store.look_at(&[ben]).await;
    store.pin(ann, "vip").await;
    let marked = async |segment: &str| {
        let told = answer(&store.run(&["members", segment, "--json"]).await);
        let members = told["members"].as_array().unwrap().iter();
        let pinned = members.filter(|it| it["pinned"] == true);
        pinned.map(|it| it["customer_id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(marked("new").await, [""; 0], "the pin is not applied yet");
    store.work().await;
    store.pin(ben, "none").await;
    assert_eq!(marked("vip").await, [ann.to_string()]);
}

#[tokio::test]
async fn a_list_that_is_not_whole_has_an_exit_code_that_says_so() {
    let store = Store::set_up().await;
    let (ann, _) = store.new_customer().await;
    store.pin(ann, "vip").await;
    store.work().await;
    store.spoil(ann).await;
    for line in
        [&["pins"][..], &["pins", "--csv"], &["members", "vip"], &["members", "vip", "--json"]]
    {
        let output = store.run(line).await;
        assert_eq!(code(&output), 1, "{line:?}: {}", stdout(&output));
        let told = stderr(&output);
        assert!(told.contains("1 entry of the customers table cannot be read"), "{told}");
    }
}

#[tokio::test]
async fn a_pin_shows_in_explain_with_what_the_rules_alone_would_say() {
    let store = Store::set_up().await;
    let (ann, _) = store.new_customer().await;
    store.pin(ann, "vip").await;
    let waiting = store.run(&["explain", &ann.to_string()]).await;
    assert_eq!(code(&waiting), 1);
    let told = flat(&waiting);
    for words in ["the pin puts the customer into vip, and applied is new", &format!("join {VIP}")]
    {
        assert!(told.contains(words), "{words}: {told}");
    }
    store.work().await;
    let output = store.run(&["explain", &ann.to_string()]).await;
    let told = stdout(&output);
    assert_eq!(code(&output), 0, "{told}");
    let on_one_line = flat(&output);
    for words in [
        "new, by rule book version 1",
        "to vip since 2",
        REASON,
        "a person's decision",
        "All is well.",
    ] {
        assert!(on_one_line.contains(words), "{words}: {told}");
    }
    assert!(told.lines().all(|line| line.chars().count() <= 100), "{told}");
    let told = answer(&store.run(&["explain", &ann.to_string(), "--json"]).await);
    assert_eq!(told["rules"]["segment"], "new");
    assert_eq!((&told["pin"]["segment"], &told["pin"]["reason"]), (&"vip".into(), &REASON.into()));
    assert_eq!(told["pin"]["can_be_followed"], true);
    assert_eq!(
        (&told["history"][0]["pin"], &told["history"][1]["range"]),
        (&REASON.into(), &0.into())
    );
}

#[tokio::test]
async fn the_pinned_are_listed_and_marked_among_the_members() {
    let store = Store::set_up().await;
    let (ann, _) = store.new_customer().await;
    let (ben, _) = store.person("ben@example.com", 9, 900);
    store.look_at(&[ben]).await;
    let nobody = store.run(&["pins"]).await;
    assert_eq!((code(&nobody), stdout(&nobody).contains("0 pinned")), (0, true));
    let formula = "=HYPERLINK(\"x\")";
    let pinned = store.run(&["pin", &ann.to_string(), "vip", "--reason", formula]).await;
    assert_eq!(code(&pinned), 0, "{}", stderr(&pinned));
    store.work().await;

    let listed = store.run(&["pins"]).await;
    let told = stdout(&listed);
    let line = told.lines().find(|line| line.contains(&ann.to_string())).unwrap();
    assert!(line.contains("vip") && line.ends_with(formula), "{line}");
    assert!(told.contains("1 pinned") && !told.contains(&ben.to_string()), "{told}");
    let csv = stdout(&store.run(&["pins", "--csv"]).await);
    assert!(csv.lines().nth(1).unwrap().ends_with(",vip,yes,\"'=HYPERLINK(\"\"x\"\")\""), "{csv}");
    let told = answer(&store.run(&["pins", "--json"]).await);
    assert_eq!(told["count"], 1);
    assert_eq!(
        (&told["pins"][0]["applied_segment"], &told["pins"][0]["can_be_followed"]),
        (&"vip".into(), &true.into())
    );

    let members = stdout(&store.run(&["members", "vip"]).await);
    let marked =
        |id: CustomerId| members.lines().find(|line| line.contains(&id.to_string())).unwrap();
    assert!(marked(ann).ends_with("pinned") && !marked(ben).contains("pinned"), "{members}");
    let told = answer(&store.run(&["members", "vip", "--json"]).await);
    let members = told["members"].as_array().unwrap().iter();
    let pinned: Vec<_> = members.filter(|it| it["pinned"] == true).collect();
    assert_eq!((pinned.len(), &pinned[0]["customer_id"]), (1, &ann.to_string().into()));
}

#[tokio::test]
async fn a_pin_whose_segment_is_gone_is_told_wherever_somebody_looks() {
    let stack = Stack::deployed().await;
    let user = stack.people(1, 1, 45).remove(0);
    let (system, okta) = (&stack.served.system, &stack.served.world.okta);
    assert_eq!(code(&stack.run(&["run"]).await), 0);
    let ann = system.customers().holder(&user).await.unwrap().unwrap();
    let to = PinnedTo::Segment("returning".parse().unwrap());
    let since = stack.served.world.clock.now();
    let pin = Pin { to, reason: REASON.parse().unwrap(), since };
    system.customers().pin(ann, Some(&pin), 0, since).await.unwrap();
    assert_eq!(code(&stack.run(&["run"]).await), 0);
    let status = answer(&stack.run(&["status", "--json"]).await);
    assert_eq!((&status["pinned"], &status["pins_unknown"]), (&1.into(), &0.into()));
    let counted = "1 pinned by a person (to a segment, or to none)";
    let run = status["last_run"]["run_id"].as_str().unwrap();
    for line in [&["status"][..], &["runs", run], &["preview"]] {
        let told = flat(&stack.run(line).await);
        assert!(told.contains(counted), "{line:?}: {told}");
    }
    let page = stdout(&stack.run(&["report", "--out", "-"]).await);
    assert!(page.contains("customers pinned by a person (to a segment, or to none)"), "{page}");
    let book = BOOK.replace("name = \"returning\"", "name = \"regular\"");
    let file = File::new("pins-regular.toml", &book);
    let path = file.0.to_str().unwrap();
    let preview = answer(&stack.run(&["preview", "--rules", path, "--json"]).await);
    assert_eq!(preview["pinned"], 0);
    assert_eq!(preview["pins_unknown"], json!({ "count": 1, "examples": [ann] }));
    let counted = "1 pinned to a segment that the rule book does not have";
    let told = flat(&stack.run(&["preview", "--rules", path]).await);
    assert!(told.contains(counted), "{told}");

    system.config_table().put_wanted(&RuleBook::from_toml(&book).unwrap()).await.unwrap();
    assert_eq!(code(&stack.run(&["run"]).await), 0);
    assert_eq!(okta.group_names_of(&user), [NEW], "the rules decide");
    let listed = stack.run(&["pins"]).await;
    assert_eq!(code(&listed), 1);
    assert!(stdout(&listed).contains("not in the rule book"), "{}", stdout(&listed));
    assert!(stderr(&listed).contains("the rules decide"), "{}", stderr(&listed));
    let explained = answer(&stack.run(&["explain", &ann.to_string(), "--json"]).await);
    assert_eq!(explained["pin"]["can_be_followed"], false);
    let to_look_at = explained["to_look_at"].as_array().unwrap();
    assert_eq!(to_look_at.len(), 1, "{to_look_at:?}");
    assert!(to_look_at[0].as_str().unwrap().contains("pinned to returning"), "{to_look_at:?}");
    let unmatched = answer(&stack.run(&["unmatched", "--json"]).await);
    assert_eq!(unmatched["outcomes"][0]["outcome"], "pin_unknown");
    let attention = answer(&stack.run(&["status", "--json"]).await)["attention"].to_string();
    assert!(
        attention
            .contains("1 pinned to segments that the rule book does not have, as of the last run"),
        "{attention}"
    );
    let runs = answer(&stack.run(&["runs", "--json"]).await);
    assert_eq!(runs["runs"][0]["pins_unknown"], 1);
    let told = flat(&stack.run(&["runs", runs["runs"][0]["run_id"].as_str().unwrap()]).await);
    assert!(told.contains(counted), "{told}");
}
