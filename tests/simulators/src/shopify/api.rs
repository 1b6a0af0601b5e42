//! The shop's addresses, and its answers to what goes wrong.

use ::http::{HeaderName, HeaderValue, Method, Response, StatusCode};
use bytes::Bytes;
use serde_json::{Map, Value, json};

use crate::faults::Fault;
use crate::incoming::Incoming;
use crate::outgoing::outgoing;
use crate::shopify::ShopifySim;
use crate::shopify::budget::DEAREST_QUERY;
use crate::shopify::graphql::Body;
use crate::shopify::queries;

/// The version of the Admin API that is simulated.
pub const API_VERSION: &str = "2026-10";

/// The simulated part of the Admin API's schema, in the schema language.
pub fn sdl() -> String {
    queries::build().sdl()
}

/// The path below the base address, with `{version}` for the API version.
pub(crate) fn template(segments: &[&str]) -> String {
    match segments {
        ["admin", "api", _, "graphql.json"] => "/admin/api/{version}/graphql.json".to_owned(),
        ["admin", "oauth", "access_token"] => "/admin/oauth/access_token".to_owned(),
        _ => "/…".to_owned(),
    }
}

/// The name of the GraphQL operation in a request's body.
pub(crate) fn operation(body: &[u8]) -> Option<String> {
    Body::read(body)?.operation()
}

/// An answer in JSON.
pub(crate) fn answer(status: StatusCode, body: &Value) -> Response<Bytes> {
    outgoing(status, "application/json; charset=utf-8", body.to_string())
}

impl ShopifySim {
    pub(crate) async fn answer(&self, incoming: &Incoming) -> Response<Bytes> {
        match (&incoming.method, incoming.segments().as_slice()) {
            (&Method::POST, ["admin", "oauth", "access_token"]) => self.grant(incoming),
            (&Method::POST, ["admin", "api", version, "graphql.json"]) => {
                let answer = self.graphql(incoming).await;
                self.with_version(answer, version)
            }
            _ => answer(StatusCode::NOT_FOUND, &json!({ "errors": "Not Found" })),
        }
    }

    /// The answer that a fault puts in place of the usual one.
    pub(crate) async fn answer_with(&self, incoming: &Incoming, fault: &Fault) -> Response<Bytes> {
        match fault {
            Fault::ShopifyThrottled => {
                let cost = Body::read(&incoming.body).map_or(1, |body| body.cost());
                self.lock().budget.empty(self.now());
                self.throttled(cost)
            }
            Fault::ShopifyError(code) => answer(StatusCode::OK, &failure("Refused", code)),
            Fault::GraphqlErrorsWithData => nodes_lost(&self.answer(incoming).await),
            Fault::Status(status) => refused(*status),
            _ => refused(500),
        }
    }

    async fn graphql(&self, incoming: &Incoming) -> Response<Bytes> {
        let token = incoming.header("x-shopify-access-token").unwrap_or_default();
        if !self.lock().tokens.accepts(token, self.now()) {
            return refused(401);
        }
        let Some(body) = Body::read(&incoming.body) else {
            return answer(
                StatusCode::BAD_REQUEST,
                &json!({ "errors": "Required parameter missing or invalid" }),
            );
        };
        let cost = body.cost();
        if cost > DEAREST_QUERY {
            return answer(
                StatusCode::OK,
                &failure("Query cost exceeds the limit", "MAX_COST_EXCEEDED"),
            );
        }
        if !self.lock().budget.take(cost, self.now()) {
            return self.throttled(cost);
        }
        let mut result = body.run(self, &incoming.base).await;
        let ran = result.contains_key("data").then_some(cost);
        result["extensions"]["cost"] = self.lock().budget.cost(cost, ran);
        answer(StatusCode::OK, &Value::Object(result))
    }

    /// A throttle is a 200 without data.
    fn throttled(&self, cost: u32) -> Response<Bytes> {
        let mut body = failure("Throttled", "THROTTLED");
        body["extensions"] = json!({ "cost": self.lock().budget.cost(cost, None) });
        answer(StatusCode::OK, &body)
    }

    fn with_version(&self, mut answer: Response<Bytes>, asked: &str) -> Response<Bytes> {
        let shop = self.lock();
        let version = shop.answering_version.clone();
        let version = version.unwrap_or_else(|| shop.installed.serving(asked));
        if let Ok(version) = HeaderValue::from_str(&version) {
            answer.headers_mut().insert(HeaderName::from_static("x-shopify-api-version"), version);
        }
        answer
    }
}

fn failure(message: &str, code: &str) -> Value {
    json!({ "errors": [{ "message": message, "extensions": { "code": code } }] })
}

fn refused(status: u16) -> Response<Bytes> {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let text = match status {
        StatusCode::UNAUTHORIZED => {
            "[API] Invalid API key or access token (unrecognized login or wrong password)"
        }
        other => other.canonical_reason().unwrap_or("Error"),
    };
    answer(status, &json!({ "errors": text }))
}

/// The same answer with every node lost to an error, and the shop still there.
fn nodes_lost(whole: &Response<Bytes>) -> Response<Bytes> {
    let mut body: Map<String, Value> = serde_json::from_slice(whole.body()).unwrap_or_default();
    let data = body.get_mut("data").and_then(Value::as_object_mut);
    for (name, value) in data.into_iter().flatten().filter(|(name, _)| *name != "shop") {
        *value = match value {
            Value::Array(nodes) if name == "nodes" => vec![Value::Null; nodes.len()].into(),
            _ => Value::Null,
        };
    }
    let error = json!({
        "message": "Internal error. Looks like something went wrong on our end.",
        "path": ["nodes"],
        "extensions": { "code": "INTERNAL_SERVER_ERROR" },
    });
    body.insert("errors".to_owned(), json!([error]));
    answer(StatusCode::OK, &Value::Object(body))
}
