//! How tokens are asked for and shown: what the contracts leave out.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use e2e::contracts::{Answer, Exchange};
use serde_json::Value;

/// The longest that an assertion may be good for, in seconds.
const LONGEST: i64 = 3_600;

fn form(body: &str) -> BTreeMap<String, String> {
    url::form_urlencoded::parse(body.as_bytes()).into_owned().collect()
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}

/// A token's head and what it says; null if it is none.
fn jwt(token: &str) -> (Value, Value) {
    let mut parts = token.split('.').map(|part| {
        let bytes = URL_SAFE_NO_PAD.decode(part).unwrap_or_default();
        serde_json::from_slice(&bytes).unwrap_or_default()
    });
    (parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
}

fn unless(fine: bool, wrong: &str) -> Option<String> {
    (!fine).then(|| format!("token: {wrong}"))
}

/// What is wrong with a request for one of Okta's tokens, signed by a private key, and its answer
/// ([client authentication](https://developer.okta.com/docs/api/openapi/okta-oauth/guides/client-auth/)).
pub(crate) fn wrong_with_okta(exchange: &Exchange) -> Vec<String> {
    let form = form(&exchange.body);
    let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    let (head, claims) = jwt(field("client_assertion"));
    let texts = |names: &[&str]| {
        names.iter().all(|name| claims[*name].as_str().is_some_and(|it| !it.is_empty()))
    };
    let times = claims["exp"].as_i64().zip(claims["iat"].as_i64());
    let mut names: Vec<_> = form.keys().map(String::as_str).collect();
    names.sort_unstable();
    let wrong = [
        unless(exchange.method == "POST" && !exchange.url.contains('?'), "not a POST of a form"),
        unless(
            exchange.header("content-type") == "application/x-www-form-urlencoded",
            "not sent as a form",
        ),
        unless(
            names == ["client_assertion", "client_assertion_type", "grant_type", "scope"],
            "other fields",
        ),
        unless(field("grant_type") == "client_credentials", "another grant"),
        unless(
            field("client_assertion_type")
                == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "another kind of assertion",
        ),
        unless(field("scope").split(' ').all(|it| it.starts_with("okta.")), "another scope"),
        unless(head["alg"].is_string() && head["kid"].is_string(), "no algorithm or key"),
        unless(texts(&["aud", "iss", "sub", "jti"]), "a claim is missing"),
        unless(claims["aud"] == exchange.url.as_str(), "for somebody else"),
        unless(claims["iss"] == claims["sub"], "of somebody else"),
        unless(
            times.is_some_and(|(ends, begins)| (1..=LONGEST).contains(&(ends - begins))),
            "good for too long",
        ),
        unless(!exchange.headers.iter().any(|(name, _)| name == "authorization"), "authorized"),
    ];
    let wrong = wrong.into_iter().flatten().chain(wrong_with_proof(exchange, false));
    wrong.chain(exchange.answer.iter().flat_map(wrong_with_grant)).collect()
}

/// What is wrong with a proof of possession
/// ([RFC 9449](https://www.rfc-editor.org/rfc/rfc9449#section-4.2)).
fn wrong_with_proof(exchange: &Exchange, of_token: bool) -> Vec<String> {
    let (head, claims) = jwt(exchange.header("dpop"));
    let url = exchange.url.split(['?', '#']).next().unwrap_or_default();
    let key = &head["jwk"];
    let wrong = [
        unless(head["typ"] == "dpop+jwt" && head["alg"].is_string(), "no proof"),
        unless(key["kty"].is_string() && key.get("d").is_none(), "no public key in the proof"),
        unless(claims["jti"].is_string() && claims["iat"].is_i64(), "a proof's claim is missing"),
        unless(claims["htm"] == exchange.method.as_str(), "a proof of another method"),
        unless(claims["htu"] == url, "a proof of another address"),
        unless(claims["ath"].is_string() == of_token, "a proof of another token"),
    ];
    wrong.into_iter().flatten().collect()
}

fn wrong_with_grant(answer: &Answer) -> Vec<String> {
    let body = json(&answer.body);
    let is_text = |name: &str| body[name].as_str().is_some_and(|it| !it.is_empty());
    let wrong = match answer.status {
        200 => unless(
            is_text("access_token")
                && is_text("scope")
                && body["expires_in"] == 3_600
                && ["Bearer", "DPoP"].iter().any(|kind| body["token_type"] == *kind),
            "a grant of another form",
        ),
        // Its errors are OAuth's; what meets any call has Okta's own form.
        400 | 401 => unless(
            is_text("error")
                && is_text("error_description")
                && (body["error"] != "use_dpop_nonce" || !answer.header("dpop-nonce").is_empty()),
            "a refusal of another form",
        ),
        429 | 500.. => unless(is_text("errorCode"), "an error of another form"),
        _ => unless(false, "a status of its own"),
    };
    wrong.into_iter().collect()
}

/// What is wrong with how a call to Okta's API is authorized.
pub(crate) fn wrong_with_authorization(exchange: &Exchange) -> Vec<String> {
    match exchange.header("authorization") {
        "SSWS" | "Bearer" => Vec::new(),
        "DPoP" => wrong_with_proof(exchange, true),
        other => vec![format!("token: authorized by {other:?}")],
    }
}

/// What is wrong with a request for one of Shopify's tokens, and its answer
/// ([client credentials](https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/client-credentials-grant)).
pub(crate) fn wrong_with_shopify(exchange: &Exchange) -> Vec<String> {
    let form = form(&exchange.body);
    let names: Vec<_> = form.keys().map(String::as_str).collect();
    let answer = exchange.answer.as_ref().filter(|answer| answer.status == 200);
    let granted = answer.map(|answer| json(&answer.body));
    let is_grant = |body: &Value| {
        body["access_token"].is_string()
            && body["scope"].is_string()
            && body["expires_in"] == 86_399
    };
    let wrong = [
        unless(exchange.method == "POST" && !exchange.url.contains('?'), "not a POST of a form"),
        unless(
            exchange.header("content-type") == "application/x-www-form-urlencoded",
            "not sent as a form",
        ),
        unless(names == ["client_id", "client_secret", "grant_type"], "other fields"),
        unless(
            form.get("grant_type").is_some_and(|it| it == "client_credentials"),
            "another grant",
        ),
        unless(granted.as_ref().is_none_or(is_grant), "a grant of another form"),
    ];
    wrong.into_iter().flatten().collect()
}
