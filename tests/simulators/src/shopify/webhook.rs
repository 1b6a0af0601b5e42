//! Webhooks: signed as Shopify signs them, and ways to forge them.

use ::http::{HeaderMap, HeaderName, HeaderValue};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use serde_json::Value;
use sha2::Sha256;

use crate::random::mix;
use crate::shopify::api::API_VERSION;
use crate::shopify::state::Shop;

/// The secret that signs the simulated shop's webhooks until it is rotated. Not a secret.
pub const WEBHOOK_SECRET: &str = "simulated-webhook-secret";

macro_rules! topics {
    ($($name:ident = $text:literal),* $(,)?) => {
        /// What a webhook is about
        /// ([topics](https://shopify.dev/docs/api/webhooks/2026-10)).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Topic {
            $(#[doc = concat!("`", $text, "`.")] $name,)*
        }

        impl Topic {
            /// Every topic the simulated shop sends.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The topic as its header has it.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

topics! {
    OrdersCreate = "orders/create",
    OrdersUpdated = "orders/updated",
    OrdersPaid = "orders/paid",
    OrdersCancelled = "orders/cancelled",
    OrdersEdited = "orders/edited",
    RefundsCreate = "refunds/create",
    CustomersCreate = "customers/create",
    CustomersUpdate = "customers/update",
    CustomersDelete = "customers/delete",
    CustomersMerge = "customers/merge",
    CustomersPurchasingSummary = "customers/purchasing_summary",
    CustomersRedact = "customers/redact",
    CustomersDataRequest = "customers/data_request",
    ShopRedact = "shop/redact",
}

impl std::fmt::Display for Topic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// One delivery: what Shopify would post.
#[derive(Debug, Clone)]
pub struct Webhook {
    /// What it is about.
    pub topic: Topic,
    /// From when on Shopify delivers it: figures are announced when they show.
    pub due: Timestamp,
    /// The headers, the signature among them.
    pub headers: HeaderMap,
    /// The raw body that the signature covers.
    pub body: Bytes,
}

impl Webhook {
    pub(crate) fn signed(
        shop: &mut Shop,
        topic: Topic,
        body: &Value,
        due: Timestamp,
        event: u64,
    ) -> Self {
        let body = Bytes::from(body.to_string());
        let headers = [
            ("content-type", "application/json".to_owned()),
            ("user-agent", "Shopify-Captain-Hook".to_owned()),
            ("x-shopify-topic", topic.to_string()),
            ("x-shopify-hmac-sha256", sign(&shop.secret, &body)),
            ("x-shopify-shop-domain", shop.domain.to_string()),
            ("x-shopify-api-version", API_VERSION.to_owned()),
            ("x-shopify-webhook-id", uuid(2 * shop.serial())),
            ("x-shopify-event-id", uuid(2 * event + 1)),
            ("x-shopify-triggered-at", due.strftime("%Y-%m-%dT%H:%M:%S.%9fZ").to_string()),
        ];
        let headers = headers
            .into_iter()
            .filter_map(|(name, value)| {
                Some((HeaderName::from_static(name), HeaderValue::from_str(&value).ok()?))
            })
            .collect();
        Self { topic, due, headers, body }
    }

    /// One header's value, empty if it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The same with another header, or the header changed. The signature covers the body alone, so
    /// it stays good.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(HeaderName::from_static(name), value);
        }
        self
    }

    /// The same without a header.
    #[must_use]
    pub fn without_header(mut self, name: &str) -> Self {
        self.headers.remove(name);
        self
    }

    /// The same body, said to be about something else.
    #[must_use]
    pub fn with_topic(self, topic: &str) -> Self {
        self.with_header("x-shopify-topic", topic)
    }

    /// The same, said to come from another shop.
    #[must_use]
    pub fn from_shop(self, domain: &str) -> Self {
        self.with_header("x-shopify-shop-domain", domain)
    }

    /// The same, signed by somebody who does not know the secret.
    #[must_use]
    pub fn with_wrong_signature(self) -> Self {
        let signature = sign("not the secret", &self.body);
        self.with_header("x-shopify-hmac-sha256", &signature)
    }

    /// The same with one byte of the body changed and the old signature.
    #[must_use]
    pub fn tampered(mut self) -> Self {
        let mut body = self.body.to_vec();
        if let Some(digit) = body.iter_mut().find(|byte| byte.is_ascii_digit()) {
            *digit = if *digit == b'9' { b'8' } else { *digit + 1 };
        }
        self.body = body.into();
        self
    }

    /// The same headers on another body, signed with this secret.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<Bytes>, secret: &str) -> Self {
        self.body = body.into();
        let signature = sign(secret, &self.body);
        self.with_header("x-shopify-hmac-sha256", &signature)
    }
}

/// The signature of a body: base64 of HMAC-SHA256 over the raw bytes, keyed with the secret's text
/// ([verify webhooks](https://shopify.dev/docs/apps/build/webhooks/subscribe/https)).
pub(crate) fn sign(secret: &str, body: &[u8]) -> String {
    // A key of any length is good; the refusal is part of the trait's general shape.
    Hmac::<Sha256>::new_from_slice(secret.as_bytes()).map_or_else(
        |_| String::new(),
        |mut mac| {
            mac.update(body);
            STANDARD.encode(mac.finalize().into_bytes())
        },
    )
}

/// A number in the form of a UUID, different for each number.
pub(crate) fn uuid(number: u64) -> String {
    let (high, low) = (mix(number), mix(!number));
    format!(
        "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xfff,
        low >> 48 & 0xfff,
        low & 0xffff_ffff_ffff
    )
}
