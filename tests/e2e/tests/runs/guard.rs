//! What holds a run back, and how it is let go on.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use resegment::{Event, Start, Status};
use rules::Refusal;
use simulators::shopify::BulkEnd;
use simulators::{Fault, Matching, Service};
use state::{Cause, Message, Outgoing, Queue, Subject};

use crate::shop::{BOOK, NEW, PAGE, Person, Shop, VIP};

/// A shop of fifty, all looked after, and a slip: VIP from 5 instead of 500.
async fn with_a_slip() -> Shop {
    let shop = Shop::open().await;
    shop.people(50, 1, "45.50");
    shop.full_run().await;
    shop.wants(&BOOK.replace("\"500\"", "\"5\"")).await;
    shop.world.take_calls();
    shop
}

#[tokio::test]
async fn a_slip_in_the_rule_book_is_refused_before_anything_is_written() {
    let shop = with_a_slip().await;
    let record = shop.refused_run(Start::default()).await;
    let refusal = Refusal::Moved { moved: 50, placed: 50, max_percent: 20 };
    assert_eq!(record.refusal, Some(refusal));
    let message = record.message.unwrap();
    assert!(message.contains("50 from new to vip"), "{message}");
    assert!(message.contains(&format!("--accept {}", record.run_id)), "{message}");
    assert_eq!(shop.world.okta.members(&shop.group(VIP)).len(), 0);
    assert_eq!(shop.world.okta.members(&shop.group(NEW)).len(), 50);
    assert_eq!(shop.system.queue().depth(), 0);
}

#[tokio::test]
async fn workers_go_on_with_the_accepted_book_after_a_refusal() {
    let shop = with_a_slip().await;
    shop.refused_run(Start::default()).await;
    let customer = shop.people(1, 1, "45.50").remove(0);
    shop.wants(BOOK).await;
    let record = shop.full_run().await;
    assert_eq!((record.dispatched, record.book.unwrap().version), (1, Some(1)));
    assert_eq!(shop.groups_of(&customer), [NEW]);
}

#[tokio::test]
async fn an_operator_who_has_seen_the_figures_can_accept_them() {
    let shop = with_a_slip().await;
    let refused = shop.refused_run(Start::default()).await.run_id;
    let answer = shop.run(Start { accept: Some(refused), ..Start::default() }).await;
    assert_eq!(answer.status, Status::Done, "{answer:?}");
    assert_eq!(shop.world.okta.members(&shop.group(VIP)).len(), 50);
}

#[tokio::test]
async fn an_acceptance_covers_no_other_book() {
    let shop = with_a_slip().await;
    let refused = shop.refused_run(Start::default()).await.run_id;
    shop.wants(&BOOK.replace("\"500\"", "\"4\"")).await;
    let start = Start { accept: Some(refused), ..Start::default() };
    let message = shop.refused_run(start).await.message.unwrap();
    assert!(message.contains("another than the one"), "{message}");
}

#[tokio::test]
async fn an_acceptance_covers_no_more_movements_than_were_shown() {
    let shop = with_a_slip().await;
    let refused = shop.refused_run(Start::default()).await.run_id;
    shop.wants(BOOK).await;
    shop.people(1, 1, "45.50");
    shop.full_run().await;
    shop.wants(&BOOK.replace("\"500\"", "\"5\"")).await;
    let start = Start { accept: Some(refused), ..Start::default() };
    let message = shop.refused_run(start).await.message.unwrap();
    assert!(message.contains("more than"), "{message}");
}

#[tokio::test]
async fn a_run_that_was_not_refused_accepts_nothing() {
    let shop = Shop::open().await;
    shop.people(50, 1, "45.50");
    let done = shop.full_run().await.run_id;
    shop.wants(&BOOK.replace("\"500\"", "\"5\"")).await;
    let start = Start { accept: Some(done), ..Start::default() };
    let message = shop.refused_run(start).await.message.unwrap();
    assert!(message.contains("accepts nothing"), "{message}");
}

#[tokio::test]
async fn a_shop_that_lost_more_than_half_of_its_customers_is_not_believed() {
    let shop = Shop::open().await;
    let people = shop.people(50, 1, "45.50");
    shop.full_run().await;
    for person in &people[..26] {
        shop.world.shopify.delete_customer(person.customer).unwrap();
    }
    let record = shop.refused_run(Start::default()).await;
    assert_eq!(record.refusal, Some(Refusal::Shrunk { before: 50, now: 24, max_percent: 50 }));
    assert_eq!(shop.world.okta.members(&shop.group(NEW)).len(), 50);
}

#[tokio::test]
async fn an_empty_shop_is_not_believed_while_anybody_has_a_segment() {
    let shop = Shop::open().await;
    let people = shop.people(2, 1, "45.50");
    shop.full_run().await;
    for person in &people {
        shop.world.shopify.delete_customer(person.customer).unwrap();
    }
    let record = shop.refused_run(Start::default()).await;
    assert_eq!(record.refusal, Some(Refusal::Empty { placed: 2 }));
    assert_eq!(shop.groups_of(&people[0]), [NEW]);
}

#[tokio::test]
async fn leaving_a_group_that_somebody_else_put_people_into_counts() {
    let shop = Shop::open().await;
    let people = shop.people(50, 1, "45.50");
    let vip = shop.group(VIP);
    let users = people[..25].iter().map(|person| &person.user);
    shop.world.okta.add_members(&vip, users).unwrap();
    let record = shop.refused_run(Start::default()).await;
    let refusal = Refusal::Moved { moved: 25, placed: 25, max_percent: 20 };
    assert_eq!(record.refusal, Some(refusal));
    assert_eq!(shop.world.okta.members(&vip).len(), 25);
}

#[tokio::test]
async fn a_broken_wanted_book_refuses_the_run_and_names_the_row() {
    let shop = Shop::open().await;
    shop.people(2, 1, "45.50");
    shop.full_run().await;
    let client = shop.system.dynamodb();
    let keys = [("kind", "segment"), ("name", "vip")];
    let mut update = client.update_item().table_name(shop.system.tables().config);
    for (name, value) in keys {
        let value = aws_sdk_dynamodb::types::AttributeValue::S(value.to_owned());
        update = update.key(name, value);
    }
    update.update_expression("REMOVE okta_group_name").send().await.unwrap();
    let message = shop.refused_run(Start::default()).await.message.unwrap();
    assert!(message.contains("vip") && message.contains("okta_group_name"), "{message}");
}

#[tokio::test]
async fn a_changed_book_whose_group_nobody_has_resolved_waits_for_that() {
    let shop = Shop::open().await;
    shop.people(2, 1, "45.50");
    shop.full_run().await;
    shop.wants(&BOOK.replace(NEW, "Shopify Beginners")).await;
    let message = shop.refused_run(Start::default()).await.message.unwrap();
    assert!(message.contains("Shopify Beginners"), "{message}");
}

#[tokio::test]
async fn a_dry_run_says_where_the_guard_would_stand_and_writes_nothing() {
    let shop = with_a_slip().await;
    let before = shop.system.runs().summaries::<resegment::Summary>(10).await.unwrap().len();
    let start = Start { dry_run: true, ..Start::default() };
    let answer = shop.system.resegment(Event { start: Some(start) }).await.unwrap();
    assert_eq!(answer.status, Status::Done, "{answer:?}");
    assert!(answer.message.unwrap().contains("50 of the 50"));
    let report = answer.report.unwrap();
    assert_eq!((report.shift.moved, report.shift.placed), (50, 50));
    assert_eq!(shop.world.okta.members(&shop.group(VIP)).len(), 0);
    assert_eq!(shop.system.runs().active().await.unwrap(), None);
    let after = shop.system.runs().summaries::<resegment::Summary>(10).await.unwrap().len();
    assert_eq!(before, after);
}

#[tokio::test]
async fn a_dry_run_tries_a_book_that_nobody_has_written() {
    let shop = Shop::open().await;
    shop.people(PAGE + 1, 1, "45.50");
    shop.full_run().await;
    let rules = rules::RuleBook::from_toml(&BOOK.replace("\"500\"", "\"40\"")).unwrap();
    let start = Start { dry_run: true, rules: Some(rules), ..Start::default() };
    let answer = shop.run(start).await;
    assert_eq!(answer.status, Status::Done, "{answer:?}");
    assert_eq!(answer.report.unwrap().shift.moved, PAGE + 1);
    shop.world.clock.advance(Duration::from_hours(1));
    assert_eq!(shop.full_run().await.dispatched, 0);
}

#[tokio::test]
async fn groups_that_change_their_segments_are_left_and_count_as_movements() {
    let shop = Shop::open().await;
    let people = shop.people(50, 1, "45.50");
    shop.full_run().await;
    let swapped = BOOK.replace(NEW, "?").replace(VIP, NEW).replace('?', VIP);
    shop.wants(&swapped).await;
    let record = shop.refused_run(Start::default()).await;
    let refusal = Refusal::Moved { moved: 50, placed: 50, max_percent: 20 };
    assert_eq!(record.refusal, Some(refusal));
    assert_eq!(shop.groups_of(&people[0]), [NEW]);
}

#[tokio::test]
async fn a_shop_that_no_longer_shows_addresses_is_not_believed() {
    let shop = Shop::open().await;
    let people = shop.people(50, 1, "45.50");
    shop.full_run().await;
    shop.world.clock.advance(Duration::from_secs(1));
    for person in &people {
        shop.world.shopify.change_email(person.customer, None).unwrap();
    }
    let record = shop.refused_run(Start::default()).await;
    let refusal = Refusal::Moved { moved: 50, placed: 50, max_percent: 20 };
    assert_eq!(record.refusal, Some(refusal));
    assert_eq!(shop.groups_of(&people[0]), [NEW]);
}

#[tokio::test]
async fn a_dry_run_that_ran_out_of_time_goes_on_with_its_export() {
    let shop = Shop::open().await;
    shop.people(PAGE + 1, 1, "45.50");
    shop.world.shopify.set_bulk_duration(Duration::from_mins(40));
    let start = Start { dry_run: true, ..Start::default() };
    let first = shop.system.resegment(Event { start: Some(start.clone()) }).await.unwrap();
    assert_eq!(first.status, Status::Wait, "{first:?}");
    assert!(first.export.is_some(), "it is given back, to be gone on with");
    let answer = shop.run(start).await;
    assert_eq!(answer.status, Status::Done, "{answer:?}");
    assert_eq!(answer.report.unwrap().shift.customers, PAGE + 1);
    assert_eq!(shop.world.shopify.bulk_operations().len(), 2, "one for each of the two");
}

fn dry() -> Start {
    Start { dry_run: true, ..Start::default() }
}

#[tokio::test]
async fn a_dry_run_is_made_while_everything_is_paused() {
    let shop = with_a_slip().await;
    shop.system.set("paused", AttributeValue::Bool(true)).await.unwrap();
    shop.world.clock.advance(Duration::from_mins(1));
    let answer = shop.run(dry()).await;
    assert_eq!(answer.status, Status::Done, "{answer:?}");
    assert_eq!(answer.report.unwrap().shift.moved, 50);
}

#[tokio::test]
async fn a_dry_run_that_only_a_person_can_free_fails_within_minutes_and_says_why() {
    let shop = Shop::open().await;
    shop.people(2, 1, "45.50");
    shop.world.faults().always(Service::Shopify, Matching::any(), Fault::Status(401));
    let begun = shop.world.clock.now();
    let answer = shop.run(dry()).await;
    assert_eq!(answer.status, Status::Failed, "{answer:?}");
    let why = answer.message.unwrap();
    assert!(why.contains("shopify") && why.contains("credentials"), "{why}");
    assert!(shop.world.clock.now() < begun + Duration::from_mins(5));
}

#[tokio::test]
async fn a_dry_run_waits_out_a_throttle_however_long() {
    let shop = Shop::open().await;
    shop.people(2, 1, "45.50");
    let (hour, throttled) = (Duration::from_hours(1), Fault::ShopifyThrottled);
    shop.world.faults().during(hour, Service::Shopify, Matching::any(), throttled);
    let answer = shop.run(dry()).await;
    assert_eq!(answer.status, Status::Done, "{answer:?}");
}

#[tokio::test]
async fn a_dry_run_without_an_end_is_given_up_and_tells_what_it_waited_for() {
    let shop = Shop::open().await;
    shop.people(PAGE + 1, 1, "45.50");
    shop.world.shopify.end_next_bulk_operation(BulkEnd::Never);
    let error = shop.system.run(dry(), |_| ()).await.unwrap_err().to_string();
    assert!(error.contains("said last: Shopify writes out the customers"), "{error}");
}

#[tokio::test]
async fn while_a_dry_run_waits_nobody_works_the_queue_off() {
    let shop = Shop::open().await;
    let people = shop.people(PAGE + 1, 1, "45.50");
    let about = Subject::Customer(people[0].customer);
    let message = Message::new(about, Cause::Order, shop.world.clock.now());
    let outgoing = Outgoing { message, delay: Duration::ZERO };
    shop.system.queue().send(vec![outgoing]).await.unwrap();
    shop.world.shopify.set_bulk_duration(Duration::from_mins(40));
    let answer = shop.run(dry()).await;
    assert_eq!(answer.status, Status::Done, "{answer:?}");
    assert_eq!(shop.system.queue().depth(), 1);
    assert_eq!(shop.groups_of(&people[0]), [""; 0]);
    assert_eq!(shop.take_counts()[2], 0, "Okta is asked nothing");
}

#[tokio::test]
async fn rows_that_change_while_a_run_is_planned_are_not_accepted_unseen() {
    let shop = Shop::open().await;
    shop.people(PAGE + 1, 1, "45.50");
    let mut answer = shop.begin().await;
    assert_eq!(answer.status, Status::Wait);
    shop.wants(&BOOK.replace("500", "400")).await;
    while answer.status == Status::Wait {
        shop.world.clock.advance(Duration::from_secs(answer.wait_seconds.unwrap()));
        answer = shop.tick().await;
    }
    assert_eq!(answer.status, Status::Refused, "{answer:?}");
    assert!(answer.message.unwrap().contains("changed while"));
}

#[tokio::test]
async fn a_run_goes_on_with_the_book_it_has_accepted_whatever_the_rows_become() {
    let shop = Shop::open().await;
    let people = shop.people(PAGE + 1, 1, "450");
    shop.full_run().await;
    let lower = BOOK.replace("\"500\"", "\"499\"");
    shop.wants(&lower).await;
    let answer = shop.begin().await;
    assert_eq!(answer.status, Status::Wait);
    // A step accepts the book and is killed before it can say so, and then somebody edits the rows.
    let book = std::sync::Arc::new(rules::RuleBook::from_toml(&lower).unwrap());
    let now = shop.world.clock.now();
    let accepted = shop.system.config_table().accept(book, Some(1), None, now).await.unwrap();
    assert_eq!(accepted.unwrap().version, 2);
    shop.wants(BOOK).await;
    let answer = shop.finish(answer).await;
    assert_eq!(answer.status, Status::Done, "{answer:?}");
    let record = shop.record(answer.run_id.as_ref().unwrap()).await;
    assert_eq!(record.book.unwrap().version, Some(2));
    assert_eq!(shop.groups_of(&people[0]), [NEW]);
}

#[tokio::test]
async fn a_shop_of_a_few_customers_that_lost_most_of_them_is_not_believed() {
    let shop = Shop::open().await;
    let people = shop.people(5, 1, "45.50");
    shop.full_run().await;
    for person in &people[..3] {
        shop.world.shopify.delete_customer(person.customer).unwrap();
    }
    let refused = shop.refused_run(Start::default()).await;
    assert_eq!(refused.refusal, Some(Refusal::Shrunk { before: 5, now: 2, max_percent: 50 }));
    let answer = shop.run(Start { accept: Some(refused.run_id), ..Start::default() }).await;
    assert_eq!(answer.status, Status::Done, "{answer:?}");
}

/// Shows what is no amount for so many of them, in a file that is as long as it says.
fn garble(shop: &Shop, people: &[Person]) {
    for person in people {
        shop.world.shopify.show_amount(person.customer, Some("45,50")).unwrap();
    }
}

#[tokio::test]
async fn an_export_that_cannot_be_read_is_refused_and_cannot_be_accepted() {
    let shop = Shop::open().await;
    let people = shop.people(100, 1, "45.50");
    shop.strangers(PAGE - 50, 0, "0");
    shop.full_run().await;
    // One line of a hundred: they stay where they are, and the others are looked after.
    garble(&shop, &people[..3]);
    shop.now_has(&people[99], 6, "600");
    let record = shop.full_run().await;
    let shift = record.report.unwrap().shift;
    assert_eq!((shift.lines, shift.unreadable, record.dispatched), (PAGE + 50, 3, 1));
    assert_eq!(shop.groups_of(&people[0]), [NEW]);

    garble(&shop, &people[3..4]);
    shop.now_has(&people[98], 6, "600");
    let record = shop.refused_run(Start::default()).await;
    assert_eq!(record.refusal, Some(Refusal::Unreadable { unreadable: 4, lines: PAGE + 50 }));
    let message = record.message.unwrap();
    assert!(message.contains("4 of the export's 300 lines"), "{message}");
    assert!(!message.contains("--accept"), "{message}");
    assert_eq!(shop.system.queue().depth(), 0);
    assert_eq!(shop.world.okta.members(&shop.group(NEW)).len(), 99);

    let start = Start { accept: Some(record.run_id), ..Start::default() };
    let message = shop.refused_run(start).await.message.unwrap();
    assert!(message.contains("what cannot be read cannot be accepted"), "{message}");
    assert_eq!(shop.system.queue().depth(), 0);
    assert_eq!(shop.groups_of(&people[98]), [NEW]);
}

#[tokio::test]
async fn a_shop_whose_addresses_all_became_others_is_not_believed() {
    let shop = Shop::open().await;
    let people = shop.people(30, 1, "45.50");
    shop.full_run().await;
    shop.world.clock.advance(Duration::from_secs(1));
    for (number, person) in people.iter().enumerate() {
        let nobodys = format!("nobody-{number}@example.com");
        shop.world.shopify.change_email(person.customer, Some(&nobodys)).unwrap();
    }
    let record = shop.refused_run(Start::default()).await;
    let refusal = Refusal::Moved { moved: 30, placed: 30, max_percent: 20 };
    assert_eq!(record.refusal, Some(refusal));
    assert_eq!(shop.groups_of(&people[0]), [NEW]);
}

#[tokio::test]
async fn people_who_changed_their_address_in_both_places_hold_nothing_back() {
    let shop = Shop::open().await;
    let people = shop.people(30, 1, "45.50");
    shop.full_run().await;
    shop.world.clock.advance(Duration::from_hours(24));
    for (number, person) in people.iter().enumerate() {
        let theirs = format!("moved-{number}@example.com");
        shop.world.shopify.change_email(person.customer, Some(&theirs)).unwrap();
        shop.world.okta.set_attribute(&person.user, "email", theirs.into()).unwrap();
    }
    let record = shop.full_run().await;
    assert_eq!((record.report.unwrap().shift.moved, record.dispatched), (0, 30));
    assert_eq!(shop.groups_of(&people[0]), [NEW]);
}

#[tokio::test]
async fn what_was_refused_as_unreadable_accepts_nothing_later() {
    let shop = Shop::open().await;
    shop.people(100, 1, "45.50");
    let others = shop.strangers(PAGE, 0, "0");
    shop.full_run().await;
    shop.wants(&BOOK.replace("\"500\"", "\"5\"")).await;
    for other in &others[..4] {
        shop.world.shopify.show_amount(*other, Some("45,50")).unwrap();
    }
    let seen = shop.refused_run(Start::default()).await;
    assert_eq!(seen.refusal, Some(Refusal::Unreadable { unreadable: 4, lines: PAGE + 100 }));
    for other in &others[..4] {
        shop.world.shopify.show_amount(*other, None).unwrap();
    }
    let start = Start { accept: Some(seen.run_id), ..Start::default() };
    let record = shop.refused_run(start).await;
    let refusal = Refusal::Moved { moved: 100, placed: 100, max_percent: 20 };
    assert_eq!(record.refusal, Some(refusal));
    let message = record.message.unwrap();
    assert!(message.contains("no run whose refusal can be accepted"), "{message}");
    assert_eq!(shop.world.okta.members(&shop.group(VIP)).len(), 0);
}
