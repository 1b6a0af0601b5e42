//! The control API: what people do in the shop and in the org, for tests in another process. See the
//! README for its calls.

mod whole_shop;

use std::str::FromStr;

use ::http::{Method, Response, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use rules::{CustomerId, InvalidId};
use rust_decimal::Decimal;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::calls::{CallRecord, Outcome};
use crate::mavera;
use crate::okta::{self, GroupKind};
use crate::shopify::{self, Buyer, NewCustomer, Webhook};
use crate::world::World;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Customer {
    email: Option<String>,
    /// Whether an Okta user with this address as its login is added too.
    #[serde(default)]
    okta_user: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    /// None for a guest.
    customer_id: Option<CustomerId>,
    amount: Decimal,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewAmount {
    amount: Decimal,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    name: String,
}

/// Why a control call was refused, in words for whoever wrote the test.
struct Refused(StatusCode, String);

type Answer = Result<Value, Refused>;

pub(crate) fn answer(
    world: &World,
    method: &Method,
    path: &[&str],
    body: &[u8],
) -> Response<Bytes> {
    let (status, body) = match route(world, method, path, body) {
        Ok(body) => (StatusCode::OK, body),
        Err(Refused(status, reason)) => (status, json!({ "error": reason })),
    };
    shopify::answer(status, &body)
}

fn route(world: &World, method: &Method, path: &[&str], body: &[u8]) -> Answer {
    match (method, path) {
        (&Method::GET, []) => Ok(access(world)),
        (&Method::POST, ["customers"]) => Ok(add_customer(world, read(body)?)),
        (&Method::POST, ["customers", "many"]) => whole_shop::add_customers(world, &read(body)?),
        (&Method::POST, ["customers", id, "totals"]) => {
            whole_shop::set_totals(world, id, &read(body)?)
        }
        (&Method::DELETE, ["customers", id]) => whole_shop::lose_customer(world, id),
        (&Method::GET, ["bulk-operations"]) => Ok(whole_shop::bulk_operations(world)),
        (&Method::POST, ["bulk-operations"]) => Ok(whole_shop::set_course(world, read(body)?)),
        (&Method::POST, ["orders"]) => place_order(world, &read(body)?),
        (&Method::POST, ["orders", id]) => update_order(world, id, &read(body)?),
        (&Method::POST, ["orders", id, "cancel"]) => cancel_order(world, id),
        (&Method::POST, ["groups"]) => Ok(add_group(world, &read(body)?)),
        (&Method::GET, ["users", name]) => user(world, name),
        (&Method::GET, ["personas"]) => Ok(world.mavera.personas().iter().map(persona).collect()),
        (&Method::GET, ["calls"]) => Ok(world.calls().iter().map(call).collect()),
        (&Method::DELETE, ["calls"]) => Ok(world.take_calls().iter().map(call).collect()),
        _ => Err(Refused(StatusCode::NOT_FOUND, "no such control call".to_owned())),
    }
}

/// What the product is configured with to live in this world.
fn access(world: &World) -> Value {
    json!({
        "shop": world.shopify.domain(),
        "api_version": shopify::API_VERSION,
        "webhook_secret": world.shopify.webhook_secret(),
        "shopify": {
            "access_token": shopify::ACCESS_TOKEN,
            "client_id": shopify::CLIENT_ID,
            "client_secret": shopify::CLIENT_SECRET,
        },
        "okta": { "api_token": okta::API_TOKEN },
        "mavera": { "api_key": mavera::API_KEY },
    })
}

fn add_customer(world: &World, new: Customer) -> Value {
    let login = new.email.clone().filter(|_| new.okta_user);
    let user = login.map(|login| world.okta.add_user(&login, &login));
    let (id, webhook) =
        world.shopify.add_customer(NewCustomer { email: new.email, ..NewCustomer::default() });
    json!({ "customer_id": id, "okta_user_id": user, "webhook": delivery(&webhook) })
}

fn place_order(world: &World, order: &Order) -> Answer {
    let buyer = order.customer_id.map_or(Buyer::Guest, Buyer::Customer);
    let (id, webhook) = world.shopify.place_order(buyer, order.amount).map_err(missing)?;
    Ok(json!({ "order_id": id, "webhook": delivery(&webhook) }))
}

fn update_order(world: &World, order: &str, new: &NewAmount) -> Answer {
    let webhook = world.shopify.update_order(id(order)?, new.amount).map_err(missing)?;
    Ok(json!({ "webhook": delivery(&webhook) }))
}

fn cancel_order(world: &World, order: &str) -> Answer {
    let webhook = world.shopify.cancel_order(id(order)?).map_err(missing)?;
    Ok(json!({ "webhook": delivery(&webhook) }))
}

fn add_group(world: &World, group: &Group) -> Value {
    json!({ "group_id": world.okta.add_group(&group.name, GroupKind::Okta) })
}

fn user(world: &World, name: &str) -> Answer {
    let id = world.okta.find_user(name).ok_or_else(|| missing(okta::NoSuch("user")))?;
    let (spent, orders) = world.okta.attributes_of(&id);
    Ok(json!({
        "okta_user_id": id,
        "status": world.okta.status_of(&id).map(okta::UserStatus::as_str),
        "groups": world.okta.group_names_of(&id),
        "total_spent": spent.map(|spent| spent.to_string()),
        "orders_count": orders,
    }))
}

fn persona(persona: &mavera::Persona) -> Value {
    json!({
        "persona_id": persona.id,
        "name": persona.name,
        "description": persona.description,
        "demographic": persona.demographic,
    })
}

fn call(call: &CallRecord) -> Value {
    let status = match call.outcome {
        Outcome::Answered(status) => Some(status),
        _ => None,
    };
    json!({
        "at": call.at,
        "service": call.service.to_string(),
        "method": call.method.as_str(),
        "path": call.path,
        "operation": call.operation,
        "status": status,
    })
}

/// What to post to the product: the headers as they are, the raw body in base64.
fn delivery(webhook: &Webhook) -> Value {
    let headers: Map<String, Value> = webhook
        .headers
        .iter()
        .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.into())))
        .collect();
    let body = STANDARD.encode(&webhook.body);
    json!({ "topic": webhook.topic.as_str(), "headers": headers, "body_base64": body })
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refused> {
    serde_json::from_slice(body)
        .map_err(|error| Refused(StatusCode::BAD_REQUEST, format!("unreadable body: {error}")))
}

/// An id in a path.
fn id<T: FromStr<Err = InvalidId>>(text: &str) -> Result<T, Refused> {
    text.parse().map_err(|error: InvalidId| Refused(StatusCode::BAD_REQUEST, error.to_string()))
}

fn missing(error: impl std::fmt::Display) -> Refused {
    Refused(StatusCode::NOT_FOUND, error.to_string())
}
