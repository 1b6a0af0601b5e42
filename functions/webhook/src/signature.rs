//! Who sent this: the signature over the raw body
//! ([verifying webhooks](https://shopify.dev/docs/apps/build/webhooks/verify-deliveries)).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use sha2::Sha256;

/// The secrets a webhook may be signed with. Several are accepted: subscriptions made by an app and
/// those made in the shop's settings are signed with different ones, and after a rotation the old one
/// is in use for up to an hour.
pub struct SigningSecrets(Vec<SecretString>);

impl SigningSecrets {
    /// Reads the secret's JSON: `{"secrets": ["…"]}`.
    ///
    /// # Errors
    /// Says what to store if it is something else. Repeats none of it.
    pub fn from_json(json: &str) -> Result<Self, &'static str> {
        #[derive(Deserialize)]
        struct Secret {
            secrets: Vec<String>,
        }

        let form = "store the webhook secrets as {\"secrets\": [\"…\"]}, with at least one secret";
        let Secret { secrets } = serde_json::from_str(json).map_err(|_| form)?;
        if secrets.is_empty() || secrets.iter().any(|secret| secret.trim().is_empty()) {
            return Err(form);
        }
        Ok(Self(secrets.into_iter().map(SecretString::from).collect()))
    }

    /// The signature of a body by the first of the secrets, as its header has it.
    pub fn sign(&self, body: &[u8]) -> Option<String> {
        self.0.first().and_then(|secret| signature(secret, body))
    }

    /// Whether this is one of the secrets. The comparison takes the same time whatever they are.
    pub fn hold(&self, secret: &SecretString) -> bool {
        const PROBE: &[u8] = b"{}";
        signature(secret, PROBE).is_some_and(|signature| self.have_signed(PROBE, &signature))
    }

    /// Whether the body was signed with one of the secrets. The comparison takes the same time
    /// whatever the signature.
    pub fn have_signed(&self, body: &[u8], signature: &str) -> bool {
        let Ok(signature) = STANDARD.decode(signature) else { return false };
        let signed = |secret: &SecretString| {
            <Hmac<Sha256> as KeyInit>::new_from_slice(secret.expose_secret().as_bytes()).is_ok_and(
                |mut mac| {
                    mac.update(body);
                    mac.verify_slice(&signature).is_ok()
                },
            )
        };
        self.0.iter().any(signed)
    }
}

fn signature(secret: &SecretString, body: &[u8]) -> Option<String> {
    let mut mac =
        <Hmac<Sha256> as KeyInit>::new_from_slice(secret.expose_secret().as_bytes()).ok()?;
    mac.update(body);
    Some(STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = br#"{"id":820982911946154508}"#;

    fn sign(secret: &str, body: &[u8]) -> String {
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(body);
        STANDARD.encode(mac.finalize().into_bytes())
    }

    fn secrets(json: &str) -> SigningSecrets {
        SigningSecrets::from_json(json).unwrap()
    }

    #[test]
    fn a_known_answer_is_reproduced() {
        // RFC 4231, test case 2.
        let signature = STANDARD.encode([
            0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60, 0x75, 0x4e, 0x6a, 0x04, 0x24, 0x26, 0x08, 0x95,
            0x75, 0xc7, 0x5a, 0x00, 0x3f, 0x08, 0x9d, 0x27, 0x39, 0x83, 0x9d, 0xec, 0x58, 0xb9,
            0x64, 0xec, 0x38, 0x43,
        ]);
        let body = b"what do ya want for nothing?";
        assert!(secrets(r#"{"secrets": ["Jefe"]}"#).have_signed(body, &signature));
    }

    #[test]
    fn any_of_the_secrets_will_do() {
        let both = secrets(r#"{"secrets": ["old", "new"]}"#);
        assert!(both.have_signed(BODY, &sign("old", BODY)));
        assert!(both.have_signed(BODY, &sign("new", BODY)));
        assert!(!both.have_signed(BODY, &sign("other", BODY)));
    }

    #[test]
    fn what_the_secrets_sign_is_signed_by_the_first() {
        let both = secrets(r#"{"secrets": ["old", "new"]}"#);
        assert_eq!(both.sign(BODY), Some(sign("old", BODY)));
        assert!(both.hold(&"new".to_owned().into()));
        assert!(!both.hold(&"ne".to_owned().into()));
    }

    #[test]
    fn a_changed_body_or_signature_is_refused() {
        let secrets = secrets(r#"{"secrets": ["key"]}"#);
        let good = sign("key", BODY);
        assert!(!secrets.have_signed(b"{}", &good));
        for signature in ["", "not base64", &good[..43], &good[..40], &STANDARD.encode([0; 32])] {
            assert!(!secrets.have_signed(BODY, signature), "{signature}");
        }
    }

    #[test]
    fn a_secret_of_another_form_says_what_to_store() {
        for json in ["", "[]", "{}", r#"{"secrets": []}"#, r#"{"secrets": [" "]}"#] {
            let error = SigningSecrets::from_json(json).err().unwrap();
            assert!(error.starts_with("store the webhook secrets as"), "{json}");
        }
    }
}
