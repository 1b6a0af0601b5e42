//! The webhooks that the shop sends.

use std::fmt;

use jiff::Timestamp;
use outbound::{Error, ErrorKind, Repeat};
use serde::Deserialize;
use serde_json::json;

use crate::client::{Document, Shopify};
use crate::preflight::{Subscription, SubscriptionNode};

const SUBSCRIPTIONS: Document =
    Document::reading("list subscriptions", include_str!("../graphql/subscriptions.graphql"));
const SUBSCRIBE: Document = Document {
    operation: "subscribe",
    text: include_str!("../graphql/subscribe.graphql"),
    // The second one would be refused as a repetition, and look like a failure.
    repeat: Repeat::Never,
};
/// More pages than any app has.
const MOST_PAGES: usize = 50;
/// How much of a refusal is kept.
const LONGEST_MESSAGE: usize = 200;

/// What this product wants to hear of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SubscriptionTopic {
    /// An order was placed.
    OrdersCreate,
    /// An order was changed in any way.
    OrdersUpdated,
    /// An order was cancelled.
    OrdersCancelled,
    /// An order's items were changed.
    OrdersEdited,
    /// Money was given back.
    RefundsCreate,
    /// A customer is new.
    CustomersCreate,
    /// A customer's own data was changed.
    CustomersUpdate,
    /// A customer is gone.
    CustomersDelete,
    /// A customer's totals were computed anew.
    CustomersPurchasingSummary,
    /// Two customers became one.
    CustomersMerge,
}

impl SubscriptionTopic {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::OrdersCreate,
        Self::OrdersUpdated,
        Self::OrdersCancelled,
        Self::OrdersEdited,
        Self::RefundsCreate,
        Self::CustomersCreate,
        Self::CustomersUpdate,
        Self::CustomersDelete,
        Self::CustomersPurchasingSummary,
        Self::CustomersMerge,
    ];

    /// The topic as the API has it
    /// ([topics](https://shopify.dev/docs/api/admin-graphql/2026-10/enums/WebhookSubscriptionTopic)).
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OrdersCreate => "ORDERS_CREATE",
            Self::OrdersUpdated => "ORDERS_UPDATED",
            Self::OrdersCancelled => "ORDERS_CANCELLED",
            Self::OrdersEdited => "ORDERS_EDITED",
            Self::RefundsCreate => "REFUNDS_CREATE",
            Self::CustomersCreate => "CUSTOMERS_CREATE",
            Self::CustomersUpdate => "CUSTOMERS_UPDATE",
            Self::CustomersDelete => "CUSTOMERS_DELETE",
            Self::CustomersPurchasingSummary => "CUSTOMERS_PURCHASING_SUMMARY",
            Self::CustomersMerge => "CUSTOMERS_MERGE",
        }
    }

    /// Whether changes are only found by the next full run without it. A merge shows in webhooks about
    /// its customers as well.
    pub const fn is_needed(self) -> bool {
        !matches!(self, Self::CustomersMerge)
    }

    /// The access scope that the topic asks for.
    pub const fn scope(self) -> &'static str {
        match self {
            Self::OrdersCreate
            | Self::OrdersUpdated
            | Self::OrdersCancelled
            | Self::OrdersEdited
            | Self::RefundsCreate => "read_orders",
            Self::CustomersCreate
            | Self::CustomersUpdate
            | Self::CustomersDelete
            | Self::CustomersPurchasingSummary => "read_customers",
            Self::CustomersMerge => "read_customer_merge",
        }
    }
}

/// As people and headers have it: "orders/create".
impl fmt::Display for SubscriptionTopic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (subject, event) = self.as_str().split_once('_').unwrap_or_default();
        let name = format!("{subject}/{event}").to_ascii_lowercase();
        f.pad(&name)
    }
}

/// What came of a wish to hear of a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subscribed {
    /// Webhooks come from now on.
    Done,
    /// Shopify refuses, in its own words. They speak of the topic and the address.
    Refused(String),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListData {
    webhook_subscriptions: Page,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    nodes: Vec<SubscriptionNode>,
    page_info: PageInfo,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PageInfo {
    has_next_page: bool,
    end_cursor: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CreateData {
    webhook_subscription_create: Created,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Created {
    webhook_subscription: Option<serde::de::IgnoredAny>,
    user_errors: Vec<UserError>,
}

#[derive(Deserialize)]
struct UserError {
    message: String,
}

impl Shopify {
    /// All webhooks that this app subscribed by the API; those made in the app's or the shop's settings
    /// are not among them.
    ///
    /// # Errors
    /// If a call fails, if an answer has errors or comes from another shop, or if the list does not end.
    pub async fn subscriptions(&self, deadline: Timestamp) -> Result<Vec<Subscription>, Error> {
        let unreadable = |detail| SUBSCRIPTIONS.error(ErrorKind::Unreadable { detail });
        let (mut subscriptions, mut after) = (Vec::new(), None::<String>);
        for _ in 0..MOST_PAGES {
            let request = SUBSCRIPTIONS.with(json!({ "after": after }));
            let data: ListData = self.ask(&request, deadline).await?;
            let Page { nodes, page_info } = data.webhook_subscriptions;
            for node in nodes {
                subscriptions.push(Subscription::read(node).map_err(unreadable)?);
            }
            match page_info {
                PageInfo { has_next_page: false, .. } => return Ok(subscriptions),
                PageInfo { end_cursor: None, .. } => break,
                PageInfo { end_cursor, .. } => after = end_cursor,
            }
        }
        Err(unreadable("the pages of a list do not end"))
    }

    /// Has the shop send webhooks of a topic to an address. It is not repeated after a broken or late
    /// answer: look whether it is [there](Self::subscriptions). Ask for the list before, too: that answer
    /// tells whose shop it is.
    ///
    /// # Errors
    /// If the call fails, or has errors; a refusal is an outcome.
    pub async fn subscribe(
        &self,
        topic: SubscriptionTopic,
        uri: &str,
        deadline: Timestamp,
    ) -> Result<Subscribed, Error> {
        let request = SUBSCRIBE.with(json!({ "topic": topic.as_str(), "uri": uri }));
        let data = self.query(&request, deadline).await?;
        let CreateData { webhook_subscription_create: created } = SUBSCRIBE.read(&data)?;
        if created.webhook_subscription.is_some() && created.user_errors.is_empty() {
            return Ok(Subscribed::Done);
        }
        let messages: Vec<String> = created.user_errors.into_iter().map(|it| it.message).collect();
        let refusal = messages.join("; ");
        let plain = refusal.chars().filter(|letter| !letter.is_control());
        Ok(Subscribed::Refused(plain.take(LONGEST_MESSAGE).collect()))
    }
}
