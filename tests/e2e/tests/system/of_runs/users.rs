//! What a run found out about users, and what the next one has to know.

use std::time::Duration;

use rules::{EmailAddress, UserId};
use simulators::okta::UserStatus;
use state::{AddressHash, Cause, Hint, Outcome};

use super::{hinted, message, part_of_run};
use crate::harness::{NEW, STAFF, Shop, held};

const READ_USER: &str = "GET /api/v1/users/{id}";
const READ_GROUPS: &str = "GET /api/v1/users/{id}/groups";
const SEARCH: &str = "GET /api/v1/users";
const SET_TOTALS: &str = "POST /api/v1/users/{id}";
const JOIN: &str = "PUT /api/v1/groups/{id}/users/{id}";

impl Shop {
    /// A user whose login is another than the address.
    fn user(&self, login: &str, email: &str) -> UserId {
        let user = self.world.okta.add_user(login, email);
        self.world.okta.add_member(&self.group(STAFF), &user).unwrap();
        user
    }

    async fn hash(&self, email: &str) -> Option<AddressHash> {
        let email: EmailAddress = email.parse().unwrap();
        let table = self.system.config_table();
        let config = table.load(None, self.now(), &outbound::SystemRandom).await.unwrap();
        Some(config.salt.hash(&email))
    }
}

#[tokio::test]
async fn a_user_whom_the_run_found_is_confirmed_and_not_searched_for() {
    let shop = Shop::open().await;
    let user = shop.user("ann.login", "Ann@example.com");
    let ann = shop.customer("ann@example.com");
    shop.place(ann, "45.50");
    shop.works_off(hinted(&shop, ann, Hint::Is(user.clone()))).await;
    assert_eq!(shop.held(&user), held(NEW, "45.5", 1));
    assert_eq!(shop.okta_calls(), [READ_USER, READ_GROUPS, SET_TOTALS, JOIN]);
    assert_eq!(shop.answered(ann).await, Some(Outcome::Applied));
}

#[tokio::test]
async fn a_found_user_who_does_not_bear_the_address_or_is_deactivated_is_not_believed() {
    let shop = Shop::open().await;
    let other = shop.user("ben.login", "ben@example.com");
    let deactivated = shop.user("cas@example.com", "cas@example.com");
    shop.world.okta.set_status(&deactivated, UserStatus::Deprovisioned).unwrap();
    for (email, wrong) in [("ann@example.com", other), ("cas@example.com", deactivated)] {
        let user = shop.user(&format!("login.of.{email}"), email);
        let customer = shop.customer(email);
        shop.place(customer, "45.50");
        shop.world.take_calls();
        shop.works_off(hinted(&shop, customer, Hint::Is(wrong.clone()))).await;
        assert_eq!(shop.held(&user), held(NEW, "45.5", 1));
        assert_eq!(shop.okta_calls()[..3], [READ_USER, READ_USER, SEARCH]);
        assert_eq!(shop.world.okta.attributes_of(&wrong), (None, None));
    }
}

#[tokio::test]
async fn whom_the_run_found_nobody_for_costs_no_call() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.place(ann.customer, "45.50");
    let ended = shop.works_off(hinted(&shop, ann.customer, Hint::Nobody)).await;
    assert_eq!(ended, [Outcome::Unmatched]);
    assert_eq!(shop.okta_calls(), [""; 0]);
    assert_eq!(shop.record(ann.customer).await.sought, shop.hash("ann@example.com").await);
}

#[tokio::test]
async fn an_event_looks_for_itself_even_if_the_run_found_nobody() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.place(ann.customer, "45.50");
    let mut event = hinted(&shop, ann.customer, Hint::Nobody);
    event.cause = Cause::Customer;
    shop.wait(Duration::from_secs(11));
    shop.works_off(event).await;
    assert_eq!(shop.held(&ann.user), held(NEW, "45.5", 1));
}

#[tokio::test]
async fn a_hint_about_a_customer_who_has_a_user_changes_nothing() {
    let shop = Shop::open().await;
    let ann = shop.person("ann@example.com");
    shop.buys(&ann, "45.50").await;
    let ended = shop.works_off(hinted(&shop, ann.customer, Hint::Nobody)).await;
    assert_eq!(ended, [Outcome::Unchanged]);
    assert_eq!(shop.held(&ann.user), held(NEW, "45.5", 1));
}

#[tokio::test]
async fn the_address_that_nobody_usable_was_found_by_is_kept_until_somebody_is() {
    let shop = Shop::open().await;
    let ann = shop.customer("ann@example.com");
    shop.order(ann, "45.50").await;
    shop.settle().await;
    assert_eq!(shop.record(ann).await.sought, shop.hash("ann@example.com").await, "unmatched");

    let user = shop.user("ann@example.com", "ann@example.com");
    shop.world.okta.set_status(&user, UserStatus::Deprovisioned).unwrap();
    shop.deliver(&shop.set_email(ann, Some("ANN@example.com"))).await;
    shop.settle().await;
    let record = shop.record(ann).await;
    assert_eq!(record.last.unwrap().outcome, Outcome::UserInactive);
    assert_eq!(record.sought, shop.hash("ann@example.com").await);

    shop.deliver(&shop.set_email(ann, Some("anna@example.com"))).await;
    shop.settle().await;
    assert_eq!(shop.record(ann).await.sought, shop.hash("anna@example.com").await, "another");

    shop.deliver(&shop.set_email(ann, None)).await;
    shop.settle().await;
    assert_eq!(shop.record(ann).await.sought, None, "no address");

    shop.world.okta.set_status(&user, UserStatus::Active).unwrap();
    shop.deliver(&shop.set_email(ann, Some("anna@example.com"))).await;
    shop.settle().await;
    assert_ne!(shop.record(ann).await.sought, None);
    shop.deliver(&shop.set_email(ann, Some("ann@example.com"))).await;
    shop.settle().await;
    let record = shop.record(ann).await;
    assert_eq!((record.sought, record.matched.unwrap().user), (None, user), "found");
}

#[tokio::test]
async fn two_users_of_one_address_and_a_user_of_another_customer_were_sought_too() {
    let shop = Shop::open().await;
    for login in ["twin.one", "twin.two"] {
        shop.world.okta.add_user(login, "twin@example.com");
    }
    shop.user("first@example.com", "second@example.com");
    let first = shop.customer("first@example.com");
    shop.order(first, "1").await;
    shop.settle().await;
    for (email, outcome) in
        [("twin@example.com", Outcome::Ambiguous), ("second@example.com", Outcome::UserTaken)]
    {
        let customer = shop.customer(email);
        shop.place(customer, "1");
        let ended = shop.works_off(message(&shop, customer)).await;
        assert_eq!(ended.last(), Some(&outcome));
        assert_eq!(shop.record(customer).await.sought, shop.hash(email).await);
    }
}

#[tokio::test]
async fn who_leaves_all_segments_is_not_sought_any_more() {
    let shop = Shop::open().await;
    let ann = shop.customer("ann@example.com");
    let order = shop.order(ann, "45.50").await;
    shop.settle().await;
    assert_ne!(shop.record(ann).await.sought, None);
    shop.world.shopify.cancel_order(order).unwrap();
    let mut left = message(&shop, ann);
    part_of_run(&mut left).book = 1;
    assert_eq!(shop.works_off(left).await, [Outcome::Unchanged]);
    assert_eq!(shop.record(ann).await.sought, None);
}

#[tokio::test]
async fn an_address_that_the_run_cannot_have_looked_for_is_looked_for() {
    let shop = Shop::open().await;
    let ann = shop.customer("before@example.com");
    shop.place(ann, "45.50");
    let user = shop.user("ann@example.com", "ann@example.com");
    // The run has begun by then.
    shop.wait(Duration::from_hours(24));
    shop.set_email(ann, Some("ann@example.com"));
    shop.works_off(hinted(&shop, ann, Hint::Nobody)).await;
    assert_eq!(shop.held(&user), held(NEW, "45.5", 1));
}
