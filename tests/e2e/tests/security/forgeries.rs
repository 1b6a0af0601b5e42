//! Webhooks that Shopify did not send.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE};
use bytes::Bytes;
use simulators::Webhook;
use simulators::shopify::WEBHOOK_SECRET;
use webhook::Answer;

use crate::stage::Stage;

const SIGNATURE: &str = "x-shopify-hmac-sha256";
/// How long a secret is used before it is read again.
const FRESH: Duration = Duration::from_mins(5);

/// A webhook that would be taken as it is.
fn genuine(stage: &Stage) -> Webhook {
    stage.order(stage.stranger("ann@example.com"), "45.50")
}

async fn is_refused(stage: &Stage, webhook: &Webhook) -> bool {
    stage.post(webhook).await == Answer::Unauthorized && stage.is_idle()
}

#[tokio::test]
async fn a_webhook_without_its_signature_is_refused() {
    let stage = Stage::set().await;
    let webhook = genuine(&stage);
    assert!(is_refused(&stage, &webhook.clone().without_header(SIGNATURE)).await);
    assert!(is_refused(&stage, &webhook.clone().with_header(SIGNATURE, "")).await);
    assert_eq!(stage.post(&webhook).await, Answer::Queued(1));
}

#[tokio::test]
async fn a_signature_that_differs_in_any_bit_is_refused() {
    let stage = Stage::set().await;
    let webhook = genuine(&stage);
    let signature = STANDARD.decode(webhook.header(SIGNATURE)).unwrap();
    for bit in 0..signature.len() * 8 {
        let mut altered = signature.clone();
        altered[bit / 8] ^= 1 << (bit % 8);
        let altered = webhook.clone().with_header(SIGNATURE, &STANDARD.encode(altered));
        assert!(is_refused(&stage, &altered).await, "bit {bit}");
    }
}

#[tokio::test]
async fn a_signature_that_is_written_otherwise_is_refused() {
    let stage = Stage::set().await;
    let webhook = genuine(&stage);
    let written = webhook.header(SIGNATURE);
    let bytes = STANDARD.decode(written).unwrap();
    let hex = bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
    // The last letter before the padding holds two bits that stand for nothing.
    let last = written.chars().nth(42).unwrap();
    let next = char::from(u8::try_from(last).unwrap() + 1);
    let others = [
        hex,
        STANDARD_NO_PAD.encode(&bytes),
        format!("{}=", written.replacen(last, "", 1)),
        written.to_lowercase(),
        format!("{written}{written}"),
        format!("{written}, {written}"),
        format!("sha256={written}"),
        format!("{}{next}=", &written[..42]),
        STANDARD.encode(&bytes[..31]),
        STANDARD.encode([&bytes[..], &[0]].concat()),
        STANDARD.encode([0; 32]),
        STANDARD.encode([]),
    ];
    for other in others.into_iter().filter(|other| other != written) {
        assert!(
            is_refused(&stage, &webhook.clone().with_header(SIGNATURE, &other)).await,
            "{other}"
        );
    }
    let url_safe = URL_SAFE.encode(&bytes);
    assert_eq!(
        is_refused(&stage, &webhook.clone().with_header(SIGNATURE, &url_safe)).await,
        url_safe != written
    );
}

#[tokio::test]
async fn a_body_that_differs_in_any_byte_is_refused() {
    let stage = Stage::set().await;
    let webhook = genuine(&stage);
    for place in 0..webhook.body.len() {
        let mut body = webhook.body.to_vec();
        body[place] ^= 1;
        let altered = Webhook { body: body.into(), ..webhook.clone() };
        assert!(is_refused(&stage, &altered).await, "byte {place}");
    }
    let body = &webhook.body;
    for body in [&body[1..], &body[..body.len() - 1], &[body, &b" "[..]].concat(), b""] {
        let altered = Webhook { body: Bytes::copy_from_slice(body), ..webhook.clone() };
        assert!(is_refused(&stage, &altered).await);
    }
}

#[tokio::test]
async fn another_shop_s_webhook_is_refused() {
    let stage = Stage::set().await;
    let webhook = genuine(&stage);
    assert!(is_refused(&stage, &webhook.clone().from_shop("other.myshopify.com")).await);
    assert!(is_refused(&stage, &webhook.clone().from_shop("")).await);
    assert!(is_refused(&stage, &webhook.from_shop("my-store.myshopify.com.evil.example")).await);
}

#[tokio::test]
async fn after_a_rotation_both_secrets_are_taken_until_the_old_one_is_taken_away() {
    let stage = Stage::set().await;
    let signed_by = |secret: &str| {
        let webhook = genuine(&stage);
        let body = webhook.body.clone();
        webhook.with_body(body, secret)
    };
    let (old, new) = (signed_by(WEBHOOK_SECRET), signed_by("the new secret"));
    assert_eq!(stage.post(&old).await, Answer::Queued(1));
    assert_eq!(stage.post(&new).await, Answer::Unauthorized);

    // The new one is seen as soon as it is needed, at most a minute after the last look.
    stage.store_secrets(&["the new secret", WEBHOOK_SECRET]);
    stage.world.clock.advance(Duration::from_mins(1));
    assert_eq!(stage.post(&new).await, Answer::Queued(1));
    for _ in 0..60 {
        stage.world.clock.advance(Duration::from_mins(1));
        assert_eq!(stage.post(&old).await, Answer::Queued(1));
        assert_eq!(stage.post(&new).await, Answer::Queued(1));
    }

    // The old one is forgotten when what was read is no longer fresh.
    stage.store_secrets(&["the new secret"]);
    stage.world.clock.advance(FRESH);
    assert_eq!(stage.post(&old).await, Answer::Unauthorized);
    assert_eq!(stage.post(&new).await, Answer::Queued(1));
}
