//! A user who passes from one customer to another, or from one user to another of the same person.

use std::pin::pin;
use std::time::Duration;

use http::Method;
use rules::{CustomerId, UserId};
use simulators::okta::UserStatus;
use simulators::{Fault, Matching, Moment, Service};
use state::Outcome;

use crate::harness::{NEW, RETURNING, STAFF, Shop, VIP, held, nothing, outcomes};

/// A VIP's user, whom the VIP gives up while the next customer looks, who has bought for so much: their
/// worker has read the groups of the user, who was still in one. It goes on with what befalls it then.
async fn given_up_meanwhile(
    shop: &Shop,
    amount: &str,
    befalls: impl FnOnce(),
) -> (CustomerId, UserId) {
    let user = shop.world.okta.add_user("ann@example.com", "anna@example.com");
    shop.world.okta.add_member(&shop.group(STAFF), &user).unwrap();
    let [first, second] = ["ann@example.com", "anna@example.com"].map(|it| shop.customer(it));
    shop.order(first, "600").await;
    shop.settle().await;
    let gone = shop.world.shopify.delete_customer(first).unwrap();
    shop.order(second, amount).await;
    shop.wait(Duration::from_secs(11));
    // Shopify; the login, the search and the user by id; and the groups.
    shop.world.suspend_at(5, Moment::After);
    {
        let mut work = pin!(shop.system.work_once());
        tokio::select! {
            () = shop.world.suspended() => {}
            _ = &mut work => panic!("the worker was not stopped"),
        }
        let last = shop.okta_calls().pop().unwrap();
        assert!(last.starts_with("GET") && last.ends_with("/groups"), "{last}");
        shop.deliver(&gone).await;
        shop.wait(Duration::from_secs(11));
        shop.system.work_once().await.unwrap().unwrap();
        assert_eq!(shop.held(&user), nothing(), "the first one's worker has given the user up");
        befalls();
        shop.world.let_go_on();
        work.await.unwrap();
    }
    (second, user)
}

#[tokio::test]
async fn whoever_is_given_up_while_the_next_customer_looks_is_joined_all_the_same() {
    let shop = Shop::open().await;
    let (second, user) = given_up_meanwhile(&shop, "700", || ()).await;
    shop.settle().await;
    assert_eq!(shop.held(&user), held(VIP, "700", 1));
    assert_eq!(shop.system.customers().holder(&user).await.unwrap(), Some(second));
}

#[tokio::test]
async fn a_group_read_before_the_claim_is_joined_by_a_later_look_that_wants_it() {
    let shop = Shop::open().await;
    let refusal = || {
        let totals = Matching::call(Method::POST, "/api/v1/users/{id}");
        shop.world.faults().next(Service::Okta, totals, Fault::Status(403));
    };
    let (second, user) = given_up_meanwhile(&shop, "45.50", refusal).await;
    assert_eq!(shop.system.customers().holder(&user).await.unwrap(), Some(second));
    assert_eq!(shop.held(&user), nothing(), "the look that claimed the user has done nothing");
    shop.order(second, "600").await;
    shop.settle().await;
    assert_eq!(shop.held(&user), held(VIP, "645.5", 2));
}

#[tokio::test]
async fn totals_that_cannot_be_cleared_keep_nobody_from_their_next_user() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.buys(&ann, "45.50").await;
    let other = shop.person("anna@example.com").user;
    shop.world.okta.remove_attribute("shopify_total_spent");
    shop.deliver(&shop.set_email(ann.customer, Some("anna@example.com"))).await;
    assert_eq!(outcomes(&shop.settle().await), [Outcome::ProfileRefused]);
    assert_eq!(shop.held(&other).groups, [NEW]);
    assert!(shop.held(&ann.user).groups.is_empty());
    assert!(shop.system.queue().dead_letters().is_empty());
}

#[tokio::test]
async fn one_whom_our_credentials_may_not_change_keeps_nobody_from_their_next_user() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.buys(&ann, "45.50").await;
    let other = shop.person("anna@example.com").user;
    shop.world.okta.promote(&ann.user).unwrap();
    shop.deliver(&shop.set_email(ann.customer, Some("anna@example.com"))).await;
    let began = shop.now();
    let outcome = outcomes(&shop.settle().await).pop();
    let hours = shop.now().duration_since(began).as_hours();
    assert!((20..30).contains(&hours), "{hours} hours");
    assert_eq!(outcome, Some(Outcome::Applied));
    assert_eq!(shop.held(&other), held(NEW, "45.5", 1));
    assert_eq!(shop.system.customers().holder(&ann.user).await.unwrap(), None);
    assert!(shop.system.queue().dead_letters().is_empty());
}

#[tokio::test]
async fn a_profile_that_our_credentials_may_not_change_keeps_nobody_in_their_group() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.buys(&ann, "45.50").await;
    let totals = Matching::call(Method::POST, "/api/v1/users/{id}");
    shop.world.faults().always(Service::Okta, totals, Fault::Status(403));
    shop.deliver(&shop.set_email(ann.customer, Some("nobody@example.com"))).await;
    assert_eq!(outcomes(&shop.settle().await).pop(), Some(Outcome::Unmatched));
    assert!(shop.held(&ann.user).groups.is_empty(), "though the totals stay");
}

#[tokio::test]
async fn one_whom_our_credentials_may_not_read_is_given_up_after_a_day() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    for path in ["/api/v1/users/{id}", "/api/v1/users/{id}/groups"] {
        let read = Matching::call(Method::GET, path);
        shop.world.faults().always(Service::Okta, read, Fault::Status(403));
        shop.order(ann.customer, "1").await;
        let began = shop.now();
        shop.settle().await;
        let hours = shop.now().duration_since(began).as_hours();
        assert!((20..30).contains(&hours), "{path}: {hours} hours");
        let outcome = shop.record(ann.customer).await.last_outcome();
        assert_eq!(outcome, Some(Outcome::UserForbidden), "{path}");
        shop.world.faults().clear();
    }
    assert!(shop.system.queue().dead_letters().is_empty());
    shop.buys(&ann, "1").await;
    assert_eq!(shop.held(&ann.user), held(RETURNING, "3", 3));
}

#[tokio::test]
async fn another_user_with_the_address_stands_in_for_one_who_is_deactivated() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.buys(&ann, "45.50").await;
    shop.world.okta.set_status(&ann.user, UserStatus::Deprovisioned).unwrap();
    let other = shop.world.okta.add_user("ann.new", "ann@example.com");
    shop.world.okta.add_member(&shop.group(STAFF), &other).unwrap();
    shop.buys(&ann, "10").await;
    assert_eq!(shop.held(&other), held(RETURNING, "55.5", 2));
    assert!(shop.held(&ann.user).groups.is_empty(), "who may be activated again");
    assert_eq!(shop.system.customers().holder(&other).await.unwrap(), Some(ann.customer));
    assert_eq!(shop.system.customers().holder(&ann.user).await.unwrap(), None);
}

#[tokio::test]
async fn one_whom_our_credentials_may_not_change_is_given_up_after_a_day() {
    let shop = Shop::open().await;
    let (admin, ben) = (shop.person("ann@example.com"), shop.person("ben@example.com"));
    shop.world.okta.promote(&admin.user).unwrap();
    shop.order(admin.customer, "45.50").await;
    shop.order(ben.customer, "45.50").await;
    let began = shop.now();
    shop.settle().await;
    let hours = shop.now().duration_since(began).as_hours();
    assert!((20..30).contains(&hours), "{hours} hours");
    assert_eq!(shop.record(admin.customer).await.last_outcome(), Some(Outcome::UserForbidden));
    assert!(shop.system.queue().dead_letters().is_empty());
    assert_eq!(shop.held(&ben.user), held(NEW, "45.5", 1));
}
