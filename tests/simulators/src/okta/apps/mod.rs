//! Service apps: who they are, what they were granted, and their tokens.
//!
//! It answers as Okta's guides to [service apps](https://developer.okta.com/docs/guides/implement-oauth-for-okta-serviceapp/main/)
//! and [DPoP](https://developer.okta.com/docs/guides/dpop/main/) say, and decides what they leave open: an
//! app that is granted some of the scopes it asks for gets a token for those (or, if a test says so,
//! none); a proof that was refused by the API is answered with 400.

mod access;
mod control;
mod grant;
mod jws;
mod proof;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use jws::PublicKey;

pub(crate) use access::Caller;
pub use control::{KeyForm, NewServiceApp, ProofOfPossession, ServiceApp};

/// How long a token lasts.
const TOKEN_LASTS: SignedDuration = SignedDuration::from_hours(1);
/// A nonce is given for a day, and taken for three.
const NONCE_GIVEN: SignedDuration = SignedDuration::from_hours(24);
const NONCE_TAKEN: SignedDuration = SignedDuration::from_hours(72);

/// The org's service apps.
#[derive(Default)]
pub(crate) struct Apps {
    by_id: BTreeMap<String, App>,
    tokens: BTreeMap<String, Granted>,
    /// What was signed once and is not taken twice.
    assertions: BTreeSet<(String, String)>,
    proofs: BTreeSet<String>,
    nonces: Vec<Nonce>,
    /// Whether who asks for more than was granted gets nothing.
    refuses_partial_grants: bool,
    /// Whether the API asks for a nonce as the token endpoint does.
    api_asks_for_nonce: bool,
    serial: u64,
}

struct App {
    active: bool,
    keys: BTreeMap<String, PublicKey>,
    scopes: BTreeSet<String>,
    proof: ProofOfPossession,
    roles: Vec<String>,
}

struct Granted {
    app: String,
    scopes: BTreeSet<String>,
    ends: Timestamp,
    /// The thumbprint of the key that has to prove it.
    bound_to: Option<String>,
}

struct Nonce {
    text: String,
    given: Timestamp,
}

impl Apps {
    fn next_serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    /// The nonce that proofs have to hold now.
    fn nonce(&mut self, now: Timestamp) -> String {
        match self.nonces.last() {
            Some(last) if now.duration_since(last.given) < NONCE_GIVEN => last.text.clone(),
            _ => self.renew_nonce(now),
        }
    }

    fn renew_nonce(&mut self, now: Timestamp) -> String {
        let text = format!("simnonce{:024}", self.next_serial());
        self.nonces.push(Nonce { text: text.clone(), given: now });
        text
    }

    fn takes_nonce(&self, nonce: &str, now: Timestamp) -> bool {
        let is_young = |known: &Nonce| now.duration_since(known.given) < NONCE_TAKEN;
        self.nonces.iter().any(|known| known.text == nonce && is_young(known))
    }
}
