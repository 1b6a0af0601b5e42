//! What a look would do now, in words.

use rules::Plan;
use state::{End, Outcome};
use sync_customer::{Changes, Foreseen, Next};

use super::super::outcomes::advice;
use super::answer::{NextKind, NextStep};

/// What a look would do, as it is told.
pub(super) fn step(foreseen: &Foreseen) -> NextStep {
    let parting = foreseen.parting.as_ref().map(|changes| lines(&changes.plan)).unwrap_or_default();
    let (kind, meaning, outcome) = meaning(&foreseen.next);
    let changes = match &foreseen.next {
        Next::Hold(changes) => Some(changes),
        _ => None,
    };
    let kind =
        if kind == NextKind::Nothing && !parting.is_empty() { NextKind::Changes } else { kind };
    let meaning = match (&foreseen.parting, foreseen.next == Next::HoldNothing) {
        (Some(Changes { user, .. }), is_all) if !matches!(foreseen.next, Next::End(_)) => {
            let rest = if is_all { String::new() } else { format!("; then: {meaning}") };
            format!(
                "everything is taken back from Okta user {user}, who does not have the customer's address any more{rest}"
            )
        }
        _ => meaning,
    };
    NextStep {
        kind,
        meaning,
        okta_user_id: changes.map(|changes| changes.user.clone()),
        changes: changes.map(|changes| lines(&changes.plan)).unwrap_or_default(),
        parting,
        outcome,
    }
}

fn meaning(next: &Next) -> (NextKind, String, Option<Outcome>) {
    match next {
        Next::Hold(changes) if changes.plan.is_empty() => {
            (NextKind::Nothing, "Okta holds what it should, as far as is known".to_owned(), None)
        }
        Next::Hold(changes) => {
            let plan = lines(&changes.plan).join(", ");
            (NextKind::Changes, format!("Okta user {} is changed: {plan}", changes.user), None)
        }
        Next::HoldNothing => (
            NextKind::Nothing,
            "the customer belongs to no segment, and Okta holds nothing of them".to_owned(),
            None,
        ),
        Next::HeldBack(outcome) => {
            let advice = advice(*outcome).unwrap_or_default();
            (
                NextKind::HeldBack,
                format!("held back as {}: {advice}", outcome.as_str()),
                Some(*outcome),
            )
        }
        Next::End(End::Gone) => {
            let told = "the customer is gone from the shop: everything is taken back".to_owned();
            (NextKind::End, told, None)
        }
        Next::End(End::Redacted) => {
            (NextKind::End, "the customer is forgotten: everything is taken back".to_owned(), None)
        }
        Next::Rest(End::Gone) => (
            NextKind::Nothing,
            "the customer is gone from the shop, and nothing is left to do".to_owned(),
            None,
        ),
        Next::Rest(End::Redacted) => {
            let told = "the customer asked to be forgotten, and is: only an order placed later changes that";
            (NextKind::Nothing, told.to_owned(), None)
        }
        Next::Lagging => {
            let told =
                "Shopify shows an older state than was read before: a look waits for the newer one";
            (NextKind::Wait, told.to_owned(), None)
        }
        Next::Unreadable(detail) => {
            (NextKind::Unreadable, format!("Shopify's answer cannot be understood: {detail}"), None)
        }
    }
}

fn lines(plan: &Plan) -> Vec<String> {
    plan.changes().iter().map(ToString::to_string).collect()
}
