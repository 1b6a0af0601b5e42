//! Access tokens of a service app: granted for an hour, and kept until shortly before its end.
//!
//! Everybody who needs a token waits for the one who asks for it, and shares what comes of it. Whether
//! the app requires proofs of possession (DPoP) nobody has to say: each request for a token carries one,
//! Okta answers with a bound token or with a plain one, and that decides.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::Response;
use http::header::AUTHORIZATION;
use jiff::{SignedDuration, Timestamp};
use outbound::{Call, Error, ErrorKind, Outbound};
use secrecy::SecretString;

use crate::answer;
use crate::credentials::OktaCredentials;
use crate::proof::Prover;
use crate::scopes::Scopes;

/// How long before its end a token is renewed: no call begun with it can meet the end.
const MARGIN: SignedDuration = SignedDuration::from_mins(5);
/// How long a refusal is repeated before the token endpoint is asked again: many calls come at once, and
/// a person has to act before another answer can be had.
const AFTER_REFUSAL: SignedDuration = SignedDuration::from_secs(10);
/// The same for a failure that may pass by itself: long enough for those who waited for it.
const AFTER_FAILURE: SignedDuration = SignedDuration::from_secs(1);
/// How long a token that still holds is used once more after it could not be renewed.
const BEFORE_NEXT_RENEWAL: SignedDuration = SignedDuration::from_secs(30);
/// A token that is refused is replaced at most this often: if new ones are refused too, the token is not
/// what is wrong.
const SHORTEST_INTERVAL: SignedDuration = SignedDuration::from_mins(1);

/// The tokens of a client and its clones.
#[derive(Default)]
pub(crate) struct Tokens {
    pub(crate) kept: tokio::sync::Mutex<Kept>,
    pub(crate) prover: Prover,
    /// The nonce that the API last asked for, if it ever did. The token endpoint has its own.
    nonce: Mutex<Option<String>>,
}

/// What the token endpoint answered.
#[derive(Default)]
pub(crate) struct Kept {
    /// To whom.
    app: Option<Arc<OktaCredentials>>,
    outcomes: BTreeMap<Scopes, Outcome>,
    /// The nonce that it last asked for.
    pub(crate) nonce: Option<String>,
    /// When a refused token was last replaced.
    replaced: Option<Timestamp>,
}

enum Outcome {
    Granted { token: Arc<Token>, renew_at: Timestamp },
    Refused { error: Error, until: Timestamp },
}

/// A token that was granted.
pub(crate) struct Token {
    pub(crate) text: SecretString,
    /// Whether it is worth nothing without a proof.
    pub(crate) bound: bool,
    /// What it may be used for, if the answer said so.
    pub(crate) scopes: Option<BTreeSet<String>>,
    pub(crate) ends_at: Timestamp,
}

/// What a call is authorised with.
pub(crate) struct Access {
    /// What it rests on.
    pub(crate) credentials: Arc<OktaCredentials>,
    pub(crate) pass: Pass,
}

pub(crate) enum Pass {
    ApiToken(SecretString),
    Granted(Arc<Token>),
}

impl Kept {
    /// Forgets what was answered to another app, or for another key.
    pub(crate) fn turn_to(&mut self, app: &Arc<OktaCredentials>) {
        if self.app.as_ref().is_none_or(|known| known != app) {
            *self = Self { app: Some(Arc::clone(app)), ..Self::default() };
        }
    }

    /// The answer that still holds, if there is one.
    pub(crate) fn answer(
        &self,
        scopes: Scopes,
        now: Timestamp,
    ) -> Option<Result<Arc<Token>, Error>> {
        match self.outcomes.get(&scopes)? {
            Outcome::Granted { token, renew_at } => {
                (now < *renew_at).then(|| Ok(Arc::clone(token)))
            }
            Outcome::Refused { error, until } => (now < *until).then(|| Err(error.clone())),
        }
    }

    /// Keeps an answer, or that there was none. What may pass by itself keeps nobody from using the token
    /// that was to be renewed, as long as it holds.
    pub(crate) fn keep(
        &mut self,
        scopes: Scopes,
        outcome: Result<Token, Error>,
        now: Timestamp,
    ) -> Result<Arc<Token>, Error> {
        match outcome {
            Ok(token) => {
                let lasts = token.ends_at.duration_since(now);
                let used = lasts.saturating_sub(MARGIN).max(lasts / 2);
                Ok(self.hold(scopes, Arc::new(token), used, now))
            }
            Err(error) => {
                if !is_refusal(&error.kind)
                    && let Some(token) = self.held(scopes, now)
                {
                    return Ok(self.hold(scopes, token, BEFORE_NEXT_RENEWAL, now));
                }
                if let Some(pause) = pause_after(&error.kind) {
                    let until = now.saturating_add(pause).unwrap_or(Timestamp::MAX);
                    let error = error.clone();
                    self.outcomes.insert(scopes, Outcome::Refused { error, until });
                }
                Err(error)
            }
        }
    }

    /// Keeps a token to be used for so long.
    fn hold(
        &mut self,
        scopes: Scopes,
        token: Arc<Token>,
        lasts: SignedDuration,
        now: Timestamp,
    ) -> Arc<Token> {
        let renew_at = now.saturating_add(lasts).unwrap_or(Timestamp::MAX);
        let outcome = Outcome::Granted { token: Arc::clone(&token), renew_at };
        self.outcomes.insert(scopes, outcome);
        token
    }

    /// The token that was granted last, if it holds.
    fn held(&self, scopes: Scopes, now: Timestamp) -> Option<Arc<Token>> {
        match self.outcomes.get(&scopes)? {
            Outcome::Granted { token, .. } => (now < token.ends_at).then(|| Arc::clone(token)),
            Outcome::Refused { .. } => None,
        }
    }

    /// Drops a refused token, unless another has taken its place. False if tokens were replaced a moment
    /// ago already.
    pub(crate) fn drop_refused(&mut self, refused: &Arc<Token>, now: Timestamp) -> bool {
        let is_refused = |kept: &Outcome| match kept {
            Outcome::Granted { token, .. } => Arc::ptr_eq(token, refused),
            Outcome::Refused { .. } => false,
        };
        if !self.outcomes.values().any(is_refused) {
            return true;
        }
        if self.replaced.is_some_and(|last| now.duration_since(last) < SHORTEST_INTERVAL) {
            return false;
        }
        self.outcomes.retain(|_, kept| !is_refused(kept));
        self.replaced = Some(now);
        true
    }
}

/// How long a failure stands for everybody; none if it is the caller's own.
fn pause_after(failure: &ErrorKind) -> Option<SignedDuration> {
    match failure {
        ErrorKind::OutOfTime | ErrorKind::BudgetSpent { .. } | ErrorKind::Throttled { .. } => None,
        refusal if is_refusal(refusal) => Some(AFTER_REFUSAL),
        _ => Some(AFTER_FAILURE),
    }
}

/// Whether the app is to have no token, which a person has to mend.
fn is_refusal(failure: &ErrorKind) -> bool {
    matches!(failure, ErrorKind::Credentials { .. } | ErrorKind::Forbidden { .. })
}

impl Tokens {
    /// Learns the nonce that an answer of the API gave, and tells whether the answer is that the call
    /// lacked it.
    pub(crate) fn learn_nonce(&self, answer: &Response<Bytes>) -> bool {
        let Some(nonce) = answer::nonce(answer) else { return false };
        *self.nonce.lock().unwrap_or_else(PoisonError::into_inner) = Some(nonce);
        answer::challenge(answer, "use_dpop_nonce")
    }

    fn nonce(&self) -> Option<String> {
        self.nonce.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Access {
    /// Gives a call its rights. The only place that does, for every attempt anew.
    pub(crate) fn authorise(
        &self,
        call: Call,
        tokens: &Tokens,
        outbound: &Outbound,
    ) -> Result<Call, Error> {
        match &self.pass {
            Pass::ApiToken(token) => call.token(AUTHORIZATION, "SSWS ", token),
            Pass::Granted(token) if token.bound => {
                let nonce = tokens.nonce();
                tokens.prover.proven(call, Some(&token.text), nonce.as_deref(), outbound)?.token(
                    AUTHORIZATION,
                    "DPoP ",
                    &token.text,
                )
            }
            Pass::Granted(token) => call.token(AUTHORIZATION, "Bearer ", &token.text),
        }
    }
}
