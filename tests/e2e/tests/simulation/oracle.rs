//! What must be in the end: worked out from the shop, the book, and what people did, by none of the product's
//! code.

use std::collections::{BTreeMap, BTreeSet};

use rules::{CustomerId, PinnedTo, UserId};
use simulators::okta::UserStatus;
use state::{Entry, Record};

use crate::book::{Book, Segment};
use crate::game::{Game, Hand, Person, STAFF, User};

/// What Okta should hold of a customer.
#[derive(Debug, Clone, Copy)]
enum Due<'a> {
    /// Nothing: they are gone, or were forgotten and have not ordered since.
    Nothing,
    /// Their figures, and the group of this segment.
    Held { segment: Option<&'a Segment>, cents: i64, orders: u64 },
    /// What it held before: nobody can compare their money.
    WhatItWas,
    /// Nothing, or what is due to others: they ordered after they had asked to be forgotten, and that order is
    /// somebody else's now.
    Either,
}

/// What is promised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Promise {
    /// Who had an event is right.
    Events,
    /// After a full run that read all groups, everybody who was matched is right, and nobody else was
    /// touched.
    Run,
    /// After one more, everybody who can be matched is.
    NextRun,
}

/// What the tables hold of the customers.
pub(crate) type Entries = BTreeMap<CustomerId, Entry>;

impl Game {
    /// Holds everything against a promise.
    pub(crate) async fn check(&mut self, promise: Promise) {
        let entries = self.entries().await;
        let book = match promise {
            Promise::Events => self.accepted().await,
            Promise::Run | Promise::NextRun => self.books[self.wanted].clone(),
        };
        let mut wrong = Vec::new();
        let mut judged = 0;
        for person in &self.people {
            let is_promised = promise != Promise::Events || self.is_promised_by_events(person);
            if is_promised {
                judged += 1;
                let due = self.due(person, &book, &entries);
                let found = self.judge(person, due, &book, &entries, promise);
                wrong.extend(
                    found.into_iter().map(|what| format!("{}: {what}", self.name(person.id))),
                );
            }
        }
        if promise != Promise::Events {
            wrong.extend(self.judge_others(&entries));
            wrong.extend(self.at_rest(&entries));
        }
        wrong.extend(self.listener.wrong());
        let kind = match promise {
            Promise::Events => "events",
            Promise::Run => "run",
            Promise::NextRun => "next run",
        };
        self.tally.add(format!("customers judged: {kind}"), judged);
        for what in wrong {
            self.wrong(kind, what);
        }
    }

    pub(crate) async fn entries(&self) -> Entries {
        let ids: Vec<_> = self.people.iter().map(|person| person.id).collect();
        let found = self.system.customers.load(&ids).await.unwrap();
        found.into_iter().map(|(id, found)| (id, found.unwrap().entry)).collect()
    }

    /// The book that workers decide by.
    async fn accepted(&self) -> Book {
        let random = &*self.system.worker.random;
        let config = self.system.config.load(None, self.now(), random).await.unwrap();
        let book = self.books.iter().find(|book| book.parsed() == *config.book.book);
        book.unwrap().clone()
    }

    /// Whether an event has told of a customer since all that concerns them has changed, and nobody at
    /// Okta has a hand in it.
    fn is_promised_by_events(&self, person: &Person) -> bool {
        let users = || self.users.iter().filter(move |user| !user.borne.is_disjoint(&person.borne));
        let is_contested = users().any(|user| self.bearing(&user.borne).len() > 1);
        person.told >= person.changed.0
            && !self.groups_changed
            && !is_contested
            && !users().any(|user| !user.hands.is_empty())
    }

    fn due<'a>(&self, person: &Person, book: &'a Book, entries: &Entries) -> Due<'a> {
        let last = self.orders_of(person.id).max_by_key(|order| order.id);
        let is_forgotten =
            person.redacted.is_some_and(|at| last.is_none_or(|order| order.made <= at));
        let came_back = |at| {
            let mut after = self.orders.iter().filter(|order| order.made > at);
            after.any(|order| order.former.contains(&person.id))
        };
        if person.is_there && is_forgotten && person.redacted.is_some_and(came_back) {
            return Due::Either;
        }
        if !person.is_there || is_forgotten {
            return Due::Nothing;
        }
        let totals = self.world.shopify.totals(person.id).unwrap();
        let (cents, orders) = (cents(&totals.spent.amount.to_string()), totals.orders);
        // A pin ends with a redaction, and nobody else can say which came first.
        let pin = match (person.redacted, entries.get(&person.id)) {
            (None, _) => person.pin.clone(),
            (Some(_), Some(Entry::Customer(record))) => {
                record.pin.as_ref().map(|pin| pin.to.clone())
            }
            (Some(_), Some(Entry::Tombstone(_)) | None) => None,
        };
        let pinned = match &pin {
            Some(PinnedTo::Outside) => Some(None),
            Some(PinnedTo::Segment(name)) => book.named(name.as_str()).map(Some),
            None => None,
        };
        match pinned {
            Some(segment) => Due::Held { segment, cents, orders },
            None if person.has_euros => Due::WhatItWas,
            None => Due::Held { segment: book.segment(cents, orders), cents, orders },
        }
    }

    fn judge(
        &self,
        person: &Person,
        due: Due<'_>,
        book: &Book,
        entries: &Entries,
        promise: Promise,
    ) -> Vec<String> {
        let record = match entries.get(&person.id) {
            Some(Entry::Customer(record)) => Some(&**record),
            _ => None,
        };
        let matched = record.and_then(|record| record.matched.as_ref());
        let matched = matched.map(|matched| &matched.user);
        let (segment, cents, orders) = match due {
            // Nobody is looked for at Okta by figures that cannot be compared.
            Due::WhatItWas if !person.was_pinned => {
                let found = matched.map(|user| format!("has euros, and is matched with {user}"));
                return found.into_iter().collect();
            }
            Due::WhatItWas | Due::Either => return Vec::new(),
            Due::Nothing => {
                let found = matched.map(|user| format!("is still matched with {user}"));
                let mut wrong: Vec<_> = found.into_iter().collect();
                if record.is_some() && person.redacted.is_some() && person.is_there {
                    wrong.push("was to be forgotten, and is kept".to_owned());
                }
                return wrong;
            }
            Due::Held { segment, cents, orders } => (segment, cents, orders),
        };
        let mut wrong: Vec<_> = judge_pin(person, record).into_iter().collect();
        let Some(id) = matched else {
            wrong.extend(segment.and_then(|segment| {
                self.should_be_matched(person, entries, promise).map(|user| {
                    format!("is not matched with {user}, and belongs to {}", segment.name)
                })
            }));
            return wrong;
        };
        let Some(user) = self.users.iter().find(|user| user.id == *id) else {
            wrong.push(format!("is matched with {id}, who is nobody"));
            return wrong;
        };
        if user.borne.is_disjoint(&person.borne) {
            wrong.push(format!("is matched with {}, who is somebody else", user.login));
        }
        let bears = |address: &String| user.login == *address || user.email == *address;
        if !user.hands.contains(&Hand::Rename) && !person.email.as_ref().is_some_and(bears) {
            wrong.push(format!("is matched with {}, whose address is not theirs now", user.login));
        }
        if !user.is_there {
            if segment.is_some() {
                wrong.push(format!("is matched with {}, who is gone", user.login));
            }
            return wrong;
        }
        if self.is_usable(user) {
            let found = record.and_then(|record| record.segment.as_ref());
            if found.map(rules::SegmentName::as_str) != segment.map(|segment| segment.name) {
                wrong.push(format!("is noted in {found:?}, and belongs to {segment:?}"));
            }
            wrong.extend(self.judge_user(user, segment, book, (cents, orders)));
        }
        wrong
    }

    fn is_usable(&self, user: &User) -> bool {
        let status = self.world.okta.status_of(&user.id);
        status.is_some_and(|status| status != UserStatus::Deprovisioned)
    }

    /// Whether a user who stands for a customer holds what they should.
    fn judge_user(
        &self,
        user: &User,
        segment: Option<&Segment>,
        book: &Book,
        (cents_due, orders_due): (i64, u64),
    ) -> Vec<String> {
        let mut wrong = Vec::new();
        let due: BTreeSet<_> = segment.map(|segment| segment.group).into_iter().collect();
        let mut held = self.groups_of(&user.id);
        // A group that the book does not name is not ours to leave if somebody else put the user there.
        held.retain(|name| {
            due.contains(name)
                || !user.put_into.contains(name)
                || book.0.iter().any(|segment| segment.group == *name)
        });
        if held != due {
            wrong.push(format!("{} is in {held:?} and belongs in {due:?}", user.login));
        }
        let (spent, orders) = self.world.okta.attributes_of(&user.id);
        let spent = spent.map(|spent| cents(&spent.to_string()));
        if (spent, orders) != (Some(cents_due), Some(orders_due)) {
            wrong.push(format!(
                "the profile of {} shows {spent:?} cents and {orders:?} orders, and {cents_due} and \
                 {orders_due} are right",
                user.login
            ));
        }
        wrong
    }

    /// The one usable user who bears a customer's address, if no other customer has them.
    fn should_be_matched(
        &self,
        person: &Person,
        entries: &Entries,
        promise: Promise,
    ) -> Option<String> {
        let email = person.email.as_ref()?;
        let usable = || self.users.iter().filter(move |user| user.is_there && self.is_usable(user));
        let by_login = usable().find(|user| user.login == *email);
        let by_email: Vec<_> = usable().filter(|user| user.email == *email).collect();
        let user = match (promise, by_login, &by_email[..]) {
            (Promise::Run, ..) => return None,
            (_, Some(user), _) => user,
            // Searches lag, and a run that looks once does not look for what it does not see yet.
            (Promise::NextRun, None, [user]) => *user,
            _ => return None,
        };
        let has = |record: &Record| {
            record.matched.as_ref().is_some_and(|matched| matched.user == user.id)
        };
        let is_taken =
            entries.values().any(|entry| matches!(entry, Entry::Customer(record) if has(record)));
        (!is_taken).then(|| user.login.clone())
    }

    /// Whether those who stand for nobody hold nothing of ours, and nobody's other groups changed.
    fn judge_others(&self, entries: &Entries) -> Vec<String> {
        let mut wrong = Vec::new();
        let matched: BTreeSet<&UserId> = entries
            .values()
            .filter_map(|entry| match entry {
                Entry::Customer(record) => Some(&record.matched.as_ref()?.user),
                Entry::Tombstone(_) => None,
            })
            .collect();
        let staff = self.world.okta.members(&self.group(STAFF).unwrap());
        for user in self.users.iter().filter(|user| user.is_there) {
            if staff.contains(&user.id) != user.is_staff {
                wrong.push(format!("{} is no longer as they were in {STAFF}", user.login));
            }
            if matched.contains(&user.id) || user.hands.contains(&Hand::SetStatus) {
                continue;
            }
            let mut held = self.groups_of(&user.id);
            // Who was let go while a rule filled the group was in it by the rule, for all we know.
            held.retain(|name| !user.put_into.contains(name) && !self.ruled.contains(name));
            if !held.is_empty() {
                wrong.push(format!("{} stands for nobody and is in {held:?}", user.login));
            }
            let (spent, orders) = self.world.okta.attributes_of(&user.id);
            if orders.is_some() || spent.is_some() && !user.hands.contains(&Hand::WriteProfile) {
                let shown = (spent.map(|spent| spent.to_string()), orders);
                wrong.push(format!("{} stands for nobody and shows {shown:?}", user.login));
            }
            let is_strange = self.bearing(&user.borne).is_empty();
            if is_strange && self.was_touched(user) {
                wrong.push(format!("{} has nothing to do with us and was touched", user.login));
            }
        }
        wrong
    }

    /// Whether anybody but people at Okta changed a user's memberships.
    fn was_touched(&self, user: &User) -> bool {
        let staff = self.group(STAFF).unwrap();
        let log = self.world.okta.membership_log();
        let mut ours = log.iter().enumerate().filter(|(place, _)| !self.by_hand.contains(place));
        ours.any(|(_, event)| event.user == user.id && event.group != staff)
    }

    /// Whether something is left half done.
    fn at_rest(&self, entries: &Entries) -> Vec<String> {
        let now = self.now();
        let mut wrong = Vec::new();
        for (id, entry) in entries {
            let Entry::Customer(record) = entry else { continue };
            if record.is_leased(now) {
                wrong.push(format!("{} is leased", self.name(*id)));
            }
            let told = self.listener.heard_of(*id);
            if let Some(last) = told.last()
                && record.announcing.is_empty()
                && last["to"].as_str() != record.segment.as_ref().map(rules::SegmentName::as_str)
                && last["sequence"] == record.sequence
            {
                wrong.push(format!("{}: others were told {last}", self.name(*id)));
            }
        }
        wrong
    }
}

/// Whether a person's decision was lost, or made up.
fn judge_pin(person: &Person, record: Option<&Record>) -> Option<String> {
    let kept = record.and_then(|record| record.pin.as_ref()).map(|pin| &pin.to);
    let is_lost = person.redacted.is_none() && kept != person.pin.as_ref();
    is_lost.then(|| format!("is pinned to {kept:?} and should be to {:?}", person.pin))
}

/// "45.5" is 4550.
fn cents(amount: &str) -> i64 {
    let (whole, fraction) = amount.split_once('.').unwrap_or((amount, ""));
    let fraction = format!("{fraction:0<2}");
    assert!(fraction[2..].bytes().all(|digit| digit == b'0'), "{amount}");
    format!("{whole}{}", &fraction[..2]).parse().unwrap()
}
