//! `segments members`.

use crate::people::json;
use crate::store::Store;
use crate::support::{BOOK, Stack, code, stderr, stdout};

#[tokio::test]
async fn a_segment_s_customers_are_listed_with_what_is_known_of_them() {
    let store = Store::set_up().await;
    let (ann, user) = store.person("ann@example.com", 1, 45);
    let (ben, _) = store.person("ben@example.com", 9, 45);
    store.look_at(&[ann, ben]).await;
    let output = store.run(&["members", "new"]).await;
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let shown = stdout(&output);
    let line = shown.lines().find(|line| line.contains(&ann.to_string())).unwrap();
    assert!(line.contains(user.as_str()) && line.contains("45.00 USD"), "{line}");
    assert!(!shown.contains(&ben.to_string()) && shown.contains("1 in new"), "{shown}");

    let answer = json(&store.run(&["members", "new", "--json"]).await);
    let member = &answer["members"][0];
    assert_eq!((&answer["segment"], &answer["count"]), (&"new".into(), &1.into()));
    assert_eq!(
        (&member["customer_id"], &member["okta_user_id"]),
        (&ann.to_string().into(), &user.as_str().into())
    );
    assert_eq!(member["totals"]["orders"], 1);
    assert!(member["since"].is_string());

    let csv = stdout(&store.run(&["members", "new", "--csv"]).await);
    let (head, row) = csv.split_once('\n').unwrap();
    assert_eq!(head, "customer_id,okta_user_id,orders,spent,currency,in_segment_since,pinned");
    assert!(row.starts_with(&format!("{ann},{user},1,45.00,USD,2")), "{row}");
}

#[tokio::test]
async fn more_than_a_page_are_all_listed() {
    let store = Store::set_up().await;
    let people: Vec<_> = (0..30)
        .map(|number| store.person(&format!("person-{number}@example.com"), 1, 45).0)
        .collect();
    store.look_at(&people).await;
    let answer = json(&store.run(&["members", "new", "--json"]).await);
    let members = answer["members"].as_array().unwrap().iter();
    let mut listed: Vec<_> =
        members.map(|member| member["customer_id"].as_str().unwrap().to_owned()).collect();
    listed.sort();
    let mut people: Vec<_> = people.iter().map(ToString::to_string).collect();
    people.sort();
    assert_eq!(listed, people);
}

#[tokio::test]
async fn an_amount_below_zero_stays_a_number() {
    let store = Store::set_up().await;
    let (ann, _) = store.person("ann@example.com", 1, 45);
    store.world.shopify.set_totals(ann, 1, "-25.50".parse().unwrap()).unwrap();
    store.look_at(&[ann]).await;
    let csv = stdout(&store.run(&["members", "new", "--csv"]).await);
    assert!(csv.contains(",1,-25.50,USD,"), "{csv}");
}

#[tokio::test]
async fn a_segment_nobody_is_in_is_an_empty_list_and_an_unknown_one_an_error() {
    let store = Store::set_up().await;
    let empty = store.run(&["members", "vip", "--json"]).await;
    assert_eq!((code(&empty), &json(&empty)["members"]), (0, &serde_json::json!([])));
    let unknown = store.run(&["members", "vips"]).await;
    assert_eq!((code(&unknown), stdout(&unknown)), (2, String::new()));
    let told = stderr(&unknown);
    assert!(told.contains("there is no segment vips; there are "), "{told}");
    for name in ["vip", "returning", "new"] {
        assert!(told.contains(name), "{name}: {told}");
    }
}

#[tokio::test]
async fn a_segment_that_left_the_book_still_lists_who_is_in_it() {
    let stack = Stack::deployed().await;
    stack.people(3, 1, 45);
    assert_eq!(code(&stack.run(&["run"]).await), 0);
    let renamed = BOOK.replace("name = \"new\"", "name = \"fresh\"");
    let renamed = rules::RuleBook::from_toml(&renamed).unwrap();
    let config = stack.served.system.config_table();
    config.put_wanted(&renamed).await.unwrap();
    let now = stack.served.world.clock.now();
    config.load(None, now, &simulators::SimRandom::new(9)).await.unwrap();
    let output = stack.run(&["members", "new", "--csv"]).await;
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert_eq!(stdout(&output).lines().count(), 4);
}

#[tokio::test]
async fn a_reader_who_has_had_enough_is_no_error() {
    let store = Store::set_up().await;
    let people: Vec<_> =
        (0..40).map(|number| store.person(&format!("p{number}@example.com"), 1, 45).0).collect();
    store.look_at(&people).await;
    let mut command = store.command(&["members", "new"]);
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    let output =
        tokio::task::spawn_blocking(move || child.wait_with_output().unwrap()).await.unwrap();
    assert_eq!((code(&output), stderr(&output)), (0, String::new()));
}
