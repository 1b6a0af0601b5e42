//! What follows from all that is known of a customer. Pure.

use std::collections::BTreeSet;

use rules::{
    Attributes, Decision, Explanation, GroupId, GroupName, Membership, RuleBook, SegmentName,
    SegmentVerdict, Totals, Verdict,
};
use shopify::Truth;
use state::{Entry, Outcome, Record};
use sync_customer::{Known, foresee, managed};

use super::super::outcomes::{STANDING, advice};
use super::super::pins::PinView;
use super::answer::{
    Applied, Explained, Kept, NextKind, NextStep, OktaHas, OktaUser, PinSays, RangeSays, Rule,
    RulesSay, ShopifySays, VerdictName, WantedSays,
};
use super::gather::{Gathered, HeldUser};
use super::next::step;

pub(super) fn judge(gathered: &Gathered) -> Explained {
    let entry = gathered.entry.as_ref().ok();
    let record = gathered.record();
    let read = entry.zip(gathered.truth.as_ref()).zip(gathered.okta.as_ref());
    let next = read.map(|((entry, truth), okta)| {
        let known = Known {
            customer: gathered.customer,
            config: &gathered.config,
            entry: entry.as_ref(),
            truth,
            bearer: okta.bearer.clone(),
            now: gathered.now,
        };
        step(&foresee(&known))
    });
    let rules = gathered.rules();
    let okta = gathered.okta();
    let pin = gathered.pin();
    let about = About { rules: rules.as_ref(), pin: pin.as_ref(), next: next.as_ref() };
    let to_look_at = gathered.to_look_at(&about, &okta);
    let mut history = record.map(|record| record.transitions.clone()).unwrap_or_default();
    history.reverse();
    Explained {
        customer_id: gathered.customer,
        shopify: shopify_says(gathered.truth.as_ref()),
        rules,
        pin,
        applied: gathered.kept(),
        okta,
        next,
        history,
        to_look_at,
        not_reached: gathered.not_reached.clone(),
    }
}

impl Gathered {
    fn record(&self) -> Option<&Record> {
        match &self.entry {
            Ok(Some(Entry::Customer(record))) => Some(record),
            _ => None,
        }
    }

    fn pin(&self) -> Option<PinSays> {
        let pin = self.record()?.pin.as_ref()?;
        let can_be_followed = self.config.book.book.can_follow(&pin.to);
        Some(PinSays { pin: PinView::of(pin), can_be_followed })
    }

    fn rules(&self) -> Option<RulesSay> {
        let Some(Truth::Present(customer)) = &self.truth else { return None };
        let book = &self.config.book;
        let explanation = book.book.explain(&customer.totals);
        let decision = explanation.decision();
        let segment = segment_of(&decision);
        let wanted = self.wanted.as_ref().map(|wanted| decided(wanted, &customer.totals));
        Some(RulesSay {
            book: self.is_accepted.then_some(book.version),
            other_currency: match decision {
                Decision::OtherCurrency { found } => Some(found),
                Decision::Segment { .. } | Decision::NoSegment => None,
            },
            segments: rules_of(&explanation),
            wanted: wanted
                .filter(|wanted| *wanted != segment)
                .map(|segment| WantedSays { segment }),
            segment,
        })
    }

    fn kept(&self) -> Kept {
        match &self.entry {
            Err(detail) => Kept::Unreadable { detail: detail.clone() },
            Ok(None) => Kept::Nothing,
            Ok(Some(Entry::Tombstone(stone))) => Kept::Tombstone { why: stone.why, at: stone.at },
            Ok(Some(Entry::Customer(record))) => Kept::Customer(Box::new(Applied {
                segment: record.segment.clone(),
                since: record.in_segment_since(),
                okta_user_id: record.matched.as_ref().map(|matched| matched.user.clone()),
                holds: record.applied.clone(),
                totals: record.read.map(|read| read.totals),
                read_at: record.read.map(|read| read.at),
                outcome: record.last.as_ref().map(|last| last.outcome),
                outcome_at: record.last.as_ref().map(|last| last.at),
                book: record.last.as_ref().map(|last| last.book),
                in_work_until: record
                    .lease
                    .map(|lease| lease.until)
                    .filter(|until| *until > self.now),
            })),
        }
    }

    fn okta(&self) -> OktaHas {
        let Some(okta) = &self.okta else {
            return OktaHas { user: None, differences: Vec::new() };
        };
        let matched = self.record().and_then(|record| record.matched.as_ref());
        let is_matched =
            |user: &HeldUser| matched.is_some_and(|matched| matched.user == user.listed.id);
        let user = okta.user.as_ref().map(|user| OktaUser {
            id: user.listed.id.clone(),
            is_matched: is_matched(user),
            is_deactivated: !user.listed.can_be_written(),
            groups: self.managed_groups(user).into_iter().map(|(_, name)| name).collect(),
            attributes: user.listed.attributes,
        });
        let differences = match (self.record(), matched, &okta.user) {
            (Some(record), Some(_), Some(user)) if is_matched(user) => {
                self.differences(record, user)
            }
            (_, Some(matched), _) => {
                vec![format!(
                    "Okta no longer has user {}, whom the customer is matched with",
                    matched.user
                )]
            }
            _ => Vec::new(),
        };
        OktaHas { user, differences }
    }

    /// The groups of a user that are the product's to change.
    fn managed_groups(&self, user: &HeldUser) -> Vec<(GroupId, GroupName)> {
        let mut ours: BTreeSet<GroupId> = managed(&self.config);
        ours.extend(
            self.record().into_iter().flat_map(|record| record.applied.groups.keys().cloned()),
        );
        let groups = user.groups.iter().filter(|group| ours.contains(&group.id));
        groups.map(|group| (group.id.clone(), group.name.clone())).collect()
    }

    /// Where the applied state and Okta part. What is noted as uncertain may be so or so.
    fn differences(&self, record: &Record, user: &HeldUser) -> Vec<String> {
        let held = self.managed_groups(user);
        let mut differences = Vec::new();
        if user.listed.can_be_written() == (record.last_outcome() == Some(Outcome::UserInactive)) {
            let now = if user.listed.can_be_written() { "active again" } else { "deactivated" };
            differences.push(format!("the user is {now}"));
        }
        for (id, noted) in &record.applied.groups {
            let is_held = held.iter().any(|(held, _)| held == id);
            if noted.membership == Membership::Member && !is_held {
                differences.push(format!("the user is not in {}", noted.name));
            }
        }
        for (id, name) in &held {
            if !record.applied.groups.contains_key(id) {
                differences.push(format!("the user is in {name}, too"));
            }
        }
        let attributes = user.listed.attributes;
        let shows = match record.applied.attributes {
            Attributes::Unknown => true,
            Attributes::Cleared => attributes.show(None),
            Attributes::Set(totals) => attributes.show(Some(totals)),
        };
        if !shows {
            differences.push("the two attributes hold something else".to_owned());
        }
        differences
    }

    fn to_look_at(&self, about: &About<'_>, okta: &OktaHas) -> Vec<String> {
        let missing = self.not_reached.iter();
        let missing = missing.map(|it| format!("{} was not reached: {}", it.service, it.detail));
        let mut all: Vec<String> = missing.collect();
        let next = about.next;
        if let Err(detail) = &self.entry {
            all.push(format!("what is kept of the customer cannot be read ({detail})"));
        }
        let applied = self.record().and_then(|record| record.segment.as_ref());
        if let Some((who, should)) = about.belongs().filter(|(_, should)| *should != applied)
            && !matches!(self.entry, Ok(Some(Entry::Tombstone(_))))
        {
            let (is, should) = (name(applied), name(should));
            all.push(format!("{who} the customer into {should}, and applied is {is}"));
        }
        let unknown = about.pin.filter(|pin| !pin.can_be_followed);
        if let Some(PinSays { pin, .. }) = unknown {
            all.push(format!(
                "the customer is pinned to {}, which the rule book does not have, so the rules decide: \
                 pin them to another segment, or unpin them",
                name(pin.segment.as_ref())
            ));
        }
        if let Some(next) = next.filter(|next| next.kind != NextKind::Nothing) {
            all.push(next.meaning.clone());
        }
        let last = self.record().and_then(Record::last_outcome);
        let stands = unknown.map(|_| Outcome::PinUnknown).or(next.and_then(|next| next.outcome));
        if let Some(last) = last.filter(|last| STANDING.contains(last) && stands != Some(*last)) {
            let advice = advice(last).unwrap_or_default();
            all.push(format!("the last look ended as {}: {advice}", last.as_str()));
        }
        if !okta.differences.is_empty() {
            all.push(format!(
                "Okta does not hold what was applied ({}): a full run with --verify repairs it",
                okta.differences.join("; ")
            ));
        }
        all
    }
}

/// What decides about a customer, and what follows.
struct About<'a> {
    rules: Option<&'a RulesSay>,
    pin: Option<&'a PinSays>,
    next: Option<&'a NextStep>,
}

impl<'a> About<'a> {
    /// Who says where the customer belongs, and where; none if nobody can say.
    fn belongs(&self) -> Option<(&'static str, Option<&'a SegmentName>)> {
        let pin = self.pin.filter(|pin| pin.can_be_followed);
        let rules = self.rules.filter(|rules| rules.other_currency.is_none());
        match (pin, rules) {
            (Some(said), _) => Some(("the pin puts", said.pin.segment.as_ref())),
            (None, Some(rules)) => Some(("the rules put", rules.segment.as_ref())),
            (None, None) => None,
        }
    }
}

fn shopify_says(truth: Option<&Truth>) -> ShopifySays {
    match truth {
        Some(Truth::Present(customer)) => ShopifySays::Present {
            totals: customer.totals,
            updated_at: customer.updated_at,
            last_order_id: customer.last_order.map(|order| order.id),
            last_order_at: customer.last_order.map(|order| order.created_at),
            has_address: customer.email.is_some(),
        },
        Some(Truth::Gone) => ShopifySays::Gone,
        Some(Truth::Unreadable { detail }) => ShopifySays::Unreadable { detail },
        None => ShopifySays::NotReached,
    }
}

fn decided(book: &RuleBook, totals: &Totals) -> Option<SegmentName> {
    segment_of(&book.decide(totals))
}

fn segment_of(decision: &Decision<'_>) -> Option<SegmentName> {
    match decision {
        Decision::Segment { segment, .. } => Some(segment.name().clone()),
        Decision::NoSegment | Decision::OtherCurrency { .. } => None,
    }
}

fn rules_of(explanation: &Explanation<'_>) -> Vec<Rule> {
    let rule = |judged: &SegmentVerdict<'_>| Rule {
        segment: judged.segment.name().clone(),
        group: judged.segment.okta_group_name().clone(),
        verdict: match judged.verdict {
            Verdict::Wins => VerdictName::Wins,
            Verdict::Outranked { .. } => VerdictName::Outranked,
            Verdict::NoMatch => VerdictName::NoMatch,
        },
        ranges: judged
            .ranges
            .iter()
            .map(|range| RangeSays {
                asks: range.range.to_string(),
                matches: range.matches(),
                misses: range.misses.iter().map(ToString::to_string).collect(),
            })
            .collect(),
    };
    explanation.segments().iter().map(rule).collect()
}

pub(super) fn name(segment: Option<&SegmentName>) -> &str {
    segment.map_or("no segment", SegmentName::as_str)
}
