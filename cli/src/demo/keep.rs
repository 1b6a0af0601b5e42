//! `segments demo --keep`: the system goes on, in real time, for whoever wants to post to it.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use http::{Request, Response, StatusCode};
use rules::CustomerId;
use rust_decimal::Decimal;
use state::Outcome;
use tokio::net::TcpListener;

use super::stage::Person;
use super::{DemoError, Stage};
use crate::output::{complain, say};
use crate::serve::webhooks::{LARGEST_BODY, empty};

/// How often the queue is asked for messages that are due.
const TICK: Duration = Duration::from_millis(200);

/// Serves webhooks on 127.0.0.1 and works them off, until Ctrl-C.
pub(super) async fn serve(stage: Stage, port: u16) -> Result<(), DemoError> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .await
        .map_err(|error| format!("port {port} on 127.0.0.1 cannot be had: {error}"))?;
    stage.world.clock.follow();
    say(&invitation(&stage, listener.local_addr()?)?)?;
    let stage = Arc::new(stage);
    let app = Router::new().fallback(take).with_state(Arc::clone(&stage));
    tokio::select! {
        served = axum::serve(listener, app) => served.map_err(DemoError::from),
        worked = work(&stage) => worked,
        stopped = tokio::signal::ctrl_c() => stopped.map_err(DemoError::from),
    }
}

/// Ann orders once more, and the shop keeps quiet about it: the reader brings the news.
fn invitation(stage: &Stage, address: SocketAddr) -> Result<String, DemoError> {
    let customer = stage.ann.customer;
    let (order, _) = stage.world.shopify.place_order(customer, Decimal::new(40_00, 2))?;
    stage.sent();
    let body = format!(r#"{{"id":{order},"customer":{{"id":{customer}}}}}"#);
    let signature = stage.world.shopify.sign(body.as_bytes());
    let (shop, path) = (stage.world.shopify.domain(), webhook::PATH);
    Ok(format!(
        "\nServing http://{address}{path} until Ctrl-C, now in real time. Ann has just ordered again, \
         and nobody\nwas told. Tell it, from another terminal:\n\n\
         curl -i http://{address}{path} \\\n  \
         -H 'Content-Type: application/json' \\\n  \
         -H 'X-Shopify-Topic: orders/create' \\\n  \
         -H 'X-Shopify-Shop-Domain: {shop}' \\\n  \
         -H 'X-Shopify-Hmac-Sha256: {signature}' \\\n  \
         --data-binary '{body}'\n\n\
         The answer comes at once. What it leads to is shown here: the first look takes place 10 seconds\n\
         later, and Ann becomes a returning customer as soon as the shop's totals show the order.\n"
    ))
}

async fn take(State(stage): State<Arc<Stage>>, request: Request<Body>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LARGEST_BODY).await else {
        return empty(StatusCode::PAYLOAD_TOO_LARGE);
    };
    let path = parts.uri.path();
    let answer = stage.system.deliver(&parts.method, path, &parts.headers, &body).await;
    let told = format!("{} {path}: {} {}", parts.method, answer.status().as_u16(), answer.as_str());
    if let Err(error) = say(&told) {
        complain(&error.to_string());
    }
    empty(answer.status())
}

async fn work(stage: &Stage) -> Result<(), DemoError> {
    loop {
        match stage.system.work_once().await? {
            Some(report) => {
                for done in &report.done {
                    say(&told(stage, done.customer, done.outcome).await?)?;
                }
            }
            None => tokio::time::sleep(TICK).await,
        }
    }
}

async fn told(stage: &Stage, customer: CustomerId, outcome: Outcome) -> Result<String, DemoError> {
    let people = [&stage.ann, &stage.ben];
    let person = people.into_iter().find(|person: &&Person| person.customer == customer);
    let outcome = outcome.as_str();
    let Some(person) = person else { return Ok(format!("customer {customer}: {outcome}")) };
    let holding = stage.holding(person).await?;
    let groups = holding.groups.join(", ");
    let attributes = holding.attributes.unwrap_or_default();
    Ok(format!("customer {customer}: {outcome}; in Okta: {groups}; {attributes}"))
}
