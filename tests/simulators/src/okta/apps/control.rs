//! What an administrator does with service apps, and how the org treats them, for a test to choose.

use std::collections::{BTreeMap, BTreeSet};

use aws_lc_rs::encoding::{AsBigEndian, AsDer, EcPrivateKeyBin, Pkcs8V1Der};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::App;
use super::jws::{PublicKey, encoded};
use crate::okta::OktaSim;

/// Whether an app's tokens are bound to who asks for them (DPoP).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ProofOfPossession {
    /// Always: what Okta chooses for new service apps.
    #[default]
    Required,
    /// If the request carries a proof.
    IfOffered,
    /// Never; a proof is not looked at.
    Ignored,
}

/// In which form an administrator takes the private key along.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum KeyForm {
    /// A JWK with a key on the curve P-256.
    #[default]
    Jwk,
    /// PEM with an RSA key.
    Pem,
}

/// An app to be made.
#[derive(Debug, Clone)]
pub struct NewServiceApp<'a> {
    /// The scopes that it is granted.
    pub scopes: &'a [&'a str],
    /// Whether it has to prove that its tokens are its own.
    pub proof: ProofOfPossession,
    /// Its key.
    pub key: KeyForm,
}

/// Those of daily work, with proofs.
impl Default for NewServiceApp<'_> {
    fn default() -> Self {
        let scopes =
            &["okta.users.read", "okta.users.manage", "okta.groups.read", "okta.groups.manage"];
        Self { scopes, proof: ProofOfPossession::default(), key: KeyForm::default() }
    }
}

/// An app of the org, as its maker knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceApp {
    /// Its client id.
    pub client_id: String,
    /// What an operator stores in the secret for Okta.
    pub secret: Value,
}

impl OktaSim {
    /// Makes a service app with a key of its own. It has the role of an organization administrator.
    pub fn add_service_app(&self, new: &NewServiceApp<'_>) -> ServiceApp {
        let mut directory = self.lock();
        let client_id = format!("0oasim{:014}", directory.apps.next_serial());
        let app = App {
            active: true,
            keys: BTreeMap::new(),
            scopes: new.scopes.iter().map(|&scope| scope.to_owned()).collect(),
            proof: new.proof,
            roles: vec!["ORG_ADMIN".to_owned()],
        };
        directory.apps.by_id.insert(client_id.clone(), app);
        drop(directory);
        let secret = self.replace_app_key(&client_id, new.key);
        ServiceApp { client_id, secret }
    }

    /// Makes a new key for an app and removes those before it. What the app was granted stays. Gives what
    /// an operator stores.
    ///
    /// # Panics
    /// If the org has no such app.
    #[expect(clippy::expect_used, reason = "a key can be made, and the test knows its app")]
    pub fn replace_app_key(&self, client_id: &str, form: KeyForm) -> Value {
        let apps = &mut self.lock().apps;
        let key_id = format!("simkey{:020}", apps.next_serial());
        let (public, private) = match form {
            KeyForm::Jwk => p256(&key_id).expect("a key on the curve"),
            KeyForm::Pem => rsa().expect("an RSA key"),
        };
        let app = apps.by_id.get_mut(client_id).expect("an app of this org");
        app.keys = BTreeMap::from([(key_id.clone(), public)]);
        match form {
            KeyForm::Jwk => json!({ "client_id": client_id, "private_key": private }),
            KeyForm::Pem => {
                json!({ "client_id": client_id, "key_id": key_id, "private_key": private })
            }
        }
    }

    /// Deactivates an app, or activates it again. Its tokens are refused meanwhile.
    pub fn set_app_active(&self, client_id: &str, active: bool) {
        self.change_app(client_id, |app| app.active = active);
    }

    /// Grants an app these scopes and no others. Tokens keep what they have.
    pub fn set_app_scopes(&self, client_id: &str, scopes: &[&str]) {
        let scopes: BTreeSet<String> = scopes.iter().map(|&scope| scope.to_owned()).collect();
        self.change_app(client_id, |app| app.scopes = scopes);
    }

    /// Chooses whether an app has to prove that its tokens are its own.
    pub fn set_app_proof(&self, client_id: &str, proof: ProofOfPossession) {
        self.change_app(client_id, |app| app.proof = proof);
    }

    /// Gives an app these roles in place of those before. Without any it may do nothing.
    pub fn set_app_roles(&self, client_id: &str, roles: &[&str]) {
        let roles = roles.iter().map(|&role| role.to_owned()).collect();
        self.change_app(client_id, |app| app.roles = roles);
    }

    fn change_app(&self, client_id: &str, change: impl FnOnce(&mut App)) {
        if let Some(app) = self.lock().apps.by_id.get_mut(client_id) {
            change(app);
        }
    }

    /// Revokes all tokens that were granted so far.
    pub fn revoke_granted_tokens(&self) {
        self.lock().apps.tokens.clear();
    }

    /// Forgets all nonces: proofs need another from now on.
    pub fn forget_nonces(&self) {
        self.lock().apps.nonces.clear();
    }

    /// Whether the API asks for a nonce in proofs too. Okta's does not so far.
    pub fn set_api_asks_for_nonce(&self, asks: bool) {
        self.lock().apps.api_asks_for_nonce = asks;
    }

    /// Whether an app that asks for more than it was granted gets no token at all.
    pub fn refuse_partial_grants(&self, refuse: bool) {
        self.lock().apps.refuses_partial_grants = refuse;
    }
}

fn p256(key_id: &str) -> Option<(PublicKey, Value)> {
    let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).ok()?;
    let point = key.public_key().as_ref().to_vec();
    let (x, y) = point.get(1..)?.split_at_checked(32)?;
    let secret: EcPrivateKeyBin<'_> = key.private_key().as_be_bytes().ok()?;
    let private = json!({
        "kty": "EC",
        "crv": "P-256",
        "kid": key_id,
        "use": "sig",
        "x": encoded(x),
        "y": encoded(y),
        "d": encoded(secret.as_ref()),
    });
    Some((PublicKey::P256(point), private))
}

fn rsa() -> Option<(PublicKey, Value)> {
    let key = RsaKeyPair::generate(KeySize::Rsa2048).ok()?;
    let der: Pkcs8V1Der<'_> = key.as_der().ok()?;
    let kind = "PRIVATE KEY";
    let pem = format!(
        "-----BEGIN {kind}-----\n{}\n-----END {kind}-----\n",
        STANDARD.encode(der.as_ref())
    );
    Some((PublicKey::RsaDer(key.public_key().as_ref().to_vec()), pem.into()))
}
