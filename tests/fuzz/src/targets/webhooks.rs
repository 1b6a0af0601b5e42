//! The webhook function: headers and bodies, signed and not.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderValue, Method};
use outbound::{BoxFuture, Fixed};
use simulators::shopify::WEBHOOK_SECRET;
use simulators::{NewCustomer, SimClock, Webhook as Posted, World};
use state::{Outgoing, Queue};
use webhook::{PATH, SigningSecrets, Webhook};

use super::{Play, Target};
use crate::input::{Part, Sample};

/// Signed as Shopify would.
const SIGNED: usize = 0;
/// Left as it is.
const UNSIGNED: usize = 1;

/// A queue that looks at messages and forgets them.
struct Reads;

impl Queue for Reads {
    fn send(&self, messages: Vec<Outgoing>) -> BoxFuture<'_, Result<(), state::Error>> {
        for Outgoing { message, .. } in messages {
            let again = state::Message::from_json(&message.to_json());
            assert_eq!(again.ok(), Some(message), "what is queued can be read");
        }
        Box::pin(std::future::ready(Ok(())))
    }
}

/// One webhook of every topic.
fn posted() -> Vec<Posted> {
    let world = World::new(super::shopify::shop_name());
    let shop = &world.shopify;
    let add = |email: &str| shop.add_customer(NewCustomer::with_email(email)).0;
    let (kept, deleted) = (add("a@example.com"), add("b@example.com"));
    if let Ok((order, _)) = shop.place_order(kept, rust_decimal::Decimal::from(45)) {
        drop(shop.edit_order(order, rust_decimal::Decimal::from(50)));
        drop(shop.refund_order(order, rust_decimal::Decimal::from(5)));
        drop(shop.cancel_order(order));
    }
    drop(shop.request_data(kept));
    drop(shop.redact_customer(kept));
    drop(shop.merge(kept, deleted));
    shop.redact_shop();
    shop.take_webhooks()
}

pub(super) fn target() -> Target {
    let secret = serde_json::json!({ "secrets": [WEBHOOK_SECRET] }).to_string();
    #[expect(clippy::expect_used, reason = "a list with one secret is a secret")]
    let secrets = Arc::new(SigningSecrets::from_json(&secret).expect("a secret"));
    let function = Arc::new(Webhook {
        shop: super::shopify::shop_name(),
        secrets: Arc::new(Fixed(Arc::clone(&secrets))),
        queue: Arc::new(Reads),
        clock: Arc::new(SimClock::new()),
        settle: Duration::ZERO,
    });
    let part = |posted: Posted| {
        Part::new(http::StatusCode::OK, posted.headers.clone(), posted.body.clone())
    };
    let samples = posted().into_iter().map(part).flat_map(|part| {
        [SIGNED, SIGNED, SIGNED, UNSIGNED].map(|way| Sample { way, parts: vec![part.clone()] })
    });
    let play = move |way, parts: Vec<Part>| {
        let (function, secrets) = (Arc::clone(&function), Arc::clone(&secrets));
        Box::pin(async move {
            for Part { mut headers, body, .. } in parts {
                if way == SIGNED
                    && let Some(signature) = secrets.sign(&body)
                    && let Ok(signature) = HeaderValue::from_str(&signature)
                {
                    headers.insert("x-shopify-hmac-sha256", signature);
                }
                function.handle(&Method::POST, PATH, &headers, &body).await;
            }
        }) as Play<'static>
    };
    Target { name: "webhooks", samples: samples.collect(), play: Box::new(play) }
}
