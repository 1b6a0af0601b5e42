//! The answer in words.

use jiff::Timestamp;
use okta::{Held, HeldAttributes};
use rules::{Attributes, Membership};
use state::{End, Grounds, Transition};

use super::super::outcomes;
use super::super::pins::PinView;
use super::answer::{
    Applied, Explained, Kept, NextKind, OktaHas, OktaUser, PinSays, Rule, RulesSay, ShopifySays,
    VerdictName,
};
use super::judge::name;
use crate::style;

pub(super) fn of(explained: &Explained) -> String {
    let mut facts = vec![
        ("Shopify", shopify(&explained.shopify)),
        (
            "Rules",
            explained.rules.as_ref().map_or_else(|| "nothing to decide by".to_owned(), decision),
        ),
    ];
    facts.extend(explained.pin.as_ref().map(|says| ("Pinned", pin(says))));
    facts.extend([
        ("Applied", applied(&explained.applied)),
        ("Okta", okta(explained)),
        ("Next", next(explained)),
    ]);
    let mut parts = vec![format!("Customer {}", explained.customer_id), style::facts(&facts)];
    parts.extend(explained.rules.as_ref().map(rules));
    parts.push(history(&explained.history));
    parts.push(if explained.to_look_at.is_empty() {
        "All is well.".to_owned()
    } else {
        let lines: Vec<String> =
            explained.to_look_at.iter().map(|one| format!("  - {one}")).collect();
        format!("To look at:\n{}", lines.join("\n"))
    });
    parts.join("\n\n")
}

fn at(moment: Timestamp) -> String {
    format!("{moment:.0}")
}

fn shopify(says: &ShopifySays) -> String {
    match says {
        ShopifySays::Present { totals, updated_at, last_order_id, last_order_at, has_address } => {
            let last = last_order_id.zip(*last_order_at);
            let last = last.map(|(id, placed)| format!("; last order {id} of {}", at(placed)));
            let address = if *has_address { "" } else { "; no usable e-mail address" };
            let last = last.unwrap_or_default();
            format!("{totals}{last}; last changed {}{address}", at(*updated_at))
        }
        ShopifySays::Gone => "there is no such customer (any more)".to_owned(),
        ShopifySays::NotReached => "not known".to_owned(),
        ShopifySays::Unreadable { detail } => format!("cannot be understood: {detail}"),
    }
}

fn decision(rules: &RulesSay) -> String {
    let book = rules.book.map_or_else(
        || "the wanted book, none being accepted yet".to_owned(),
        |version| format!("rule book version {version}"),
    );
    let decided = match rules.other_currency {
        Some(found) => format!("not compared: the figures are in {found}"),
        None => name(rules.segment.as_ref()).to_owned(),
    };
    let wanted = rules.wanted.as_ref().map(|wanted| {
        format!("\nThe wanted book, once accepted: {}", name(wanted.segment.as_ref()))
    });
    format!("{decided}, by {book}{}", wanted.unwrap_or_default())
}

fn pin(says: &PinSays) -> String {
    let PinView { segment, reason, since } = &says.pin;
    let followed = if says.can_be_followed {
        "a person decided, whatever the rules say"
    } else {
        "the rule book does not have it, so the rules decide"
    };
    let to = name(segment.as_ref());
    format!("to {to} since {}: {}\n{followed}", at(*since), reason.as_str())
}

fn applied(kept: &Kept) -> String {
    match kept {
        Kept::Nothing => "nothing: never looked at, or there was nothing to keep".to_owned(),
        Kept::Unreadable { detail } => format!("cannot be read: {detail}"),
        Kept::Tombstone { why: End::Gone, at: since } => format!("gone since {}", at(*since)),
        Kept::Tombstone { why: End::Redacted, at: since } => {
            format!("forgotten since {}", at(*since))
        }
        Kept::Customer(applied) => customer(applied),
    }
}

fn customer(applied: &Applied) -> String {
    let since = applied.since.map(|since| format!(" since {}", at(since))).unwrap_or_default();
    let user = applied.okta_user_id.as_ref();
    let user = user.map_or_else(|| "no Okta user".to_owned(), |user| format!("Okta user {user}"));
    let groups = applied.holds.groups.values().map(|noted| match noted.membership {
        Membership::Member => noted.name.to_string(),
        Membership::Uncertain => format!("{} (uncertain)", noted.name),
    });
    let groups: Vec<String> = groups.collect();
    let groups = if groups.is_empty() { "no group".to_owned() } else { groups.join(", ") };
    let attributes = match applied.holds.attributes {
        Attributes::Unknown => "attributes not known".to_owned(),
        Attributes::Cleared => "attributes empty".to_owned(),
        Attributes::Set(totals) => format!("attributes {totals}"),
    };
    let mut text =
        format!("{}{since}\n{user}, {groups}, {attributes}", name(applied.segment.as_ref()));
    if let (Some(outcome), Some(moment)) = (applied.outcome, applied.outcome_at) {
        text = format!("{text}\nlast look at {}: {}", at(moment), outcome.as_str());
    }
    if let Some(until) = applied.in_work_until {
        text = format!("{text}\na worker has the customer in hand until {}", at(until));
    }
    text
}

fn okta(explained: &Explained) -> String {
    if explained.not_reached.iter().any(|it| it.service == "okta") {
        return "not known".to_owned();
    }
    let OktaHas { user: shown, differences } = &explained.okta;
    let user = shown.as_ref().map_or_else(|| "no user to show".to_owned(), user);
    let differences = differences.iter().map(|one| format!("\nunlike applied: {one}"));
    format!("{user}{}", differences.collect::<String>())
}

fn user(user: &OktaUser) -> String {
    let groups: Vec<&str> = user.groups.iter().map(rules::GroupName::as_str).collect();
    let groups = if groups.is_empty() { "no managed group".to_owned() } else { groups.join(", ") };
    let matched = if user.is_matched { "" } else { " (found by the address)" };
    let status = if user.is_deactivated { ", deactivated" } else { "" };
    let id = &user.id;
    format!("user {id}{matched}{status}, {groups}, {}", attributes(&user.attributes))
}

fn attributes(attributes: &HeldAttributes) -> String {
    let HeldAttributes { total_spent, orders_count } = attributes;
    format!("attributes: orders {}, spent {}", held(orders_count), held(total_spent))
}

fn held<T: std::fmt::Display>(held: &Held<T>) -> String {
    match held {
        Held::Nothing => "nothing".to_owned(),
        Held::Value(value) => value.to_string(),
        Held::Unreadable => "no number".to_owned(),
    }
}

fn next(explained: &Explained) -> String {
    let Some(next) = &explained.next else { return "not known".to_owned() };
    let begins = match next.kind {
        NextKind::Nothing => "nothing to do: ",
        _ => "",
    };
    format!("{begins}{}", next.meaning)
}

fn rules(rules: &RulesSay) -> String {
    let mut table = style::table(&["Segment", "Verdict", "Asks for", "Why not"]);
    for rule in &rules.segments {
        table.add_row(row(rule));
    }
    table.to_string()
}

fn row(rule: &Rule) -> [String; 4] {
    let verdict = match rule.verdict {
        VerdictName::Wins => "wins",
        VerdictName::Outranked => "matches, comes later",
        VerdictName::NoMatch => "no",
    };
    let asks: Vec<&str> = rule.ranges.iter().map(|range| range.asks.as_str()).collect();
    let why = rule
        .ranges
        .iter()
        .map(|range| if range.matches { "it matches".to_owned() } else { range.misses.join("; ") });
    let why: Vec<String> = why.collect();
    [rule.segment.to_string(), verdict.to_owned(), asks.join("\nor "), why.join("\n")]
}

fn history(transitions: &[Transition]) -> String {
    if transitions.is_empty() {
        return "No change of segment is remembered.".to_owned();
    }
    let mut table = style::table(&["When", "From", "To", "Because of", "Figures", "Book"]);
    for change in transitions {
        let grounds = match &change.grounds {
            Some(Grounds::Range(range)) => format!(", range {}", range + 1),
            Some(Grounds::Pin(_)) => ", pinned".to_owned(),
            None => String::new(),
        };
        table.add_row([
            at(change.at),
            name(change.from.as_ref()).to_owned(),
            format!("{}{grounds}", name(change.to.as_ref())),
            outcomes::cause(change.cause).to_owned(),
            change.totals.to_string(),
            change.book.to_string(),
        ]);
    }
    // Beside the table: a reason may be as long as all its columns.
    let reasons = transitions.iter().filter_map(|change| match &change.grounds {
        Some(Grounds::Pin(reason)) => {
            Some(format!("\nPinned at {}: {}", at(change.at), reason.as_str()))
        }
        _ => None,
    });
    format!("{table}{}", reasons.collect::<String>())
}
