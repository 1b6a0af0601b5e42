//! Shopify's answers, to each call that the client makes.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use outbound::{BaseUrl, Fixed, Transport};
use rules::{CustomerId, OrderId, ShopDomain};
use rust_decimal::Decimal;
use serde_json::json;
use shopify::{ApiVersion, ExportState, Shopify, Started, SubscriptionTopic};
use simulators::shopify::{ACCESS_TOKEN, CLIENT_ID, CLIENT_SECRET};
use simulators::{NewCustomer, SimClock, World};

use super::script::{Script, answered, outbound};
use super::{Play, Target};
use crate::input::{Part, Sample};

/// How many ways there are.
const WAYS: usize = 10;
/// The one that downloads a file.
const EXPORT: usize = 6;
/// The one that begins with asking for a token.
const GRANTED: usize = 9;

#[expect(clippy::expect_used, reason = "it is a shop's domain")]
pub(super) fn shop_name() -> ShopDomain {
    "my-store.myshopify.com".parse().expect("a domain")
}

/// Whom the calls are about.
#[derive(Clone, Copy)]
struct Whom {
    customer: CustomerId,
    order: OrderId,
}

#[expect(clippy::expect_used, reason = "it is an address")]
fn client(transport: Arc<dyn Transport>, clock: &SimClock, way: usize) -> Shopify {
    let secret = match way {
        GRANTED => json!({ "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET }),
        _ => json!({ "access_token": ACCESS_TOKEN }),
    };
    let base = BaseUrl::configured("https://my-store.myshopify.com").expect("an address");
    let secret = secret.to_string().parse().expect("a secret");
    let (version, outbound) = (ApiVersion::default(), outbound(transport, clock));
    Shopify::new(outbound, base, shop_name(), version, Arc::new(Fixed(Arc::new(secret))))
}

fn later(clock: &SimClock) -> Timestamp {
    clock.now() + SignedDuration::from_mins(1)
}

/// Makes one call, or two that belong together. What comes of it is the caller's to see.
async fn call(shopify: &Shopify, clock: &SimClock, way: usize, Whom { customer, order }: Whom) {
    let deadline = later(clock);
    let others = [customer, CustomerId::new(1), CustomerId::new(u64::MAX)];
    match way {
        0 | GRANTED => drop(shopify.customers(&others, deadline).await),
        1 => drop(shopify.customers_of(&[order, OrderId::new(1)], deadline).await),
        2 => drop(shopify.preflight(deadline).await),
        3 => drop(shopify.installation(deadline).await),
        4 => drop(shopify.subscriptions(deadline).await),
        5 => {
            let (topic, uri) = (SubscriptionTopic::OrdersCreate, "https://hooks.example/webhooks");
            drop(shopify.subscribe(topic, uri, deadline).await);
        }
        EXPORT => drop(export(shopify, clock).await),
        7 => drop(shopify.export_since(clock.now(), deadline).await),
        _ => {
            let Ok(email) = "ann@example.com".parse() else { return };
            drop(shopify.customers_with_email(&email, deadline).await);
        }
    }
}

/// From the start of an export to the end of its file: what it holds, as far as it could be read.
async fn export(shopify: &Shopify, clock: &SimClock) -> Option<Vec<u8>> {
    let Ok(Started::Begun(id)) = shopify.start_export(later(clock)).await else { return None };
    clock.advance(std::time::Duration::from_hours(1));
    let export = shopify.export(&id, later(clock)).await.ok()??;
    let ExportState::Completed { file: Some(file), .. } = export.state else { return None };
    let mut stream = shopify.open_export(&file, later(clock)).await.ok()?;
    let mut whole = Vec::new();
    while let Ok(Some(piece)) = stream.next().await {
        whole.extend(piece);
    }
    Some(whole)
}

/// The answers from the start of an export to its file. What a file holds is not in the simulators' records.
async fn exported(world: &World) -> Sample {
    let file = export(&client(world.transport(), &world.clock, EXPORT), &world.clock).await;
    let mut sample = answered(world, EXPORT);
    if let Some((part, file)) = sample.parts.last_mut().zip(file) {
        *part = Part::new(part.status, part.headers.clone(), file.into());
    }
    sample
}

pub(super) async fn target() -> Target {
    let world = World::new(shop_name());
    let (customer, _) = world.shopify.add_customer(NewCustomer::with_email("ann@example.com"));
    let order = match world.shopify.place_order(customer, Decimal::from(45)) {
        Ok((order, _)) => order,
        Err(_) => OrderId::new(2),
    };
    let whom = Whom { customer, order };
    let mut samples = Vec::new();
    for way in 0..WAYS {
        world.take_calls();
        if way == EXPORT {
            samples.push(exported(&world).await);
            continue;
        }
        call(&client(world.transport(), &world.clock, way), &world.clock, way, whom).await;
        samples.push(answered(&world, way));
    }
    let play = move |way, parts| {
        Box::pin(async move {
            let clock = SimClock::new();
            call(&client(Script::new(parts), &clock, way), &clock, way, whom).await;
        }) as Play<'static>
    };
    Target { name: "shopify", samples, play: Box::new(play) }
}
