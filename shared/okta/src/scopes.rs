//! What a token may be used for
//! ([scopes](https://developer.okta.com/docs/api/oauth2/)).

use http::Method;

use crate::budget::Bucket;

/// Scopes that are asked for together. Daily work asks for its own alone, so that an app for it needs no
/// others, and its tokens may do no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scopes {
    /// Users, groups and memberships.
    Daily,
    /// The user schema as it is.
    SchemaRead,
    /// Changes of the user schema.
    SchemaChange,
    /// Who is an administrator.
    Roles,
}

/// The scopes of daily work.
pub(crate) const DAILY: [&str; 4] =
    ["okta.groups.manage", "okta.groups.read", "okta.users.manage", "okta.users.read"];

impl Scopes {
    /// Those that a call needs.
    pub(crate) fn of(bucket: Bucket, method: &Method) -> Self {
        match bucket {
            Bucket::Schemas if method == Method::GET => Self::SchemaRead,
            Bucket::Schemas => Self::SchemaChange,
            Bucket::Roles => Self::Roles,
            _ => Self::Daily,
        }
    }

    /// As they are asked for.
    pub(crate) fn text(self) -> String {
        match self {
            Self::Daily => DAILY.join(" "),
            Self::SchemaRead => "okta.schemas.read".to_owned(),
            Self::SchemaChange => "okta.schemas.manage".to_owned(),
            Self::Roles => "okta.roles.read".to_owned(),
        }
    }
}
