//! The forms in which Okta's console gives a private key, and what is no key.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use okta::OktaCredentials;
use serde_json::{Value, json};
use simulators::okta::{KeyForm, NewServiceApp};

use crate::org::Org;

/// The same key as a JWK: the numbers of its PKCS#1 inside PKCS#8
/// ([RFC 8017](https://www.rfc-editor.org/rfc/rfc8017#appendix-A.1.2)).
fn as_jwk(pem: &str) -> Value {
    let der =
        STANDARD.decode(pem.lines().filter(|line| !line.starts_with('-')).collect::<String>());
    let der = der.unwrap();
    let (mut inside, _) = element(&der);
    let mut parts = Vec::new();
    while !inside.is_empty() {
        let (part, rest) = element(inside);
        parts.push(part);
        inside = rest;
    }
    let (mut numbers, _) = element(parts[2]);
    let mut jwk = json!({ "kty": "RSA", "alg": "RS256", "use": "sig" });
    for name in ["", "n", "e", "d", "p", "q", "dp", "dq", "qi"] {
        let (number, rest) = element(numbers);
        let number = number.strip_prefix(&[0]).unwrap_or(number);
        jwk[name] = URL_SAFE_NO_PAD.encode(number).into();
        numbers = rest;
    }
    jwk
}

/// The content of the first element, and what follows it.
fn element(der: &[u8]) -> (&[u8], &[u8]) {
    let (length, from) = match usize::from(der[1]) {
        short @ 0..128 => (short, 2),
        long => {
            let bytes = &der[2..2 + (long - 128)];
            (bytes.iter().fold(0, |sum, byte| sum * 256 + usize::from(*byte)), 2 + bytes.len())
        }
    };
    der[from..].split_at(length)
}

#[tokio::test]
async fn a_key_is_taken_in_each_form_in_which_the_console_gives_it() {
    let org = Org::with(&NewServiceApp { key: KeyForm::Pem, ..NewServiceApp::default() });
    org.join().await.unwrap();
    let stored = org.app.secret.clone();
    let jwk = as_jwk(stored["private_key"].as_str().unwrap());
    let mut named = jwk.clone();
    named["kid"] = stored["key_id"].clone();
    let id = &stored["client_id"];
    for secret in [
        json!({ "client_id": id, "key_id": stored["key_id"], "private_key": jwk }),
        json!({ "client_id": id, "private_key": named }),
        json!({ "client_id": id, "private_key": named.to_string() }),
    ] {
        org.world.okta.revoke_granted_tokens();
        org.world.clock.advance(std::time::Duration::from_mins(2));
        org.secret.put(&secret);
        org.join().await.unwrap();
    }
}

#[test]
fn what_is_no_key_is_refused_with_what_to_do_and_nothing_of_itself() {
    let org = Org::new();
    let good = org.app.secret["private_key"].clone();
    let with = |name: &str, value: Value| {
        let mut key = good.clone();
        key[name] = value;
        key
    };
    let public = with("d", Value::Null);
    let pem = |kind: &str| format!("-----BEGIN {kind}-----\nbWFya2Vk\n-----END {kind}-----\n");
    for (key, words) in [
        (public, "is a public one"),
        (with("kid", Value::Null), "has no \"key_id\""),
        (with("alg", json!("ES512")), "another algorithm"),
        (with("kty", json!("OKP")), "of a kind not used here"),
        (with("crv", json!("P-521")), "of a kind not used here"),
        (with("x", json!("bWFya2Vk")), "cannot be read"),
        (with("d", json!("marked!")), "cannot be read"),
        (json!("marked"), "cannot be read"),
        (json!(7), "cannot be read"),
        (json!([]), "cannot be read"),
        (json!(pem("PUBLIC KEY")), "cannot be read"),
        (json!(pem("ENCRYPTED PRIVATE KEY")), "has a passphrase"),
        (json!(pem("PRIVATE KEY")), "of a kind not used here"),
    ] {
        let secret = json!({ "client_id": "0oa1", "private_key": key }).to_string();
        let error = secret.parse::<OktaCredentials>().unwrap_err();
        assert!(error.detail.contains(words), "{words}: {error}");
        assert!(!format!("{error} {error:?}").contains("marked"));
    }
}

#[test]
fn a_secret_with_two_kinds_of_credentials_or_half_of_one_is_refused() {
    let org = Org::new();
    let mut both = org.app.secret.clone();
    both["api_token"] = json!("marked");
    let error = both.to_string().parse::<OktaCredentials>().unwrap_err();
    assert!(error.detail.contains("take one of them out"), "{error}");
    let half = json!({ "client_id": "marked" }).to_string();
    assert!(half.parse::<OktaCredentials>().unwrap_err().detail.contains("\"private_key\""));
    let mut spaced = org.app.secret.clone();
    spaced["client_id"] = json!("0oa 1");
    assert!(spaced.to_string().parse::<OktaCredentials>().is_err());
}

#[test]
fn credentials_do_not_show() {
    let org = Org::new();
    let credentials: OktaCredentials = org.app.secret.to_string().parse().unwrap();
    assert_eq!(format!("{credentials:?}"), "OktaCredentials(…)");
}
