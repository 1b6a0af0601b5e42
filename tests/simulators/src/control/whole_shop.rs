//! Control calls about a whole shop: many customers at once, what happens unheard, and how bulk
//! operations go.

use std::time::Duration;

use ::http::StatusCode;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answer, Refused, id, missing};
use crate::shopify::{BulkEnd, BulkError, BulkOperationSeen, NewCustomer};
use crate::world::World;

/// The most customers one call adds.
const MOST_AT_ONCE: u64 = 100_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Many {
    count: u64,
    /// `{n}` in it is the customer's number, from 0 on.
    email: Option<String>,
    #[serde(default)]
    orders: u64,
    #[serde(default)]
    amount: Decimal,
    /// Whether each gets an Okta user with its address as the login.
    #[serde(default)]
    okta_users: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Totals {
    orders: u64,
    amount: Decimal,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BulkCourse {
    /// How the next operation ends.
    end: Option<End>,
    /// How long operations take from now on.
    seconds: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum End {
    Completed,
    AccessDenied,
    InternalServerError,
    Timeout,
    Canceled,
    Expired,
    Never,
}

impl From<End> for BulkEnd {
    fn from(end: End) -> Self {
        match end {
            End::Completed => Self::Completed,
            End::AccessDenied => Self::Failed(BulkError::AccessDenied),
            End::InternalServerError => Self::Failed(BulkError::InternalServerError),
            End::Timeout => Self::Failed(BulkError::Timeout),
            End::Canceled => Self::Canceled,
            End::Expired => Self::Expired,
            End::Never => Self::Never,
        }
    }
}

pub(super) fn add_customers(world: &World, many: &Many) -> Answer {
    if many.count > MOST_AT_ONCE {
        let reason = format!("at most {MOST_AT_ONCE} customers are added at once");
        return Err(Refused(StatusCode::BAD_REQUEST, reason));
    }
    let email =
        |number: u64| many.email.as_ref().map(|email| email.replace("{n}", &number.to_string()));
    if many.okta_users {
        for login in (0..many.count).filter_map(email) {
            world.okta.add_user(&login, &login);
        }
    }
    let ids = world.shopify.add_customers(many.count, |number| {
        NewCustomer { email: email(number), ..NewCustomer::default() }
            .with_totals(many.orders, many.amount)
    });
    Ok(json!({ "customer_ids": ids }))
}

pub(super) fn set_totals(world: &World, customer: &str, totals: &Totals) -> Answer {
    world.shopify.set_totals(id(customer)?, totals.orders, totals.amount).map_err(missing)?;
    Ok(json!({}))
}

pub(super) fn lose_customer(world: &World, customer: &str) -> Answer {
    let customer = id(customer)?;
    world.shopify.silently(|shop| shop.delete_customer(customer)).map_err(missing)?;
    Ok(json!({}))
}

pub(super) fn set_course(world: &World, course: BulkCourse) -> Value {
    if let Some(seconds) = course.seconds {
        world.shopify.set_bulk_duration(Duration::from_secs(seconds));
    }
    if let Some(end) = course.end {
        world.shopify.end_next_bulk_operation(end.into());
    }
    json!({})
}

pub(super) fn bulk_operations(world: &World) -> Value {
    let seen = |it: BulkOperationSeen| json!({ "id": it.id, "status": it.status.as_str(), "query": it.query, "rows": it.rows });
    world.shopify.bulk_operations().into_iter().map(seen).collect()
}
