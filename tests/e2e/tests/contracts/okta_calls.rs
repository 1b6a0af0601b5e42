//! What the product's Okta client sends, against Okta's description of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use e2e::contracts::TOKEN_PATH;

use okta::{
    AttributeKind, AttributeNames, NumberAttribute, Okta, OktaCredentials, RateShare, Session,
};
use outbound::{BaseUrl, Fixed, Outbound};
use rules::{Currency, GroupId, GroupName, Money, Totals, UserId};
use serde_json::{Value, json};
use simulators::okta::{API_TOKEN, GroupKind, NewServiceApp, ProofOfPossession};
use simulators::{RecordedExchange, SimRandom, World};

use crate::at_hand::okta as okta_contract;

fn client(world: &World, secret: &Value) -> Okta {
    let outbound = Outbound::new(
        world.transport(),
        Arc::new(world.clock.clone()),
        Arc::new(SimRandom::new(1)),
    );
    let base = BaseUrl::configured(&world.okta_url()).unwrap();
    let credentials: OktaCredentials = secret.to_string().parse().unwrap();
    Okta::new(outbound, base, Arc::new(Fixed(Arc::new(credentials))))
}

#[tokio::test]
async fn every_call_of_the_client_is_in_the_contract() {
    let Some(contract) = okta_contract() else { return };
    let world = World::new("my-store.myshopify.com".parse().unwrap());
    call_everything(&world, &json!({ "api_token": API_TOKEN })).await;
    let exchanges = world.exchanges();
    let wrong: Vec<String> = exchanges.iter().flat_map(|it| contract.violations(it)).collect();
    assert_eq!(wrong, Vec::<String>::new());
    assert!(exchanges.len() >= 21, "{}", exchanges.len());
}

#[tokio::test]
async fn every_token_has_the_scopes_that_the_contract_asks_for_and_no_call_needs_others() {
    let Some(contract) = okta_contract() else { return };
    for proof in [ProofOfPossession::Required, ProofOfPossession::Ignored] {
        let world = World::new("my-store.myshopify.com".parse().unwrap());
        let scopes = [
            "okta.users.read",
            "okta.users.manage",
            "okta.groups.read",
            "okta.groups.manage",
            "okta.schemas.read",
            "okta.schemas.manage",
        ];
        let app = world.okta.add_service_app(&NewServiceApp {
            scopes: &scopes,
            proof,
            ..NewServiceApp::default()
        });
        call_everything(&world, &app.secret).await;
        let (tokens, calls): (Vec<RecordedExchange>, Vec<RecordedExchange>) =
            world.exchanges().into_iter().partition(|it| it.call.path == TOKEN_PATH);
        let granted: BTreeMap<String, String> = tokens.iter().filter_map(granted).collect();
        assert_eq!(granted.len(), 3, "daily work, and the schema read and changed");
        for call in &calls {
            let wrong = contract.violations(call);
            assert_eq!(wrong, Vec::<String>::new());
            let token = call.request.headers()["authorization"].to_str().unwrap();
            let has = &granted[token.split_once(' ').unwrap().1];
            for needed in contract.scopes_of(call).unwrap() {
                assert!(has.split(' ').any(|it| it == needed), "{}: {needed}", call.call);
            }
        }
        assert!(calls.len() >= 21, "{}", calls.len());
    }
}

/// A token and its scopes.
fn granted(exchange: &RecordedExchange) -> Option<(String, String)> {
    let answer = exchange.response.as_ref()?;
    let answer: Value = serde_json::from_slice(answer.body()).unwrap();
    let text = |name: &str| answer[name].as_str().map(str::to_owned);
    text("access_token").zip(text("scope"))
}

/// Makes every call that the client can make, but for those about roles, which the contract has not.
async fn call_everything(world: &World, secret: &Value) {
    let client = client(world, secret);
    let end = world.clock.now() + jiff::SignedDuration::from_hours(1);
    let session = client.before(end, RateShare::default());

    let user = world.okta.add_user("ann.sample", "ann@example.com");
    world.okta.add_rule("Sales", &[world.okta.add_group("Sales", GroupKind::Okta)], true);
    let found = session.find_user(&"ann@example.com".parse().unwrap()).await.unwrap();
    assert!(matches!(found, okta::Found::One(found) if found.id == user));
    session.user(&user).await.unwrap();

    let totals = Totals { orders: 1, spent: Money::new("45.5".parse().unwrap(), Currency::USD) };
    let names = AttributeNames::default();
    session.set_attributes(&user, &names, Some(totals)).await.unwrap();
    session.set_attributes(&user, &names, None).await.unwrap();

    let name: GroupName = "VIP \"gold\"".parse().unwrap();
    let group = session.create_group(&name).await.unwrap();
    assert_eq!(session.groups_named(&name).await.unwrap().len(), 1);
    assert_eq!(session.groups_by_names([&name]).await.unwrap().len(), 1);
    assert!(session.group(&group.id).await.unwrap().is_some());
    session.join(&group.id, &user).await.unwrap();
    assert_eq!(session.groups_of(&user).await.unwrap().len(), 2);
    read_lists(&session, world, &group.id, &user).await;
    let attributes = [names.total_spent(), names.orders_count()];
    let attributes = attributes.map(|name| NumberAttribute { name, title: "Shopify" });
    session.add_number_attributes(&attributes).await.unwrap();
    let schema = session.user_schema().await.unwrap();
    assert_eq!(schema.kind(names.total_spent()), Some(AttributeKind::Number));
    session.me().await.unwrap();
    session.leave(&group.id, &user).await.unwrap();
    assert_eq!(session.active_rule_targets().await.unwrap().len(), 1);
}

/// Reads each list to its end, which is a second page.
async fn read_lists(session: &Session<'_>, world: &World, group: &GroupId, member: &UserId) {
    let since = world.clock.now();
    world.clock.advance(Duration::from_millis(1));
    let more = world.okta.add_users(200, |number| {
        let address = format!("u{number}@example.com");
        (address.clone(), address)
    });
    world.okta.add_members(group, &more).unwrap();
    world.okta.set_attribute(member, "nickName", "Ann".into()).unwrap();
    let names = AttributeNames::default();
    let first = [
        session.members(group, &names, None).await.unwrap(),
        session.users_changed_since(since, &names, None).await.unwrap(),
        session.all_users(&names, None).await.unwrap(),
    ];
    let cursors = first.each_ref().map(|page| page.next.as_ref());
    let second = [
        session.members(group, &names, cursors[0]).await.unwrap(),
        session.users_changed_since(since, &names, cursors[1]).await.unwrap(),
        session.all_users(&names, cursors[2]).await.unwrap(),
    ];
    for (first, second) in first.iter().zip(&second) {
        assert_eq!((first.users.len(), second.users.len()), (200, 1));
        assert_eq!((first.unreadable, second.unreadable, &second.next), (0, 0, &None));
        let all = || first.users.iter().chain(&second.users);
        assert!(all().all(|user| user.login.is_some() || user.id == *member));
        let listed = all().find(|user| user.id == *member).unwrap();
        assert!(listed.email.as_ref().unwrap().matches("ann@example.com"));
        assert!(listed.attributes.show(None), "the totals were emptied before");
    }
}
