//! What is read of Okta, and what follows from it.

use std::time::Duration;

use resegment::{Start, Status};
use simulators::{NewCustomer, Service};
use state::Outcome;

use crate::shop::{NEW, Shop, VIP};

fn verify() -> Start {
    Start { verify: true, ..Start::default() }
}

#[tokio::test]
async fn who_signs_up_at_okta_after_ordering_gets_a_group_the_next_night() {
    let shop = Shop::open().await;
    let customer = shop.world.shopify.add_customers(1, |_| {
        NewCustomer::with_email("late@example.com").with_totals(1, "10".parse().unwrap())
    });
    let record = shop.full_run().await;
    assert_eq!(record.outcomes[&Outcome::Unmatched], 1);
    shop.world.clock.advance(Duration::from_hours(12));
    let user = shop.world.okta.add_user("late@example.com", "late@example.com");
    shop.world.clock.advance(Duration::from_hours(12));
    let record = shop.full_run().await;
    assert_eq!(record.outcomes[&Outcome::Applied], 1, "{customer:?}");
    assert_eq!(shop.world.okta.group_names_of(&user), [NEW]);
}

#[tokio::test]
async fn a_member_put_into_another_group_by_hand_is_put_right_by_a_verifying_run() {
    let shop = Shop::open().await;
    let people = shop.people(30, 1, "10");
    shop.full_run().await;
    shop.world.okta.add_member(&shop.group(VIP), &people[0].user).unwrap();
    assert_eq!(shop.full_run().await.dispatched, 0);
    assert_eq!(shop.run(verify()).await.status, Status::Done);
    assert_eq!(shop.groups_of(&people[0]), [NEW]);
}

#[tokio::test]
async fn a_member_taken_out_by_hand_is_put_back_by_a_verifying_run() {
    let shop = Shop::open().await;
    let people = shop.people(30, 1, "10");
    shop.full_run().await;
    shop.world.okta.remove_member(&shop.group(NEW), &people[0].user).unwrap();
    assert_eq!(shop.run(verify()).await.status, Status::Done);
    assert_eq!(shop.groups_of(&people[0]), [NEW]);
}

#[tokio::test]
async fn attributes_changed_by_hand_are_put_right_by_the_next_run() {
    let shop = Shop::open().await;
    let people = shop.people(30, 1, "10");
    shop.full_run().await;
    shop.world.clock.advance(Duration::from_hours(24));
    let attribute = "shopify_total_spent";
    let changed = shop.world.okta.set_attribute(&people[0].user, attribute, 99_999.into());
    changed.unwrap();
    shop.full_run().await;
    assert_eq!(shop.shown(&people[0]), (Some("10".to_owned()), Some(1)));
}

#[tokio::test]
async fn members_who_are_no_customers_are_reported_and_never_touched() {
    let shop = Shop::open().await;
    shop.people(30, 1, "10");
    let stranger = shop.world.okta.add_user("boss@example.com", "boss@example.com");
    shop.world.okta.add_member(&shop.group(VIP), &stranger).unwrap();
    let record = shop.full_run().await;
    let strangers = record.report.unwrap().figures.strangers;
    assert_eq!((strangers.count, strangers.examples), (1, vec![stranger.clone()]));
    assert_eq!(shop.world.okta.group_names_of(&stranger), [VIP]);
}

#[tokio::test]
async fn the_groups_are_read_on_the_first_run_and_every_seventh_day() {
    let shop = Shop::open().await;
    shop.people(3, 1, "10");
    let mut read = Vec::new();
    for _ in 0..9 {
        read.push(shop.full_run().await.okta.members);
        shop.world.clock.advance(Duration::from_hours(24));
    }
    let weekly = [true, false, false, false, false, false, false, true, false];
    assert_eq!(read, weekly);
}

#[tokio::test]
async fn reading_groups_goes_on_where_it_was_when_the_budget_was_spent() {
    let shop = Shop::open().await;
    shop.people(650, 1, "10");
    shop.full_run().await;
    shop.world.okta.set_limit_everywhere(4);
    shop.world.clock.advance(Duration::from_mins(2));
    shop.world.take_calls();
    let answer = shop.run(verify()).await;
    assert_eq!(answer.status, Status::Done, "{answer:?}");
    let pages = shop.take_calls_of(Service::Okta);
    let members = pages.iter().filter(|call| call.path == "/api/v1/groups/{id}/users").count();
    // Four pages of the one group with members, and one of each of the others.
    assert_eq!(members, 6);
    assert!(pages.iter().all(|call| call.outcome == simulators::Outcome::Answered(200)));
}

#[tokio::test]
async fn a_list_whose_cursor_has_expired_is_read_anew() {
    let shop = Shop::open().await;
    let people = shop.people(450, 1, "10");
    shop.full_run().await;
    shop.world.okta.remove_member(&shop.group(NEW), &people[0].user).unwrap();
    shop.world.okta.set_limit_everywhere(4);
    shop.world.clock.advance(Duration::from_mins(2));
    let start = resegment::Event { start: Some(verify()) };
    let waiting = shop.system.resegment(start).await.unwrap();
    assert_eq!(waiting.status, Status::Wait);
    shop.world.okta.expire_cursors();
    shop.world.okta.set_limit_everywhere(600);
    shop.world.clock.advance(Duration::from_mins(2));
    let mut answer = shop.tick().await;
    while answer.status == Status::Wait {
        shop.settle().await;
        shop.world.clock.advance(Duration::from_secs(answer.wait_seconds.unwrap()));
        answer = shop.tick().await;
    }
    assert_eq!(answer.status, Status::Done, "{answer:?}");
    assert_eq!(shop.groups_of(&people[0]), [NEW]);
}

#[tokio::test]
async fn a_managed_group_that_okta_no_longer_has_is_said_and_the_others_are_read() {
    let shop = Shop::open().await;
    let people = shop.people(30, 1, "10");
    shop.full_run().await;
    shop.world.okta.delete_group(&shop.group(VIP)).unwrap();
    let answer = shop.run(verify()).await;
    assert_eq!(answer.status, Status::Done, "{answer:?}");
    let record = shop.record(answer.run_id.as_ref().unwrap()).await;
    assert_eq!(record.okta.gone.iter().map(rules::GroupName::as_str).collect::<Vec<_>>(), [VIP]);
    assert_eq!(shop.groups_of(&people[0]), [NEW]);
}
