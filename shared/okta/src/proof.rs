//! Who we are, and that a token is ours: what is signed for each request anew.
//!
//! Okta takes each of these once, so whatever is sent again is signed again.

use std::sync::OnceLock;

use aws_lc_rs::digest;
use http::header::{HeaderName, HeaderValue};
use outbound::{Call, Error, ErrorKind, Outbound};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

use crate::credentials::ServiceApp;
use crate::key::{PublicJwk, SigningKey, Unusable, encoded};

/// The header with the proof.
pub(crate) const DPOP: HeaderName = HeaderName::from_static("dpop");
/// How long an assertion holds, in seconds. Okta allows an hour; it is used at once.
const ASSERTION_LASTS: i64 = 300;

/// Proves that the tokens are ours: with a key of this process alone, which is written nowhere
/// ([DPoP](https://developer.okta.com/docs/guides/dpop/main/),
/// [RFC 9449](https://www.rfc-editor.org/rfc/rfc9449)).
#[derive(Default)]
pub(crate) struct Prover(OnceLock<ProofKey>);

struct ProofKey {
    key: SigningKey,
    public: PublicJwk,
}

#[derive(Serialize)]
struct AssertionHeader<'a> {
    alg: &'static str,
    kid: &'a str,
    typ: &'static str,
}

/// Who we are
/// ([claims](https://developer.okta.com/docs/api/openapi/okta-oauth/guides/client-auth/#jwt-with-private-key)).
#[derive(Serialize)]
struct Assertion<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    iat: i64,
    exp: i64,
    jti: String,
}

#[derive(Serialize)]
struct ProofHeader<'a> {
    typ: &'static str,
    alg: &'static str,
    jwk: &'a PublicJwk,
}

#[derive(Serialize)]
struct Proof<'a> {
    htm: &'a str,
    htu: &'a str,
    iat: i64,
    jti: String,
    /// The hash of the token that the request carries; none at the token endpoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    ath: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
}

impl ServiceApp {
    /// What tells the token endpoint at `audience` who we are.
    pub(crate) fn assertion(
        &self,
        audience: &str,
        outbound: &Outbound,
    ) -> Result<String, Unusable> {
        let (id, now) = (self.client_id.as_str(), outbound.clock().now().as_second());
        let header = AssertionHeader { alg: self.key.algorithm(), kid: &self.key_id, typ: "JWT" };
        let (exp, jti) = (now + ASSERTION_LASTS, unique(outbound));
        let claims = Assertion { iss: id, sub: id, aud: audience, iat: now, exp, jti };
        self.key.signed(&header, &claims)
    }
}

impl Prover {
    /// The call with the proof that it comes from who asked for the token, or who asks for one.
    pub(crate) fn proven(
        &self,
        call: Call,
        token: Option<&SecretString>,
        nonce: Option<&str>,
        outbound: &Outbound,
    ) -> Result<Call, Error> {
        let unusable = |Unusable| unsigned(&call);
        let ProofKey { key, public } = self.key().map_err(unusable)?;
        let header = ProofHeader { typ: "dpop+jwt", alg: key.algorithm(), jwk: public };
        let ath = token.map(|token| hash(token.expose_secret()));
        let claims = Proof {
            htm: call.method().as_str(),
            htu: &call.resource(),
            iat: outbound.clock().now().as_second(),
            jti: unique(outbound),
            ath,
            nonce,
        };
        let proof = key.signed(&header, &claims).map_err(unusable)?;
        let mut proof = HeaderValue::try_from(proof).map_err(|_| unsigned(&call))?;
        proof.set_sensitive(true);
        Ok(call.header(DPOP, proof))
    }

    fn key(&self) -> Result<&ProofKey, Unusable> {
        if let Some(key) = self.0.get() {
            return Ok(key);
        }
        let key = SigningKey::generate()?;
        let public = key.public_jwk().ok_or(Unusable)?;
        // Of two made at the same time, the first is everybody's.
        Ok(self.0.get_or_init(|| ProofKey { key, public }))
    }
}

/// The error of a call for which nothing could be signed.
pub(crate) fn unsigned(call: &Call) -> Error {
    let detail = "nothing could be signed: store the private key in the secret for Okta again";
    call.error(ErrorKind::Credentials { detail })
}

/// A name that nothing else has.
fn unique(outbound: &Outbound) -> String {
    let mut bytes = [0; 16];
    outbound.randomness().fill(&mut bytes);
    encoded(&bytes)
}

fn hash(token: &str) -> String {
    encoded(digest::digest(&digest::SHA256, token.as_bytes()).as_ref())
}
