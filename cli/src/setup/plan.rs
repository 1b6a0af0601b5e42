//! What would be made, in words.

use std::fmt;

use refresh_groups::Seen;
use rules::GroupName;
use serde::Serialize;
use state::GroupStatus;

use super::look::{Attribute, Book, Found, Heard, Webhooks};

/// One thing that a system needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Step {
    #[serde(rename = "state")]
    pub(super) mark: Mark,
    /// What it is, and where it is not simply there, why.
    pub(super) what: String,
}

/// Whether a thing is there.
#[cfg_attr(test, derive(serde::Deserialize))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Mark {
    There,
    #[serde(rename = "to_make")]
    Make,
    /// It can do without, or it was not looked at and was there before.
    LeftOut,
    /// Only a person can put it right.
    Wrong,
}

impl Mark {
    fn as_str(self) -> &'static str {
        match self {
            Self::There => "there",
            Self::Make => "to make",
            Self::LeftOut => "left out",
            Self::Wrong => "WRONG",
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "  {:<10}{}", self.mark.as_str(), self.what)
    }
}

impl Found {
    /// Everything, in the order in which it is made.
    pub(super) fn steps(&self) -> Vec<Step> {
        let store = self.unmade.iter();
        let store = store.map(|it| step(Mark::Make, format!("local store in {}", it.display())));
        let attributes = self.attributes.as_deref();
        let attributes = attributes.map_or_else(
            || vec![unseen(self.is_first)],
            |all| all.iter().map(of_attribute).collect(),
        );
        let groups = self.groups.iter().map(|(name, seen)| of_group(name, seen));
        store
            .chain([of_book(&self.book)])
            .chain(attributes)
            .chain(groups)
            .chain(of_webhooks(&self.webhooks))
            .collect()
    }
}

fn step(mark: Mark, what: impl Into<String>) -> Step {
    Step { mark, what: what.into() }
}

fn of_book(book: &Book) -> Step {
    match book {
        Book::Unwritten { file, book, .. } => {
            let (file, segments) = (file.display(), book.segments().len());
            let currency = book.currency();
            step(Mark::Make, format!("rule book of {file}: {segments} segments, in {currency}"))
        }
        Book::Stored { segments } => step(Mark::There, format!("rule book: {segments} segments")),
        Book::Other { file } => {
            let file = file.display();
            let text = format!(
                "rule book, another than that of {file}: it stays; to change it, `segments rules apply \
                 {file}`"
            );
            step(Mark::There, text)
        }
        Book::Invalid { problems } => {
            let problems = problems.join("; ");
            let text = format!(
                "rule book: {problems}; write a valid one with `segments rules apply FILE`"
            );
            step(Mark::Wrong, text)
        }
    }
}

/// Attributes that cannot be looked at. The first set-up is to make them; from then on credentials have the scopes
/// of daily work alone.
fn unseen(is_first: bool) -> Step {
    let grant = "grant the app okta.schemas.read and okta.schemas.manage, or set up with a token whose \
                 administrator may edit the profile (docs/okta.md); or add them in Okta's console";
    let why = "the credentials may not look at the user schema";
    if is_first {
        step(Mark::Wrong, format!("Okta attributes: {why}: {grant}"))
    } else {
        let text = format!("Okta attributes: not looked at: {why}. If they are not there, {grant}");
        step(Mark::LeftOut, text)
    }
}

fn of_attribute(attribute: &Attribute) -> Step {
    let name = attribute.name.as_str();
    match attribute.kind {
        None => step(Mark::Make, format!("Okta attribute {name}, a number")),
        Some(_) if attribute.fits => step(Mark::There, format!("Okta attribute {name}")),
        Some(kind) => wrong_attribute(name, kind.as_str()).into(),
    }
}

/// Something that is there and cannot be used, and what to do.
pub(crate) struct Wrong {
    pub(crate) finding: String,
    pub(crate) mend: &'static str,
}

impl From<Wrong> for Step {
    fn from(wrong: Wrong) -> Self {
        step(Mark::Wrong, format!("{}: {}", wrong.finding, wrong.mend))
    }
}

/// An attribute that holds something else.
pub(crate) fn wrong_attribute(name: &str, kind: &str) -> Wrong {
    let mend = "name another one in the settings total_spent_attribute and orders_count_attribute, or \
                remove it in Okta";
    Wrong { finding: format!("Okta attribute {name} is of type {kind}"), mend }
}

fn of_group(name: &GroupName, seen: &Seen) -> Step {
    if let Some(wrong) = wrong_group(name, seen) {
        return wrong.into();
    }
    let called = seen.okta_name.as_ref();
    let called = called.map(|called| format!(", called \"{called}\" there")).unwrap_or_default();
    match seen.row.status {
        GroupStatus::Missing => step(Mark::Make, format!("Okta group \"{name}\"")),
        _ if seen.is_known => step(Mark::There, format!("Okta group \"{name}\"{called}")),
        _ => step(Mark::Make, format!("id of Okta group \"{name}\"{called}, in the table")),
    }
}

/// Why a group cannot be used, and what to do; none if it can, or if there is none yet.
pub(crate) fn wrong_group(name: &GroupName, seen: &Seen) -> Option<Wrong> {
    let (why, mend) = match seen.row.status {
        GroupStatus::Found | GroupStatus::Renamed | GroupStatus::Missing => return None,
        GroupStatus::Ambiguous => ("there are several of this name", "rename all but one in Okta"),
        GroupStatus::NotOktaGroup => (
            "an application or Okta itself manages its members",
            "make a group in Okta, and name that in the rule book",
        ),
        GroupStatus::RuleManaged => (
            "an active group rule fills it, so it is not ours to write",
            "name another group in the rule book, or deactivate the rule",
        ),
    };
    Some(Wrong { finding: format!("Okta group \"{name}\": {why}"), mend })
}

fn of_webhooks(webhooks: &Webhooks) -> Vec<Step> {
    let Some(url) = &webhooks.url else {
        let text =
            "webhooks: where they are to go is not known; give --webhook-url, or set WEBHOOK_URL";
        return vec![step(Mark::LeftOut, text)];
    };
    let of = |(topic, heard): (&shopify::SubscriptionTopic, &Heard)| {
        let scope = topic.scope();
        match heard {
            Heard::Here => step(Mark::There, format!("webhooks {topic} to {url}")),
            Heard::Nowhere => step(Mark::Make, format!("webhooks {topic} to {url}")),
            Heard::Elsewhere => {
                let text = format!("webhooks {topic} to {url}; so far they only go elsewhere");
                step(Mark::Make, text)
            }
            Heard::NotGranted if !topic.is_needed() => {
                let text = format!("webhooks {topic}: the app is not granted the scope {scope}");
                step(Mark::LeftOut, text)
            }
            Heard::NotGranted => {
                let text = format!(
                    "webhooks {topic}: grant the app the scope {scope} in Shopify, and run this again"
                );
                step(Mark::Wrong, text)
            }
        }
    };
    webhooks.topics.iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schemas::assert_names;

    #[test]
    fn the_schema_names_every_state() {
        assert_names::<Mark>("setup.schema.json#/$defs/state", "");
    }
}
