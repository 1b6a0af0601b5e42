//! How a call comes by its token
//! ([OAuth for Okta](https://developer.okta.com/docs/guides/implement-oauth-for-okta-serviceapp/main/)).

use std::sync::Arc;

use bytes::Bytes;
use http::header::{ACCEPT, HeaderValue};
use http::{Method, Response, StatusCode};
use jiff::{SignedDuration, Timestamp};
use outbound::{Call, Error, ErrorKind, Repeat, VendorCode};
use serde::Deserialize;

use crate::answer;
use crate::budget::Bucket;
use crate::client::{Okta, SERVICE, Session};
use crate::credentials::{OktaCredentials, ServiceApp};
use crate::key::Unusable;
use crate::proof::unsigned;
use crate::scopes::Scopes;
use crate::tokens::{Access, Pass, Token};

/// What signed claims may be wrong by, for clocks that differ.
const SKEWED: SignedDuration = SignedDuration::from_mins(1);
const SIGNED_BY_JWT: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The proof of possession was not accepted.
pub(crate) const UNPROVEN: ErrorKind = ErrorKind::Credentials {
    detail: "Okta does not accept the proof of possession (DPoP): set this machine's clock by a time \
             server, and if that does not help, turn off in Okta that the app requires DPoP",
};

#[derive(Deserialize)]
struct Grant {
    access_token: String,
    token_type: String,
    /// Seconds.
    expires_in: i64,
    scope: Option<String>,
}

impl Session<'_> {
    /// What a call may be authorised with. Credentials that are refused are read again, once.
    pub(crate) async fn access(&self, scopes: Scopes) -> Result<Access, Error> {
        let credentials = self.okta.credentials.current().await?;
        match self.access_with(&credentials, scopes).await {
            Err(refused @ Error { kind: ErrorKind::Credentials { .. }, .. }) => {
                match self.read_anew(&credentials).await? {
                    Some(renewed) => self.access_with(&renewed, scopes).await,
                    None => Err(refused),
                }
            }
            outcome => outcome,
        }
    }

    /// Another authorisation after this one was refused; none if there is no other.
    pub(crate) async fn instead_of(
        &self,
        refused: &Access,
        scopes: Scopes,
    ) -> Result<Option<Access>, Error> {
        match &refused.pass {
            Pass::ApiToken(_) => match self.read_anew(&refused.credentials).await? {
                Some(renewed) => self.access_with(&renewed, scopes).await.map(Some),
                None => Ok(None),
            },
            Pass::Granted(token) => {
                let replaceable =
                    self.okta.tokens.kept.lock().await.drop_refused(token, self.now());
                if replaceable { self.access(scopes).await.map(Some) } else { Ok(None) }
            }
        }
    }

    /// Other credentials than these; none if a person has not stored any.
    async fn read_anew(
        &self,
        refused: &Arc<OktaCredentials>,
    ) -> Result<Option<Arc<OktaCredentials>>, Error> {
        let renewed = self.okta.credentials.renewed(refused).await?;
        Ok((renewed != *refused).then_some(renewed))
    }

    async fn access_with(
        &self,
        credentials: &Arc<OktaCredentials>,
        scopes: Scopes,
    ) -> Result<Access, Error> {
        let pass = match &**credentials {
            OktaCredentials::ApiToken(token) => Pass::ApiToken(token.clone()),
            OktaCredentials::ServiceApp(app) => {
                Pass::Granted(self.token(credentials, app, scopes).await?)
            }
        };
        Ok(Access { credentials: Arc::clone(credentials), pass })
    }

    /// The token that is kept, or a new one. Whoever comes while it is asked for waits for it.
    async fn token(
        &self,
        credentials: &Arc<OktaCredentials>,
        app: &ServiceApp,
        scopes: Scopes,
    ) -> Result<Arc<Token>, Error> {
        let mut kept = self.okta.tokens.kept.lock().await;
        kept.turn_to(credentials);
        if let Some(answer) = kept.answer(scopes, self.now()) {
            return answer;
        }
        let outcome = self.ask(app, scopes, &mut kept.nonce).await;
        kept.keep(scopes, outcome, self.now())
    }

    /// Asks for a token. Asking twice only brings another one.
    async fn ask(
        &self,
        app: &ServiceApp,
        scopes: Scopes,
        nonce: &mut Option<String>,
    ) -> Result<Token, Error> {
        let address = self.okta.base.resource(&["oauth2", "v1", "token"]);
        let call = Call::new(SERVICE, "grant token", Method::POST, address, Repeat::Safe)
            .header(ACCEPT, HeaderValue::from_static("application/json"));
        let mut answer = self.ask_once(&call, app, scopes, nonce).await?;
        if error_code(&answer).is_some_and(|code| code.as_str() == "use_dpop_nonce") {
            answer = self.ask_once(&call, app, scopes, nonce).await?;
        }
        // Most refusals of this endpoint come with this status, the request for a nonce above too.
        if answer.status() == StatusCode::BAD_REQUEST {
            self.okta.outbound.count_failed();
        }
        granted(&answer, self.now()).map_err(|kind| call.error(kind))
    }

    async fn ask_once(
        &self,
        call: &Call,
        app: &ServiceApp,
        scopes: Scopes,
        nonce: &mut Option<String>,
    ) -> Result<Response<Bytes>, Error> {
        let Okta { outbound, tokens, .. } = self.okta;
        let (audience, scope) = (call.resource(), scopes.text());
        let signed = |call: Call| {
            let assertion = app.assertion(&audience, outbound);
            let assertion = assertion.map_err(|Unusable| unsigned(&call))?;
            let call = call.form(&[
                ("grant_type", "client_credentials"),
                ("scope", &scope),
                ("client_assertion_type", SIGNED_BY_JWT),
                ("client_assertion", &assertion),
            ]);
            tokens.prover.proven(call, None, nonce.as_deref(), outbound)
        };
        let answer = self.exchange(Bucket::Tokens, call, signed).await?;
        if let Some(given) = answer::nonce(&answer) {
            *nonce = Some(given);
        }
        Ok(answer)
    }
}

fn granted(answer: &Response<Bytes>, now: Timestamp) -> Result<Token, ErrorKind> {
    let status = answer.status();
    if !status.is_success() {
        return Err(refusal(answer, now));
    }
    let unreadable = || ErrorKind::Unreadable { detail: "no token was granted" };
    let grant: Grant = serde_json::from_slice(answer.body()).map_err(|_| unreadable())?;
    let bound = match grant.token_type.to_ascii_lowercase().as_str() {
        "dpop" => true,
        "bearer" => false,
        _ => return Err(unreadable()),
    };
    let scopes = grant.scope.map(|scopes| scopes.split(' ').map(str::to_owned).collect());
    let lasts = SignedDuration::from_secs(grant.expires_in);
    let ends_at = now.saturating_add(lasts).unwrap_or(Timestamp::MAX);
    Ok(Token { text: grant.access_token.into(), bound, scopes, ends_at })
}

/// What a refusal means. Whatever it is, a person can mend it, and the work is then as good as before.
fn refusal(answer: &Response<Bytes>, now: Timestamp) -> ErrorKind {
    let Some(code) = error_code(answer) else { return no_word(answer) };
    let ahead = answer::date(answer.headers()).map(|date| date.duration_since(now).abs());
    let is_skewed = ahead.is_some_and(|ahead| ahead >= SKEWED);
    let detail = match code.as_str() {
        "invalid_client" | "invalid_dpop_proof" if is_skewed => {
            "Okta does not accept what this machine signs, whose clock differs from Okta's by more \
             than a minute: set it by a time server"
        }
        "invalid_client" => {
            "Okta does not accept the service app's signature: see in Okta whether the app is active, \
             whether its client id is the one in the secret, and whether the public key with this \
             key id belongs to the private key and is active"
        }
        "unauthorized_client" | "unsupported_grant_type" => {
            "the client id in the secret for Okta is of an app that cannot ask for tokens by itself: \
             make one of the kind API Services"
        }
        "invalid_dpop_proof" | "use_dpop_nonce" => return UNPROVEN,
        _ => return ErrorKind::Forbidden { code: Some(code) },
    };
    ErrorKind::Credentials { detail }
}

/// What a refusal means that is not of the token endpoint's making. It never means that what a call was
/// for does not exist, or that Okta will not do it.
fn no_word(answer: &Response<Bytes>) -> ErrorKind {
    match answer::refusal(answer) {
        ErrorKind::NotFound | ErrorKind::Rejected { .. } => ErrorKind::Unreadable {
            detail: "no token was granted, and no reason given: check OKTA_ORG_URL",
        },
        kind => kind,
    }
}

/// The code of a refusal of the token endpoint
/// ([RFC 6749](https://www.rfc-editor.org/rfc/rfc6749#section-5.2)). Its description may repeat what was
/// sent, so it is not kept.
fn error_code(answer: &Response<Bytes>) -> Option<VendorCode> {
    #[derive(Deserialize)]
    struct Refusal {
        error: String,
    }
    let may_refuse = [StatusCode::BAD_REQUEST, StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN];
    if !may_refuse.contains(&answer.status()) {
        return None;
    }
    VendorCode::new(&serde_json::from_slice::<Refusal>(answer.body()).ok()?.error)
}
