//! An org whose answers are scripted.

use std::sync::Arc;

use http::Request;
use okta::{Okta, OktaCredentials, RateShare, Session};
use outbound::BaseUrl;

use crate::rotating::Rotating;
use crate::support::{Answer, Hands, Script, answer, outbound, second};

pub(crate) const TOKEN: &str = "marked-token-00aa";

pub(crate) struct Org {
    pub(crate) script: Arc<Script>,
    pub(crate) clock: Arc<Hands>,
    pub(crate) okta: Okta,
}

impl Org {
    pub(crate) fn answering(answers: impl IntoIterator<Item = Answer>) -> Self {
        Self::with(rotating([TOKEN]), answers)
    }

    pub(crate) fn with(
        credentials: Arc<Rotating<OktaCredentials>>,
        answers: impl IntoIterator<Item = Answer>,
    ) -> Self {
        let (script, clock) = (Arc::new(Script::default()), Arc::new(Hands::new()));
        script.add(answers);
        let outbound = outbound(script.clone(), clock.clone());
        let base = BaseUrl::configured("https://org.example").unwrap();
        Self { script, clock, okta: Okta::new(outbound, base, credentials) }
    }

    /// A session with half of the limits and a minute of time.
    pub(crate) fn session(&self) -> Session<'_> {
        self.okta.before(second(60), RateShare::default())
    }

    /// What was called, as "METHOD path?query".
    pub(crate) fn calls(&self) -> Vec<String> {
        self.script.sent().iter().map(line).collect()
    }
}

fn line(request: &Request<bytes::Bytes>) -> String {
    format!("{} {}", request.method(), request.uri().path_and_query().unwrap())
}

/// The value of a parameter of the query, decoded.
pub(crate) fn parameter(call: &str, name: &str) -> String {
    let (_, query) = call.split_once('?').unwrap();
    let found = url::form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name);
    found.unwrap().1.into_owned()
}

/// Tokens, one after another; each is kept until it is refused.
pub(crate) fn rotating<const N: usize>(tokens: [&str; N]) -> Arc<Rotating<OktaCredentials>> {
    Arc::new(Rotating::new(tokens.map(|token| format!(r#"{{"api_token": "{token}"}}"#))))
}

pub(crate) fn ok(body: &str) -> Answer {
    answer(200, &[], body.to_owned())
}

pub(crate) fn no_content() -> Answer {
    answer(204, &[], "")
}

/// A refusal in Okta's shape. Its summary repeats what was sent, as Okta's summaries do.
pub(crate) fn refusal(status: u16, code: &str) -> Answer {
    let body = format!(
        r#"{{"errorCode": "{code}", "errorSummary": "marked@person.example is not …",
            "errorLink": "{code}", "errorId": "oae1", "errorCauses": {{}}}}"#
    );
    answer(status, &[], body)
}

pub(crate) fn not_found() -> Answer {
    refusal(404, "E0000007")
}

pub(crate) fn user(id: &str, login: &str, email: &str, status: &str) -> String {
    format!(
        r#"{{"id": "{id}", "status": "{status}", "created": "2026-01-01T00:00:00.000Z",
            "profile": {{"login": "{login}", "email": "{email}", "firstName": null}},
            "_links": {{"self": {{"href": "https://org.example/api/v1/users/{id}"}}}}}}"#
    )
}

pub(crate) fn group(id: &str, name: &str, kind: &str) -> String {
    format!(
        r#"{{"id": "{id}", "type": "{kind}", "objectClass": ["okta:user_group"],
            "profile": {{"name": "{name}", "description": null}}}}"#
    )
}

pub(crate) fn list(items: &[String]) -> String {
    format!("[{}]", items.join(","))
}
