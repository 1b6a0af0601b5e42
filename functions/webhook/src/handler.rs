//! A request in, a status out, messages onto the queue in between.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, Method, StatusCode};
use outbound::{Clock, Credentials, Error};
use rules::ShopDomain;
use runtime::{Measured, Measures, Metric};
use state::{Message, Outgoing, Queue, WebhookId};
use tracing::Instrument;

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
    /// One of each kind.
    pub const ALL: [Self; 9] = [
        Self::Queued(1),
        Self::Guest,
        Self::Ignored,
        Self::Mismatched,
        Self::Unauthorized,
        Self::NotAnObject,
        Self::Unavailable,
        Self::NotFound,
        Self::MethodNotAllowed,
    ];

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

impl Measured for Answer {
    fn measure(&self, measures: &mut Measures) {
        measures.add(Metric::Webhooks, self.as_str(), 1);
    }
}

/// What a webhook needs does not answer.
#[derive(Debug, thiserror::Error)]
enum Unavailable {
    #[error(transparent)]
    Secret(#[from] outbound::Error),
    #[error(transparent)]
    Queue(#[from] state::Error),
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
        let webhook_id = webhook_id(headers);
        // Of the gravest level, so that every line has it, whatever level is heard.
        let span =
            tracing::error_span!("webhook", correlation_id = webhook_id.as_ref().map(display));
        async {
            let answer = match path {
                PATH if method == Method::POST => self.take(headers, body, webhook_id).await,
                PATH => Ok(Answer::MethodNotAllowed),
                _ => Ok(Answer::NotFound),
            };
            log(&answer);
            answer.unwrap_or(Answer::Unavailable)
        }
        .instrument(span)
        .await
    }

    async fn take(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        webhook_id: Option<WebhookId>,
    ) -> Result<Answer, Unavailable> {
        if !self.is_genuine(headers, body).await? {
            return Ok(Answer::Unauthorized);
        }
        let topic = text(headers, "x-shopify-topic");
        Ok(match event::read(body, topic, &self.shop, self.clock.now()) {
            Ok(Event::Look(messages)) => self.queue(messages, webhook_id.as_ref()).await?,
            Ok(Event::Guest) => Answer::Guest,
            Ok(Event::Ignored) => Answer::Ignored,
            Ok(Event::Mismatched) => Answer::Mismatched,
            Err(event::NotAnObject) => Answer::NotAnObject,
        })
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

    async fn queue(
        &self,
        messages: Vec<Message>,
        webhook_id: Option<&WebhookId>,
    ) -> Result<Answer, Unavailable> {
        let count = messages.len();
        let outgoing = messages.into_iter().map(|mut message| {
            message.webhook_id = webhook_id.cloned();
            Outgoing { message, delay: self.settle }
        });
        self.queue.send(outgoing.collect()).await?;
        Ok(Answer::Queued(count))
    }
}

fn log(answer: &Result<Answer, Unavailable>) {
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => {
            let outcome = Answer::Unavailable.as_str();
            return tracing::error!(outcome, error = %error, "not taken; Shopify sends it again");
        }
    };
    let (outcome, status) = (answer.as_str(), answer.status().as_u16());
    match answer {
        Answer::Queued(messages) => tracing::info!(outcome, status, messages, "webhook"),
        Answer::Mismatched => {
            tracing::warn!(outcome, status, "a privacy topic on another body: nothing is done");
        }
        _ => tracing::info!(outcome, status, "webhook"),
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn webhook_id(headers: &HeaderMap) -> Option<WebhookId> {
    text(headers, "x-shopify-webhook-id").and_then(|id| id.parse().ok())
}
