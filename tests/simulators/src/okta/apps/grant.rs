//! `POST /oauth2/v1/token`.

use std::collections::{BTreeMap, BTreeSet};

use ::http::{HeaderName, HeaderValue, Response, StatusCode};
use bytes::Bytes;
use jiff::Timestamp;
use serde_json::json;

use super::jws::Jws;
use super::proof::Unproven;
use super::{Apps, Granted, ProofOfPossession, TOKEN_LASTS};
use crate::incoming::Incoming;
use crate::okta::OktaSim;
use crate::okta::answers::{answer, ok};

/// The longest that an assertion may hold, in seconds.
const ASSERTION_LASTS: i64 = 3_600;
/// By how much clocks may differ, in seconds.
const SKEW: i64 = 300;
const SIGNED_BY_JWT: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Why no token is granted ([RFC 6749](https://www.rfc-editor.org/rfc/rfc6749#section-5.2)).
struct Refused {
    status: StatusCode,
    error: &'static str,
    why: &'static str,
    nonce: Option<String>,
}

impl Refused {
    fn new(error: &'static str, why: &'static str) -> Self {
        Self { status: StatusCode::BAD_REQUEST, error, why, nonce: None }
    }

    fn client(why: &'static str) -> Self {
        Self { status: StatusCode::UNAUTHORIZED, ..Self::new("invalid_client", why) }
    }
}

impl From<Unproven> for Refused {
    fn from(unproven: Unproven) -> Self {
        match unproven {
            Unproven::Invalid(why) => Self::new("invalid_dpop_proof", why),
            Unproven::Nonce(nonce) => {
                let why = "Authorization server requires nonce in DPoP proof.";
                Self { nonce: Some(nonce), ..Self::new("use_dpop_nonce", why) }
            }
        }
    }
}

impl OktaSim {
    /// `POST /oauth2/v1/token`.
    pub(in crate::okta) fn grant_token(&self, incoming: &Incoming) -> Response<Bytes> {
        let mut directory = self.lock();
        let now = self.now().checked_add(directory.skew).unwrap_or(self.now());
        match directory.apps.grant(incoming, now) {
            Ok(granted) => granted,
            Err(Refused { status, error, why, nonce }) => {
                let mut refusal =
                    answer(status, &json!({ "error": error, "error_description": why }));
                if let Some(nonce) = nonce.and_then(|nonce| HeaderValue::try_from(nonce).ok()) {
                    refusal.headers_mut().insert(HeaderName::from_static("dpop-nonce"), nonce);
                }
                refusal
            }
        }
    }
}

impl Apps {
    fn grant(&mut self, incoming: &Incoming, now: Timestamp) -> Result<Response<Bytes>, Refused> {
        let form: BTreeMap<String, String> =
            url::form_urlencoded::parse(&incoming.body).into_owned().collect();
        if form.get("grant_type").map(String::as_str) != Some("client_credentials") {
            let why = "The authorization grant type is not supported by the authorization server.";
            return Err(Refused::new("unsupported_grant_type", why));
        }
        let audience = &incoming.resource;
        let id = self.authenticate(&form, audience, now).map_err(Refused::client)?;
        let app = &self.by_id[&id];
        let bound_to = match app.proof {
            ProofOfPossession::Ignored => None,
            ProofOfPossession::IfOffered if !incoming.headers.contains_key("dpop") => None,
            _ => Some(self.prove(incoming, true, now)?.key),
        };
        let scopes = self.scopes(&id, form.get("scope").map_or("", String::as_str))?;
        let serial = self.next_serial();
        let token = format!("simulated.token.{serial:020}");
        let kind = if bound_to.is_some() { "DPoP" } else { "Bearer" };
        let told = json!({
            "token_type": kind,
            "expires_in": TOKEN_LASTS.as_secs(),
            "access_token": token,
            "scope": scopes.iter().map(String::as_str).collect::<Vec<_>>().join(" "),
        });
        let ends = now.checked_add(TOKEN_LASTS).unwrap_or(Timestamp::MAX);
        self.tokens.insert(token, Granted { app: id, scopes, ends, bound_to });
        Ok(ok(&told))
    }

    /// Which app asks. What proves it is taken once.
    fn authenticate(
        &mut self,
        form: &BTreeMap<String, String>,
        audience: &str,
        now: Timestamp,
    ) -> Result<String, &'static str> {
        if form.get("client_assertion_type").map(String::as_str) != Some(SIGNED_BY_JWT) {
            return Err("The client_assertion_type is invalid.");
        }
        let assertion = form.get("client_assertion").and_then(|text| Jws::read(text));
        let assertion = assertion.ok_or("The client_assertion is not a JWT.")?;
        let id = assertion.claim("sub").ok_or("The client_assertion has no 'sub' claim.")?;
        let app = self.by_id.get(id).filter(|app| app.active);
        let app = app.ok_or("The client specified is not valid or not active.")?;
        if assertion.claim("iss") != Some(id) {
            return Err("The 'iss' claim of the client_assertion is not the client's id.");
        }
        let key = assertion.header("kid").and_then(|kid| app.keys.get(kid));
        let key = key.ok_or("The client_assertion JWT kid is invalid.")?;
        if !assertion.is_signed_by(key) {
            return Err("The client_assertion signature is invalid.");
        }
        if assertion.claim("aud") != Some(audience) {
            return Err("The audience claim of the client_assertion is not the token endpoint.");
        }
        let now = now.as_second();
        match assertion.moment("exp") {
            None => return Err("The client_assertion token has no 'exp' claim."),
            Some(ends) if ends <= now => return Err("The client_assertion token is expired."),
            Some(ends) if ends > now + ASSERTION_LASTS => {
                return Err(
                    "The client_assertion token has an expiration too far into the future.",
                );
            }
            Some(_) => {}
        }
        if assertion.moment("iat").is_some_and(|made| made > now + SKEW) {
            return Err("The client_assertion token is issued in the future.");
        }
        if let Some(jti) = assertion.claim("jti")
            && !self.assertions.insert((id.to_owned(), jti.to_owned()))
        {
            return Err("The client_assertion token has already been used.");
        }
        Ok(id.to_owned())
    }

    /// Those of the scopes asked for that the app was granted.
    fn scopes(&self, id: &str, asked: &str) -> Result<BTreeSet<String>, Refused> {
        let asked: BTreeSet<String> = asked.split_whitespace().map(str::to_owned).collect();
        if asked.is_empty() {
            return Err(Refused::new("invalid_scope", "'scope' must be provided."));
        }
        let granted: BTreeSet<String> =
            asked.intersection(&self.by_id[id].scopes).cloned().collect();
        if granted.is_empty() {
            let why = "You are not allowed any of the requested scopes.";
            return Err(Refused::new("consent_required", why));
        }
        if self.refuses_partial_grants && granted != asked {
            let why = "You are not allowed some of the requested scopes.";
            return Err(Refused::new("invalid_scope", why));
        }
        Ok(granted)
    }
}
