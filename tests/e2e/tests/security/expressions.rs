//! Names that try to be more than names where they are searched for.

use okta::{Found, RateShare};
use rules::GroupName;
use serde_json::Value;
use simulators::okta::GroupKind;
use simulators::{RecordedExchange, Service, World};
use state::Outcome;
use std::time::Duration;
use webhook::Answer;

use crate::stage::{NEW, Stage, empty_world, org, shop};

/// Addresses that would find somebody else, or nobody, or break the search, if they were not kept apart from it.
const ADDRESSES: [&str; 22] = [
    r#""or"@example.com"#,
    r#"x"or(profile.login@pr)"#,
    "x\"\u{200b}or\u{200b}profile.email\u{200b}sw\u{200b}\"victim@example.com",
    "x\"\u{feff}or\u{2060}status\u{180e}eq\u{200d}\"ACTIVE@example.com",
    r#"victim@example.com""#,
    r#""victim@example.com"#,
    r"victim@example.com\",
    r#"victim@example.com\""#,
    r#"victim@example.com\\""#,
    r"victim\u0040example.com@x",
    r"\@example.com",
    r#"\"@example.com"#,
    r#"\\"@example.com"#,
    "victim@example.com)or(x",
    "victim@example.com%22or",
    "victim@example.com%00",
    "victim@example.com?fields=id&search=x",
    "victim@example.com#",
    "../groups/x@example.com",
    "..;/..@example.com",
    "'or'1'='1@example.com",
    "＂or＂@example.com",
];

/// What a search answered: how many were found.
fn found(exchange: &RecordedExchange) -> Option<usize> {
    let answer = exchange.response.as_ref()?;
    let searched = exchange.request.uri().query()?.contains("search=");
    let list: Value = serde_json::from_slice(answer.body()).ok()?;
    searched.then(|| list.as_array().map_or(usize::MAX, Vec::len))
}

#[tokio::test]
async fn an_address_finds_nobody_but_its_owner() {
    let stage = Stage::set().await;
    let victim = stage.person("victim@example.com");
    for address in ADDRESSES {
        stage.world.take_calls();
        let webhook = stage.order(stage.stranger(address), "45.50");
        assert_eq!(stage.post(&webhook).await, Answer::Queued(1), "{address}");
        let settled = stage.settle().await;
        let outcomes: Vec<_> = settled.done().map(|done| done.outcome).collect();
        assert!(!outcomes.is_empty(), "{address}");
        assert!(outcomes.iter().all(|it| *it == Outcome::Unmatched), "{address}: {outcomes:?}");
        let exchanges = stage.world.exchanges();
        let searches: Vec<_> = exchanges.iter().filter_map(found).collect();
        assert!(
            !searches.is_empty() && searches.iter().all(|found| *found == 0),
            "{address}: {searches:?}"
        );
        assert_eq!(stage.held(&victim.user), (vec![], None, None), "{address}");
        assert_eq!(stage.world.forbidden_calls(), []);
    }
}

#[tokio::test]
async fn an_address_with_anything_in_it_finds_its_owner() {
    let stage = Stage::set().await;
    stage.person("victim@example.com");
    for address in ADDRESSES {
        let owner = stage.person(address);
        let webhook = stage.order(owner.customer, "45.50");
        assert_eq!(stage.post(&webhook).await, Answer::Queued(1), "{address}");
        stage.settle().await;
        assert_eq!(stage.held(&owner.user).0, [NEW], "{address}");
    }
}

fn later(world: &World) -> jiff::Timestamp {
    world.clock.now() + Duration::from_hours(1)
}

#[tokio::test]
async fn an_operator_s_search_of_the_shop_finds_the_very_address_alone() {
    for address in ADDRESSES {
        let world = empty_world();
        let shopify = shop(&world, world.transport());
        let add =
            |email: &str| world.shopify.add_customer(simulators::NewCustomer::with_email(email)).0;
        let victim = add("victim@example.com");
        let email = address.parse().unwrap();
        let nobody = shopify.customers_with_email(&email, later(&world)).await;
        assert_eq!(nobody, Ok(vec![]), "{address}");
        let owner = add(address);
        let one = shopify.customers_with_email(&email, later(&world)).await;
        assert_eq!(one, Ok(vec![owner]), "{address}");
        // It is the search that keeps to it, not only what is made of its answer.
        let answers = world.exchanges().into_iter().filter_map(|exchange| exchange.response);
        let whole = answers.map(|it| String::from_utf8(it.into_body().into()).unwrap());
        assert!(whole.into_iter().all(|it| !it.contains(&victim.gid())), "{address}");
    }
}

#[tokio::test]
async fn a_group_s_name_finds_no_other_group() {
    let names = [
        r#"VIP" or profile.name sw "A"#,
        r#"VIP" or type eq "APP_GROUP"#,
        r#""VIP""#,
        r"VIP\",
        r#"VIP\" or profile.name sw \"A"#,
        "VIP&q=A",
        "VIP#",
        "VIP%22 or",
    ];
    for name in names {
        let world = empty_world();
        world.okta.add_group("Admins", GroupKind::Okta);
        world.okta.add_group("VIP", GroupKind::Okta);
        let (okta, group): (_, GroupName) = (org(&world, world.transport()), name.parse().unwrap());
        let session = okta.before(later(&world), RateShare::default());
        assert_eq!(session.groups_by_names([&group]).await, Ok(vec![]), "{name}");
        assert_eq!(session.groups_named(&group).await, Ok(vec![]), "{name}");
        let made = session.create_group(&group).await.unwrap();
        let by_names = session.groups_by_names([&group]).await.unwrap();
        assert_eq!(
            by_names.iter().map(|it| &it.group.id).collect::<Vec<_>>(),
            [&made.id],
            "{name}"
        );
        let searches: Vec<_> = world.exchanges().iter().filter_map(found).collect();
        assert!(searches.iter().all(|found| *found <= 1), "{name}: {searches:?}");
    }
}

#[tokio::test]
async fn an_address_never_leads_out_of_its_place_in_a_path() {
    for address in ADDRESSES {
        let world = empty_world();
        let okta = org(&world, world.transport());
        let session = okta.before(later(&world), RateShare::default());
        let outcome = session.find_user(&address.parse().unwrap()).await;
        assert_eq!(outcome, Ok(Found::None), "{address}");
        for call in world.calls() {
            assert_eq!(call.service, Service::Okta);
            assert!(["/api/v1/users", "/api/v1/users/{id}"].contains(&&*call.path), "{call}");
        }
    }
}
