//! An account whose answers are scripted.

use std::sync::Arc;

use http::Request;
use mavera::{Created, Found, Mavera, MaveraCredentials, Updated};
use outbound::{BaseUrl, Credentials, Error};
use rules::{Cohort, PersonaContent, RuleBook};
use serde_json::{Map, Value};

use crate::rotating::Rotating;
use crate::support::{Answer, Hands, Script, answer, outbound, second};

pub(crate) const KEY: &str = "mvra_live_marked";

pub(crate) struct Account {
    pub(crate) script: Arc<Script>,
    pub(crate) clock: Arc<Hands>,
    pub(crate) mavera: Mavera,
}

impl Account {
    pub(crate) fn answering(answers: impl IntoIterator<Item = Answer>) -> Self {
        Self::with(rotating([KEY]), answers)
    }

    pub(crate) fn with(
        credentials: Arc<dyn Credentials<MaveraCredentials>>,
        answers: impl IntoIterator<Item = Answer>,
    ) -> Self {
        let (script, clock) = (Arc::new(Script::default()), Arc::new(Hands::new()));
        script.add(answers);
        let outbound = outbound(script.clone(), clock.clone());
        let base = BaseUrl::configured("https://mavera.example").unwrap();
        Self { script, clock, mavera: Mavera::new(outbound, base, credentials) }
    }

    /// Looks for a name, with a minute of time.
    pub(crate) async fn find(&self, name: &str) -> Result<Found, Error> {
        self.mavera.find(name, second(60)).await
    }

    /// Makes the persona of [`content`], with a minute of time and no other fields.
    pub(crate) async fn create(&self) -> Result<Created, Error> {
        self.mavera.create(&content(), &Map::new(), second(60)).await
    }

    /// Changes a persona to [`content`], with a minute of time and no other fields.
    pub(crate) async fn update(&self, id: &str) -> Result<Updated, Error> {
        let id = id.parse().unwrap();
        self.mavera.update(&id, &content(), &Map::new(), second(60)).await
    }

    /// What was called, as "METHOD path?query".
    pub(crate) fn calls(&self) -> Vec<String> {
        self.script.sent().iter().map(line).collect()
    }

    /// The body of the last call, as it was written.
    pub(crate) fn body(&self) -> String {
        let sent = self.script.sent();
        String::from_utf8(sent.last().unwrap().body().to_vec()).unwrap()
    }
}

fn line(request: &Request<bytes::Bytes>) -> String {
    format!("{} {}", request.method(), request.uri().path_and_query().unwrap())
}

/// The value of a parameter of the query, decoded; none if it is not there.
pub(crate) fn parameter(call: &str, name: &str) -> Option<String> {
    let (_, query) = call.split_once('?')?;
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// Keys, one after another; each is kept until it is refused.
pub(crate) fn rotating<const N: usize>(keys: [&str; N]) -> Arc<Rotating<MaveraCredentials>> {
    Arc::new(Rotating::new(keys.map(|key| format!(r#"{{"api_key": "{key}"}}"#))))
}

/// The cookbook's example.
pub(crate) fn content() -> PersonaContent {
    let book = RuleBook::from_toml(
        "currency = \"USD\"\n[[segment]]\nname = \"vip\"\nlabel = \"VIP Customer\"\n\
         okta_group_name = \"VIP\"\nwhen = [{ orders_at_least = 6 }]\n",
    )
    .unwrap();
    let cohort = Cohort::new(47, 437, "38164".parse().unwrap()).unwrap();
    PersonaContent::new(&book.segments()[0], book.currency(), &cohort).unwrap()
}

pub(crate) fn fields(json: &str) -> Map<String, Value> {
    serde_json::from_str(json).unwrap()
}

pub(crate) fn ok(body: &str) -> Answer {
    answer(200, &[], body.to_owned())
}

pub(crate) fn made(id: &str) -> Answer {
    answer(201, &[], persona(id, "Shopify VIP Customer"))
}

/// A refusal in Mavera's shape. Its message repeats what was sent.
pub(crate) fn refusal(status: u16, code: &str) -> Answer {
    let body = format!(
        r#"{{"error": {{"message": "marked@person.example is not …", "type": "some_error",
            "code": "{code}", "param": null}}}}"#
    );
    answer(status, &[], body)
}

pub(crate) fn persona(id: &str, name: &str) -> String {
    format!(
        r#"{{"id": "{id}", "name": "{name}", "description": "…",
            "demographic": {{"custom_attributes": {{"cohort": "vip", "avg_order_count": 9.3}}}},
            "created_at": "2025-03-17T14:22:08Z"}}"#
    )
}
