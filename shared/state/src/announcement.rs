//! Changes of segment that others are told of: numbered, and kept until they are known to have heard.

use rules::{SegmentName, UserId};
use serde::{Deserialize, Serialize};

use crate::{End, Record, RunId, Transition};

/// The most changes that a record announces at once: as many as one call to the event bus takes.
pub const MOST_ANNOUNCEMENTS: usize = 10;

/// A change of segment that others are told of. It is kept with the customer's record before anybody can
/// hear of it, until it is known that they have: whoever comes after a crash says the same once more,
/// under the same number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announcement {
    /// Its number among the customer's changes of segment, counted from 1.
    pub sequence: u64,
    /// The Okta user who stands for the customer, or stood for them until now; none if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    /// The rule that matched, in words: the book may be another one when this is said again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// The full run that the look answered; none if none asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunId>,
    /// How the customer came to an end, if that is the change. Their totals are not told then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<End>,
    /// What is remembered of the change.
    pub transition: Transition,
}

impl Record {
    /// The segment the customer is in once everything that is being announced is done; none if they are in
    /// none.
    pub fn segment_announced(&self) -> Option<&SegmentName> {
        match self.announcing.last() {
            Some(last) => last.transition.to.as_ref(),
            None => self.segment.as_ref(),
        }
    }

    /// The number of the next change that is announced.
    pub fn next_sequence(&self) -> u64 {
        let last = self.announcing.last().map_or(self.sequence, |last| last.sequence);
        last.saturating_add(1)
    }

    /// Takes note that everything that was being announced was heard: it is history.
    pub fn announced(&mut self) {
        for heard in std::mem::take(&mut self.announcing) {
            self.sequence = heard.sequence;
            self.segment.clone_from(&heard.transition.to);
            self.remember(heard.transition);
        }
    }

    /// Takes note of a change of segment, or of the segment's group, of which nobody is told. A change of
    /// segment is counted all the same.
    pub fn change(&mut self, transition: Transition) {
        if transition.from != transition.to {
            self.sequence = self.sequence.saturating_add(1);
        }
        self.segment.clone_from(&transition.to);
        self.remember(transition);
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use rules::{Money, Totals};

    use super::*;
    use crate::Cause;

    fn change(from: Option<&str>, to: Option<&str>) -> Transition {
        let name = |name: &str| name.parse().unwrap();
        Transition {
            at: Timestamp::UNIX_EPOCH,
            from: from.map(name),
            to: to.map(name),
            group: None,
            cause: Cause::Order,
            grounds: None,
            totals: Totals { orders: 1, spent: Money::new(1.into(), "USD".parse().unwrap()) },
            book: 1,
        }
    }

    fn announce(record: &mut Record, to: Option<&str>) {
        let from = record.segment_announced().map(|name| name.as_str().to_owned());
        let announcement = Announcement {
            sequence: record.next_sequence(),
            user: None,
            rule: None,
            run: None,
            end: None,
            transition: change(from.as_deref(), to),
        };
        record.announcing.push(announcement);
    }

    #[test]
    fn announcements_follow_each_other_without_a_gap_and_become_history_in_order() {
        let mut record = Record::default();
        record.change(change(None, Some("new")));
        announce(&mut record, Some("vip"));
        announce(&mut record, None);
        let told = record.announcing.iter().map(|it| (it.sequence, it.transition.from.clone()));
        let name = |name: &str| Some(name.parse().unwrap());
        assert_eq!(told.collect::<Vec<_>>(), [(2, name("new")), (3, name("vip"))]);
        assert_eq!((&record.segment, record.segment_announced()), (&name("new"), None));

        record.announced();
        assert_eq!((record.sequence, &record.segment, record.next_sequence()), (3, &None, 4));
        let to = record.transitions.iter().map(|change| change.to.clone()).collect::<Vec<_>>();
        assert_eq!(to, [name("new"), name("vip"), None]);
        assert_eq!(record.announcing, []);
    }

    #[test]
    fn a_change_of_the_group_alone_takes_no_number() {
        let mut record = Record::default();
        record.change(change(None, Some("new")));
        record.change(change(Some("new"), Some("new")));
        assert_eq!((record.sequence, record.transitions.len()), (1, 2));
    }
}
