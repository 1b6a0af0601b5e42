//! Proofs of possession ([RFC 9449](https://www.rfc-editor.org/rfc/rfc9449#section-4.3)).

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::Apps;
use super::jws::{Jws, PublicKey, hash, thumbprint};
use crate::incoming::Incoming;

/// How far from now a proof may have been made.
const FRESH: SignedDuration = SignedDuration::from_mins(5);

/// Why a proof is refused.
pub(super) enum Unproven {
    /// The code and the description of the error.
    Invalid(&'static str),
    /// It has to hold this nonce.
    Nonce(String),
}

/// A proof that holds.
pub(super) struct Proven {
    /// The thumbprint of the key that made it.
    pub(super) key: String,
    ath: Option<String>,
}

impl Proven {
    /// Whether it was made for this token, by whom the token was granted to.
    pub(super) fn fits(&self, token: &str, bound_to: &str) -> Result<(), Unproven> {
        match &self.ath {
            None => Err(Unproven::Invalid("The DPoP proof JWT has no 'ath' claim.")),
            Some(ath) if *ath != hash(token) => {
                Err(Unproven::Invalid("'ath' claim in the DPoP proof JWT is invalid."))
            }
            Some(_) if self.key != bound_to => Err(Unproven::Invalid(
                "The DPoP proof JWT is of another key than the access token.",
            )),
            Some(_) => Ok(()),
        }
    }
}

impl Apps {
    /// Checks the proof that a request carries, and takes it: it is worth nothing afterwards.
    pub(super) fn prove(
        &mut self,
        incoming: &Incoming,
        asks_for_nonce: bool,
        now: Timestamp,
    ) -> Result<Proven, Unproven> {
        let invalid = |why| Err(Unproven::Invalid(why));
        let mut proofs = incoming.headers.get_all("dpop").iter();
        let (Some(proof), None) = (proofs.next(), proofs.next()) else {
            return invalid("The DPoP proof JWT header is missing.");
        };
        let Some(proof) = proof.to_str().ok().and_then(Jws::read) else {
            return invalid("The DPoP proof JWT is malformed.");
        };
        if proof.header("typ") != Some("dpop+jwt") {
            return invalid("'typ' header in the DPoP proof JWT is invalid.");
        }
        let jwk: &Value = &proof.header["jwk"];
        let Some(key) = PublicKey::from_jwk(jwk) else {
            return invalid("'jwk' header in the DPoP proof JWT is invalid.");
        };
        if !proof.is_signed_by(&key) {
            return invalid("The DPoP proof JWT signature is invalid.");
        }
        if proof.claim("htm") != Some(incoming.method.as_str()) {
            return invalid("'htm' claim in the DPoP proof JWT is invalid.");
        }
        if proof.claim("htu") != Some(incoming.resource.as_str()) {
            return invalid("'htu' claim in the DPoP proof JWT is invalid.");
        }
        let made = proof.moment("iat").and_then(|it| Timestamp::from_second(it).ok());
        if made.is_none_or(|made| now.duration_since(made).abs() > FRESH) {
            return invalid("The DPoP proof JWT is issued more than five minutes from now.");
        }
        let Some(jti) = proof.claim("jti").filter(|jti| !jti.is_empty()) else {
            return invalid("The DPoP proof JWT has no 'jti' claim.");
        };
        let has_nonce = proof.claim("nonce").is_some_and(|nonce| self.takes_nonce(nonce, now));
        if asks_for_nonce && !has_nonce {
            return Err(Unproven::Nonce(self.nonce(now)));
        }
        if !self.proofs.insert(jti.to_owned()) {
            return invalid("The DPoP proof JWT has already been used.");
        }
        Ok(Proven { key: thumbprint(jwk), ath: proof.claim("ath").map(str::to_owned) })
    }
}
