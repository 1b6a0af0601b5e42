//! Who we are to Okta, and who is an administrator.

use http::header::DATE;
use http::{HeaderMap, Method};
use jiff::fmt::rfc2822::DateTimeParser;
use jiff::{SignedDuration, Timestamp};
use outbound::{Error, Repeat};
use rules::{GroupId, UserId};
use serde::Deserialize;

use crate::answer;
use crate::budget::Bucket;
use crate::client::Session;

/// Whose the credentials are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Me {
    /// The user who made the API token.
    pub user: UserId,
    /// How far Okta's clock is ahead of ours, to about a second; less than nothing if it is behind. None
    /// if the answer has no date.
    pub clock_ahead: Option<SignedDuration>,
}

/// An administrator's role
/// ([roles](https://developer.okta.com/docs/api/openapi/okta-management/management/tag/RoleAssignmentBGroup/)).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct AdminRole {
    /// What people read: "Application Administrator".
    pub label: String,
    /// What Okta reads: `SUPER_ADMIN`; `CUSTOM` for one that the org made.
    #[serde(rename = "type")]
    pub kind: String,
}

#[derive(Deserialize)]
struct MeAnswer {
    id: UserId,
}

impl Session<'_> {
    /// Asks whose the credentials are. The call needs no right but to be known.
    ///
    /// # Errors
    /// If the call fails.
    pub async fn me(&self) -> Result<Me, Error> {
        let call = self.call("read own user", Method::GET, &["users", "me"], Repeat::Safe);
        let answer = self.send(Bucket::GetUser, &call).await?;
        let MeAnswer { id } = answer::json(&call, answer.body())?;
        Ok(Me { user: id, clock_ahead: ahead(answer.headers(), self.now()) })
    }

    /// The roles that make every member of a group an administrator.
    ///
    /// # Errors
    /// If the call fails. It asks for a right that daily work does not need.
    pub async fn roles_of_group(&self, group: &GroupId) -> Result<Vec<AdminRole>, Error> {
        let path = ["groups", group.as_str(), "roles"];
        self.list(Bucket::Roles, "list roles of a group", &path, &[]).await
    }

    /// The roles of an administrator.
    ///
    /// # Errors
    /// As [`roles_of_group`](Self::roles_of_group).
    pub async fn roles_of_user(&self, user: &UserId) -> Result<Vec<AdminRole>, Error> {
        let path = ["users", user.as_str(), "roles"];
        self.list(Bucket::Roles, "list roles of a user", &path, &[]).await
    }
}

fn ahead(headers: &HeaderMap, now: Timestamp) -> Option<SignedDuration> {
    let date = headers.get(DATE)?.to_str().ok()?;
    let date = DateTimeParser::new().parse_timestamp(date).ok()?;
    Some(date.duration_since(now))
}
