//! Signed texts: read, and checked against a public key
//! ([RFC 7515](https://www.rfc-editor.org/rfc/rfc7515)).

use aws_lc_rs::digest;
use aws_lc_rs::rsa::PublicKeyComponents;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// A public key.
#[derive(Debug, Clone)]
pub(super) enum PublicKey {
    /// As a certificate would hold it.
    RsaDer(Vec<u8>),
    /// Its two numbers.
    Rsa { n: Vec<u8>, e: Vec<u8> },
    /// An uncompressed point.
    P256(Vec<u8>),
}

/// A signed text, taken apart and not yet checked.
pub(super) struct Jws {
    pub(super) header: Value,
    pub(super) claims: Value,
    message: String,
    signature: Vec<u8>,
}

impl Jws {
    /// Takes a text apart; none if it is no signed text.
    pub(super) fn read(text: &str) -> Option<Self> {
        let (message, signature) = text.rsplit_once('.')?;
        let (header, claims) = message.split_once('.')?;
        let json = |part: &str| serde_json::from_slice::<Value>(&decoded(part)?).ok();
        Some(Self {
            header: json(header).filter(Value::is_object)?,
            claims: json(claims).filter(Value::is_object)?,
            message: message.to_owned(),
            signature: decoded(signature)?,
        })
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.header[name].as_str()
    }

    pub(super) fn claim(&self, name: &str) -> Option<&str> {
        self.claims[name].as_str()
    }

    /// A moment among the claims, in epoch seconds.
    pub(super) fn moment(&self, name: &str) -> Option<i64> {
        self.claims[name].as_i64()
    }

    /// Whether this key signed it, in the way that the header says.
    pub(super) fn is_signed_by(&self, key: &PublicKey) -> bool {
        let (message, signature) = (self.message.as_bytes(), self.signature.as_slice());
        let checked = match (self.header("alg"), key) {
            (Some("RS256"), PublicKey::RsaDer(der)) => {
                UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, der).verify(message, signature)
            }
            (Some("RS256"), PublicKey::Rsa { n, e }) => {
                let key = PublicKeyComponents { n, e };
                key.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
            }
            (Some("ES256"), PublicKey::P256(point)) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature)
            }
            _ => return false,
        };
        checked.is_ok()
    }
}

impl PublicKey {
    /// Reads a JWK; none if it is no public key of a kind known here, or a private one.
    pub(super) fn from_jwk(jwk: &Value) -> Option<Self> {
        let number = |name: &str| decoded(jwk[name].as_str()?);
        match (jwk["kty"].as_str()?, jwk["crv"].as_str()) {
            _ if !jwk["d"].is_null() => None,
            ("RSA", None) => Some(Self::Rsa { n: number("n")?, e: number("e")? }),
            ("EC", Some("P-256")) => {
                Some(Self::P256([vec![4], number("x")?, number("y")?].concat()))
            }
            _ => None,
        }
    }
}

/// The thumbprint of a public key
/// ([RFC 7638](https://www.rfc-editor.org/rfc/rfc7638)): its members by name, in JSON, hashed.
pub(super) fn thumbprint(jwk: &Value) -> String {
    let members = match jwk["kty"].as_str() {
        Some("RSA") => json!({ "e": jwk["e"], "kty": jwk["kty"], "n": jwk["n"] }),
        _ => json!({ "crv": jwk["crv"], "kty": jwk["kty"], "x": jwk["x"], "y": jwk["y"] }),
    };
    hash(&members.to_string())
}

/// SHA-256 in base64url.
pub(super) fn hash(text: &str) -> String {
    encoded(digest::digest(&digest::SHA256, text.as_bytes()).as_ref())
}

pub(super) fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn decoded(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 9449, section 4.1.
    const PROOF: &str = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6Ik\
        VDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCR\
        nMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JE\
        QSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIj\
        oiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwia\
        WF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg\
        4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg";

    #[test]
    fn the_proof_that_its_specification_shows_is_read_and_checked() {
        let proof = Jws::read(PROOF).unwrap();
        let key = PublicKey::from_jwk(&proof.header["jwk"]).unwrap();
        assert!(proof.is_signed_by(&key));
        assert_eq!(proof.claim("htu"), Some("https://server.example.com/token"));
        assert_eq!(thumbprint(&proof.header["jwk"]), "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
        let other = PROOF.replace("eyJqdGkiOiIt", "eyJqdGkiOiIu");
        assert!(!Jws::read(&other).unwrap().is_signed_by(&key));
    }

    /// The example of RFC 9449, section 7.1.
    #[test]
    fn a_token_s_hash_is_as_its_specification_shows() {
        let token = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";
        assert_eq!(hash(token), "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo");
    }
}
