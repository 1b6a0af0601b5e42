//! What is read of Okta, and what follows from it.

use std::time::Duration;

use resegment::{Start, Status};
use simulators::okta::UserStatus;
use simulators::{NewCustomer, Service};
use state::Outcome;

use crate::between::{Fate, at_each_call};

use crate::shop::{NEW, PAGE, Person, Shop, VIP};

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

#[tokio::test]
async fn a_user_activated_again_leaves_what_is_no_longer_theirs() {
    let shop = Shop::open().await;
    shop.people(30, 1, "10");
    let ann = shop.people(1, 6, "600").remove(0);
    shop.full_run().await;
    assert_eq!(shop.groups_of(&ann), [VIP]);
    shop.world.okta.set_status(&ann.user, UserStatus::Deprovisioned).unwrap();
    shop.now_has(&ann, 0, "0");
    assert_eq!(shop.nightly_run().await.outcomes, [(Outcome::UserInactive, 1)].into());
    assert_eq!(shop.groups_of(&ann), [VIP], "a deactivated user cannot be written to");
    shop.world.okta.set_status(&ann.user, UserStatus::Active).unwrap();
    assert_eq!(shop.nightly_run().await.outcomes, [(Outcome::Applied, 1)].into());
    assert_eq!(shop.groups_of(&ann), [""; 0]);
    assert_eq!(shop.shown(&ann), (Some("0".to_owned()), Some(0)));
    assert_eq!(shop.nightly_run().await.dispatched, 0);
}

#[tokio::test]
async fn a_user_activated_again_is_looked_after_as_before() {
    let shop = Shop::open().await;
    let ann = shop.people(1, 1, "10").remove(0);
    shop.full_run().await;
    shop.world.okta.set_status(&ann.user, UserStatus::Deprovisioned).unwrap();
    shop.now_has(&ann, 1, "11");
    assert_eq!(shop.nightly_run().await.outcomes, [(Outcome::UserInactive, 1)].into());
    assert_eq!(shop.nightly_run().await.dispatched, 0, "nothing can be done");
    shop.world.okta.set_status(&ann.user, UserStatus::Active).unwrap();
    shop.nightly_run().await;
    assert_eq!(shop.shown(&ann), (Some("11".to_owned()), Some(1)));
    shop.now_has(&ann, 6, "600");
    shop.nightly_run().await;
    assert_eq!(shop.groups_of(&ann), [VIP]);
}

#[tokio::test]
async fn who_signs_up_before_the_first_run_ends_well_is_found_however_long_that_takes() {
    let shop = Shop::open().await;
    let late = shop.people(1, 1, "10").remove(0);
    let name = |address: &str| (address.to_owned(), address.to_owned());
    shop.world.shopify.change_email(late.customer, Some("late@example.com")).unwrap();
    let begun = shop.begin().await;
    shop.settle().await;
    let run = begun.run_id.unwrap();
    shop.system.config_table().cancel_run(&run).await.unwrap();
    shop.world.clock.advance(Duration::from_mins(1));
    assert_eq!(shop.tick().await.status, Status::Failed);
    shop.world.clock.advance(Duration::from_hours(1));
    let user = shop.world.okta.add_users(1, |_| name("late@example.com")).remove(0);
    shop.world.clock.advance(Duration::from_hours(72));
    let record = shop.full_run().await;
    assert!(record.okta.everybody, "a list of changes would have to reach back further");
    assert_eq!(shop.world.okta.group_names_of(&user), [NEW]);
    assert!(!shop.nightly_run().await.okta.everybody);
}

#[tokio::test]
async fn a_page_that_could_not_be_kept_is_counted_once() {
    // Chunks are kept by transactions.
    let only = Some("TransactWriteItems");
    let calls = at_each_call(Fate::EveryAnswerLost, only, async |calls| {
        let shop = Shop::open().await;
        shop.people(3, 1, "10");
        let function = crate::tables::function(&shop, &calls);
        let deadline = shop.world.clock.now() + Duration::from_mins(15);
        let start = Some(Start::default());
        // Whether the call has an answer or not, the run goes on.
        let _ = function.handle(resegment::Event { start }, deadline).await;
        shop.world.clock.advance(Duration::from_mins(3));
        let next = shop.tick().await;
        shop.finish(next).await;
        let summary =
            shop.system.runs().summaries::<resegment::Summary>(1).await.unwrap().remove(0);
        let record = shop.record(&summary.run_id).await;
        assert_eq!(record.okta.users, 3, "{}", calls.place());
    })
    .await;
    assert!(calls > 3, "{calls}");
}

/// A shop of one person and so many others that one line that cannot be read is believed.
async fn with_others() -> (Shop, Person) {
    let shop = Shop::open().await;
    let ann = shop.people(1, 1, "10").remove(0);
    shop.strangers(PAGE, 0, "0");
    (shop, ann)
}

#[tokio::test]
async fn who_is_active_again_while_their_line_cannot_be_read_is_looked_at_by_the_next_run() {
    let (shop, ann) = with_others().await;
    shop.full_run().await;
    shop.world.okta.set_status(&ann.user, UserStatus::Deprovisioned).unwrap();
    shop.now_has(&ann, 6, "600");
    assert_eq!(shop.nightly_run().await.outcomes, [(Outcome::UserInactive, 1)].into());
    assert_eq!(shop.nightly_run().await.dispatched, 0);

    shop.world.clock.advance(Duration::from_hours(1));
    shop.world.okta.set_status(&ann.user, UserStatus::Active).unwrap();
    shop.world.shopify.show_amount(ann.customer, Some("600,00")).unwrap();
    for _ in 0..2 {
        let record = shop.nightly_run().await;
        assert_eq!((record.dispatched, record.unanswered), (0, 0));
        assert_eq!(record.postponed, [ann.customer]);
    }
    shop.world.shopify.show_amount(ann.customer, None).unwrap();
    let record = shop.nightly_run().await;
    assert_eq!((record.outcomes, record.postponed), ([(Outcome::Applied, 1)].into(), Vec::new()));
    assert_eq!(shop.groups_of(&ann), [VIP]);
    assert_eq!(shop.nightly_run().await.dispatched, 0);
}

#[tokio::test]
async fn who_signs_up_while_their_line_cannot_be_read_is_looked_at_by_the_next_run() {
    let (shop, _) = with_others().await;
    let late = shop.strangers(1, 1, "10").remove(0);
    shop.full_run().await;
    shop.world.clock.advance(Duration::from_hours(1));
    let address = "stranger-1-0@example.com";
    let user = shop.world.okta.add_user(address, address);
    shop.world.shopify.show_amount(late, Some("10,00")).unwrap();
    assert_eq!(shop.nightly_run().await.postponed, [late]);
    shop.world.shopify.show_amount(late, None).unwrap();
    assert_eq!(shop.nightly_run().await.outcomes, [(Outcome::Applied, 1)].into());
    assert_eq!(shop.world.okta.group_names_of(&user), [NEW]);
}
