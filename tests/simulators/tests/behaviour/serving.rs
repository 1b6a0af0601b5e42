//! The simulated world behind HTTP.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{Method, Request};
use outbound::{BaseUrl, Network, Transport, TransportFailure};
use serde_json::{Value, json};
use simulators::shopify::WEBHOOK_SECRET;
use simulators::{Fault, Matching, Service, SimClock, World, okta, serve};

use crate::calling::{CUSTOMERS, json_of};

pub(crate) struct Served {
    pub(crate) world: World,
    pub(crate) base: String,
    network: Network,
}

impl Served {
    pub(crate) async fn start() -> Self {
        let shop = "my-store.myshopify.com".parse().unwrap();
        let world = World::at(SimClock::following_real_time(), shop);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(serve(world.clone(), listener));
        let network = Network::new(&[&BaseUrl::configured(&base).unwrap()]).unwrap();
        Self { world, base, network }
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        header: (&str, &str),
        body: &Value,
    ) -> Result<http::Response<Bytes>, TransportFailure> {
        let uri =
            if path.starts_with('/') { format!("{}{path}", self.base) } else { path.to_owned() };
        let body = if body.is_null() { Bytes::new() } else { body.to_string().into() };
        let request = Request::builder().method(method).uri(uri).header(header.0, header.1);
        self.network.send(request.body(body).unwrap(), Duration::from_secs(10)).await
    }

    pub(crate) async fn control(&self, method: Method, path: &str, body: &Value) -> Value {
        let path = format!("/control{path}");
        json_of(&self.send(method, &path, ("accept", "*/*"), body).await.unwrap())
    }

    async fn okta(&self, path: &str) -> Result<http::Response<Bytes>, TransportFailure> {
        let token = format!("SSWS {}", okta::API_TOKEN);
        self.send(Method::GET, path, ("authorization", &token), &Value::Null).await
    }
}

#[tokio::test]
async fn links_lead_to_the_address_that_was_asked() {
    let served = Served::start().await;
    for login in ["a@example.com", "b@example.com"] {
        served.world.okta.add_user(login, login);
    }
    let first = served.okta("/okta/api/v1/users?limit=1").await.unwrap();
    let links: Vec<&str> =
        first.headers().get_all("link").iter().map(|link| link.to_str().unwrap()).collect();
    let next = links[1].strip_prefix('<').unwrap().split_once('>').unwrap().0;
    assert!(next.starts_with(&format!("{}/okta/api/v1/users?", served.base)));
    let second = served.okta(next).await.unwrap();
    assert_eq!(json_of(&second)[0]["profile"]["login"], "b@example.com");
}

#[tokio::test]
async fn people_act_through_the_control_api() {
    let served = Served::start().await;
    let access = served.control(Method::GET, "", &Value::Null).await;
    assert_eq!(access["webhook_secret"], WEBHOOK_SECRET);
    served.control(Method::POST, "/groups", &json!({ "name": "VIP" })).await;
    let new = json!({ "email": "a@example.com", "okta_user": true });
    let customer = served.control(Method::POST, "/customers", &new).await;
    let order = json!({ "customer_id": customer["customer_id"], "amount": "45.50" });
    let placed = served.control(Method::POST, "/orders", &order).await;
    let body = STANDARD.decode(placed["webhook"]["body_base64"].as_str().unwrap()).unwrap();
    let signature = &placed["webhook"]["headers"]["x-shopify-hmac-sha256"];
    assert_eq!(*signature, served.world.shopify.sign(&body));

    let id = placed["order_id"].as_str().unwrap();
    let path = format!("/orders/{id}");
    let updated = served.control(Method::POST, &path, &json!({ "amount": "25.50" })).await;
    assert_eq!(updated["webhook"]["topic"], "orders/updated");
    let path = format!("/orders/{id}/cancel");
    let cancelled = served.control(Method::POST, &path, &Value::Null).await;
    assert_eq!(cancelled["webhook"]["topic"], "orders/cancelled");

    let user = served.control(Method::GET, "/users/a@example.com", &Value::Null).await;
    assert_eq!(user["okta_user_id"], customer["okta_user_id"]);
    assert_eq!(user["groups"], json!([]));
    let nobody = served.control(Method::GET, "/users/nobody", &Value::Null).await;
    assert_eq!(nobody["error"], "the simulated org has no such user");
    let bad = served.control(Method::POST, "/orders", &json!({ "amont": "1" })).await;
    assert!(bad["error"].as_str().unwrap().starts_with("unreadable body"));
}

#[tokio::test]
async fn the_shop_answers_and_calls_are_recorded() {
    let served = Served::start().await;
    let body = json!({ "query": CUSTOMERS, "variables": { "ids": [] } });
    let token = ("x-shopify-access-token", simulators::shopify::ACCESS_TOKEN);
    let path = "/shopify/admin/api/2026-10/graphql.json";
    let answer = served.send(Method::POST, path, token, &body).await.unwrap();
    assert_eq!(json_of(&answer)["data"]["nodes"], json!([]));
    let calls = served.control(Method::DELETE, "/calls", &Value::Null).await;
    assert_eq!(calls[0]["operation"], "Customers");
    assert_eq!(calls[0]["status"], 200);
    assert_eq!(served.control(Method::GET, "/calls", &Value::Null).await, json!([]));
}

#[tokio::test]
async fn a_broken_connection_is_broken() {
    let served = Served::start().await;
    let fault = Fault::Broken { done: false };
    served.world.faults().next(Service::Okta, Matching::any(), fault);
    let outcome = served.okta("/okta/api/v1/users").await;
    assert_eq!(outcome.unwrap_err(), TransportFailure::Broken);
}

#[tokio::test]
async fn the_mavera_account_answers_and_shows_its_personas() {
    let served = Served::start().await;
    let access = served.control(Method::GET, "", &Value::Null).await;
    let key = format!("Bearer {}", access["mavera"]["api_key"].as_str().unwrap());
    let body = json!({ "name": "VIP", "description": "Everybody." });
    let path = "/mavera/api/v1/personas";
    let made = served.send(Method::POST, path, ("authorization", &key), &body).await.unwrap();
    let shown = served.control(Method::GET, "/personas", &Value::Null).await;
    assert_eq!(shown[0]["persona_id"], json_of(&made)["id"]);
    assert_eq!(shown[0]["description"], "Everybody.");
}
