//! Judging what would follow from a plan, and keeping what passes.

use std::fmt::Write as _;

use comparison::{Findings, PassedOver};
use rules::Refusal;

use crate::known::Read;
use crate::record::{Chunks, Phase, Record};
use crate::report::Report;
use crate::run::{Next, Run};
use crate::trouble::Trouble;

/// What the ids of those who differ are kept as.
pub(crate) const IDS: &str = "ids";
/// How many movements the record holds, the largest first: an item of the table has its limits.
const MOST_MOVEMENTS: usize = 500;
/// Of how many of them the record of a real run holds examples.
const MOST_WITH_EXAMPLES: usize = 100;
/// How many movements a refusal tells of.
const LARGEST: usize = 5;

impl Run<'_> {
    /// Has the guard judge what was found, and keeps it if it passes.
    pub(crate) async fn judge(
        &mut self,
        findings: &Findings<'_>,
        read: &Read,
    ) -> Result<Next, Trouble> {
        let memory = self.memory().await?;
        let shift = findings.figures.shift(memory.customers);
        let mut figures = findings.figures.clone();
        figures.movements.truncate(MOST_MOVEMENTS);
        if !self.notes.is_dry() {
            let beyond = figures.movements.iter_mut().skip(MOST_WITH_EXAMPLES);
            beyond.for_each(|movement| movement.examples.clear());
        }
        let report = Report { figures, shift, unreadable_entries: read.unreadable };
        let guard = self.config().await?.settings.guard;
        self.record.report = Some(Box::new(report));
        if let Some(refusal) = guard.refuses(&shift) {
            if self.notes.is_dry() {
                self.record.refusal = Some(refusal);
            } else if let Err(why) = self.is_accepted(&refusal).await? {
                return Ok(Next::Refuse { refusal: Some(refusal), why });
            }
        }
        if !self.notes.is_dry() {
            self.keep_ids(findings, read).await?;
        }
        self.enter(Phase::Accept).await
    }

    /// Whether an operator has seen what is refused; why not, and what to do, otherwise.
    async fn is_accepted(&mut self, refusal: &Refusal) -> Result<Result<(), String>, Trouble> {
        let Some(seen) = self.record.accept.clone() else {
            return Ok(Err(self.explain(refusal)));
        };
        let other: Option<Record> = self.me.runs.record(&seen).await?;
        if !refusal.can_be_accepted() {
            return Ok(Err(format!("{refusal}; what cannot be read cannot be accepted")));
        }
        // What was counted while much could not be read is not what an operator has to see.
        let was_readable =
            |other: &Record| other.refusal.as_ref().is_some_and(Refusal::can_be_accepted);
        let Some(other) = other.filter(was_readable) else {
            return Ok(Err(format!(
                "{refusal}; {seen} is no run whose refusal can be accepted, so it accepts nothing"
            )));
        };
        let same_book = |record: &Record| record.book.as_ref().map(|book| book.hash.clone());
        let shift = |record: &Record| record.report.as_ref().map(|report| report.shift);
        let within = match (shift(&self.record), shift(&other)) {
            (Some(now), Some(seen)) => now.is_within(&seen),
            _ => false,
        };
        if same_book(&self.record) != same_book(&other) {
            Ok(Err(format!(
                "{refusal}; the rule book is another than the one {seen} was refused by"
            )))
        } else if within {
            Ok(Ok(()))
        } else {
            Ok(Err(format!("{refusal}; that is more than {seen} has shown")))
        }
    }

    /// What is refused, the largest movements, and how to accept it.
    fn explain(&self, refusal: &Refusal) -> String {
        let mut text = refusal.to_string();
        let report = self.record.report.as_ref();
        let movements = report.into_iter().flat_map(|report| &report.figures.movements);
        for (index, movement) in movements.take(LARGEST).enumerate() {
            let separator = if index == 0 { "; most: " } else { ", " };
            let _ = write!(
                text,
                "{separator}{} from {} to {}",
                movement.customers, movement.from, movement.to
            );
        }
        if refusal.can_be_accepted() {
            let _ = write!(
                text,
                ". Nothing was written. If this is meant: segments run --accept {} (of a deployed \
                 stack: with --stack NAME)",
                self.record.run_id
            );
        }
        text
    }

    async fn keep_ids(&mut self, findings: &Findings<'_>, read: &Read) -> Result<(), Trouble> {
        let lost = self.memory().await?.lost;
        let is_open = |passed: &&PassedOver| {
            passed.is_news || read.doubted.contains(&passed.id) || lost.contains(&passed.id)
        };
        let open = findings.passed_over.iter().filter(is_open);
        self.record.postpone(open.map(|passed| passed.id));
        self.record.ids = Chunks { fence: self.notes.fence(), count: 0 };
        let differing = findings.differences.iter().map(|mut differing| {
            differing.recheck |= read.doubted.contains(&differing.id);
            differing
        });
        for content in comparison::chunks(differing) {
            let now = self.now();
            self.notes.put(IDS, self.record.ids, content, now).await?;
            self.record.ids.count += 1;
            self.notes.renew(&self.record, now).await?;
        }
        Ok(())
    }
}
