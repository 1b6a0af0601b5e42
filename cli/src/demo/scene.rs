//! What happened in one scenario, and whether it was as it must be.

use std::fmt::Display;

use http::Method;
use jiff::Timestamp;
use simulators::{CallRecord, Service};
use state::Outcome;
use webhook::Answer;

use super::stage::Holding;
use crate::local::Settled;

/// One scenario, played.
pub(super) struct Scene {
    /// What happens, for a person.
    pub(super) title: &'static str,
    /// The webhooks that came in, by topic, and their answers.
    pub(super) requests: Vec<(String, Answer)>,
    /// How each look ended, and how many seconds after the beginning.
    pub(super) looks: Vec<(i64, Outcome)>,
    /// The calls that left the system.
    pub(super) calls: Vec<CallRecord>,
    /// What is held of whom it was about; none if it was about nobody.
    pub(super) holding: Option<Holding>,
    /// What was not as it must be.
    pub(super) wrong: Vec<String>,
    began: Timestamp,
}

impl Scene {
    pub(super) fn begin(title: &'static str, now: Timestamp) -> Self {
        Self {
            title,
            requests: Vec::new(),
            looks: Vec::new(),
            calls: Vec::new(),
            holding: None,
            wrong: Vec::new(),
            began: now,
        }
    }

    pub(super) fn came_in(&mut self, topic: &str, answer: Answer) {
        self.requests.push((topic.to_owned(), answer));
    }

    /// Notes the looks that were worked off.
    pub(super) fn settled(&mut self, settled: Settled) {
        for step in settled.steps {
            let after = step.at.duration_since(self.began).as_secs();
            self.looks.extend(step.report.done.iter().map(|done| (after, done.outcome)));
        }
    }

    /// Notes a mistake unless this holds.
    pub(super) fn must(&mut self, holds: bool, what: impl Display) {
        if !holds {
            self.wrong.push(what.to_string());
        }
    }

    /// Every request must have been answered so.
    pub(super) fn must_answer(&mut self, expected: Answer) {
        let all = self.requests.iter().all(|(_, answer)| *answer == expected);
        let (status, name) = (expected.status().as_u16(), expected.as_str());
        self.must(all && !self.requests.is_empty(), format!("every answer is {status}, {name}"));
    }

    /// Some look must have ended so.
    pub(super) fn must_end(&mut self, expected: Outcome) {
        let found = self.looks.iter().any(|(_, outcome)| *outcome == expected);
        self.must(found, format!("a look ends with {}", expected.as_str()));
    }

    /// Whom it was about must be in this segment and in its group alone, with these attributes.
    pub(super) fn must_hold(&mut self, segment: &str, group: &str, attributes: &str) {
        let holding = self.holding.clone().unwrap_or_default();
        let found = holding.segment.as_ref().map(rules::SegmentName::as_str);
        self.must(found == Some(segment), format!("the segment is {segment}"));
        self.must(holding.groups == [group], format!("the only group is {group}"));
        let shown = holding.attributes.as_deref() == Some(attributes);
        self.must(shown, format!("the attributes say {attributes}"));
    }

    /// Nothing must have been called, nor looked at.
    pub(super) fn must_do_nothing(&mut self) {
        self.must(self.calls.is_empty(), "no call is made");
        self.must(self.looks.is_empty(), "nobody is looked at");
    }

    pub(super) fn calls_to(&self, service: Service) -> usize {
        self.calls.iter().filter(|call| call.service == service).count()
    }

    /// The calls that changed a membership: "PUT" joins, "DELETE" leaves.
    pub(super) fn memberships(&self) -> Vec<Method> {
        let memberships = self.calls.iter().filter(|call| call.path.contains("/users/"));
        let changes = memberships.filter(|call| call.path.starts_with("/api/v1/groups/"));
        changes.map(|call| call.method.clone()).collect()
    }
}
