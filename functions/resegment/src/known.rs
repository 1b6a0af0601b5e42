//! The applied state of all customers, read into memory.

use std::collections::{BTreeSet, HashMap};

use comparison::{
    AddressTag, Known, KnownBuilder, KnownCustomer, KnownPin, KnownRead, KnownState, SegmentRef,
    UserTag,
};
use futures_util::stream::{FuturesUnordered, StreamExt};
use jiff::Timestamp;
use okta::HeldAttributes;
use rules::{Attributes, CustomerId, GroupName, Membership, PinnedTo, RuleBook, SegmentName};
use state::{Customers, Entry, GroupStatus, Last, Outcome, Page, Place, Record, RunConfig};

use crate::run::Run;
use crate::trouble::Trouble;

/// What is known, and what could not be read.
pub(crate) struct Read {
    pub(crate) known: Known,
    pub(crate) unreadable: u64,
    /// Customers whose applied state is not to be believed.
    pub(crate) doubted: BTreeSet<CustomerId>,
    /// When the look was made that was made longest ago.
    pub(crate) oldest_look: Option<Timestamp>,
}

/// Whose applied state is not to be believed, as far as that was found out elsewhere.
#[derive(Default)]
pub(crate) struct Doubts {
    /// What Okta's users were read to be.
    pub(crate) profiles: HashMap<UserTag, Profile>,
    /// Customers whom the last run did not come to: it does not know how the look at them ended, or could
    /// not judge them.
    pub(crate) lost: BTreeSet<CustomerId>,
}

/// An Okta user as a list shows them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Profile {
    pub(crate) held: HeldAttributes,
    /// Whether the user can be written to.
    pub(crate) usable: bool,
}

impl Run<'_> {
    /// Reads the applied state. `began` is when the export began: who was read later may be missing in
    /// it.
    pub(crate) async fn read_known(
        &mut self,
        book: &RuleBook,
        began: Timestamp,
        doubts: &Doubts,
    ) -> Result<Read, Trouble> {
        let config = self.config().await?.clone();
        let mut builder = KnownBuilder::new(began);
        let (mut unreadable, mut oldest_look) = (0, None);
        let mut doubted = BTreeSet::new();
        let customers = &self.me.customers;
        let mut pages: FuturesUnordered<_> =
            (0..customers.parts()).map(|part| page(customers, part, None)).collect();
        while let Some((part, read)) = pages.next().await {
            let Page { customers: entries, strangers, next } = read?;
            unreadable += u64::try_from(strangers.len()).unwrap_or(u64::MAX);
            for (customer, entry) in entries {
                match entry {
                    Ok(entry) => {
                        let last = last_look(&entry);
                        oldest_look = oldest_look.into_iter().chain(last.map(|it| it.at)).min();
                        let judged = (&config, book, doubts);
                        let mut known = known(&mut builder, customer, &entry, judged)?;
                        let was_inactive = last.is_some_and(|last| is_inactive(last.outcome));
                        if doubts.of(&mut known, was_inactive) {
                            doubted.insert(customer);
                        }
                        builder.push(&known);
                    }
                    Err(error) => {
                        tracing::error!(customer_id = %customer, error = %error, "an entry cannot be read");
                        unreadable += 1;
                    }
                }
            }
            if let Some(next) = next {
                pages.push(page(customers, part, Some(next)));
            }
            if self.now() > self.until {
                return Err(Trouble::OutOfTime);
            }
            self.keep_up().await?;
        }
        Ok(Read { known: builder.finish(), unreadable, doubted, oldest_look })
    }
}

/// What an entry is judged by.
type Judged<'a> = (&'a RunConfig, &'a RuleBook, &'a Doubts);

async fn page(
    customers: &Customers,
    part: i32,
    from: Option<Place>,
) -> (i32, Result<Page, state::Error>) {
    (part, customers.scan(part, customers.parts(), from).await)
}

impl Doubts {
    /// Says whether a customer's applied state is not to be believed, and has them differ then: their
    /// user's profile shows something else than was applied, the user was deactivated at the last look
    /// and is not any more, or nobody knows how the last look ended.
    fn of(&self, known: &mut KnownCustomer, was_inactive: bool) -> bool {
        let is_lost = self.lost.contains(&known.id);
        match &mut known.state {
            KnownState::Matched { user, shown, .. } => {
                let profile = self.profiles.get(user);
                let shows_other = shown.is_some_and(|applied| {
                    profile.is_some_and(|profile| !profile.held.show(Some(applied)))
                });
                let is_doubted = is_lost || was_inactive || shows_other;
                if is_doubted {
                    *shown = None;
                }
                is_doubted
            }
            KnownState::Unmatched { retry, .. } => {
                *retry |= is_lost;
                false
            }
            KnownState::Tombstone { .. } => false,
        }
    }

    fn is_usable(&self, user: UserTag) -> bool {
        self.profiles.get(&user).is_some_and(|profile| profile.usable)
    }
}

fn known(
    builder: &mut KnownBuilder,
    id: CustomerId,
    entry: &Entry,
    judged: Judged<'_>,
) -> Result<KnownCustomer, Trouble> {
    let (read, state, pin) = match entry {
        Entry::Tombstone(stone) => {
            (None, KnownState::Tombstone { seen: stone.seen.unwrap_or(stone.at) }, None)
        }
        Entry::Customer(record) => {
            let read = record.read.map(|read| KnownRead {
                at: read.at,
                updated_at: read.updated_at,
                totals: read.totals,
            });
            let pin = record.pin.as_ref().map(|pin| pinned(builder, &pin.to)).transpose()?;
            (read, state_of(builder, id, record, judged)?, pin)
        }
    };
    Ok(KnownCustomer { id, read, state, pin })
}

fn pinned(builder: &mut KnownBuilder, to: &PinnedTo) -> Result<KnownPin, Trouble> {
    match to {
        PinnedTo::Segment(name) => segment(builder, name).map(KnownPin::Segment),
        PinnedTo::Outside => Ok(KnownPin::Outside),
    }
}

fn segment(builder: &mut KnownBuilder, name: &SegmentName) -> Result<SegmentRef, Trouble> {
    builder.segment(name).map_err(|error| Trouble::Fatal(error.to_string()))
}

fn state_of(
    builder: &mut KnownBuilder,
    id: CustomerId,
    record: &Record,
    (config, book, doubts): Judged<'_>,
) -> Result<KnownState, Trouble> {
    let last = record.last.as_ref().map(|last| last.outcome);
    let Some(matched) = &record.matched else {
        let address = record.sought.as_ref().and_then(state::AddressHash::tag);
        return Ok(KnownState::Unmatched {
            address: address.map(AddressTag::new),
            looked: is_sought(last) || lacked_a_group(last),
            retry: last.is_some_and(|last| is_mended(last, record, config, book)),
        });
    };
    let address = matched.address.tag().map(AddressTag::new);
    let user = UserTag::new(config.salt.user_tag(&matched.user));
    let may_be_active = doubts.is_usable(user) || doubts.lost.contains(&id);
    if last.is_some_and(is_inactive) && !may_be_active {
        // Nothing can be written to them until they are active again, which changes the user, and has
        // them listed: now, or for a run that could not take it up.
        return Ok(KnownState::Unmatched { address, looked: true, retry: false });
    }
    let segment = record.segment.as_ref().map(|name| segment(builder, name)).transpose()?;
    let shown = match record.applied.attributes {
        Attributes::Set(totals) => Some(totals),
        Attributes::Unknown | Attributes::Cleared => None,
    };
    Ok(KnownState::Matched {
        user,
        address,
        shown,
        segment,
        in_place: is_in_place(record, config, book),
    })
}

fn last_look(entry: &Entry) -> Option<&Last> {
    match entry {
        Entry::Customer(record) => record.last.as_ref(),
        Entry::Tombstone(_) => None,
    }
}

fn is_inactive(last: Outcome) -> bool {
    last == Outcome::UserInactive
}

/// Whether the last look was one for a user. A customer who belonged to no segment was not looked for.
fn is_sought(last: Option<Outcome>) -> bool {
    matches!(
        last,
        Some(Outcome::Unmatched | Outcome::Ambiguous | Outcome::UserInactive | Outcome::UserTaken)
    )
}

/// Whether the last look came to nothing for want of a group.
fn lacked_a_group(last: Option<Outcome>) -> bool {
    matches!(last, Some(Outcome::GroupWithoutId | Outcome::GroupGone | Outcome::GroupRuleManaged))
}

/// Whether a look that came to nothing for want of a group would now find one.
fn is_mended(last: Outcome, record: &Record, config: &RunConfig, book: &RuleBook) -> bool {
    let Some(read) = record.read.filter(|_| lacked_a_group(Some(last))) else { return false };
    let ruling = book.rule(&read.totals, record.pin.as_ref().map(|pin| &pin.to));
    let Ok(Some(segment)) = ruling.segment() else { return false };
    let row = config.groups.get(segment.okta_group_name());
    row.is_some_and(|row| row.id.is_some() && row.status.is_usable())
}

/// Whether the noted groups are exactly the one that goes with the segment now.
fn is_in_place(record: &Record, config: &RunConfig, book: &RuleBook) -> bool {
    let name: Option<&GroupName> = record
        .segment
        .as_ref()
        .and_then(|name| book.segment(name))
        .map(rules::Segment::okta_group_name);
    let noted = || record.applied.groups.iter().filter(|(id, _)| !is_rule_managed(id, config));
    let Some(name) = name else { return noted().next().is_none() };
    let row = config.groups.get(name).filter(|row| row.status.is_usable());
    // Nothing can be done while the group cannot be used.
    let Some(target) = row.and_then(|row| row.id.as_ref()) else { return true };
    let mut noted = noted();
    match (noted.next(), noted.next()) {
        (Some((id, group)), None) => id == target && group.membership == Membership::Member,
        _ => false,
    }
}

/// A group that a rule of Okta fills is not ours to leave.
fn is_rule_managed(id: &rules::GroupId, config: &RunConfig) -> bool {
    config
        .groups
        .values()
        .any(|row| row.status == GroupStatus::RuleManaged && row.id.as_ref() == Some(id))
}
