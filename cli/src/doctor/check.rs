//! What was looked at, and what was found.

use std::fmt;

use outbound::{Error, ErrorKind};
use runtime::MAY_NOT_READ;
use serde::Serialize;

/// One thing that can be wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Check {
    /// What was looked at; never changes its meaning.
    #[serde(rename = "check")]
    pub(crate) name: &'static str,
    /// How it is.
    pub(crate) state: State,
    /// What was found.
    pub(crate) finding: String,
    /// What to do; none if there is nothing to do.
    pub(crate) mend: Option<String>,
}

/// How a thing is, the best first.
#[cfg_attr(test, derive(serde::Deserialize))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    /// As it should be.
    Ok,
    /// It works, and should be seen to.
    Warning,
    /// It could not be looked at.
    Unknown,
    /// It does not work.
    Wrong,
}

impl State {
    /// As people read it.
    fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Unknown => "unknown",
            Self::Wrong => "WRONG",
        }
    }
}

impl Check {
    pub(crate) fn ok(name: &'static str, finding: impl Into<String>) -> Self {
        Self { name, state: State::Ok, finding: finding.into(), mend: None }
    }

    pub(crate) fn warning(
        name: &'static str,
        finding: impl Into<String>,
        mend: impl Into<String>,
    ) -> Self {
        let (finding, mend) = (finding.into(), Some(mend.into()));
        Self { name, state: State::Warning, finding, mend }
    }

    pub(crate) fn wrong(
        name: &'static str,
        finding: impl Into<String>,
        mend: impl Into<String>,
    ) -> Self {
        let (finding, mend) = (finding.into(), Some(mend.into()));
        Self { name, state: State::Wrong, finding, mend }
    }

    /// A call that failed. What a person has to mend is wrong; what may pass is unknown.
    pub(crate) fn failed(name: &'static str, error: &Error) -> Self {
        let (state, mend) = match (&error.kind, error.service) {
            (ErrorKind::Credentials { detail }, _) if *detail == MAY_NOT_READ => (
                State::Unknown,
                "allow the AWS credentials in use secretsmanager:GetSecretValue of the stack's secrets, and \
                 look again",
            ),
            (ErrorKind::Unauthorized | ErrorKind::Credentials { .. }, "shopify") => (
                State::Wrong,
                "store working credentials in the secret for Shopify (docs/shopify.md)",
            ),
            (ErrorKind::Unauthorized | ErrorKind::Credentials { .. }, "okta") => {
                (State::Wrong, "store working credentials in the secret for Okta (docs/okta.md)")
            }
            (ErrorKind::Unauthorized | ErrorKind::Credentials { .. }, _) => {
                (State::Wrong, "store what belongs there in the secret")
            }
            (ErrorKind::Forbidden { .. }, "shopify") => {
                (State::Wrong, "grant the app the scopes that docs/shopify.md lists")
            }
            (ErrorKind::Forbidden { .. }, "okta") => (
                State::Wrong,
                "give the administrator or the app the rights, and the app the scopes, that docs/okta.md lists",
            ),
            (ErrorKind::Unreadable { .. } | ErrorKind::ForeignAddress, _) => {
                (State::Wrong, "check the service's address in the settings")
            }
            (_, "secret store") => (
                State::Unknown,
                "check the AWS credentials and region in use, and look again later",
            ),
            _ => (
                State::Unknown,
                "look again later; if it stays so, look at the service's status page",
            ),
        };
        Self { name, state, finding: error.to_string(), mend: Some(mend.to_owned()) }
    }
}

/// One line.
impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, state, finding, mend } = self;
        write!(f, "{:<8} {name:<20} {finding}", state.as_str())?;
        mend.as_ref().map_or(Ok(()), |mend| write!(f, ". To mend it: {mend}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schemas::assert_names;

    #[test]
    fn the_schema_names_every_value() {
        assert_names::<State>("doctor.schema.json#/$defs/state", "");
    }
}
