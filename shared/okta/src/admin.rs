//! Who we are to Okta, and who is an administrator.

use http::{HeaderMap, Method};
use jiff::{SignedDuration, Timestamp};
use outbound::{Error, Repeat};
use rules::{GroupId, UserId};
use serde::Deserialize;

use crate::answer;
use crate::budget::Bucket;
use crate::client::{Session, call};
use crate::credentials::{OktaCredentials, ServiceApp};
use crate::scopes::{DAILY, Scopes};
use crate::tokens::{Pass, Token};

/// Whose the credentials are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Me {
    /// Who calls.
    pub caller: Caller,
    /// How far Okta's clock is ahead of ours, to about a second; less than nothing if it is behind. None
    /// if the answer has no date.
    pub clock_ahead: Option<SignedDuration>,
}

/// Who calls Okta.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// The user who made the API token.
    Administrator(UserId),
    /// A service app.
    App {
        /// Its client id. Not a secret.
        client_id: String,
        /// The scopes of daily work that it was not granted.
        missing_scopes: Vec<&'static str>,
        /// Whether its tokens are bound to this process (DPoP).
        bound: bool,
    },
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
    /// Asks whose the credentials are, with a call that shows whether they work. An administrator's
    /// needs no right but to be known; an app, which Okta cannot be asked about itself, reads a group.
    ///
    /// # Errors
    /// If no token is granted, or the call fails.
    pub async fn me(&self) -> Result<Me, Error> {
        let access = self.access(Scopes::Daily).await?;
        match (&*access.credentials, &access.pass) {
            (OktaCredentials::ServiceApp(app), Pass::Granted(token)) => {
                self.me_as_app(app, token).await
            }
            _ => self.me_as_administrator().await,
        }
    }

    async fn me_as_app(&self, app: &ServiceApp, token: &Token) -> Result<Me, Error> {
        let address = self.address(&["groups"]).with_query(&[("limit", "1")]);
        let call = call("read a group", Method::GET, address, Repeat::Safe);
        let answer = self.send(Bucket::ListGroups, &call).await?;
        let lacks = |scope: &&str| token.scopes.as_ref().is_some_and(|all| !all.contains(*scope));
        let caller = Caller::App {
            client_id: app.client_id.clone(),
            missing_scopes: DAILY.into_iter().filter(lacks).collect(),
            bound: token.bound,
        };
        Ok(Me { caller, clock_ahead: ahead(answer.headers(), self.now()) })
    }

    async fn me_as_administrator(&self) -> Result<Me, Error> {
        let call = self.call("read own user", Method::GET, &["users", "me"], Repeat::Safe);
        let answer = self.send(Bucket::GetUser, &call).await?;
        let MeAnswer { id } = answer::json(&call, answer.body())?;
        let clock_ahead = ahead(answer.headers(), self.now());
        Ok(Me { caller: Caller::Administrator(id), clock_ahead })
    }

    /// The roles that make every member of a group an administrator.
    ///
    /// # Errors
    /// If the call fails. It asks for a right that daily work does not need.
    pub async fn roles_of_group(&self, group: &GroupId) -> Result<Vec<AdminRole>, Error> {
        let path = ["groups", group.as_str(), "roles"];
        self.list(Bucket::Roles, "list roles of a group", &path, &[]).await
    }

    /// The roles of who calls.
    ///
    /// # Errors
    /// As [`roles_of_group`](Self::roles_of_group).
    pub async fn own_roles(&self, caller: &Caller) -> Result<Vec<AdminRole>, Error> {
        let address = match caller {
            Caller::Administrator(user) => self.address(&["users", user.as_str(), "roles"]),
            Caller::App { client_id, .. } => {
                self.okta.base.resource(&["oauth2", "v1", "clients", client_id, "roles"])
            }
        };
        self.list_at(Bucket::Roles, "list own roles", address).await
    }
}

fn ahead(headers: &HeaderMap, now: Timestamp) -> Option<SignedDuration> {
    Some(answer::date(headers)?.duration_since(now))
}
