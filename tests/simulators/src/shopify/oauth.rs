//! Who may call the shop's API.

use std::collections::BTreeMap;
use std::time::Duration;

use ::http::Response;
use ::http::StatusCode;
use bytes::Bytes;
use jiff::Timestamp;
use serde_json::json;

use crate::clock::later;
use crate::incoming::Incoming;
use crate::shopify::ShopifySim;
use crate::shopify::api::answer;

/// The token of an app made in the shop's admin, which does not expire. Not a secret.
pub const ACCESS_TOKEN: &str = "shpat_simulated";
/// The client id of the shop's app. Not a secret.
pub const CLIENT_ID: &str = "simulated-client";
/// The client secret of the shop's app. Not a secret.
pub const CLIENT_SECRET: &str = "simulated-client-secret";

/// How long a token of the client-credentials grant lasts
/// ([client credentials](https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/client-credentials-grant)).
const LIFETIME: Duration = Duration::from_secs(86_399);

/// The tokens that are good.
pub(crate) struct Tokens {
    /// Until when each is good; none is for ever.
    good: BTreeMap<String, Option<Timestamp>>,
    granted: u64,
}

impl Tokens {
    pub(crate) fn new() -> Self {
        Self { good: BTreeMap::from([(ACCESS_TOKEN.to_owned(), None)]), granted: 0 }
    }

    pub(crate) fn accepts(&self, token: &str, now: Timestamp) -> bool {
        self.good.get(token).is_some_and(|end| end.is_none_or(|end| now < end))
    }

    fn grant(&mut self, now: Timestamp) -> String {
        self.granted += 1;
        let token = format!("shpat_granted_{}", self.granted);
        self.good.insert(token.clone(), Some(later(now, LIFETIME)));
        token
    }
}

impl ShopifySim {
    /// Takes back every token, those granted and the one that does not expire.
    pub fn revoke_tokens(&self) {
        self.lock().tokens.good.clear();
    }

    /// How many tokens were granted.
    pub fn tokens_granted(&self) -> u64 {
        self.lock().tokens.granted
    }

    /// `POST /admin/oauth/access_token`.
    pub(crate) fn grant(&self, incoming: &Incoming) -> Response<Bytes> {
        let form: BTreeMap<String, String> =
            url::form_urlencoded::parse(&incoming.body).into_owned().collect();
        let field = |name: &str| form.get(name).map(String::as_str);
        if field("grant_type") != Some("client_credentials") {
            return refused("unsupported_grant_type");
        }
        if field("client_id") != Some(CLIENT_ID) || field("client_secret") != Some(CLIENT_SECRET) {
            return refused("invalid_client");
        }
        let token = self.lock().tokens.grant(self.now());
        let body = json!({
            "access_token": token,
            "scope": self.lock().installed.scopes(),
            "expires_in": LIFETIME.as_secs(),
        });
        answer(StatusCode::OK, &body)
    }
}

fn refused(error: &str) -> Response<Bytes> {
    let body = json!({ "error": error, "error_description": "The grant was refused." });
    answer(StatusCode::BAD_REQUEST, &body)
}
