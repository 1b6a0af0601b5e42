//! The webhook function written as shortly as it can be, with the same SDK clients and nothing else: no
//! settings checked, no limits, no repeats, no logs by level, no metrics. The second floor that
//! `benches/start` measures against.

use aws_config::BehaviorVersion;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::sync::OnceCell;

/// What the function holds from call to call.
struct Held {
    secrets_manager: aws_sdk_secretsmanager::Client,
    sqs: aws_sdk_sqs::Client,
    secret_id: String,
    queue_url: String,
    shop: String,
    secrets: OnceCell<Vec<String>>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let aws = aws_config::load_defaults(BehaviorVersion::latest()).await;
    let held = &Held {
        secrets_manager: aws_sdk_secretsmanager::Client::new(&aws),
        sqs: aws_sdk_sqs::Client::new(&aws),
        secret_id: std::env::var("WEBHOOK_SECRET_ID")?,
        queue_url: std::env::var("SYNC_QUEUE_URL")?,
        shop: std::env::var("SHOPIFY_SHOP")?,
        secrets: OnceCell::new(),
    };
    run(service_fn(|event: LambdaEvent<Value>| async move {
        let status = answer(held, &event.payload).await?;
        Ok::<_, Error>(json!({ "statusCode": status }))
    }))
    .await
}

async fn answer(held: &Held, event: &Value) -> Result<u16, Error> {
    let header = |name: &str| event["headers"][name].as_str().unwrap_or_default();
    let body = event["body"].as_str().unwrap_or_default();
    let secrets = held.secrets.get_or_try_init(|| read(held)).await?;
    let signature = STANDARD.decode(header("x-shopify-hmac-sha256")).unwrap_or_default();
    let has_signed = |secret: &String| {
        <Hmac<Sha256> as KeyInit>::new_from_slice(secret.as_bytes()).is_ok_and(|mut mac| {
            mac.update(body.as_bytes());
            mac.verify_slice(&signature).is_ok()
        })
    };
    if !secrets.iter().any(has_signed) || header("x-shopify-shop-domain") != held.shop {
        return Ok(401);
    }
    let order: Value = serde_json::from_str(body)?;
    let Some(customer) = order["customer"]["id"].as_u64() else { return Ok(200) };
    let message = json!({
        "subject": { "customer": customer },
        "cause": header("x-shopify-topic"),
        "as_of": order["updated_at"],
        "webhook_id": header("x-shopify-webhook-id"),
    });
    held.sqs
        .send_message()
        .queue_url(&held.queue_url)
        .message_body(message.to_string())
        .delay_seconds(10)
        .send()
        .await?;
    println!("{}", json!({ "level": "INFO", "message": "webhook", "outcome": "queued" }));
    Ok(200)
}

async fn read(held: &Held) -> Result<Vec<String>, Error> {
    let secret = held.secrets_manager.get_secret_value().secret_id(&held.secret_id).send().await?;
    let mut stored: Value = serde_json::from_str(secret.secret_string().unwrap_or_default())?;
    Ok(serde_json::from_value(stored["secrets"].take())?)
}
