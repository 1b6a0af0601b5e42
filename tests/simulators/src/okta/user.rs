//! A user, and the shape it has in answers.

use ::rules::UserId;
use jiff::Timestamp;
use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use crate::okta::answers::moment;
use crate::okta::search::{Held, Searched};

macro_rules! statuses {
    ($($name:ident = $text:literal),* $(,)?) => {
        /// Where in its life a user is
        /// ([user status](https://developer.okta.com/docs/concepts/user-profiles/)).
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum UserStatus {
            $(#[doc = concat!("`", $text, "`.")] $name,)*
        }

        impl UserStatus {
            /// The status as answers have it.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

statuses! {
    Active = "ACTIVE",
    Deprovisioned = "DEPROVISIONED",
    LockedOut = "LOCKED_OUT",
    PasswordExpired = "PASSWORD_EXPIRED",
    Provisioned = "PROVISIONED",
    Recovery = "RECOVERY",
    Staged = "STAGED",
    Suspended = "SUSPENDED",
}

#[derive(Debug, Clone)]
pub(crate) struct User {
    pub(crate) id: UserId,
    pub(crate) status: UserStatus,
    pub(crate) profile: Map<String, Value>,
    pub(crate) created: Timestamp,
    pub(crate) status_changed: Timestamp,
    pub(crate) updated: Timestamp,
    /// Whether they are an administrator with more rights than whoever calls, who may not change them.
    pub(crate) outranks: bool,
    /// Grows with every change; the entity tag is made of it.
    pub(crate) version: u64,
}

impl User {
    pub(crate) fn new(
        id: UserId,
        profile: Map<String, Value>,
        status: UserStatus,
        now: Timestamp,
    ) -> Self {
        let (created, status_changed, updated) = (now, now, now);
        Self { id, status, profile, created, status_changed, updated, outranks: false, version: 1 }
    }

    /// A text of the profile; empty if there is none.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.profile.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// Whether this is the login's part before the @, which may name the user too.
    pub(crate) fn has_short_login(&self, name: &str) -> bool {
        let login = self.text("login").to_lowercase();
        login.split_once('@').is_some_and(|(short, _)| short == name.to_lowercase())
    }

    pub(crate) fn entity_tag(&self) -> String {
        format!("W/\"{}-{}\"", self.id, self.version)
    }

    /// The user as answers have it, cut down to the fields that are asked for.
    pub(crate) fn shown<'a>(&'a self, base: &'a str, fields: Option<&'a Fields>) -> Shown<'a> {
        Shown { user: self, base, fields }
    }
}

/// What `fields` names, such as `status,profile:(login,email)`. The id is always there.
pub(crate) struct Fields {
    top: Vec<String>,
    /// None if the profile is asked for whole, or not at all.
    profile: Option<Vec<String>>,
}

impl Fields {
    pub(crate) fn read(text: &str) -> Self {
        match text.split_once("profile:(") {
            Some((before, rest)) => {
                let (inner, after) = rest.split_once(')').unwrap_or((rest, ""));
                Self { top: names(&format!("{before},{after}")), profile: Some(names(inner)) }
            }
            None => Self { top: names(text), profile: None },
        }
    }

    fn names(&self, field: &str) -> bool {
        let inner = field == "profile" && self.profile.is_some();
        field == "id" || inner || self.top.iter().any(|name| name == field)
    }

    fn names_in_profile(&self, attribute: &str) -> bool {
        self.profile.as_ref().is_none_or(|names| names.iter().any(|name| name == attribute))
    }
}

/// A user in the shape of answers.
pub(crate) struct Shown<'a> {
    user: &'a User,
    base: &'a str,
    fields: Option<&'a Fields>,
}

impl Shown<'_> {
    fn has(&self, field: &str) -> bool {
        self.fields.is_none_or(|fields| fields.names(field))
    }
}

/// Written straight into the answer: a long list is many of them.
impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { user, base, fields } = *self;
        let mut shown = serializer.serialize_map(None)?;
        macro_rules! field {
            ($name:literal, $value:expr) => {
                if self.has($name) {
                    shown.serialize_entry($name, &$value)?;
                }
            };
        }
        let active = user.status != UserStatus::Staged;
        field!("id", user.id);
        field!("status", user.status.as_str());
        field!("created", moment(user.created));
        field!("activated", active.then(|| moment(user.created)));
        field!("statusChanged", moment(user.status_changed));
        field!("lastLogin", ());
        field!("lastUpdated", moment(user.updated));
        field!("passwordChanged", ());
        field!("type", json!({ "id": "oty1sim0000000000001" }));
        field!("profile", ShownProfile { profile: &user.profile, fields });
        field!("credentials", json!({ "provider": { "type": "OKTA", "name": "OKTA" } }));
        let address = || format!("{base}/api/v1/users/{}", user.id);
        field!("_links", json!({ "self": { "href": address() } }));
        shown.end()
    }
}

/// The base attributes that a profile shows even if they hold nothing. Others it leaves out then.
const ALWAYS_SHOWN: [&str; 4] = ["firstName", "lastName", "mobilePhone", "secondEmail"];

struct ShownProfile<'a> {
    profile: &'a Map<String, Value>,
    fields: Option<&'a Fields>,
}

impl Serialize for ShownProfile<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let held = self.profile.iter().filter(|(_, value)| !value.is_null());
        let held = held.map(|(name, value)| (name.as_str(), value));
        let holds = |name: &&str| self.profile.get(*name).is_some_and(|value| !value.is_null());
        let empty = ALWAYS_SHOWN.into_iter().filter(|name| !holds(name));
        let empty = empty.map(|name| (name, &Value::Null));
        let wanted = |(name, _): &(&str, &Value)| {
            self.fields.is_none_or(|fields| fields.names_in_profile(name))
        };
        serializer.collect_map(held.chain(empty).filter(wanted))
    }
}

impl Searched for User {
    fn held(&self, attribute: &str) -> Option<Held<'_>> {
        Some(match attribute {
            "id" => Held::Text(self.id.as_str()),
            "status" => Held::Text(self.status.as_str()),
            "created" => Held::Moment(self.created),
            "statusChanged" => Held::Moment(self.status_changed),
            "lastUpdated" => Held::Moment(self.updated),
            _ => Held::of(self.profile.get(attribute.strip_prefix("profile.")?)?)?,
        })
    }
}

fn names(list: &str) -> Vec<String> {
    list.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect()
}
