//! Telling others of a change of segment.
//!
//! A change is noted with the customer's record before it is told, as a rule in the write that takes the
//! lease; it is told when Okta holds it; and the write that ends the look makes history of it. So a worker
//! that dies anywhere leaves either nothing that anybody can have heard, or the very words that they may
//! have heard, and the next look says those again.

use rules::{GroupName, Segment, SegmentName, Totals, UserId};
use state::{Announcement, Cause, End, Grounds, MOST_ANNOUNCEMENTS, Record, Transition};

use crate::failure::Failure;
use crate::look::{Look, Target};
use crate::write::{Trouble, Writer};

/// Where a look puts a customer.
#[derive(Debug, Clone, Default)]
pub(crate) struct Place {
    /// The segment; none for no segment.
    pub(crate) segment: Option<SegmentName>,
    /// The group that goes with it.
    pub(crate) group: Option<GroupName>,
    /// What that rests on.
    pub(crate) grounds: Option<Grounds>,
    /// The rule that matched, in words.
    rule: Option<String>,
    /// The user who stands for the customer, or stood for them until now.
    user: Option<UserId>,
    /// How the customer came to an end, if they did.
    end: Option<End>,
}

impl Place {
    /// Out of all segments, and parted from this user.
    pub(crate) fn outside(user: Option<UserId>) -> Self {
        Self { user, ..Self::default() }
    }

    /// The end of a customer for whom this user stood.
    pub(crate) fn ended(end: End, user: Option<UserId>) -> Self {
        Self { end: Some(end), ..Self::outside(user) }
    }

    /// Where a customer is held for whom this user stands.
    pub(crate) fn held(target: &Target<'_>, user: Option<UserId>) -> Self {
        let (segment, grounds) = (target.belongs.segment, target.belongs.grounds.clone());
        let range = grounds.as_ref().and_then(Grounds::range);
        let rule = |segment: &Segment| Some(segment.when().get(range?)?.to_string());
        Self {
            segment: segment.map(|segment| segment.name().clone()),
            group: target.desired.group.as_ref().map(|group| group.name.clone()),
            rule: segment.and_then(rule),
            grounds,
            user,
            end: None,
        }
    }
}

impl Look<'_> {
    /// Has others told that the customer comes to this place, by these figures, if that is a change of
    /// segment and they are to know. What was found noted stands, whatever the customer has become since:
    /// they may have heard it.
    pub(crate) async fn promise(
        &self,
        writer: &mut Writer<'_>,
        place: &Place,
        totals: Totals,
    ) -> Result<(), Trouble> {
        let leads_there = |record: &Record| record.segment_announced() == place.segment.as_ref();
        if leads_there(&writer.record) {
            return Ok(());
        }
        writer.withdraw();
        if leads_there(&writer.record) || !self.is_told(&writer.record, totals) {
            return Ok(());
        }
        if writer.record.announcing.len() >= MOST_ANNOUNCEMENTS {
            self.tell(writer).await?;
            writer.heard();
        }
        let announcement = self.announcement(&writer.record, place, totals);
        writer.announce(announcement);
        Ok(())
    }

    fn announcement(&self, record: &Record, place: &Place, totals: Totals) -> Announcement {
        let from = record.segment_announced().cloned();
        Announcement {
            sequence: record.next_sequence(),
            user: place.user.clone(),
            rule: place.rule.clone(),
            run: self.message.run.as_ref().map(|run| run.id.clone()),
            end: place.end,
            transition: self.transition(record, from, place, totals),
        }
    }

    /// Whether others are told of changes, and of this one: a backfill says nothing that the customer did.
    fn is_told(&self, record: &Record, totals: Totals) -> bool {
        let settings = &self.config.settings;
        self.worker.event_bus.is_some()
            && (settings.announce_backfill || !self.is_backfill(record, totals))
    }

    /// Whether a full run, and nobody else, asks for somebody who was never in a segment, and whose figures
    /// are not known to have changed: the first run over a shop, or one after its groups were put right.
    fn is_backfill(&self, record: &Record, totals: Totals) -> bool {
        let never_placed = record.next_sequence() == 1 && record.transitions.is_empty();
        let same_figures = record.read.is_none_or(|read| read.totals == totals);
        self.message.cause.is_of_run() && never_placed && same_figures
    }

    /// Tells others what is noted, if anything is. Until this has been done, nothing may be recorded as
    /// applied that follows from it.
    pub(crate) async fn tell(&self, writer: &mut Writer<'_>) -> Result<(), Trouble> {
        let Some(bus) = &self.worker.event_bus else { return Ok(()) };
        if writer.record.announcing.is_empty() {
            return Ok(());
        }
        let announcing = writer.committed().await?;
        bus.announce(self.customer, announcing, self.until).await.map_err(Failure::from)?;
        for told in announcing {
            let (sequence, transition) = (told.sequence, &told.transition);
            let named = |segment: &Option<SegmentName>| segment.as_ref().map(ToString::to_string);
            let (from, to) = (named(&transition.from), named(&transition.to));
            tracing::info!(outcome = "announced", sequence, from, to, "segment.changed");
        }
        Ok(())
    }

    /// Makes history of what was told, and of a change that nobody was to be told of: another segment, or
    /// another group of the same segment.
    pub(crate) fn remember(&self, record: &mut Record, place: &Place, totals: Totals) {
        record.announced();
        let group = record.transitions.last().and_then(|last| last.group.as_ref());
        if record.segment != place.segment || group != place.group.as_ref() {
            let from = record.segment.clone();
            record.change(self.transition(record, from, place, totals));
        }
    }

    fn transition(
        &self,
        record: &Record,
        from: Option<SegmentName>,
        place: &Place,
        totals: Totals,
    ) -> Transition {
        Transition {
            at: self.worker.clock.now(),
            from,
            to: place.segment.clone(),
            group: place.group.clone(),
            cause: if place.end.is_some() {
                self.message.cause
            } else {
                self.reason(record, totals)
            },
            grounds: place.grounds.clone(),
            totals,
            book: self.config.book.version,
        }
    }

    /// Why a customer changes places. A full run asks without saying why: if the figures are those of the
    /// last read and the book is another, it was the book.
    fn reason(&self, record: &Record, totals: Totals) -> Cause {
        let cause = self.message.cause;
        let same_figures = record.read.is_some_and(|read| read.totals == totals);
        let book = self.config.book.version;
        let another_book = record.last.as_ref().is_some_and(|last| last.book != book);
        if cause == Cause::Schedule && same_figures && another_book { Cause::Rules } else { cause }
    }
}
