//! Users as lists bring them: whom a run compares with what was applied.

use std::collections::BTreeMap;

use jiff::Timestamp;
use outbound::{Error, ErrorKind};
use rules::{EmailAddress, GroupId, Totals, UserId};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::answer;
use crate::attributes::{AttributeName, AttributeNames};
use crate::budget::Bucket;
use crate::client::{SERVICE, Session};
use crate::page::{Cursor, List, Page, PageError};
use crate::user::UserStatus;

/// The largest page of users, and of members the one that Okta recommends.
const PAGE: &str = "200";

/// A user on a page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedUser {
    /// What calls are made with.
    pub id: UserId,
    /// Where the user stands in its life.
    pub status: UserStatus,
    /// The login, if it is an e-mail address.
    pub login: Option<EmailAddress>,
    /// The e-mail address, if it is one.
    pub email: Option<EmailAddress>,
    /// What the attributes for the totals hold.
    pub attributes: HeldAttributes,
}

/// What the two attributes for the totals hold in a user's profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldAttributes {
    /// The money spent. Which currency it is counted in, the profile does not say.
    pub total_spent: Held<Decimal>,
    /// The number of orders.
    pub orders_count: Held<u64>,
}

/// What one attribute holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Held<T> {
    /// Null, or the profile does not show it.
    Nothing,
    /// A number that may be there.
    Value(T),
    /// Something else: a text, or a number that no total can be.
    Unreadable,
}

impl ListedUser {
    /// Whether profile and memberships can be written, by the user's status.
    pub fn can_be_written(&self) -> bool {
        self.status.can_be_written()
    }
}

impl HeldAttributes {
    /// Whether the attributes show these totals; none means that they are empty.
    pub fn show(&self, totals: Option<Totals>) -> bool {
        *self == totals.map_or(Self::EMPTY, Self::of)
    }

    const EMPTY: Self = Self { total_spent: Held::Nothing, orders_count: Held::Nothing };

    fn of(totals: Totals) -> Self {
        let Totals { orders, spent } = totals;
        Self { total_spent: Held::Value(spent.amount), orders_count: Held::Value(orders) }
    }
}

impl Session<'_> {
    /// A page of the group's members: the first, or the one that `from` leads to. Who joins or leaves
    /// between two pages may be on both or on neither.
    ///
    /// # Errors
    /// [`PageError::Cursor`] if `from` leads nowhere any more; [`PageError::Call`] with
    /// [`NotFound`](outbound::ErrorKind::NotFound) if there is no such group, or if the call fails
    /// otherwise.
    pub async fn members(
        &self,
        group: &GroupId,
        names: &AttributeNames,
        from: Option<&Cursor>,
    ) -> Result<Page, PageError> {
        let list = List {
            bucket: Bucket::Members,
            operation: "list members",
            path: &["groups", group.as_str(), "users"],
            query: &[("limit", PAGE)],
        };
        self.users_of(&list, names, from).await
    }

    /// A page of the users whose profile or status changed after a moment, the deactivated among them:
    /// the first, or the one that `from` leads to, which is a page of the list that was begun then.
    /// Okta keeps the time of a change to the millisecond, and one of the moment's own millisecond is left
    /// out. Changes of memberships do not count.
    ///
    /// # Errors
    /// [`PageError::Cursor`] if `from` leads nowhere any more; [`PageError::Call`] if the call fails.
    pub async fn users_changed_since(
        &self,
        since: Timestamp,
        names: &AttributeNames,
        from: Option<&Cursor>,
    ) -> Result<Page, PageError> {
        let filter = changed_after(since);
        let fields = fields(names);
        let query = [("filter", filter.as_str()), ("fields", &fields), ("limit", PAGE)];
        let list = users("list changed users", &query);
        self.users_of(&list, names, from).await
    }

    /// A page of all users but the deactivated: the first, or the one that `from` leads to.
    ///
    /// # Errors
    /// [`PageError::Cursor`] if `from` leads nowhere any more; [`PageError::Call`] if the call fails.
    pub async fn all_users(
        &self,
        names: &AttributeNames,
        from: Option<&Cursor>,
    ) -> Result<Page, PageError> {
        let fields = fields(names);
        let query = [("fields", fields.as_str()), ("limit", PAGE)];
        let list = users("list all users", &query);
        self.users_of(&list, names, from).await
    }

    /// The user with this id as a list would bring them, without a list's lag; none if there is none.
    ///
    /// # Errors
    /// If the call fails.
    pub async fn user_with_attributes(
        &self,
        id: &UserId,
        names: &AttributeNames,
    ) -> Result<Option<ListedUser>, Error> {
        const OPERATION: &str = "read user";
        let path = ["users", id.as_str()];
        let found: Option<Box<RawValue>> = self.one(Bucket::GetUser, OPERATION, &path).await?;
        let Some(entry) = found else { return Ok(None) };
        let detail = "not a user as Okta's reference describes one";
        let unreadable = || Error::new(SERVICE, OPERATION, ErrorKind::Unreadable { detail });
        read(&entry, names).map(Some).ok_or_else(unreadable)
    }

    async fn users_of(
        &self,
        list: &List<'_>,
        names: &AttributeNames,
        from: Option<&Cursor>,
    ) -> Result<Page, PageError> {
        let (page, next) = self.page_of(list, from).await?;
        let entries: Vec<&RawValue> = answer::json(&page.call, &page.body)?;
        let users: Vec<ListedUser> =
            entries.iter().filter_map(|entry| read(entry, names)).collect();
        let unreadable = entries.len() - users.len();
        Ok(Page { users, unreadable, next })
    }
}

fn users<'a>(operation: &'static str, query: &'a [(&'a str, &'a str)]) -> List<'a> {
    List { bucket: Bucket::ListUsers, operation, path: &["users"], query }
}

/// The rest of a profile is personal data that nobody here needs.
fn fields(names: &AttributeNames) -> String {
    let (spent, orders) = (names.total_spent().as_str(), names.orders_count().as_str());
    format!("id,status,profile:(login,email,{spent},{orders})")
}

/// Cut to the millisecond, as Okta's own moments are.
fn changed_after(since: Timestamp) -> String {
    format!(r#"lastUpdated gt "{}""#, since.strftime("%Y-%m-%dT%H:%M:%S.%3fZ"))
}

#[derive(Deserialize)]
struct Entry<'a> {
    id: UserId,
    status: UserStatus,
    #[serde(borrow)]
    profile: Option<BTreeMap<String, &'a RawValue>>,
}

fn read(entry: &RawValue, names: &AttributeNames) -> Option<ListedUser> {
    let Entry { id, status, profile } = serde_json::from_str(entry.get()).ok()?;
    let profile = profile.unwrap_or_default();
    let address = |name| address(profile.get(name)?);
    let held = |name: &AttributeName| profile.get(name.as_str()).copied();
    let attributes = HeldAttributes {
        total_spent: number(held(names.total_spent())),
        orders_count: number(held(names.orders_count())).and_then(count),
    };
    Some(ListedUser { id, status, login: address("login"), email: address("email"), attributes })
}

fn address(value: &RawValue) -> Option<EmailAddress> {
    serde_json::from_str::<String>(value.get()).ok()?.parse().ok()
}

/// The digits as they are: through a float, `0.1` could become something else.
fn number(value: Option<&RawValue>) -> Held<Decimal> {
    match value.map(RawValue::get) {
        None | Some("null") => Held::Nothing,
        Some(text) => Decimal::from_str_exact(text)
            .or_else(|_| Decimal::from_scientific(text))
            .map_or(Held::Unreadable, Held::Value),
    }
}

fn count(number: Decimal) -> Option<u64> {
    number.is_integer().then(|| u64::try_from(number).ok()).flatten()
}

impl<T> Held<T> {
    fn and_then<U>(self, read: impl FnOnce(T) -> Option<U>) -> Held<U> {
        match self {
            Self::Nothing => Held::Nothing,
            Self::Value(value) => read(value).map_or(Held::Unreadable, Held::Value),
            Self::Unreadable => Held::Unreadable,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(profile: &str) -> ListedUser {
        let entry = format!(r#"{{"id": "u1", "status": "ACTIVE", "profile": {profile}}}"#);
        let entry = RawValue::from_string(entry).unwrap();
        read(&entry, &AttributeNames::default()).unwrap()
    }

    fn held(spent: &str, orders: &str) -> HeldAttributes {
        let profile =
            format!(r#"{{"shopify_total_spent": {spent}, "shopify_orders_count": {orders}}}"#);
        listed(&profile).attributes
    }

    fn totals(orders: u64, spent: &str) -> Totals {
        let amount = spent.parse().unwrap();
        Totals { orders, spent: rules::Money::new(amount, rules::Currency::USD) }
    }

    #[test]
    fn totals_are_told_apart_exactly_however_they_are_written() {
        for (spent, orders) in [("45.5", "1"), ("45.50", "1.0"), ("4.55e1", "1E0")] {
            assert!(held(spent, orders).show(Some(totals(1, "45.50"))), "{spent} {orders}");
            assert!(!held(spent, orders).show(Some(totals(1, "45.51"))));
            assert!(!held(spent, orders).show(Some(totals(2, "45.50"))));
            assert!(!held(spent, orders).show(None));
        }
        let most = held("12345678901234567890.12", &u64::MAX.to_string());
        assert!(most.show(Some(totals(u64::MAX, "12345678901234567890.12"))));
        assert!(held("-3.1", "0").show(Some(totals(0, "-3.1"))));
    }

    #[test]
    fn what_is_empty_is_not_what_cannot_be_read() {
        for empty in ["{}", r#"{"shopify_total_spent": null}"#, "null"] {
            assert_eq!(listed(empty).attributes, HeldAttributes::EMPTY);
            assert!(listed(empty).attributes.show(None));
        }
        for odd in [r#""45.5""#, "true", "{}", "1e400"] {
            let odd = held(odd, odd);
            assert_eq!(odd.total_spent, Held::Unreadable);
            assert_eq!(odd.orders_count, Held::Unreadable);
            assert!(!odd.show(None) && !odd.show(Some(totals(0, "0"))));
        }
        for odd in ["1.5", "-1", "18446744073709551616"] {
            assert_eq!(held("0", odd).orders_count, Held::Unreadable, "{odd}");
        }
    }

    #[test]
    fn what_is_no_address_is_none() {
        let user = listed(r#"{"login": "ann", "email": "Ann@example.com"}"#);
        assert_eq!(user.login, None);
        assert!(user.email.unwrap().matches("ann@example.com"));
        for odd in [r#"{"login": 1, "email": null}"#, "{}"] {
            assert_eq!((listed(odd).login, listed(odd).email), (None, None));
        }
    }

    #[test]
    fn a_moment_is_cut_to_the_millisecond() {
        let since = "2026-11-21T12:00:00.123999Z".parse().unwrap();
        assert_eq!(changed_after(since), r#"lastUpdated gt "2026-11-21T12:00:00.123Z""#);
        let whole = "2026-11-21T12:00:00Z".parse().unwrap();
        assert_eq!(changed_after(whole), r#"lastUpdated gt "2026-11-21T12:00:00.000Z""#);
    }
}
