//! Webhook subscriptions made through the API. The outbox does not depend on them: it holds what the
//! shop would send to somebody who had subscribed to everything.
#![expect(clippy::unused_async, reason = "resolvers must be async, whether they wait or not")]

use std::collections::BTreeMap;

use async_graphql::connection::Connection;
use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use jiff::Timestamp;
use outbound::BaseUrl;

use crate::shopify::ShopifySim;
use crate::shopify::paging::{Asked, Place};
use crate::shopify::schema::{DateTime, UnsignedInt64, UserError};
use crate::shopify::state::NoSuch;
use crate::shopify::webhook::Topic;

const FIRST: u64 = 1_178_506_985_905;
const STEP: u64 = 32_768;

macro_rules! subscribable {
    ($($name:ident),* $(,)?) => {
        /// What can be subscribed to through the API. The requests about a person's data cannot:
        /// every app gets them, at the address in its configuration.
        #[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum WebhookSubscriptionTopic {
            $($name,)*
        }

        impl WebhookSubscriptionTopic {
            fn of(topic: Topic) -> Option<Self> {
                match topic {
                    $(Topic::$name => Some(Self::$name),)*
                    _ => None,
                }
            }

            /// The access scope it asks for
            /// ([topics](https://shopify.dev/docs/api/admin-graphql/2026-10/enums/WebhookSubscriptionTopic)).
            fn scope(self) -> &'static str {
                match self {
                    Self::CustomersMerge => "read_customer_merge",
                    Self::CustomersCreate
                    | Self::CustomersUpdate
                    | Self::CustomersDelete
                    | Self::CustomersPurchasingSummary => "read_customers",
                    _ => "read_orders",
                }
            }

            fn topic(self) -> Topic {
                match self {
                    $(Self::$name => Topic::$name,)*
                }
            }
        }
    };
}

subscribable! {
    OrdersCreate, OrdersUpdated, OrdersPaid, OrdersCancelled, OrdersEdited, RefundsCreate,
    CustomersCreate, CustomersUpdate, CustomersDelete, CustomersMerge, CustomersPurchasingSummary,
}

#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WebhookSubscriptionFormat {
    Json,
    Xml,
}

#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WebhookSubscriptionSortKeys {
    CreatedAt,
    Id,
}

/// The subscriptions by number.
pub(crate) struct Subscriptions {
    all: BTreeMap<u64, Subscription>,
    next: u64,
}

#[derive(Clone)]
struct Subscription {
    number: u64,
    topic: WebhookSubscriptionTopic,
    uri: String,
    format: WebhookSubscriptionFormat,
    filter: Option<String>,
    include_fields: Vec<String>,
    created: Timestamp,
}

impl Subscriptions {
    pub(crate) fn new() -> Self {
        Self { all: BTreeMap::new(), next: FIRST }
    }

    fn add(
        &mut self,
        topic: WebhookSubscriptionTopic,
        input: WebhookSubscriptionInput,
        created: Timestamp,
    ) -> Subscription {
        let number = self.next;
        self.next += STEP;
        let subscription = Subscription {
            number,
            topic,
            uri: input.uri.unwrap_or_default(),
            format: input.format.unwrap_or(WebhookSubscriptionFormat::Json),
            filter: input.filter,
            include_fields: input.include_fields.unwrap_or_default(),
            created,
        };
        self.all.insert(number, subscription.clone());
        subscription
    }

    fn has(&self, topic: WebhookSubscriptionTopic, uri: &str) -> bool {
        self.all.values().any(|it| it.topic == topic && it.uri == uri)
    }

    fn remove(&mut self, gid: &str) -> bool {
        number_of(gid).is_some_and(|number| self.all.remove(&number).is_some())
    }
}

impl Subscription {
    fn gid(&self) -> String {
        format!("gid://shopify/WebhookSubscription/{}", self.number)
    }
}

fn number_of(gid: &str) -> Option<u64> {
    gid.strip_prefix("gid://shopify/WebhookSubscription/")?.parse().ok()
}

/// A webhook subscription as a test sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscriptionSeen {
    /// Its global id.
    pub id: String,
    /// What it is about.
    pub topic: Topic,
    /// Where its webhooks go.
    pub uri: String,
}

impl ShopifySim {
    /// Subscribes to a topic, as the app would through the API. Gives the subscription's id.
    ///
    /// # Errors
    /// If the topic is none that the API subscribes to.
    pub fn add_subscription(&self, topic: Topic, uri: &str) -> Result<String, NoSuch> {
        let topic = WebhookSubscriptionTopic::of(topic).ok_or(NoSuch("subscribable topic"))?;
        let input = WebhookSubscriptionInput { uri: Some(uri.to_owned()), ..Default::default() };
        Ok(self.lock().subscriptions.add(topic, input, self.now()).gid())
    }

    /// Deletes a subscription, as Shopify does after eight failed deliveries.
    ///
    /// # Errors
    /// If there is no such subscription.
    pub fn remove_subscription(&self, id: &str) -> Result<(), NoSuch> {
        let removed = self.lock().subscriptions.remove(id);
        removed.then_some(()).ok_or(NoSuch("subscription"))
    }

    /// The subscriptions, oldest first.
    pub fn subscriptions(&self) -> Vec<SubscriptionSeen> {
        let seen = |it: &Subscription| SubscriptionSeen {
            id: it.gid(),
            topic: it.topic.topic(),
            uri: it.uri.clone(),
        };
        self.lock().subscriptions.all.values().map(seen).collect()
    }
}

#[derive(SimpleObject)]
pub(crate) struct WebhookSubscription {
    id: ID,
    legacy_resource_id: UnsignedInt64,
    topic: WebhookSubscriptionTopic,
    uri: String,
    format: WebhookSubscriptionFormat,
    filter: Option<String>,
    include_fields: Vec<String>,
    metafield_namespaces: Vec<String>,
    created_at: DateTime,
    updated_at: DateTime,
}

impl From<Subscription> for WebhookSubscription {
    fn from(it: Subscription) -> Self {
        Self {
            id: it.gid().into(),
            legacy_resource_id: UnsignedInt64(it.number.to_string()),
            topic: it.topic,
            uri: it.uri,
            format: it.format,
            filter: it.filter,
            include_fields: it.include_fields,
            metafield_namespaces: Vec::new(),
            created_at: DateTime::of(it.created),
            updated_at: DateTime::of(it.created),
        }
    }
}

#[derive(InputObject, Default)]
pub(crate) struct WebhookSubscriptionInput {
    uri: Option<String>,
    format: Option<WebhookSubscriptionFormat>,
    filter: Option<String>,
    include_fields: Option<Vec<String>>,
}

#[derive(SimpleObject)]
pub(crate) struct WebhookSubscriptionCreatePayload {
    webhook_subscription: Option<WebhookSubscription>,
    user_errors: Vec<UserError>,
}

#[derive(SimpleObject)]
pub(crate) struct WebhookSubscriptionDeletePayload {
    deleted_webhook_subscription_id: Option<ID>,
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub(crate) struct SubscriptionQueries;

#[Object]
impl SubscriptionQueries {
    #[expect(clippy::too_many_arguments, reason = "as many as the contract has")]
    async fn webhook_subscriptions(
        &self,
        context: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
        format: Option<WebhookSubscriptionFormat>,
        topics: Option<Vec<WebhookSubscriptionTopic>>,
        uri: Option<String>,
        #[graphql(default_with = "Some(false)")] reverse: Option<bool>,
        #[graphql(default_with = "Some(WebhookSubscriptionSortKeys::CreatedAt)")] sort_key: Option<
            WebhookSubscriptionSortKeys,
        >,
    ) -> Result<Connection<String, WebhookSubscription>> {
        // Ids ascend with time.
        let _ = sort_key;
        let shop = context.data::<ShopifySim>()?.lock();
        let found = shop.subscriptions.all.values().filter(|it| {
            topics.as_ref().is_none_or(|topics| topics.contains(&it.topic))
                && format.is_none_or(|format| format == it.format)
                && uri.as_ref().is_none_or(|uri| *uri == it.uri)
        });
        let placed = found.map(|it| (Place::by_id(it.number), it.clone())).collect();
        let asked = Asked { first, after, last, before, reverse: reverse == Some(true) };
        asked.of(placed, |it| Ok(it.into()))
    }
}

#[derive(Default)]
pub(crate) struct SubscriptionMutations;

#[Object]
impl SubscriptionMutations {
    async fn webhook_subscription_create(
        &self,
        context: &Context<'_>,
        topic: WebhookSubscriptionTopic,
        webhook_subscription: WebhookSubscriptionInput,
    ) -> Result<Option<WebhookSubscriptionCreatePayload>> {
        let sim = context.data::<ShopifySim>()?;
        let (now, mut shop) = (sim.now(), sim.lock());
        let uri = webhook_subscription.uri.as_deref().unwrap_or_default();
        let wrong = if !shop.installed.grants(topic.scope()) {
            let topic = topic.topic();
            Some(format!(
                "You do not have permission to create or update webhooks with {topic} topic."
            ))
        } else if BaseUrl::configured(uri).is_err() {
            Some("Address is invalid".to_owned())
        } else if shop.subscriptions.has(topic, uri) {
            Some("Address for this topic has already been taken".to_owned())
        } else {
            None
        };
        let added =
            wrong.is_none().then(|| shop.subscriptions.add(topic, webhook_subscription, now));
        let error = |message: String| UserError::at(&["webhookSubscription", "uri"], &message);
        Ok(Some(WebhookSubscriptionCreatePayload {
            webhook_subscription: added.map(WebhookSubscription::from),
            user_errors: wrong.into_iter().map(error).collect(),
        }))
    }

    async fn webhook_subscription_delete(
        &self,
        context: &Context<'_>,
        id: ID,
    ) -> Result<Option<WebhookSubscriptionDeletePayload>> {
        let removed = context.data::<ShopifySim>()?.lock().subscriptions.remove(&id);
        let error = || UserError::at(&["id"], "Webhook subscription does not exist");
        Ok(Some(WebhookSubscriptionDeletePayload {
            user_errors: if removed { Vec::new() } else { vec![error()] },
            deleted_webhook_subscription_id: removed.then_some(id),
        }))
    }
}
