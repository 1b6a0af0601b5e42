//! A user, and the shape it has in answers.

use ::rules::UserId;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::okta::answers::moment;

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
        Self { id, status, profile, created, status_changed, updated, version: 1 }
    }

    /// A text of the profile; empty if there is none.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.profile.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// Whether this is how a path may name the user: id, login, or the login's part before the @.
    pub(crate) fn is_called(&self, name: &str) -> bool {
        let login = self.text("login").to_lowercase();
        let name_folded = name.to_lowercase();
        self.id.as_str() == name
            || login == name_folded
            || login.split_once('@').is_some_and(|(short, _)| short == name_folded)
    }

    pub(crate) fn entity_tag(&self) -> String {
        format!("W/\"{}-{}\"", self.id, self.version)
    }

    /// The profile as answers have it: base attributes are there even if they hold nothing, others
    /// are left out.
    fn shown_profile(&self) -> Map<String, Value> {
        let mut profile = self.profile.clone();
        profile.retain(|_, value| !value.is_null());
        for name in ["firstName", "lastName", "mobilePhone", "secondEmail"] {
            profile.entry(name).or_insert(Value::Null);
        }
        profile
    }

    pub(crate) fn json(&self, base: &str) -> Value {
        let active = !matches!(self.status, UserStatus::Staged);
        json!({
            "id": self.id,
            "status": self.status.as_str(),
            "created": moment(self.created),
            "activated": active.then(|| moment(self.created)),
            "statusChanged": moment(self.status_changed),
            "lastLogin": null,
            "lastUpdated": moment(self.updated),
            "passwordChanged": null,
            "type": { "id": "oty1sim0000000000001" },
            "profile": self.shown_profile(),
            "credentials": { "provider": { "type": "OKTA", "name": "OKTA" } },
            "_links": { "self": { "href": format!("{base}/api/v1/users/{}", self.id) } },
        })
    }

    /// The answer cut down to what `fields` names, such as `status,profile:(login,email)`. The id is
    /// always there.
    pub(crate) fn projected(&self, base: &str, fields: Option<&str>) -> Value {
        let mut whole = self.json(base);
        let Some((fields, object)) = fields.zip(whole.as_object_mut()) else { return whole };
        let (top, inner) = match fields.split_once("profile:(") {
            Some((before, rest)) => {
                let (inner, after) = rest.split_once(')').unwrap_or((rest, ""));
                (format!("{before},{after}"), Some(names(inner)))
            }
            None => (fields.to_owned(), None),
        };
        let top = names(&top);
        object.retain(|name, _| {
            name == "id" || top.contains(name) || name == "profile" && inner.is_some()
        });
        if let Some((inner, profile)) =
            inner.zip(object.get_mut("profile").and_then(Value::as_object_mut))
        {
            profile.retain(|name, _| inner.contains(name));
        }
        whole
    }
}

fn names(list: &str) -> Vec<String> {
    list.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect()
}
