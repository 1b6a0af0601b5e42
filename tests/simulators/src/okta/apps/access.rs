//! Tokens, as the API takes them.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::proof::Unproven;
use super::{Apps, Granted};
use crate::incoming::Incoming;
use crate::okta::answers::Refusal;

/// Who calls the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Caller {
    /// The administrator whose API token it is.
    Administrator,
    /// An app, with its roles, and the scopes of its token.
    App { id: String, has_role: bool, scopes: BTreeSet<String> },
}

impl Caller {
    /// Whether the token, and the role of an app, allow what this right stands for.
    pub(crate) fn may(&self, right: &str) -> Result<(), Refusal> {
        let Self::App { has_role, scopes, .. } = self else { return Ok(()) };
        if !scopes.contains(right) {
            let why = "The access token provided does not contain the required scopes.";
            let challenge = challenge("Bearer", "insufficient_scope", why);
            return Err(Refusal::forbidden().challenging(&challenge));
        }
        if *has_role { Ok(()) } else { Err(Refusal::forbidden()) }
    }
}

impl Apps {
    /// Whose token a request carries: `Bearer` and `DPoP`.
    pub(crate) fn caller(
        &mut self,
        scheme: &str,
        token: &str,
        incoming: &Incoming,
        now: Timestamp,
    ) -> Result<Caller, Refusal> {
        let known = |granted: &&Granted| now < granted.ends && self.by_id[&granted.app].active;
        let Some(granted) = self.tokens.get(token).filter(known) else {
            let why = "The access token is invalid.";
            return Err(Refusal::unauthorized().challenging(&challenge(
                scheme,
                "invalid_token",
                why,
            )));
        };
        let app = &self.by_id[&granted.app];
        let caller = Caller::App {
            id: granted.app.clone(),
            has_role: !app.roles.is_empty(),
            scopes: granted.scopes.clone(),
        };
        match (scheme, granted.bound_to.clone()) {
            ("Bearer", None) => Ok(caller),
            ("DPoP", Some(bound_to)) => {
                let proven = self.prove(incoming, self.api_asks_for_nonce, now);
                proven.and_then(|proven| proven.fits(token, &bound_to)).map_err(unproven)?;
                Ok(caller)
            }
            _ => {
                let why = "The access token is not of this type.";
                Err(Refusal::unauthorized().challenging(&challenge("DPoP", "invalid_token", why)))
            }
        }
    }

    /// The roles of an app; none if there is no such app.
    pub(crate) fn roles(&self, id: &str) -> Option<&[String]> {
        self.by_id.get(id).map(|app| app.roles.as_slice())
    }
}

fn unproven(unproven: Unproven) -> Refusal {
    match unproven {
        Unproven::Invalid(why) => {
            Refusal::of_status(400).challenging(&challenge("DPoP", "invalid_dpop_proof", why))
        }
        Unproven::Nonce(nonce) => {
            let why = "Resource server requires nonce in DPoP proof.";
            let challenge = challenge("DPoP", "use_dpop_nonce", why);
            Refusal::unauthorized().challenging(&challenge).with_nonce(nonce)
        }
    }
}

fn challenge(scheme: &str, error: &str, why: &str) -> String {
    format!("{scheme} error=\"{error}\", error_description=\"{why}\"")
}
