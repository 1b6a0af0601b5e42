//! `segments dead-letters`.

use std::time::Duration;

use rules::CustomerId;
use state::{Cause, Depth, Message, Outgoing, Queue, Receive, Subject};

use crate::people::{NEW, json};
use crate::store::Store;
use crate::support::{Stack, code, stderr, stdout};

fn about(customer: CustomerId, cause: Cause) -> Message {
    let moment = "2026-10-05T09:00:00Z".parse().unwrap();
    Message::new(Subject::Customer(customer), cause, moment)
}

/// Has messages become dead letters: they are received five times, and nobody finishes them.
async fn bury(store: &Store, messages: impl IntoIterator<Item = Message>) {
    let outgoing = |message| Outgoing { message, delay: Duration::ZERO };
    let queue = store.system.queue();
    queue.send(messages.into_iter().map(outgoing).collect()).await.unwrap();
    for _ in 0..5 {
        assert!(!queue.receive(100).await.unwrap().is_empty());
        store.world.clock.advance(Duration::from_mins(6));
    }
    assert!(queue.receive(100).await.unwrap().is_empty());
}

#[tokio::test]
async fn no_letters_are_told_as_none() {
    let store = Store::set_up().await;
    let output = store.run(&["dead-letters"]).await;
    assert_eq!((code(&output), stdout(&output).trim()), (0, "There are no dead letters."));
}

#[tokio::test]
async fn letters_are_shown_and_stay() {
    let store = Store::set_up().await;
    let ann = CustomerId::new(9_007_199_254_741_993);
    bury(&store, [about(ann, Cause::Order)]).await;
    for _ in 0..2 {
        let output = store.run(&["dead-letters"]).await;
        assert_eq!(code(&output), 1, "{}", stderr(&output));
        let shown = stdout(&output);
        for words in ["customer 9007199254741993", "an order", "2026-10-05T09:00:00Z", "1 left;"] {
            assert!(shown.contains(words), "{words}: {shown}");
        }
    }
    let answer = json(&store.run(&["dead-letters", "--json"]).await);
    let letter = &answer["letters"][0];
    assert_eq!(
        (&letter["customer_id"], &letter["cause"]),
        (&"9007199254741993".into(), &"order".into())
    );
    assert_eq!((&letter["now"], &answer["left"]), (&"left".into(), &1.into()));
}

#[tokio::test]
async fn a_replay_has_customers_looked_at_once_more_and_twice_does_no_harm() {
    let store = Store::set_up().await;
    let (ann, user) = store.person("ann@example.com", 1, 45);
    bury(&store, [about(ann, Cause::Schedule), about(ann, Cause::Order)]).await;
    let output = store.run(&["dead-letters", "--replay", "--json"]).await;
    let answer = json(&output);
    assert_eq!((code(&output), &answer["replayed"], &answer["left"]), (0, &2.into(), &0.into()));
    assert_eq!(store.system.queue().depth().await, Ok(1), "one look answers both letters");
    let again = store.run(&["dead-letters", "--replay"]).await;
    assert_eq!((code(&again), store.system.queue().depth().await), (0, Ok(1)));
    store.work().await;
    assert_eq!(store.world.okta.group_names_of(&user), [NEW]);
    let history = json(&store.run(&["explain", &ann.to_string(), "--json"]).await);
    assert_eq!(history["history"][0]["cause"], "replay");
}

#[tokio::test]
async fn a_redaction_that_died_is_still_carried_out() {
    let store = Store::set_up().await;
    let (ann, user) = store.person("ann@example.com", 1, 45);
    store.look_at(&[ann]).await;
    bury(&store, [about(ann, Cause::Redact)]).await;
    assert_eq!(code(&store.run(&["dead-letters", "--replay"]).await), 0);
    store.work().await;
    assert_eq!(store.world.okta.group_names_of(&user), [""; 0]);
    let answer = json(&store.run(&["explain", &ann.to_string(), "--json"]).await);
    assert_eq!(
        (&answer["applied"]["why"], &answer["applied"]["at"]),
        (&"redacted".into(), &"2026-10-05T09:00:00Z".into())
    );
}

const FOREIGN: &str = r#"{"email":"ann.marked@example.com"}"#;

fn stack_with(stack: &Stack, letters: &[&str]) {
    let mut dead = stack.served.dead_letters.lock().unwrap();
    for letter in letters {
        dead.add(letter, 1_791_190_800_000);
    }
}

fn left(stack: &Stack) -> (Vec<String>, usize) {
    let dead = stack.served.dead_letters.lock().unwrap();
    (dead.bodies().into_iter().map(str::to_owned).collect(), dead.in_sight())
}

#[tokio::test]
async fn a_stack_s_letters_are_read_from_its_dead_letter_queue_and_given_back() {
    let stack = Stack::deployed().await;
    let letter = about(CustomerId::new(7), Cause::Refund).to_json();
    stack_with(&stack, &[&letter]);
    let output = stack.run(&["dead-letters"]).await;
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    let shown = stdout(&output);
    assert!(shown.contains("customer 7") && shown.contains("2026-10-05T09:00:00Z"), "{shown}");
    assert_eq!(left(&stack), (vec![letter], 1));
}

#[tokio::test]
async fn what_is_no_message_of_ours_is_left_until_it_is_discarded_and_never_shown() {
    let stack = Stack::deployed().await;
    let letter = about(CustomerId::new(7), Cause::Refund).to_json();
    stack_with(&stack, &[FOREIGN, &letter]);
    let replayed = stack.run(&["dead-letters", "--replay"]).await;
    assert_eq!(code(&replayed), 1, "{}", stderr(&replayed));
    assert!(stdout(&replayed).contains("1 left that are no messages"), "{}", stdout(&replayed));
    assert_eq!(left(&stack), (vec![FOREIGN.to_owned()], 1));
    assert_eq!(stack.served.system.queue().depth(), 1);
    let discarded = stack.run(&["dead-letters", "--discard"]).await;
    assert_eq!(code(&discarded), 0, "{}", stderr(&discarded));
    assert_eq!(left(&stack), (vec![], 0));
    let said = stdout(&replayed) + &stderr(&replayed) + &stdout(&discarded);
    assert!(said.contains("not a message of this product") && !said.contains("marked"), "{said}");
}

#[tokio::test]
async fn a_letter_that_could_not_be_removed_is_replayed_again_the_next_time() {
    let stack = Stack::deployed().await;
    let letter = about(CustomerId::new(7), Cause::Order).to_json();
    stack_with(&stack, &[&letter]);
    stack.served.dead_letters.lock().unwrap().undeletable = vec![letter];
    let output = stack.run(&["dead-letters", "--replay"]).await;
    assert_eq!(code(&output), 2, "{}", stdout(&output));
    assert!(stderr(&output).contains("Run it again"), "{}", stderr(&output));
    assert_eq!(stack.served.system.queue().depth(), 1, "nobody is lost");
    assert_eq!(left(&stack).1, 1, "it is given back at once");
    stack.served.dead_letters.lock().unwrap().undeletable.clear();
    assert_eq!(code(&stack.run(&["dead-letters", "--replay"]).await), 0);
    assert_eq!(left(&stack), (vec![], 0));
}

#[tokio::test]
async fn letters_that_are_out_of_sight_are_counted_and_not_taken_for_none() {
    let stack = Stack::deployed().await;
    let letter = about(CustomerId::new(7), Cause::Order).to_json();
    stack_with(&stack, &[&letter, &letter]);
    stack.served.dead_letters.lock().unwrap().keeps_hidden = true;
    let output = stack.run(&["dead-letters"]).await;
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    assert!(stdout(&output).contains("2 left;"), "{}", stdout(&output));
    assert!(stderr(&output).contains("out of sight for up to two minutes"), "{}", stderr(&output));
    let output = stack.run(&["dead-letters"]).await;
    assert_eq!((code(&output), stderr(&output)), (1, String::new()));
    assert!(stdout(&output).starts_with("About 2 more are out of sight"), "{}", stdout(&output));
    let answer = json(&stack.run(&["dead-letters", "--json"]).await);
    assert_eq!((&answer["left"], &answer["out_of_sight"]), (&0.into(), &2.into()));
    stack.served.dead_letters.lock().unwrap().come_back();
    let answer = json(&stack.run(&["dead-letters", "--json"]).await);
    assert_eq!((&answer["left"], &answer["out_of_sight"]), (&2.into(), &0.into()));
}
