//! The system as Okta recommends it: as a service app whose tokens are bound to it.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use segments::local::{LocalSecrets, OKTA_SECRET, Options};
use simulators::okta::{NewServiceApp, ProofOfPossession, ServiceApp};
use simulators::{Service, World};
use state::Outcome;

use crate::harness::{NEW, RETURNING, Shop, VIP, held, outcomes};
use crate::of_runs::message;

/// A shop whose system is this app to Okta.
async fn open(new: &NewServiceApp<'_>) -> (Shop, ServiceApp) {
    let world = e2e::contracts::recorded(World::new("my-store.myshopify.com".parse().unwrap()));
    let app = world.okta.add_service_app(new);
    let secrets = LocalSecrets::simulated(&world);
    secrets.put(OKTA_SECRET, app.secret.to_string());
    let mut options = Options::simulated(&world).unwrap();
    options.secrets = Arc::new(secrets);
    let shop = Shop::of(world, options).await;
    // Nobody else's token is there to help out.
    shop.world.okta.revoke_token(true);
    shop.refresh_groups().await;
    (shop, app)
}

fn tokens(shop: &Shop) -> usize {
    shop.okta_calls().iter().filter(|call| call.ends_with("/oauth2/v1/token")).count()
}

#[tokio::test]
async fn customers_move_through_their_groups_with_and_without_proofs() {
    for proof in [ProofOfPossession::Required, ProofOfPossession::Ignored] {
        let (shop, _) = open(&NewServiceApp { proof, ..NewServiceApp::default() }).await;
        let ann = shop.person("ann@example.com");
        shop.buys(&ann, "45.50").await;
        assert_eq!(shop.held(&ann.user), held(NEW, "45.5", 1), "{proof:?}");
        shop.buys(&ann, "10").await;
        assert_eq!(shop.held(&ann.user), held(RETURNING, "55.5", 2));
        shop.assert_never_without_a_group(&ann.user);
        let bound = proof == ProofOfPossession::Required;
        let mut carried = shop.world.exchanges().into_iter().filter(|exchange| {
            exchange.call.service == Service::Okta && !exchange.call.path.ends_with("/token")
        });
        assert!(carried.all(|it| it.request.headers().contains_key("dpop") == bound));
    }
}

#[tokio::test]
async fn a_day_of_orders_costs_a_token_an_hour_at_most() {
    let (shop, _) = open(&NewServiceApp::default()).await;
    let ann = shop.person("ann@example.com");
    for _ in 0..24 {
        shop.buys(&ann, "1").await;
        shop.wait(Duration::from_hours(1));
    }
    let asked = tokens(&shop);
    assert!((20..=30).contains(&asked), "{asked}");
    assert_eq!(shop.held(&ann.user).orders, Some(24));
}

#[tokio::test]
async fn what_an_app_that_is_refused_left_undone_is_done_once_it_is_mended() {
    let (shop, app) = open(&NewServiceApp::default()).await;
    let ann = shop.person("ann@example.com");
    shop.world.okta.set_app_active(&app.client_id, false);
    shop.order(ann.customer, "45.50").await;
    shop.wait(Duration::from_secs(11));
    let report = shop.system.work_once().await.unwrap().unwrap();
    assert_eq!(report.tally.of("applied"), 0, "{:?}", report.tally);
    shop.world.okta.set_app_active(&app.client_id, true);
    shop.wait(Duration::from_secs(10));
    shop.settle().await;
    assert_eq!(shop.held(&ann.user), held(NEW, "45.5", 1));
}

#[tokio::test]
async fn a_token_that_is_not_granted_says_nothing_of_the_user_however_long_it_is_waited_for() {
    let new = NewServiceApp::default();
    let (shop, app) = open(&new).await;
    let ann = shop.person("ann@example.com");
    shop.buys(&ann, "45.50").await;
    shop.wait(Duration::from_hours(2));
    shop.world.okta.set_app_scopes(&app.client_id, &[]);
    shop.place(ann.customer, "600");
    shop.send([message(&shop, ann.customer)]).await;
    let hour = shop.now() + SignedDuration::from_hours(1);
    let waited = outcomes(&shop.system.settle_until(hour).await.unwrap());
    assert!(waited.len() > 6, "{waited:?}");
    assert!(waited.iter().all(|outcome| *outcome == Outcome::Deferred), "{waited:?}");

    shop.world.okta.set_app_scopes(&app.client_id, new.scopes);
    assert_eq!(outcomes(&shop.settle().await), [Outcome::Applied]);
    assert_eq!(shop.held(&ann.user), held(VIP, "645.5", 2));
}
