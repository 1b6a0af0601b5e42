//! Okta's management API: the calls this product makes, and no more.
//!
//! Every call is made in a [`Session`], which knows how long there is and what share of Okta's limits
//! may be used. Users and groups are matched exactly: what Okta's search answers is compared again
//! here.

mod admin;
mod answer;
mod attributes;
mod budget;
mod client;
mod credentials;
mod grant;
mod group;
mod key;
mod link;
mod listed;
mod page;
mod proof;
mod schema;
mod scopes;
mod search;
mod tokens;
mod user;

pub use admin::{AdminRole, Caller, Me};
pub use attributes::{AttributeName, AttributeNames, InvalidAttributeName, SameAttribute};
pub use budget::{InvalidShare, RateShare};
pub use client::{Okta, Session};
pub use credentials::{OktaCredentials, ServiceApp};
pub use group::{FoundGroup, GroupKind};
pub use listed::{Held, HeldAttributes, ListedUser};
pub use outbound::InvalidCredentials;
pub use page::{Cursor, InvalidCursor, Page, PageError};
pub use schema::{AttributeKind, NumberAttribute, UserSchema};
pub use user::{Found, User, UserStatus};
