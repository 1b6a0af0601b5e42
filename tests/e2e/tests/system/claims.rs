//! A user who passes from one customer to another, or from one user to another of the same person.

use std::pin::pin;
use std::time::Duration;

use simulators::Moment;
use simulators::okta::UserStatus;
use state::Outcome;

use crate::harness::{NEW, RETURNING, STAFF, Shop, VIP, held, nothing, outcomes};

#[tokio::test]
async fn whoever_is_given_up_while_the_next_customer_looks_is_joined_all_the_same() {
    let shop = Shop::open().await;
    let user = shop.world.okta.add_user("ann@example.com", "anna@example.com");
    shop.world.okta.add_member(&shop.group(STAFF), &user).unwrap();
    let [first, second] = ["ann@example.com", "anna@example.com"].map(|it| shop.customer(it));
    shop.order(first, "600").await;
    shop.settle().await;
    let gone = shop.world.shopify.delete_customer(first).unwrap();
    shop.order(second, "700").await;
    shop.wait(Duration::from_secs(11));
    // Shopify; the login, the search and the user by id; and the groups, of which the user is still in one.
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
        shop.world.let_go_on();
        work.await.unwrap();
    }
    shop.settle().await;
    assert_eq!(shop.held(&user), held(VIP, "700", 1));
    assert_eq!(shop.system.customers().holder(&user).await.unwrap(), Some(second));
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
