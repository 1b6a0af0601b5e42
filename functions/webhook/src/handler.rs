//! A request in, a status out, messages onto the queue in between.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, Method, StatusCode};
use outbound::{Clock, Credentials, Error};
use rules::ShopDomain;
use state::{Message, Outgoing, Queue, WebhookId};

use crate::event::{self, Event};
use crate::signature::SigningSecrets;

/// Where webhooks are taken.
pub const PATH: &str = "/webhooks/shopify";

/// Takes webhooks.
pub struct Webhook {
    /// Whose webhooks are taken.
    pub shop: ShopDomain,
    /// What they may be signed with.
    pub secrets: Arc<dyn Credentials<SigningSecrets>>,
    /// Where messages go.
    pub queue: Arc<dyn Queue>,
    /// When an event reached us.
    pub clock: Arc<dyn Clock>,
    /// How long a message waits, so that the events of one order meet and Shopify's totals settle.
    pub settle: Duration,
}

/// What became of a request: one name for each, counted and logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Answer {
    /// This many messages were queued.
    Queued(usize),
    /// A good signature, and a guest's order: nothing to do.
    Guest,
    /// A good signature, and nothing we use.
    Ignored,
    /// A good signature, and a privacy topic on a body that is not that topic's: forged, misdirected,
    /// or of a form we do not know. Nothing is erased.
    Mismatched,
    /// No signature of ours, or another shop.
    Unauthorized,
    /// A good signature on something that is no JSON object.
    NotAnObject,
    /// The queue or the secret store does not answer: Shopify is asked to try again.
    Unavailable,
    /// Another path.
    NotFound,
    /// Another method.
    MethodNotAllowed,
}

impl Answer {
    /// The HTTP status.
    pub fn status(self) -> StatusCode {
        match self {
            Self::Queued(_) | Self::Guest | Self::Ignored | Self::Mismatched => StatusCode::OK,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::NotAnObject => StatusCode::BAD_REQUEST,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        }
    }

    /// The name in logs and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued(_) => "queued",
            Self::Guest => "guest",
            Self::Ignored => "ignored",
            Self::Mismatched => "mismatched",
            Self::Unauthorized => "unauthorized",
            Self::NotAnObject => "not_an_object",
            Self::Unavailable => "unavailable",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
        }
    }
}

impl Webhook {
    /// Answers a request. `body` is the raw body, exactly as it was sent.
    pub async fn handle(
        &self,
        method: &Method,
        path: &str,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Answer {
        let answer = match path {
            PATH if method == Method::POST => self.take(headers, body).await,
            PATH => Answer::MethodNotAllowed,
            _ => Answer::NotFound,
        };
        let messages = if let Answer::Queued(messages) = answer { messages } else { 0 };
        let webhook_id = webhook_id(headers).map(|id| id.to_string());
        let outcome = answer.as_str();
        if answer == Answer::Mismatched {
            tracing::warn!(outcome, webhook_id, "a privacy topic on another body: nothing is done");
        } else {
            tracing::info!(outcome, messages, webhook_id, "webhook");
        }
        answer
    }

    async fn take(&self, headers: &HeaderMap, body: &[u8]) -> Answer {
        match self.is_genuine(headers, body).await {
            Ok(true) => {}
            Ok(false) => return Answer::Unauthorized,
            Err(error) => return unavailable(&error),
        }
        let topic = text(headers, "x-shopify-topic");
        match event::read(body, topic, &self.shop, self.clock.now()) {
            Ok(Event::Look(messages)) => self.queue(messages, webhook_id(headers)).await,
            Ok(Event::Guest) => Answer::Guest,
            Ok(Event::Ignored) => Answer::Ignored,
            Ok(Event::Mismatched) => Answer::Mismatched,
            Err(event::NotAnObject) => Answer::NotAnObject,
        }
    }

    /// Whether Shopify signed the body for our shop. A signature that fails may be by a secret that
    /// was rotated meanwhile, so the secrets are read again, at most once a minute.
    async fn is_genuine(&self, headers: &HeaderMap, body: &[u8]) -> Result<bool, Error> {
        let Some(signature) = text(headers, "x-shopify-hmac-sha256") else { return Ok(false) };
        let other_shop = headers.get("x-shopify-shop-domain").is_some_and(|shop| {
            !shop.as_bytes().eq_ignore_ascii_case(self.shop.as_str().as_bytes())
        });
        let secrets = self.secrets.current().await?;
        if secrets.have_signed(body, signature) {
            return Ok(!other_shop);
        }
        let renewed = self.secrets.renewed(&secrets).await?;
        let changed = !Arc::ptr_eq(&secrets, &renewed);
        Ok(changed && renewed.have_signed(body, signature) && !other_shop)
    }

    async fn queue(&self, messages: Vec<Message>, webhook_id: Option<WebhookId>) -> Answer {
        let count = messages.len();
        let outgoing = messages.into_iter().map(|mut message| {
            message.webhook_id.clone_from(&webhook_id);
            Outgoing { message, delay: self.settle }
        });
        match self.queue.send(outgoing.collect()).await {
            Ok(()) => Answer::Queued(count),
            Err(error) => unavailable(&error),
        }
    }
}

fn unavailable(error: &dyn std::error::Error) -> Answer {
    tracing::error!(error = %error, "webhook not taken; Shopify will send it again");
    Answer::Unavailable
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn webhook_id(headers: &HeaderMap) -> Option<WebhookId> {
    text(headers, "x-shopify-webhook-id").and_then(|id| id.parse().ok())
}
