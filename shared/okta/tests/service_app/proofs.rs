//! Proofs of possession, where things go wrong.

use std::collections::BTreeSet;
use std::time::Duration;

use simulators::{Fault, Matching, Service};

use crate::org::{JOIN, Org, TOKEN};

#[tokio::test]
async fn a_call_whose_answer_is_lost_is_proven_anew() {
    let org = Org::new();
    let joins = Matching::call(http::Method::PUT, JOIN);
    org.world.faults().next(Service::Okta, joins, Fault::Broken { done: true });
    org.join().await.unwrap();
    assert_eq!(org.statuses(JOIN), [0, 204]);
    let proofs: BTreeSet<String> = org.exchanges(JOIN).iter().map(proof).collect();
    assert_eq!(proofs.len(), 2);
}

fn proof(exchange: &simulators::RecordedExchange) -> String {
    exchange.request.headers()["dpop"].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_address_with_a_query_or_a_login_in_it_is_proven_too() {
    let org = Org::new();
    for login in
        ["ann+shop@example.com", "o'neil@example.com", "a/b%2Fc?d#e@example.com", "é@example.com"]
    {
        let user = org.world.okta.add_user(login, login);
        let found = org.session().find_user(&login.parse().unwrap()).await.unwrap();
        assert!(matches!(found, okta::Found::One(found) if found.id == user), "{login}");
    }
    assert!(org.session().groups_named(&"Shopify VIP Customer".parse().unwrap()).await.is_ok());
}

#[tokio::test]
async fn a_nonce_that_is_no_longer_taken_costs_one_more_request() {
    let org = Org::new();
    org.join().await.unwrap();
    org.world.okta.forget_nonces();
    org.world.clock.advance(Duration::from_hours(1));
    org.join().await.unwrap();
    assert_eq!(org.statuses(TOKEN), [400, 200, 400, 200]);
    assert_eq!(org.statuses(JOIN), [204, 204]);
}

#[tokio::test]
async fn a_nonce_serves_for_a_day_and_is_changed_then() {
    let org = Org::new();
    for _ in 0..26 {
        org.join().await.unwrap();
        org.world.clock.advance(Duration::from_hours(1));
    }
    assert_eq!(org.statuses(TOKEN).iter().filter(|status| **status == 400).count(), 1);
}

#[tokio::test]
async fn an_api_that_asks_for_a_nonce_gets_it() {
    let org = Org::new();
    org.world.okta.set_api_asks_for_nonce(true);
    for _ in 0..3 {
        org.join().await.unwrap();
    }
    assert_eq!(org.statuses(JOIN), [401, 204, 204, 204]);
    assert_eq!(org.statuses(TOKEN), [400, 200], "the token is as good as before");
}

#[tokio::test]
async fn every_client_has_a_key_of_its_own_and_it_is_not_the_app_s() {
    let [one, other] = [Org::new(), Org::new()];
    let mut keys = BTreeSet::new();
    for org in [&one, &other] {
        org.join().await.unwrap();
        org.join().await.unwrap();
        let headers: Vec<String> = org
            .exchanges(JOIN)
            .iter()
            .map(|it| proof(it).split('.').next().unwrap().to_owned())
            .collect();
        assert_eq!(headers[0], headers[1], "one key for all calls of a client");
        keys.insert(headers[0].clone());
    }
    assert_eq!(keys.len(), 2);
}
