use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use simulators::okta::UserStatus;
use state::Outcome;

use crate::harness::{NEW, RETURNING, STAFF, Shop, VIP, held, nothing, outcomes};

#[tokio::test]
async fn a_customer_whom_okta_does_not_know_is_found_once_they_sign_up() {
    let shop = Shop::open().await;
    let customer = shop.customer("ann@example.com");
    shop.order(customer, "45.50").await;
    let settled = shop.settle().await;
    assert_eq!(outcomes(&settled), [Outcome::Unmatched, Outcome::Unmatched]);
    assert_eq!(shop.segment(customer).await, None);
    assert_eq!(shop.record(customer).await.last.unwrap().outcome, Outcome::Unmatched);

    let user = shop.world.okta.add_user("ann@example.com", "ann@example.com");
    shop.world.okta.add_member(&shop.group(STAFF), &user).unwrap();
    shop.order(customer, "10").await;
    shop.settle().await;
    assert_eq!(shop.held(&user), held(RETURNING, "55.5", 2));
}

#[tokio::test]
async fn a_customer_without_an_address_is_unmatched() {
    let shop = Shop::open().await;
    let customer = shop.customer("ann@example.com");
    shop.set_email(customer, None);
    shop.order(customer, "45.50").await;
    assert_eq!(outcomes(&shop.settle().await)[0], Outcome::Unmatched);
    assert_eq!(shop.okta_calls(), [""; 0]);
}

#[tokio::test]
async fn a_user_is_found_by_e_mail_where_the_login_is_another_whatever_the_case() {
    let shop = Shop::open().await;
    let user = shop.world.okta.add_user("ann.login", "Ann@Example.com");
    shop.world.okta.add_member(&shop.group(STAFF), &user).unwrap();
    shop.world.okta.set_loose_search(true);
    shop.world.okta.add_user("ann.two", "ann@example.com.au");
    let customer = shop.customer("ANN@example.com");
    shop.order(customer, "45.50").await;
    shop.settle().await;
    assert_eq!(shop.held(&user), held(NEW, "45.5", 1));
}

#[tokio::test]
async fn two_users_with_the_address_are_ambiguous_and_neither_is_touched() {
    let shop = Shop::open().await;
    for login in ["ann.one", "ann.two"] {
        shop.world.okta.add_user(login, "ann@example.com");
    }
    let customer = shop.customer("ann@example.com");
    shop.order(customer, "45.50").await;
    assert_eq!(outcomes(&shop.settle().await)[0], Outcome::Ambiguous);
    assert!(shop.world.okta.members(&shop.group(NEW)).is_empty());
}

#[tokio::test]
async fn a_deactivated_user_is_left_alone() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.world.okta.set_status(&ann.user, UserStatus::Deprovisioned).unwrap();
    shop.order(ann.customer, "45.50").await;
    assert_eq!(outcomes(&shop.settle().await)[0], Outcome::UserInactive);
    assert_eq!(shop.held(&ann.user), nothing());
}

#[tokio::test]
async fn a_user_deactivated_since_is_an_outcome_and_is_caught_up_with_later() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.buys(&ann, "45.50").await;
    shop.world.okta.set_status(&ann.user, UserStatus::Deprovisioned).unwrap();
    shop.order(ann.customer, "600").await;
    assert_eq!(outcomes(&shop.settle().await)[0], Outcome::UserInactive);
    shop.world.okta.set_status(&ann.user, UserStatus::Active).unwrap();
    shop.buys(&ann, "1").await;
    assert_eq!(shop.held(&ann.user), held(VIP, "646.5", 3));
}

#[tokio::test]
async fn a_first_contact_leaves_stale_managed_groups_and_no_others() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    for stale in [VIP, RETURNING] {
        shop.world.okta.add_member(&shop.group(stale), &ann.user).unwrap();
    }
    shop.buys(&ann, "45.50").await;
    assert_eq!(shop.held(&ann.user), held(NEW, "45.5", 1));
    shop.assert_never_without_a_group(&ann.user);
}

#[tokio::test]
async fn a_changed_address_moves_everything_to_the_new_user() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.buys(&ann, "600").await;
    let other = shop.person("anna@example.com").user;
    let webhook = shop.set_email(ann.customer, Some("Anna@example.com"));
    shop.deliver(&webhook).await;
    shop.settle().await;
    assert_eq!(shop.held(&ann.user), nothing());
    assert_eq!(shop.held(&other), held(VIP, "600", 1));
    assert_eq!(shop.system.customers().holder(&ann.user).await.unwrap(), None);
    assert_eq!(shop.system.customers().holder(&other).await.unwrap(), Some(ann.customer));
}

#[tokio::test]
async fn an_address_changed_to_one_that_okta_does_not_know_takes_everything_back() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.buys(&ann, "600").await;
    let webhook = shop.set_email(ann.customer, Some("nobody@example.com"));
    shop.deliver(&webhook).await;
    assert_eq!(outcomes(&shop.settle().await), [Outcome::Unmatched]);
    assert_eq!(shop.held(&ann.user), nothing());
    let record = shop.record(ann.customer).await;
    assert_eq!((record.segment, record.matched), (None, None));
    assert_eq!(record.transitions.last().unwrap().to, None);
}

#[tokio::test]
async fn an_address_changed_on_both_sides_keeps_the_user() {
    let shop = Shop::open().await;
    let login = "ann.login";
    let user = shop.world.okta.add_user(login, "ann@example.com");
    shop.world.okta.add_member(&shop.group(STAFF), &user).unwrap();
    let customer = shop.customer("ann@example.com");
    shop.order(customer, "600").await;
    shop.settle().await;
    shop.world.okta.set_attribute(&user, "email", "anna@example.com".into()).unwrap();
    shop.world.take_calls();
    shop.deliver(&shop.set_email(customer, Some("anna@example.com"))).await;
    shop.settle().await;
    assert_eq!(shop.held(&user), held(VIP, "600", 1));
    shop.assert_never_without_a_group(&user);
    assert!(
        shop.okta_calls().iter().all(|call| call.starts_with("GET")),
        "{:?}",
        shop.okta_calls()
    );
}

#[tokio::test]
async fn a_user_made_anew_is_looked_up_again() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.buys(&ann, "45.50").await;
    shop.world.okta.delete_user(&ann.user).unwrap();
    let again = shop.world.okta.add_user("ann@example.com", "ann@example.com");
    shop.world.okta.add_member(&shop.group(STAFF), &again).unwrap();
    shop.order(ann.customer, "600").await;
    shop.settle().await;
    assert_eq!(shop.held(&again), held(VIP, "645.5", 2));
    assert_eq!(shop.system.customers().holder(&ann.user).await.unwrap(), None);
}

#[tokio::test]
async fn a_user_who_is_gone_for_good_leaves_an_unmatched_customer() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.buys(&ann, "45.50").await;
    shop.world.okta.delete_user(&ann.user).unwrap();
    shop.order(ann.customer, "600").await;
    assert_eq!(outcomes(&shop.settle().await)[0], Outcome::Unmatched);
    assert_eq!(shop.segment(ann.customer).await, None);
}

/// Two customers whose addresses lead to one user: by login, and by e-mail.
async fn contested(shop: &Shop) -> (rules::CustomerId, rules::CustomerId, rules::UserId) {
    let user = shop.world.okta.add_user("ann@example.com", "anna@example.com");
    shop.world.okta.add_member(&shop.group(STAFF), &user).unwrap();
    let first = shop.customer("ann@example.com");
    let second = shop.customer("anna@example.com");
    shop.order(first, "600").await;
    shop.settle().await;
    (first, second, user)
}

#[tokio::test]
async fn a_user_belongs_to_the_customer_who_came_first() {
    let shop = Shop::open().await;
    let (first, second, user) = contested(&shop).await;
    shop.order(second, "20").await;
    let settled = shop.settle().await;
    assert_eq!(settled.done().filter(|done| done.outcome == Outcome::UserTaken).count(), 1);
    assert_eq!(shop.held(&user), held(VIP, "600", 1));
    assert_eq!(shop.system.customers().holder(&user).await.unwrap(), Some(first));
    assert_eq!(shop.record(second).await.last.unwrap().outcome, Outcome::UserTaken);
}

#[tokio::test]
async fn a_user_whose_holder_has_left_is_taken_over_within_two_minutes() {
    let shop = Shop::open().await;
    let (first, second, user) = contested(&shop).await;
    // The event that tells of the first one's end is lost.
    shop.world.shopify.delete_customer(first).unwrap();
    let began = shop.now();
    shop.order(second, "20").await;
    shop.settle().await;
    assert_eq!(shop.held(&user), held(NEW, "20", 1));
    assert_eq!(shop.system.customers().holder(&user).await.unwrap(), Some(second));
    let taken = shop.record(second).await.transitions[0].at.duration_since(began);
    assert!(taken.as_mins() < 2, "{taken}");
}

#[tokio::test]
async fn a_holder_who_leaves_after_having_been_asked_once_is_asked_again() {
    let shop = Shop::open().await;
    let (first, second, user) = contested(&shop).await;
    shop.order(second, "20").await;
    shop.settle().await;
    assert_eq!(shop.record(second).await.last.unwrap().outcome, Outcome::UserTaken);
    shop.world.shopify.delete_customer(first).unwrap();
    shop.order(second, "1").await;
    shop.settle().await;
    assert_eq!(shop.held(&user), held(RETURNING, "21", 2));
}

#[tokio::test]
async fn a_second_event_while_the_holder_is_asked_does_not_end_the_contest() {
    let shop = Shop::open().await;
    let (first, second, user) = contested(&shop).await;
    shop.place(second, "20");
    shop.world.shopify.delete_customer(first).unwrap();
    // Events of no order, which no second look follows.
    let update = shop.set_email(second, Some("anna@example.com"));
    shop.deliver(&update).await;
    shop.wait(Duration::from_secs(11));
    shop.system.work_once().await.unwrap().unwrap();
    shop.deliver(&update).await;
    shop.settle().await;
    assert_eq!(shop.held(&user), held(NEW, "20", 1));
}

#[tokio::test]
async fn while_the_search_lags_a_person_who_changed_their_address_loses_nothing() {
    let shop = Shop::open().await;
    let user = shop.world.okta.add_user("ann.login", "ann@example.com");
    shop.world.okta.add_member(&shop.group(STAFF), &user).unwrap();
    let customer = shop.customer("ann@example.com");
    shop.order(customer, "600").await;
    shop.settle().await;
    shop.world.okta.set_search_lag(Duration::from_hours(1));
    shop.world.okta.set_attribute(&user, "email", "anna@example.com".into()).unwrap();
    shop.deliver(&shop.set_email(customer, Some("anna@example.com"))).await;
    shop.settle().await;
    assert_eq!(shop.held(&user), held(VIP, "600", 1));
    shop.assert_never_without_a_group(&user);
}

#[tokio::test]
async fn only_members_of_the_group_to_match_are_matched() {
    let shop = Shop::open().await;
    let group = AttributeValue::S(STAFF.into());
    shop.system.set("match_only_group", group).await.unwrap();
    shop.wait(Duration::from_mins(2));
    let ann = shop.person("ann@example.com");
    shop.buys(&ann, "45.50").await;
    assert_eq!(shop.held(&ann.user), held(NEW, "45.5", 1));

    let stranger = shop.world.okta.add_user("ben@example.com", "ben@example.com");
    let ben = shop.customer("ben@example.com");
    shop.order(ben, "45.50").await;
    assert_eq!(outcomes(&shop.settle().await)[0], Outcome::Unmatched);
    assert_eq!(shop.world.okta.attributes_of(&stranger), (None, None));
}
