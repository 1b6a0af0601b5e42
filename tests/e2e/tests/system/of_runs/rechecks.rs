//! Where a run has seen that Okta differs, nothing applied is believed.

use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use rules::{Applied, Attributes, Membership, RuleBook};
use simulators::Moment;
use simulators::okta::{GroupKind, UserStatus};
use state::{Cause, Entry, Outcome, Written};

use super::{message, part_of_run, recheck};
use crate::harness::{NEW, Person, RETURNING, Shop, VIP, held, nothing, outcomes};

const READ_USER: &str = "GET /api/v1/users/{id}";
const READ_GROUPS: &str = "GET /api/v1/users/{id}/groups";
const SET_TOTALS: &str = "POST /api/v1/users/{id}";
const JOIN: &str = "PUT /api/v1/groups/{id}/users/{id}";
const LEAVE: &str = "DELETE /api/v1/groups/{id}/users/{id}";

impl Shop {
    /// A customer who is new, as everybody agrees.
    async fn newcomer(&self) -> Person {
        let ann = self.person("ann@example.com");
        self.buys(&ann, "45.50").await;
        self.world.take_calls();
        ann
    }

    async fn applied(&self, person: &Person) -> Applied {
        self.record(person.customer).await.applied
    }

    /// Writes something else into the entry than what was applied.
    async fn misremember(&self, person: &Person, change: impl FnOnce(&mut Applied)) {
        let customers = self.system.customers();
        let mut found = customers.load(&[person.customer]).await.unwrap();
        let found = found.remove(&person.customer).unwrap().unwrap();
        let Entry::Customer(mut record) = found.entry else { panic!() };
        change(&mut record.applied);
        let entry = Entry::Customer(record);
        let written = customers.save(person.customer, &entry, Some(found.version)).await.unwrap();
        assert!(matches!(written, Written::Done(_)));
    }
}

#[tokio::test]
async fn who_was_taken_out_of_the_group_by_hand_is_put_back() {
    let shop = Shop::open().await;
    let ann = shop.newcomer().await;
    shop.world.okta.remove_member(&shop.group(NEW), &ann.user).unwrap();
    assert_eq!(shop.works_off(message(&shop, ann.customer)).await, [Outcome::Unchanged]);
    assert_eq!(shop.okta_calls(), [""; 0], "what was applied is believed");

    let mut checking = recheck(&shop, ann.customer);
    part_of_run(&mut checking).id = "20261007T030000Z-000001".parse().unwrap();
    assert_eq!(shop.works_off(checking).await, [Outcome::Applied]);
    assert_eq!(shop.held(&ann.user), held(NEW, "45.5", 1));
    assert_eq!(shop.okta_calls(), [READ_USER, READ_GROUPS, JOIN]);
}

#[tokio::test]
async fn who_was_put_into_another_segments_group_by_hand_is_taken_out() {
    let shop = Shop::open().await;
    let ann = shop.newcomer().await;
    shop.world.okta.add_member(&shop.group(VIP), &ann.user).unwrap();
    assert_eq!(shop.works_off(recheck(&shop, ann.customer)).await, [Outcome::Applied]);
    assert_eq!(shop.held(&ann.user), held(NEW, "45.5", 1));
    assert_eq!(shop.okta_calls(), [READ_USER, READ_GROUPS, LEAVE]);
}

#[tokio::test]
async fn totals_changed_by_hand_are_written_again() {
    let shop = Shop::open().await;
    let ann = shop.newcomer().await;
    shop.world.okta.set_attribute(&ann.user, "shopify_orders_count", 9.into()).unwrap();
    assert_eq!(shop.works_off(recheck(&shop, ann.customer)).await, [Outcome::Applied]);
    assert_eq!(shop.held(&ann.user), held(NEW, "45.5", 1));
    assert_eq!(shop.okta_calls(), [READ_USER, READ_GROUPS, SET_TOTALS]);
}

#[tokio::test]
async fn where_nothing_differs_nothing_is_written_and_the_entry_is_put_right() {
    let shop = Shop::open().await;
    let ann = shop.newcomer().await;
    let right = shop.applied(&ann).await;
    let vip = rules::Group { id: shop.group(VIP), name: VIP.parse().unwrap() };
    shop.misremember(&ann, |applied| {
        applied.attributes = Attributes::Unknown;
        applied.groups.clear();
        applied.note(vip, Membership::Uncertain);
    })
    .await;
    let writes = shop.world.okta.membership_log().len();
    assert_eq!(shop.works_off(recheck(&shop, ann.customer)).await, [Outcome::Unchanged]);
    assert_eq!(shop.okta_calls(), [READ_USER, READ_GROUPS]);
    assert_eq!(shop.world.okta.membership_log().len(), writes);
    assert_eq!(shop.applied(&ann).await, right);
    assert_eq!(shop.answered(ann.customer).await, Some(Outcome::Unchanged));
}

#[tokio::test]
async fn a_group_that_is_managed_no_more_is_still_left() {
    let shop = Shop::open().await;
    let ann = shop.newcomer().await;
    shop.world.okta.add_group("Newcomers", GroupKind::Okta);
    let book = include_str!("../../../../../segments.toml")
        .replace("\"Shopify New Customer\"", "\"Newcomers\"");
    let book = Arc::new(RuleBook::from_toml(&book).unwrap());
    shop.system.config_table().accept(book, Some(1), None, shop.now()).await.unwrap().unwrap();
    shop.refresh_groups().await;
    shop.world.take_calls();
    assert_eq!(shop.works_off(recheck(&shop, ann.customer)).await, [Outcome::Applied]);
    let groups = shop.world.okta.group_names_of(&ann.user);
    assert!(groups.contains(&"Newcomers".to_owned()) && !groups.contains(&NEW.to_owned()));
    assert_eq!(shop.okta_calls(), [READ_USER, READ_GROUPS, JOIN, LEAVE]);
}

#[tokio::test]
async fn a_move_is_noted_before_it_is_made_and_leaves_what_was_found_too() {
    let shop = Shop::open().await;
    let ann = shop.newcomer().await;
    shop.world.okta.add_member(&shop.group(RETURNING), &ann.user).unwrap();
    shop.place(ann.customer, "600");
    assert_eq!(shop.works_off(recheck(&shop, ann.customer)).await, [Outcome::Applied]);
    assert_eq!(shop.held(&ann.user), held(VIP, "645.5", 2));
    let all = [READ_USER, READ_GROUPS, SET_TOTALS, JOIN, LEAVE, LEAVE];
    assert_eq!(shop.okta_calls(), all);
    let last = shop.record(ann.customer).await.transitions.pop().unwrap();
    assert_eq!(last.cause, Cause::Drift);
}

#[tokio::test]
async fn a_group_that_a_rule_fills_is_not_touched_by_a_recheck_either() {
    let shop = Shop::open().await;
    let ann = shop.newcomer().await;
    shop.world.okta.add_member(&shop.group(VIP), &ann.user).unwrap();
    let rule = shop.world.okta.add_rule("everybody", &[shop.group(VIP)], true);
    shop.refresh_groups().await;
    assert_eq!(shop.works_off(recheck(&shop, ann.customer)).await, [Outcome::Unchanged]);
    assert!(shop.world.okta.rule_exclusions(&rule).is_empty());
}

#[tokio::test]
async fn a_user_who_is_gone_is_looked_for_anew() {
    let shop = Shop::open().await;
    let ann = shop.newcomer().await;
    shop.world.okta.delete_user(&ann.user).unwrap();
    let again = shop.world.okta.add_user("ann@example.com", "ann@example.com");
    shop.world.okta.add_member(&shop.group(crate::harness::STAFF), &again).unwrap();
    assert_eq!(shop.works_off(recheck(&shop, ann.customer)).await, [Outcome::Applied]);
    assert_eq!(shop.held(&again), held(NEW, "45.5", 1));
    let customers = shop.system.customers();
    assert_eq!(customers.holder(&ann.user).await.unwrap(), None);
    assert_eq!(customers.holder(&again).await.unwrap(), Some(ann.customer));
}

#[tokio::test]
async fn a_deactivated_user_is_an_outcome_and_nothing_is_written() {
    let shop = Shop::open().await;
    let ann = shop.newcomer().await;
    shop.world.okta.set_status(&ann.user, UserStatus::Deprovisioned).unwrap();
    assert_eq!(shop.works_off(recheck(&shop, ann.customer)).await, [Outcome::UserInactive]);
    assert_eq!(shop.okta_calls(), [READ_USER]);
    assert_eq!(shop.answered(ann.customer).await, Some(Outcome::UserInactive));
}

#[tokio::test]
async fn what_a_deactivated_user_is_to_leave_is_noted_before_they_leave_it() {
    let shop = Shop::open().await;
    let ann = shop.newcomer().await;
    shop.world.okta.set_status(&ann.user, UserStatus::Deprovisioned).unwrap();
    shop.set_email(ann.customer, Some("anna@example.com"));
    shop.send([recheck(&shop, ann.customer)]).await;
    // Shopify; the user, for the address and for what they hold; and the group.
    shop.world.suspend_at(4, Moment::After);
    tokio::select! {
        () = shop.world.suspended() => {}
        _ = shop.system.work_once() => panic!("the worker was not stopped"),
    }
    assert_eq!(shop.okta_calls(), [READ_USER, READ_USER, LEAVE]);
    assert!(shop.record(ann.customer).await.is_leased(shop.now()));
    let noted = shop.applied(&ann).await.groups;
    assert!(noted.values().all(|it| it.membership == Membership::Uncertain), "{noted:?}");
    shop.settle().await;
    assert_eq!(shop.answered(ann.customer).await, Some(Outcome::Unmatched));
}

#[tokio::test]
async fn a_first_contact_reads_the_groups_anyway() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.place(ann.customer, "45.50");
    shop.works_off(recheck(&shop, ann.customer)).await;
    assert_eq!(shop.held(&ann.user), held(NEW, "45.5", 1));
    assert_eq!(shop.okta_calls(), [READ_USER, READ_GROUPS, SET_TOTALS, JOIN]);
}

#[tokio::test]
async fn who_is_gone_leaves_the_groups_that_nobody_had_noted_too() {
    let shop = Shop::open().await;
    let ann = shop.newcomer().await;
    shop.world.okta.add_member(&shop.group(VIP), &ann.user).unwrap();
    shop.world.shopify.delete_customer(ann.customer).unwrap();
    assert_eq!(shop.works_off(recheck(&shop, ann.customer)).await, [Outcome::Gone]);
    assert_eq!(shop.held(&ann.user), nothing());
}

#[tokio::test]
async fn a_recheck_that_okta_refuses_half_way_is_made_again() {
    let shop = Shop::open().await;
    let ann = shop.newcomer().await;
    shop.world.okta.add_member(&shop.group(VIP), &ann.user).unwrap();
    let groups = simulators::Matching::call(http::Method::GET, "/api/v1/users/{id}/groups");
    let refusal = simulators::Fault::Status(403);
    shop.world.faults().times(1, simulators::Service::Okta, groups, refusal);
    let ended = shop.works_off(recheck(&shop, ann.customer)).await;
    assert_eq!(ended, [Outcome::Deferred, Outcome::Applied]);
    assert_eq!(shop.held(&ann.user), held(NEW, "45.5", 1));
}

#[tokio::test]
async fn an_event_that_a_recheck_has_joined_rechecks() {
    let shop = Shop::open().await;
    let ann = shop.newcomer().await;
    shop.world.okta.remove_member(&shop.group(NEW), &ann.user).unwrap();
    let seconds = AttributeValue::N("0".into());
    shop.system.set("settle_seconds", seconds).await.unwrap();
    shop.wait(std::time::Duration::from_mins(2));
    let mut event = recheck(&shop, ann.customer);
    event.cause = Cause::Customer;
    event.run = None;
    shop.send([recheck(&shop, ann.customer), event]).await;
    assert_eq!(outcomes(&shop.settle().await), [Outcome::Applied]);
    assert_eq!(shop.held(&ann.user), held(NEW, "45.5", 1));
}
