//! Users: finding the one a customer is, and writing the totals to the profile.

use std::collections::BTreeMap;

use http::Method;
use outbound::{Call, Error, ErrorKind, Repeat};
use rules::{EmailAddress, Group, Totals, UserId};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::answer;
use crate::attributes::AttributeNames;
use crate::budget::Bucket;
use crate::client::Session;
use crate::group::FoundGroup;
use crate::search;

/// An Okta user. Login and e-mail address stay inside this crate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// What calls are made with.
    pub id: UserId,
    /// Where the user stands in its life.
    pub status: UserStatus,
}

/// Where a user stands in its life
/// ([user status](https://developer.okta.com/docs/api/openapi/okta-management/management/tag/User/)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum UserStatus {
    /// In use.
    Active,
    /// Deactivated.
    Deprovisioned,
    /// Locked after too many failed sign-ins.
    LockedOut,
    /// Must choose a new password.
    PasswordExpired,
    /// Activated, and has not chosen a password yet.
    Provisioned,
    /// Is resetting the password.
    Recovery,
    /// Made, and not activated yet.
    Staged,
    /// Suspended by an administrator.
    Suspended,
    /// One that was added to Okta after this was written.
    #[serde(other)]
    Other,
}

impl UserStatus {
    /// Whether profile and memberships can be written. Okta keeps a deactivated user from both
    /// unless the org has turned on edits of deactivated users, which we do not count on.
    pub fn can_be_written(self) -> bool {
        self != Self::Deprovisioned
    }
}

impl User {
    /// Whether profile and memberships can be written, by the user's status.
    pub fn can_be_written(&self) -> bool {
        self.status.can_be_written()
    }
}

/// How many users an address leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// None.
    None,
    /// This one.
    One(User),
    /// More than one, and nothing says which is meant.
    Several,
}

impl Found {
    /// Users who can be written come first: one of them is the one meant even if the address once
    /// was a deactivated user's. A deactivated user is found only if there is no other.
    fn among(users: impl IntoIterator<Item = User>) -> Self {
        let distinct: BTreeMap<UserId, User> =
            users.into_iter().map(|user| (user.id.clone(), user)).collect();
        let (usable, deactivated): (Vec<User>, Vec<User>) =
            distinct.into_values().partition(User::can_be_written);
        let mut candidates = if usable.is_empty() { deactivated } else { usable }.into_iter();
        match (candidates.next(), candidates.next()) {
            (None, _) => Self::None,
            (Some(user), None) => Self::One(user),
            (Some(_), Some(_)) => Self::Several,
        }
    }
}

#[derive(Deserialize)]
struct UserAnswer {
    id: UserId,
    status: UserStatus,
    profile: Option<Profile>,
}

#[derive(Deserialize)]
struct Profile {
    login: Option<String>,
    email: Option<String>,
}

impl UserAnswer {
    /// The user, if login or e-mail address is exactly the one asked for. Okta also answers a look-up
    /// by the part of a login before the `@`, and its search ignores more than case.
    fn if_named(self, email: &EmailAddress) -> Option<User> {
        let profile = self.profile.as_ref()?;
        let named =
            [&profile.login, &profile.email].into_iter().flatten().any(|name| email.matches(name));
        named.then(|| self.into_user())
    }

    fn into_user(self) -> User {
        User { id: self.id, status: self.status }
    }
}

impl Session<'_> {
    /// The user whose login or e-mail address this is, whatever the case of its letters.
    ///
    /// The login is looked up first: it is unique in an org, and the look-up is consistent. Only if
    /// it leads to nobody who can be written are e-mail addresses searched. The search index lags
    /// behind, so the one user it leads to is read again by id before we believe it; a user made a
    /// moment ago may still be missing.
    ///
    /// # Errors
    /// If a call fails.
    pub async fn find_user(&self, email: &EmailAddress) -> Result<Found, Error> {
        let by_login = self.user_with_login(email).await?;
        if let Some(user) = by_login.as_ref().filter(|user| user.can_be_written()) {
            return Ok(Found::One(user.clone()));
        }
        let by_email = self.users_with_email(email).await?;
        match Found::among(by_email.into_iter().chain(by_login.clone())) {
            Found::One(user) if by_login.as_ref() != Some(&user) => {
                let current = self.read_user(&user.id).await?;
                let still_named = current.and_then(|current| current.if_named(email));
                Ok(still_named.map_or(Found::None, Found::One))
            }
            found => Ok(found),
        }
    }

    async fn user_with_login(&self, email: &EmailAddress) -> Result<Option<User>, Error> {
        // Okta cannot be asked for a login with a slash this way; the search still finds the user
        // by the e-mail address.
        if email.as_str().contains('/') {
            return Ok(None);
        }
        let path = ["users", email.as_str()];
        let answer: Option<UserAnswer> =
            self.one(Bucket::GetUser, "find user by login", &path).await?;
        Ok(answer.and_then(|answer| answer.if_named(email)))
    }

    async fn users_with_email(&self, email: &EmailAddress) -> Result<Vec<User>, Error> {
        let search = search::equals("profile.email", email.as_str());
        // The rest of the profile is personal data that nobody here needs.
        let fields = "id,status,profile:(login,email)";
        let query = [("search", search.as_str()), ("fields", fields), ("limit", "200")];
        let answers: Vec<UserAnswer> =
            self.list(Bucket::ListUsers, "find users by e-mail", &["users"], &query).await?;
        Ok(answers.into_iter().filter_map(|answer| answer.if_named(email)).collect())
    }

    /// The user with this id; none if there is none.
    ///
    /// # Errors
    /// If the call fails.
    pub async fn user(&self, id: &UserId) -> Result<Option<User>, Error> {
        Ok(self.read_user(id).await?.map(UserAnswer::into_user))
    }

    /// The user with this id, if they are still there and their login or e-mail address is this one. By
    /// id, and so without the lag of a search.
    ///
    /// # Errors
    /// If the call fails.
    pub async fn user_named(
        &self,
        id: &UserId,
        email: &EmailAddress,
    ) -> Result<Option<User>, Error> {
        Ok(self.read_user(id).await?.and_then(|user| user.if_named(email)))
    }

    async fn read_user(&self, id: &UserId) -> Result<Option<UserAnswer>, Error> {
        self.one(Bucket::GetUser, "read user", &["users", id.as_str()]).await
    }

    /// Writes the totals to the two attributes as exact JSON numbers, or empties both. The rest of
    /// the profile stays as it is: Okta's `POST` is a partial update.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) if there is no such user,
    /// [`Rejected`](ErrorKind::Rejected) with `E0000001` if the org's schema lacks an attribute,
    /// [`Forbidden`](ErrorKind::Forbidden) with `E0000038` if the user's status does not allow it; or
    /// if the call fails otherwise.
    pub async fn set_attributes(
        &self,
        id: &UserId,
        names: &AttributeNames,
        totals: Option<Totals>,
    ) -> Result<(), Error> {
        let path = ["users", id.as_str()];
        let call = self.call("set totals", Method::POST, &path, Repeat::Safe);
        let body = ProfileUpdate::new(names, totals, &call)?;
        let call = call.json(&body)?;
        let answer = self.send(Bucket::UpdateUser, &call).await?;
        let changed: UserAnswer = answer::json(&call, answer.body())?;
        if changed.id == *id {
            return Ok(());
        }
        Err(call.error(ErrorKind::Unreadable { detail: "the profile of somebody else" }))
    }

    /// All groups the user is in, those of every kind. A group whose name is not one that we could
    /// have been given carries its id as its name.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) if there is no such user; or if a call fails.
    pub async fn groups_of(&self, id: &UserId) -> Result<Vec<Group>, Error> {
        let path = ["users", id.as_str(), "groups"];
        let groups: Vec<FoundGroup> =
            self.list(Bucket::GroupsOfUser, "read groups of user", &path, &[]).await?;
        Ok(groups.into_iter().map(|found| found.group).collect())
    }
}

#[derive(Serialize)]
struct ProfileUpdate<'a> {
    profile: BTreeMap<&'a str, Option<Box<RawValue>>>,
}

impl<'a> ProfileUpdate<'a> {
    fn new(names: &'a AttributeNames, totals: Option<Totals>, call: &Call) -> Result<Self, Error> {
        let number = |number: Option<Decimal>| {
            number.map(exact_number).transpose().map_err(|_| {
                call.error(ErrorKind::Unreadable { detail: "a total that is no JSON number" })
            })
        };
        let spent = number(totals.map(|totals| totals.spent.amount))?;
        let orders = number(totals.map(|totals| totals.orders.into()))?;
        let profile = BTreeMap::from([
            (names.total_spent().as_str(), spent),
            (names.orders_count().as_str(), orders),
        ]);
        Ok(Self { profile })
    }
}

/// The digits as they are: through a float, `0.1` could become something else.
fn exact_number(number: Decimal) -> serde_json::Result<Box<RawValue>> {
    RawValue::from_string(number.normalize().to_string())
}
