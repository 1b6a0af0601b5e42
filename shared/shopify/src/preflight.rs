//! What a full run begins with.

use std::fmt;

use jiff::Timestamp;
use outbound::{Error, ErrorKind, VendorCode};
use rules::Currency;
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;

use crate::client::{Document, Shopify};

const PREFLIGHT: Document =
    Document::reading("preflight", include_str!("../graphql/preflight.graphql"));

/// The shop at the beginning of a full run.
pub struct Preflight {
    /// What the shop counts its money in.
    pub currency: Currency,
    /// How many customers the shop has.
    pub customers: CustomersCount,
    /// The webhooks that this app subscribed by the API, at most 100 of them; those made in the app's
    /// or the shop's settings are not among them.
    pub subscriptions: Vec<Subscription>,
    /// Whether there are more subscriptions: one that is not listed may be there all the same.
    pub more_subscriptions: bool,
    /// The first 250 customers by id, as the API gave them: the same JSON objects as an export's lines,
    /// each without line breaks.
    pub first: Vec<Box<RawValue>>,
    /// Whether `first` holds every customer of the shop.
    pub fits: bool,
}

/// A number of customers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CustomersCount {
    /// How many.
    pub count: u64,
    /// Whether there are so many; else there are at least so many.
    pub exact: bool,
}

/// A webhook that the shop sends to somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// What it is about, such as `ORDERS_CREATE`
    /// ([topics](https://shopify.dev/docs/api/admin-graphql/2026-10/enums/WebhookSubscriptionTopic)).
    pub topic: VendorCode,
    /// Where it goes.
    pub uri: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    shop: ShopNode,
    customers_count: CountNode,
    webhook_subscriptions: Page<SubscriptionNode>,
    customers: Page<Box<RawValue>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ShopNode {
    currency_code: String,
}

#[derive(Deserialize)]
struct CountNode {
    count: u64,
    precision: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page<T> {
    nodes: Vec<T>,
    page_info: PageInfo,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PageInfo {
    has_next_page: bool,
}

#[derive(Deserialize)]
pub(crate) struct SubscriptionNode {
    topic: String,
    uri: String,
}

impl Shopify {
    /// Looks at the shop, in one call.
    ///
    /// # Errors
    /// If the call fails, if the answer has errors, comes from another shop, or holds a currency that
    /// we do not know.
    pub async fn preflight(&self, deadline: Timestamp) -> Result<Preflight, Error> {
        let data: Data = self.ask(&PREFLIGHT.with(json!({})), deadline).await?;
        Preflight::read(data).map_err(|detail| PREFLIGHT.error(ErrorKind::Unreadable { detail }))
    }
}

impl Preflight {
    fn read(data: Data) -> Result<Self, &'static str> {
        let Data { shop, customers_count, webhook_subscriptions, customers } = data;
        let subscriptions = webhook_subscriptions.nodes.into_iter().map(Subscription::read);
        Ok(Self {
            currency: shop.currency_code.parse().map_err(|_| "the shop's currency is unknown")?,
            customers: CustomersCount {
                count: customers_count.count,
                exact: customers_count.precision == "EXACT",
            },
            subscriptions: subscriptions.collect::<Result<_, _>>()?,
            more_subscriptions: webhook_subscriptions.page_info.has_next_page,
            first: customers.nodes.into_iter().map(on_one_line).collect(),
            fits: !customers.page_info.has_next_page,
        })
    }
}

/// Customers are personal data, so they do not show.
impl fmt::Debug for Preflight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Preflight")
            .field("currency", &self.currency)
            .field("customers", &self.customers)
            .field("subscriptions", &self.subscriptions)
            .field("more_subscriptions", &self.more_subscriptions)
            .field("first", &self.first.len())
            .field("fits", &self.fits)
            .finish()
    }
}

impl Subscription {
    pub(crate) fn read(node: SubscriptionNode) -> Result<Self, &'static str> {
        let topic = VendorCode::new(&node.topic).ok_or("a topic is no word")?;
        Ok(Self { topic, uri: node.uri })
    }
}

/// Line breaks may stand between JSON's words, never inside of one.
fn on_one_line(object: Box<RawValue>) -> Box<RawValue> {
    if !object.get().contains(['\n', '\r']) {
        return object;
    }
    let line = object.get().replace(['\n', '\r'], " ");
    RawValue::from_string(line).unwrap_or(object)
}
