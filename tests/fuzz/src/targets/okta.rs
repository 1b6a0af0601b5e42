//! Okta's answers, to each call that the client makes: bodies, `Link` headers, limits, tokens.

use std::sync::Arc;

use jiff::SignedDuration;
use okta::{AttributeNames, NumberAttribute, Okta, RateShare, Session};
use outbound::{BaseUrl, Fixed, Transport};
use rules::{Currency, EmailAddress, GroupId, GroupName, Money, Totals, UserId};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use simulators::okta::{API_TOKEN, GroupKind, NewServiceApp};
use simulators::{SimClock, World};

use super::script::{Script, answered, outbound};
use super::{Play, Target};

/// How many ways there are.
const WAYS: usize = 20;
/// From here on the client is a service app, which asks for a token first.
const AS_APP: usize = 17;

/// Whom and what the calls are about.
#[derive(Clone)]
struct Whom {
    user: UserId,
    group: GroupId,
    name: GroupName,
    email: EmailAddress,
    app: Value,
    base: BaseUrl,
}

#[expect(clippy::expect_used, reason = "it is an address")]
fn client(transport: Arc<dyn Transport>, clock: &SimClock, way: usize, whom: &Whom) -> Okta {
    let secret = if way < AS_APP { json!({ "api_token": API_TOKEN }) } else { whom.app.clone() };
    let secret = secret.to_string().parse().expect("a secret");
    Okta::new(outbound(transport, clock), whom.base.clone(), Arc::new(Fixed(Arc::new(secret))))
}

/// Makes one call, or the few that belong together. What comes of it is the caller's to see.
async fn call(session: &Session<'_>, clock: &SimClock, way: usize, whom: &Whom) {
    let Whom { user, group, name, email, .. } = whom;
    let names = AttributeNames::default();
    let totals = Totals { orders: 1, spent: Money::new(Decimal::from(45), Currency::USD) };
    match way {
        0 => drop(session.find_user(email).await),
        1 => drop(session.user_named(user, email).await),
        2 => drop(session.user_with_attributes(user, &names).await),
        3 => drop(session.set_attributes(user, &names, Some(totals)).await),
        4 => drop(session.groups_of(user).await),
        5 => drop(session.join(group, user).await),
        6 => drop(session.leave(group, user).await),
        7 => drop(session.group(group).await),
        8 => drop(session.groups_by_names([name]).await),
        9 => drop(session.groups_named(name).await),
        10 => drop(session.create_group(name).await),
        11 => drop(session.active_rule_targets().await),
        12 => members(session, group, &names).await,
        13 => drop(session.users_changed_since(clock.now(), &names, None).await),
        14 => drop(session.all_users(&names, None).await),
        16 | AS_APP => roles(session, group).await,
        18 => drop(session.user(user).await),
        // 15, and 19 as an app.
        _ => schema(session, &names).await,
    }
}

async fn members(session: &Session<'_>, group: &GroupId, names: &AttributeNames) {
    let mut from = None;
    for _ in 0..3 {
        let Ok(page) = session.members(group, names, from.as_ref()).await else { return };
        let Some(next) = page.next else { return };
        from = next.as_str().parse().ok();
    }
}

async fn schema(session: &Session<'_>, names: &AttributeNames) {
    if let Ok(schema) = session.user_schema().await {
        schema.kind(names.total_spent());
    }
    let attributes = [names.total_spent(), names.orders_count()];
    let attributes = attributes.map(|name| NumberAttribute { name, title: "Shopify" });
    drop(session.add_number_attributes(&attributes).await);
}

async fn roles(session: &Session<'_>, group: &GroupId) {
    if let Ok(me) = session.me().await {
        drop(session.own_roles(&me.caller).await);
    }
    drop(session.roles_of_group(group).await);
}

#[expect(clippy::expect_used, reason = "these are a name and an address")]
pub(super) async fn target() -> Target {
    let world = World::new(super::shopify::shop_name());
    let user = world.okta.add_user("login@example.com", "ann@example.com");
    let group = world.okta.add_group("VIP", GroupKind::Okta);
    world.okta.add_rule("Sales", std::slice::from_ref(&group), true);
    world.okta.add_member(&group, &user).expect("both are there");
    let people = world.okta.add_users(201, |number| {
        let address = format!("u{number}@example.com");
        (address.clone(), address)
    });
    let scopes = [
        "okta.users.read",
        "okta.users.manage",
        "okta.groups.read",
        "okta.groups.manage",
        "okta.schemas.read",
        "okta.schemas.manage",
        "okta.roles.read",
    ];
    let app = world.okta.add_service_app(&NewServiceApp { scopes: &scopes, ..Default::default() });
    let whom = Whom {
        user,
        group,
        name: "VIP".parse().expect("a name"),
        email: "ann@example.com".parse().expect("an address"),
        app: app.secret,
        base: BaseUrl::configured(&world.okta_url()).expect("an address"),
    };
    let mut samples = Vec::new();
    for way in 0..WAYS {
        world.take_calls();
        let okta = client(world.transport(), &world.clock, way, &whom);
        let session =
            okta.before(world.clock.now() + SignedDuration::from_mins(1), RateShare::default());
        call(&session, &world.clock, way, &whom).await;
        samples.push(answered(&world, way));
    }
    // One list of several pages, of people who are few enough to be read often.
    for one in people.iter().skip(2) {
        world.okta.delete_user(one).expect("the user is there");
    }
    for way in [12, 13, 14] {
        world.take_calls();
        let okta = client(world.transport(), &world.clock, way, &whom);
        let session =
            okta.before(world.clock.now() + SignedDuration::from_mins(1), RateShare::default());
        call(&session, &world.clock, way, &whom).await;
        samples.push(answered(&world, way));
    }
    let play = move |way, parts| {
        let whom = whom.clone();
        Box::pin(async move {
            let clock = SimClock::new();
            let okta = client(Script::new(parts), &clock, way, &whom);
            let session =
                okta.before(clock.now() + SignedDuration::from_mins(1), RateShare::default());
            call(&session, &clock, way, &whom).await;
        }) as Play<'static>
    };
    Target { name: "okta", samples, play: Box::new(play) }
}
