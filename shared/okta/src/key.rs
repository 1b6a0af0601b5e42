//! Private keys, as Okta's console gives them, and what is signed with them.

use std::fmt;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPairComponents;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject;
use serde::{Deserialize, Serialize};

/// A private key that signs: RSA with 2,048 to 8,192 bits, or the elliptic curve P-256.
pub(crate) enum SigningKey {
    Rsa(RsaKeyPair),
    P256(EcdsaKeyPair),
}

/// The public half of a key on the curve P-256 ([RFC 7518](https://www.rfc-editor.org/rfc/rfc7518#section-6.2.1)).
#[derive(Serialize)]
pub(crate) struct PublicJwk {
    kty: &'static str,
    crv: &'static str,
    x: String,
    y: String,
}

/// A key that was read, and the id that stood with it.
pub(crate) struct NamedKey {
    pub(crate) key: SigningKey,
    pub(crate) id: Option<String>,
}

/// A private key in JSON ([RFC 7517](https://www.rfc-editor.org/rfc/rfc7517)). Numbers are base64url.
#[derive(Deserialize)]
struct PrivateJwk {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
    n: Option<String>,
    e: Option<String>,
    d: Option<String>,
    p: Option<String>,
    q: Option<String>,
    dp: Option<String>,
    dq: Option<String>,
    qi: Option<String>,
}

/// What is wrong with a key, and what to do. Holds no part of it.
type Detail = &'static str;

/// The key could not be used. The library does not say why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unusable;

const UNREADABLE: Detail = "the private key in the secret for Okta cannot be read: store the whole \
                            key that Okta's console showed, as JWK or PEM";
const UNSUITED: Detail = "the private key in the secret for Okta is of a kind not used here: make an RSA key of 2,048 \
     bits or more, or one on the curve P-256";

impl SigningKey {
    /// A new key on the curve P-256.
    pub(crate) fn generate() -> Result<Self, Unusable> {
        EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)
            .map(Self::P256)
            .map_err(|_| Unusable)
    }

    /// Reads PEM: PKCS#8, which Okta's console gives, or the older PKCS#1 and SEC 1.
    pub(crate) fn from_pem(pem: &str) -> Result<Self, Detail> {
        if pem.contains("ENCRYPTED") {
            return Err(
                "the private key in the secret for Okta has a passphrase: store it without",
            );
        }
        let key = match PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| UNREADABLE)? {
            PrivateKeyDer::Pkcs8(der) => rsa(RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()))
                .or_else(|| p256(EcdsaKeyPair::from_pkcs8(CURVE, der.secret_pkcs8_der()))),
            PrivateKeyDer::Pkcs1(der) => rsa(RsaKeyPair::from_der(der.secret_pkcs1_der())),
            PrivateKeyDer::Sec1(der) => {
                p256(EcdsaKeyPair::from_private_key_der(CURVE, der.secret_sec1_der()))
            }
            _ => None,
        };
        key.ok_or(UNSUITED)
    }

    /// The name of the signature
    /// ([RFC 7518](https://www.rfc-editor.org/rfc/rfc7518#section-3.1)).
    pub(crate) fn algorithm(&self) -> &'static str {
        match self {
            Self::Rsa(_) => "RS256",
            Self::P256(_) => "ES256",
        }
    }

    /// The public half, in a form of its own for each kind.
    pub(crate) fn public(&self) -> &[u8] {
        match self {
            Self::Rsa(key) => key.public_key().as_ref(),
            Self::P256(key) => key.public_key().as_ref(),
        }
    }

    /// The public half as others read it; none for RSA, which nobody reads from us.
    pub(crate) fn public_jwk(&self) -> Option<PublicJwk> {
        let Self::P256(key) = self else { return None };
        // An uncompressed point: the byte 4, then two coordinates of 32 bytes each.
        let (x, y) = key.public_key().as_ref().get(1..)?.split_at_checked(32)?;
        Some(PublicJwk { kty: "EC", crv: "P-256", x: encoded(x), y: encoded(y) })
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Unusable> {
        let random = SystemRandom::new();
        match self {
            Self::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)
                    .map_err(|_| Unusable)?;
                Ok(signature)
            }
            Self::P256(key) => {
                let signature = key.sign(&random, message).map_err(|_| Unusable)?;
                Ok(signature.as_ref().to_vec())
            }
        }
    }

    /// A JSON web signature in its compact form
    /// ([RFC 7515](https://www.rfc-editor.org/rfc/rfc7515#section-7.1)).
    pub(crate) fn signed(
        &self,
        header: &impl Serialize,
        claims: &impl Serialize,
    ) -> Result<String, Unusable> {
        let part = |value: Result<Vec<u8>, serde_json::Error>| {
            value.map(|json| encoded(&json)).map_err(|_| Unusable)
        };
        let mut token = part(serde_json::to_vec(header))?;
        token.push('.');
        token.push_str(&part(serde_json::to_vec(claims))?);
        let signature = self.sign(token.as_bytes())?;
        token.push('.');
        token.push_str(&encoded(&signature));
        Ok(token)
    }
}

impl NamedKey {
    /// Reads a JWK.
    pub(crate) fn from_jwk(json: &str) -> Result<Self, Detail> {
        let jwk: PrivateJwk = serde_json::from_str(json).map_err(|_| UNREADABLE)?;
        if jwk.d.is_none() {
            return Err("the key in the secret for Okta is a public one: store the private key");
        }
        let key = match jwk.kty.as_str() {
            "RSA" => jwk.rsa()?,
            "EC" => jwk.p256()?,
            _ => return Err(UNSUITED),
        };
        if jwk.alg.is_some_and(|alg| alg != key.algorithm()) {
            return Err("the private key in the secret for Okta is for another algorithm than \
                        RS256 or ES256: make one for either");
        }
        Ok(Self { key, id: jwk.kid })
    }
}

impl PrivateJwk {
    fn rsa(&self) -> Result<SigningKey, Detail> {
        let components = KeyPairComponents {
            public_key: aws_lc_rs::rsa::PublicKeyComponents {
                n: decoded(self.n.as_ref())?,
                e: decoded(self.e.as_ref())?,
            },
            d: decoded(self.d.as_ref())?,
            p: decoded(self.p.as_ref())?,
            q: decoded(self.q.as_ref())?,
            dP: decoded(self.dp.as_ref())?,
            dQ: decoded(self.dq.as_ref())?,
            qInv: decoded(self.qi.as_ref())?,
        };
        rsa(RsaKeyPair::from_components(&components)).ok_or(UNSUITED)
    }

    fn p256(&self) -> Result<SigningKey, Detail> {
        if self.crv.as_deref() != Some("P-256") {
            return Err(UNSUITED);
        }
        let (x, y) = (decoded(self.x.as_ref())?, decoded(self.y.as_ref())?);
        let (secret, point) = (decoded(self.d.as_ref())?, [vec![4], x, y].concat());
        p256(EcdsaKeyPair::from_private_key_and_public_key(CURVE, &secret, &point))
            .ok_or(UNREADABLE)
    }
}

/// Shows which kind of key it is, and nothing of it.
impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.algorithm())
    }
}

const CURVE: &aws_lc_rs::signature::EcdsaSigningAlgorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;

fn rsa<E>(key: Result<RsaKeyPair, E>) -> Option<SigningKey> {
    key.ok().map(SigningKey::Rsa)
}

fn p256<E>(key: Result<EcdsaKeyPair, E>) -> Option<SigningKey> {
    key.ok().map(SigningKey::P256)
}

/// Base64url without padding, as JSON web tokens have it.
pub(crate) fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn decoded(text: Option<&String>) -> Result<Vec<u8>, Detail> {
    URL_SAFE_NO_PAD.decode(text.ok_or(UNREADABLE)?.trim_end_matches('=')).map_err(|_| UNREADABLE)
}
