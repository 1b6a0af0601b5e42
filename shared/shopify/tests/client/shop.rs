//! A shop whose answers are scripted.

use std::collections::BTreeMap;
use std::sync::Arc;

use outbound::{BaseUrl, Error};
use rules::CustomerId;
use serde_json::Value;
use shopify::{ApiVersion, Shopify, ShopifyCredentials, Truth};

use crate::rotating::Rotating;
use crate::support::{Answer, Hands, Script, answer, outbound, second};

pub(crate) const STATIC: &str = r#"{"access_token": "shpat_marked"}"#;

pub(crate) struct Shop {
    pub(crate) script: Arc<Script>,
    pub(crate) clock: Arc<Hands>,
    pub(crate) shopify: Shopify,
}

impl Shop {
    pub(crate) fn answering(answers: impl IntoIterator<Item = Answer>) -> Self {
        Self::with([STATIC], answers)
    }

    /// A shop reached with the first of these secrets; each is kept until it is refused.
    pub(crate) fn with<const N: usize>(
        secrets: [&str; N],
        answers: impl IntoIterator<Item = Answer>,
    ) -> Self {
        let (script, clock) = (Arc::new(Script::default()), Arc::new(Hands::new()));
        script.add(answers);
        let outbound = outbound(script.clone(), clock.clone());
        let base = BaseUrl::configured("https://my-store.myshopify.com").unwrap();
        let domain = "my-store.myshopify.com".parse().unwrap();
        let credentials = Arc::new(Rotating::<ShopifyCredentials>::new(secrets));
        let shopify = Shopify::new(outbound, base, domain, ApiVersion::default(), credentials);
        Self { script, clock, shopify }
    }

    /// The truth about some customers, with so many seconds of time.
    pub(crate) async fn customers(
        &self,
        ids: &[u64],
        seconds: u64,
    ) -> Result<BTreeMap<CustomerId, Truth>, Error> {
        let ids: Vec<CustomerId> = ids.iter().copied().map(CustomerId::new).collect();
        self.shopify.customers(&ids, second(seconds)).await
    }

    /// How many ids each query asked for.
    pub(crate) fn asked(&self) -> Vec<usize> {
        let sent = self.script.sent();
        let bodies = sent.iter().map(|sent| serde_json::from_slice::<Value>(sent.body()).unwrap());
        bodies.map(|body| body["variables"]["ids"].as_array().unwrap().len()).collect()
    }

    /// The body of the only call.
    pub(crate) fn body(&self) -> Value {
        let sent = self.script.sent();
        assert_eq!(sent.len(), 1);
        serde_json::from_slice(sent[0].body()).unwrap()
    }

    /// The paths called.
    pub(crate) fn paths(&self) -> Vec<String> {
        self.script.sent().iter().map(|sent| sent.uri().path().to_owned()).collect()
    }
}

pub(crate) fn ok(body: &str) -> Answer {
    answer(200, &[], body.to_owned())
}

/// An answer of our shop with these nodes.
pub(crate) fn nodes(nodes: &[String]) -> Answer {
    ok(&data(nodes))
}

pub(crate) fn data(nodes: &[String]) -> String {
    ours(&format!(r#""nodes": [{}]"#, nodes.join(",")))
}

/// The body of an answer of our shop with these fields.
pub(crate) fn ours(fields: &str) -> String {
    format!(
        r#"{{"data": {{"shop": {{"myshopifyDomain": "my-store.myshopify.com",
            "currencyCode": "USD"}}, {fields}}}, "extensions": {}}}"#,
        cost(20, "1990")
    )
}

/// `extensions` of an answer that cost so much and left so much.
pub(crate) fn cost(requested: u32, available: &str) -> String {
    format!(
        r#"{{"cost": {{"requestedQueryCost": {requested}, "actualQueryCost": null,
            "throttleStatus": {{"maximumAvailable": 2000.0, "currentlyAvailable": {available},
            "restoreRate": 100.0}}}}}}"#
    )
}

/// A customer with nothing out of the ordinary.
pub(crate) fn plain(id: u64) -> String {
    customer(id, &[])
}

/// A customer, with some fields' JSON replaced.
pub(crate) fn customer(id: u64, changes: &[(&str, &str)]) -> String {
    let gid = format!(r#""gid://shopify/Customer/{id}""#);
    let mut fields = BTreeMap::from([
        ("id", gid.as_str()),
        ("defaultEmailAddress", r#"{"emailAddress": "ann@example.com"}"#),
        ("numberOfOrders", r#""2""#),
        ("amountSpent", r#"{"amount": "231.1", "currencyCode": "USD"}"#),
        ("updatedAt", r#""2026-11-20T10:00:00Z""#),
        ("lastOrder", "null"),
    ]);
    fields.extend(changes.iter().copied());
    object(&fields)
}

/// The JSON object of these fields; a field without a value is left out.
pub(crate) fn object(fields: &BTreeMap<&str, &str>) -> String {
    let given = fields.iter().filter(|(_, value)| !value.is_empty());
    let given: Vec<String> = given.map(|(name, value)| format!(r#""{name}": {value}"#)).collect();
    format!("{{{}}}", given.join(","))
}

/// A refusal that comes with status 200.
pub(crate) fn refused(code: &str, extensions: &str) -> Answer {
    ok(&format!(
        r#"{{"errors": [{{"message": "marked@person.example", "extensions": {{"code": "{code}"}}}}],
            "extensions": {extensions}}}"#
    ))
}
