//! The comparison as one would write it first: slow, short, and held in maps.

use std::collections::{BTreeMap, BTreeSet};

use comparison::{MOVED_EXAMPLES, Standing, Why};
use rules::{Currency, EmailAddress, Money, PinnedTo, RuleBook, Ruling, Totals};
use rust_decimal::Decimal;

use crate::export::Line;
use crate::shop::{EXPORT, Held, HeldState, Read, at};

/// What the model finds.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Found {
    /// Why, whether to recheck, and the user found.
    pub(crate) differing: BTreeMap<u64, (Why, bool, Option<u64>)>,
    /// Customers and what they spent, by segment; no name for those outside.
    pub(crate) segments: BTreeMap<Option<String>, (u64, Decimal)>,
    /// Customers, what they spent, and the first of them.
    pub(crate) movements: BTreeMap<(Standing, Standing), (u64, Decimal, Vec<u64>)>,
    pub(crate) customers: u64,
    pub(crate) unchanged: u64,
    pub(crate) duplicates: u64,
    pub(crate) other_currency: u64,
    pub(crate) no_email: u64,
    pub(crate) unmatched: u64,
    pub(crate) tombstones: u64,
    pub(crate) pinned: u64,
    pub(crate) pins_unknown: u64,
    pub(crate) placed: u64,
    pub(crate) moved: u64,
    pub(crate) strangers: BTreeSet<u64>,
}

struct Model<'a> {
    book: RuleBook,
    read: Option<&'a Read>,
    owned: BTreeSet<u64>,
    found: Found,
}

/// An address, as far as it matters: in lower case.
type Address = String;

/// Who is by whom, what is to be said of them.
struct Verdict {
    why: Option<Why>,
    recheck: bool,
    user: Option<u64>,
    /// The group or segment they are in now.
    now: Standing,
}

pub(crate) fn model(book: RuleBook, lines: &[Line], held: &[Held], read: Option<&Read>) -> Found {
    let mut model = Model { book, read, owned: BTreeSet::new(), found: Found::default() };
    let known: BTreeMap<u64, &Held> = held.iter().map(|held| (held.id, held)).collect();
    let mut exported = BTreeSet::new();
    for line in lines {
        if exported.insert(line.id) {
            model.found.customers += 1;
            model.customer(line, known.get(&line.id).copied());
        } else {
            model.found.duplicates += 1;
        }
    }
    for held in known.values() {
        model.own_known(held);
        if !exported.contains(&held.id) {
            model.absent(held);
        }
    }
    for (user, _, groups) in read.map(|read| read.users.clone()).unwrap_or_default() {
        if !groups.is_empty() && !model.owned.contains(&user) {
            model.found.strangers.insert(user);
        }
    }
    model.found
}

fn address(line: &Line) -> Option<Address> {
    let address: EmailAddress = line.email.as_ref()?.parse().ok()?;
    Some(address.folded().to_owned())
}

/// Figures in another currency than the book's are not compared: nobody knows that they are the same.
fn same_totals(a: &Totals, b: &Totals) -> bool {
    let is_compared = |totals: &Totals| totals.spent.currency == Currency::USD;
    is_compared(a) && is_compared(b) && a.orders == b.orders && a.spent.amount == b.spent.amount
}

impl Model<'_> {
    fn bearers(&self, address: &str) -> Vec<u64> {
        let users = self.read.map(|read| read.users.clone()).unwrap_or_default();
        let bears = |addresses: &[&str]| addresses.contains(&address);
        users.into_iter().filter(|(_, all, _)| bears(all)).map(|(user, _, _)| user).collect()
    }

    /// The groups a user was found in; those of no segment of the book have no name.
    fn groups(&self, user: u64) -> BTreeSet<Option<String>> {
        let users = self.read.map(|read| read.users.clone()).unwrap_or_default();
        let groups = users.into_iter().find(|(other, _, _)| *other == user);
        let groups = groups.map(|(_, _, groups)| groups).unwrap_or_default();
        groups.into_iter().map(|group| self.in_book(group)).collect()
    }

    fn in_book(&self, segment: &str) -> Option<String> {
        let known = self.book.segment(&segment.parse().unwrap()).is_some();
        known.then(|| segment.to_owned())
    }

    fn own(&mut self, address: &str) {
        let bearers = self.bearers(address);
        self.owned.extend(bearers);
    }

    fn own_known(&mut self, held: &Held) {
        match &held.state {
            HeldState::Tombstone { .. } | HeldState::Unmatched { .. } => {}
            HeldState::Matched { user, address, .. } => {
                self.owned.insert(*user);
                if let Some(address) = address {
                    self.own(address);
                }
            }
        }
    }

    fn segment_of(
        &mut self,
        totals: &Totals,
        pin: Option<&PinnedTo>,
    ) -> Result<Option<String>, Currency> {
        let ruling = self.book.rule(totals, pin);
        match ruling {
            Ruling::ByRules(_) => {}
            Ruling::Pinned(_) => self.found.pinned += 1,
            Ruling::PinUnknown(_) => self.found.pins_unknown += 1,
        }
        Ok(ruling.segment()?.map(|segment| segment.name().to_string()))
    }

    fn customer(&mut self, line: &Line, held: Option<&Held>) {
        let updated = line.updated_at.parse().unwrap();
        let read = held.and_then(|held| held.read).filter(|(_, mark, _)| *mark >= updated);
        let said = Totals {
            orders: line.orders,
            spent: Money::new(line.spent.parse().unwrap(), line.currency.parse().unwrap()),
        };
        // Figures may catch up with orders without another mark. At equal marks the later read counts.
        let newer = read.filter(|(read_at, mark, _)| *mark > updated || *read_at >= at(EXPORT));
        let mut totals = newer.map_or(said, |(_, _, totals)| totals);
        let exported = address(line);
        // Of whom we read later than the export, the address we know counts.
        let theirs = match held.map(|held| &held.state) {
            Some(
                HeldState::Matched { address: Some(address), .. }
                | HeldState::Unmatched { address: Some(address), .. },
            ) if read.is_some() => Some((*address).to_owned()),
            _ => exported.clone(),
        };
        if let Some(theirs) = &theirs {
            self.own(theirs);
        }
        let mut has_address = exported.is_some();
        match held.map(|held| &held.state) {
            Some(HeldState::Tombstone { seen }) if *seen >= updated => {
                self.found.tombstones += 1;
                self.found.unchanged += 1;
                return;
            }
            Some(HeldState::Tombstone { .. }) => totals = said,
            Some(HeldState::Matched { .. }) if read.is_some() => has_address = true,
            Some(HeldState::Unmatched { address, looked: true, .. }) if read.is_some() => {
                has_address = address.is_some();
            }
            _ => {}
        }
        self.found.no_email += u64::from(!has_address);
        let is_buried = |held: &&Held| matches!(held.state, HeldState::Tombstone { .. });
        let pin = held.filter(|held| !is_buried(held)).and_then(|held| held.pin.as_ref());
        let Ok(target) = self.segment_of(&totals, pin) else {
            self.found.other_currency += 1;
            if let Some(HeldState::Matched { user, segment, .. }) = held.map(|held| &held.state) {
                let placed = segment.is_some() || !self.groups(*user).is_empty();
                self.found.placed += u64::from(placed);
            }
            return;
        };
        let is_in_book = totals.spent.currency == Currency::USD;
        let spent = if is_in_book { totals.spent.amount } else { Decimal::ZERO };
        if is_in_book {
            let sums = self.found.segments.entry(target.clone()).or_default();
            sums.0 += 1;
            sums.1 += spent;
        }
        let mut verdict = self.verdict(line, held, read.is_some(), &totals, target.as_deref());
        let mut to =
            target.map_or(Standing::Outside, |name| Standing::Segment(name.parse().unwrap()));
        if verdict.why == Some(Why::Remapped) && verdict.now == to {
            verdict.now = Standing::FormerGroup;
        }
        if let Some(HeldState::Matched { user, address, .. }) = held.map(|held| &held.state)
            && read.is_none()
        {
            // Whoever bears the address now stands for them.
            let is_theirs = exported.as_deref().is_some_and(|exported| {
                Some(exported) == *address || self.bearers(exported).contains(user)
            });
            if !is_theirs {
                to = Standing::Outside;
            }
        }
        if verdict.why.is_none() {
            self.found.unchanged += 1;
            let is_held = held.is_some_and(|held| matches!(held.state, HeldState::Matched { .. }));
            self.found.unmatched += u64::from(!is_held && to != Standing::Outside);
        }
        self.write(line.id, &verdict, to, spent);
    }

    fn write(&mut self, id: u64, verdict: &Verdict, to: Standing, spent: Decimal) {
        let placed = verdict.now != Standing::Outside;
        self.found.placed += u64::from(placed);
        let Some(why) = verdict.why else { return };
        self.found.differing.insert(id, (why, verdict.recheck, verdict.user));
        if verdict.now != to {
            self.found.moved += u64::from(placed);
            let movement = self.found.movements.entry((verdict.now.clone(), to)).or_default();
            movement.0 += 1;
            movement.1 += spent;
            if movement.2.len() < MOVED_EXAMPLES {
                movement.2.push(id);
            }
        }
    }

    /// Where somebody is now: in the segment applied, unless they are found in a group that is neither
    /// the target's nor about to be left anyway.
    fn now(
        &self,
        applied: Option<&str>,
        groups: &BTreeSet<Option<String>>,
        target: Option<&str>,
    ) -> Standing {
        let named = |name: &str| Standing::Segment(name.parse().unwrap());
        if let Some(applied) = applied.filter(|applied| Some(*applied) != target) {
            return named(applied);
        }
        for segment in self.book.segments() {
            let name = segment.name().to_string();
            if groups.contains(&Some(name.clone())) && Some(name.as_str()) != target {
                return named(&name);
            }
        }
        if groups.contains(&None) {
            return Standing::FormerGroup;
        }
        match (applied, target) {
            (Some(applied), _) => named(applied),
            (None, Some(target)) if !groups.is_empty() => named(target),
            _ => Standing::Outside,
        }
    }

    fn verdict(
        &self,
        line: &Line,
        held: Option<&Held>,
        is_trusted: bool,
        totals: &Totals,
        target: Option<&str>,
    ) -> Verdict {
        let nothing = Verdict { why: None, recheck: false, user: None, now: Standing::Outside };
        let exported = address(line);
        // Finds nobody, or one; and whether anybody bears the address.
        let seek = |why: Why, address: Option<&str>| {
            let bearers = address.map(|address| self.bearers(address)).unwrap_or_default();
            let user = if bearers.len() == 1 { Some(bearers[0]) } else { None };
            let groups = user.map(|user| self.groups(user)).unwrap_or_default();
            let now = self.now(None, &groups, target);
            let recheck = bearers.len() > 1 && matches!(why, Why::New | Why::Returned);
            Verdict { why: Some(why), recheck, user, now }
        };
        match held.map(|held| &held.state) {
            Some(HeldState::Matched { user, address, shown, segment, in_place }) => {
                let groups = self.groups(*user);
                let why = if *segment != target {
                    Some(match (segment, target) {
                        (None, _) => Why::Entered,
                        (_, None) => Why::Left,
                        _ => Why::Moved,
                    })
                } else if !in_place {
                    Some(Why::Remapped)
                } else if !shown.is_some_and(|shown| same_totals(&shown, totals)) {
                    Some(Why::Totals)
                } else if !is_trusted && (exported.is_none() || exported.as_deref() != *address) {
                    Some(Why::Address)
                } else {
                    None
                };
                let expected = if *in_place { *segment } else { target };
                let expected: BTreeSet<_> =
                    expected.map(|name| self.in_book(name)).into_iter().collect();
                let whole = self.read.map(|read| read.whole.clone()).unwrap_or_default();
                let whole: BTreeSet<_> = whole.into_iter().map(|name| self.in_book(name)).collect();
                let recheck = self.read.is_some()
                    && (!groups.is_subset(&expected)
                        || expected.intersection(&whole).any(|group| !groups.contains(group)));
                let why = why.or(recheck.then_some(Why::Drift));
                Verdict { why, recheck, user: None, now: self.now(*segment, &groups, target) }
            }
            Some(HeldState::Unmatched { address, looked: true, retry }) => {
                let current = if is_trusted { address.map(str::to_owned) } else { exported };
                if target.is_none() || current.is_none() {
                    return nothing;
                }
                let current = current.as_deref();
                if current != *address {
                    seek(Why::Address, current)
                } else if *retry {
                    seek(Why::Retry, current)
                } else if current.is_some_and(|address| !self.bearers(address).is_empty()) {
                    seek(Why::Found, current)
                } else {
                    nothing
                }
            }
            _ if target.is_none() || exported.is_none() => nothing,
            Some(HeldState::Tombstone { .. }) => seek(Why::Returned, exported.as_deref()),
            Some(HeldState::Unmatched { .. }) | None => seek(Why::New, exported.as_deref()),
        }
    }

    fn absent(&mut self, held: &Held) {
        let before = held.read.is_none_or(|(read_at, _, _)| read_at < at(EXPORT));
        let (applied, groups) = match &held.state {
            HeldState::Tombstone { .. } => return,
            HeldState::Matched { user, segment, .. } => (*segment, self.groups(*user)),
            HeldState::Unmatched { .. } => (None, BTreeSet::new()),
        };
        let now = self.now(applied, &groups, None);
        let why = before.then_some(Why::Gone);
        let spent = held.read.map(|(_, _, totals)| totals.spent);
        let spent = spent.filter(|spent| spent.currency == self.book.currency());
        let spent = spent.map_or(Decimal::ZERO, |spent| spent.amount);
        self.write(
            held.id,
            &Verdict { why, recheck: false, user: None, now },
            Standing::Gone,
            spent,
        );
    }
}
