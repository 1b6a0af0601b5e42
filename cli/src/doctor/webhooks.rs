//! The endpoint, and what it takes for genuine.

use std::sync::Arc;

use http::{HeaderName, HeaderValue, Method, StatusCode};
use outbound::{Call, Error, ErrorKind, Network, Outbound, Repeat, SystemRandom};
use runtime::MAY_NOT_READ;
use serde_json::{Value, json};
use webhook::SigningSecrets;

use super::check::{Check, State};
use crate::setup::Parts;
use crate::target::Target;
use crate::webhook_url::WebhookUrl;

const SECRETS: &str = "webhook_secrets";
const ENDPOINT: &str = "endpoint";
/// What mends secrets that are none.
const STORE: &str = "store the app's client secret as {\"secrets\": [\"…\"]} (docs/shopify.md)";
/// A topic that Shopify does not have: whoever takes it for genuine does nothing about it.
const TOPIC: &str = "segments/ping";
/// As long as a signature, and nobody's.
const FORGED: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

/// Looks at what webhooks may be signed with, and whether the endpoint goes by it.
pub(super) async fn look(parts: &Parts, target: &Target, checks: &mut Vec<Check>) {
    let secrets = match target.signing_secrets() {
        Ok(source) => source.current().await.map_err(|error| unread(&error)),
        Err(error) => Err(Check::wrong(SECRETS, error.to_string(), STORE)),
    };
    match secrets {
        Ok(secrets) => {
            checks.push(client_secret(parts, &secrets).await);
            if let Some(url) = &parts.webhook_url {
                checks.push(endpoint(parts, url, &secrets).await);
            }
        }
        Err(check) => checks.push(check),
    }
    if parts.webhook_url.is_none() {
        checks.push(nowhere());
    }
}

/// Secrets that were not read. What is stored in their place is wrong; why nothing can be read is another
/// matter.
fn unread(error: &Error) -> Check {
    match error.kind {
        ErrorKind::Credentials { detail } if detail != MAY_NOT_READ => {
            Check::wrong(SECRETS, error.to_string(), STORE)
        }
        _ => Check::failed(SECRETS, error),
    }
}

/// Nobody has said where the endpoint is.
fn nowhere() -> Check {
    let finding = "where it is is not known, so it was not looked at";
    Check::warning(
        ENDPOINT,
        finding,
        "give --webhook-url, or set WEBHOOK_URL, to have it looked at",
    )
}

/// Whether the secret that signs the app's webhooks is among those that are accepted.
async fn client_secret(parts: &Parts, secrets: &SigningSecrets) -> Check {
    let Ok(credentials) = parts.shopify.credentials().await else {
        return Check::ok(SECRETS, "there are some; what the app signs with is not known");
    };
    match credentials.client_secret() {
        None => Check::ok(
            SECRETS,
            "there are some; whether the app's client secret is among them, its token does not tell",
        ),
        Some(secret) if secrets.hold(secret) => Check::ok(SECRETS, "the app's is among them"),
        Some(_) => Check::wrong(
            SECRETS,
            "the app's client secret is not among them, so its webhooks are refused",
            "add it to the list in the secret for webhooks; it may hold several",
        ),
    }
}

/// Whether a signed request is taken, and a forged one refused.
async fn endpoint(parts: &Parts, url: &WebhookUrl, secrets: &SigningSecrets) -> Check {
    let body = json!({ "ping": "segments doctor" });
    let Some(signature) = secrets.sign(body.to_string().as_bytes()) else {
        return Check::wrong(ENDPOINT, "nothing can be signed", "store the webhook secrets again");
    };
    let signed = ping(parts, url, &body, &signature).await;
    let forged = ping(parts, url, &body, FORGED).await;
    judged(url, signed, forged)
}

fn judged(
    url: &WebhookUrl,
    signed: Result<StatusCode, String>,
    forged: Result<StatusCode, String>,
) -> Check {
    let (signed, forged) = match (signed, forged) {
        (Ok(signed), Ok(forged)) => (signed, forged),
        (Err(error), _) | (_, Err(error)) => {
            let mend = "see that the address is right, and that it can be reached from here";
            let finding = format!("{url}: {error}");
            return Check { name: ENDPOINT, state: State::Wrong, finding, mend: Some(mend.into()) };
        }
    };
    let wrong = |finding: String, mend: &str| Check::wrong(ENDPOINT, finding, mend);
    match (signed, forged) {
        (StatusCode::OK, StatusCode::UNAUTHORIZED) => {
            Check::ok(ENDPOINT, "it takes a signed request, and refuses a forged one")
        }
        (StatusCode::OK, other) => wrong(
            format!("it answers a forged request with {}, not 401", other.as_u16()),
            "something else answers there, or checks no signatures: see what it is",
        ),
        (StatusCode::UNAUTHORIZED, _) => wrong(
            "it refuses a signed request".to_owned(),
            "it goes by other secrets or is another shop's: store the secrets again, and wait for five \
             minutes",
        ),
        (StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED, _) => wrong(
            format!("there is nothing at {url}"),
            "correct the address: it ends in /webhooks/shopify unless something in front changes it",
        ),
        (other, _) => wrong(
            format!("it answers a signed request with {}", other.as_u16()),
            "see what its log says",
        ),
    }
}

async fn ping(
    parts: &Parts,
    url: &WebhookUrl,
    body: &Value,
    signature: &str,
) -> Result<StatusCode, String> {
    let network = Network::new(&[url.base()]).map_err(|error| error.to_string())?;
    let outbound =
        Outbound::new(Arc::new(network), Arc::clone(&parts.clock), Arc::new(SystemRandom));
    let address = url.base().resource(&[]);
    let header = |text: &str| HeaderValue::from_str(text).map_err(|error| error.to_string());
    let call = Call::new("webhook", "ping", Method::POST, address, Repeat::Safe)
        .header(HeaderName::from_static("x-shopify-topic"), header(TOPIC)?)
        .header(
            HeaderName::from_static("x-shopify-shop-domain"),
            header(parts.shopify.shop().as_str())?,
        )
        .header(HeaderName::from_static("x-shopify-hmac-sha256"), header(signature)?)
        .json(body)
        .map_err(|error| error.to_string())?;
    let answer = outbound.send(&call, parts.deadline()).await;
    answer.map(|answer| answer.status()).map_err(|error| error.to_string())
}
