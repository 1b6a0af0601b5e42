//! `segments status`: how things stand, in one look.

use clap::Args;
use jiff::{SignedDuration, Timestamp};
use outbound::SystemRandom;
use resegment::{EndedAs, Record, Summary};
use rules::{GroupName, RuleBook, SegmentName};
use serde::Serialize;
use shopify::SubscriptionTopic;
use state::{ConfigError, GroupStatus, Newest, RunConfig};

use super::runs::{Active, unreadable_runs};
use super::{Complaint, in_json, table_error, told};
use crate::doctor::{LongWait, mend_of_unknown_wait};
use crate::report::Report;
use crate::style;
use crate::target::{Target, TargetOptions};
use crate::words::{PINNED, amount, count, duration, ended_as};

pub(crate) const STATUS_HELP: &str = "\
Exit codes:
  0  all is well
  1  something needs a person: it is named at the end
  2  the system cannot be reached

Examples:
  segments status
  segments status --stack segments
  segments status --json | jq .attention";

/// A day, and half a day's grace: after so long without a run that is done somebody should look.
pub(crate) const OVERDUE: SignedDuration = SignedDuration::from_hours(36);
/// How many of the newest runs are searched for one that is done.
pub(crate) const SEARCHED: i32 = 50;

#[derive(Debug, Args)]
pub(crate) struct StatusOptions {
    /// Answer in JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    target: TargetOptions,
}

/// How things stand.
#[derive(Debug, Serialize)]
struct Status {
    /// The books; none if the configuration cannot be read.
    books: Option<Books>,
    /// Segments whose customers cannot be put into their group.
    groups_without_id: Vec<Group>,
    /// Whether workers and full runs hold.
    paused: Option<bool>,
    /// How many messages wait, are delayed or in work.
    queue: u64,
    /// For how many seconds the message that has waited longest has; none if none waits, or if it is not known.
    longest_wait_seconds: Option<u64>,
    /// How many messages nobody could work off; none if it cannot be found out where they are.
    dead_letters: Option<u64>,
    /// The run that goes on now.
    active_run: Option<Active>,
    /// The newest run that has ended, however it did.
    last_run: Option<Summary>,
    /// When the newest run that is done ended.
    last_done_at: Option<Timestamp>,
    /// What the shop told nobody of when the newest run that has ended asked it, as webhook topics.
    missing_subscriptions: Vec<String>,
    /// The customers of each segment, by the newest run that counted them.
    segments: Vec<OfSegment>,
    /// Customers pinned by a person (to a segment, or to none), by the same run.
    pinned: u64,
    /// Customers pinned to a segment that the rule book did not have, by the same run.
    pins_unknown: u64,
    /// Everything that needs a person; nothing if all is well.
    attention: Vec<String>,
}

/// The accepted and the wanted book.
#[derive(Debug, Serialize)]
struct Books {
    /// The version that workers use; none if no book is accepted yet.
    accepted: Option<u64>,
    /// How the book that people have written differs.
    wanted: Wanted,
    /// What that means.
    meaning: String,
}

/// The book that people have written, seen from the accepted one.
#[cfg_attr(test, derive(serde::Deserialize))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Wanted {
    /// It is the accepted one.
    Accepted,
    /// It is another one.
    Differs,
    /// It is not valid.
    Invalid,
}

/// A group that takes nobody.
#[derive(Debug, Serialize)]
struct Group {
    /// The segment it goes with.
    segment: SegmentName,
    /// Its name.
    name: GroupName,
    /// What was found when its id was looked up; none if it was not looked up yet.
    status: Option<GroupStatus>,
}

/// The customers of a segment.
#[derive(Debug, Serialize)]
struct OfSegment {
    /// The segment.
    segment: SegmentName,
    /// How many customers.
    customers: u64,
    /// What they spent, in whole units of the book's currency.
    #[serde(with = "rust_decimal::serde::str")]
    revenue: rust_decimal::Decimal,
}

/// `status`.
pub(crate) async fn status(options: &StatusOptions) -> Report {
    match read(&options.target).await {
        Ok((status, complaint)) => {
            let needs_a_person = !status.attention.is_empty();
            let text = if options.json { in_json(&status) } else { status.in_words() };
            Report { complaint, ..told(text, needs_a_person) }
        }
        Err(complaint) => Report::failed(complaint),
    }
}

/// How things stand, and what could not be looked at.
async fn read(options: &TargetOptions) -> Result<(Status, Complaint), Complaint> {
    let target = options.find().await.map_err(|error| error.to_string())?;
    let failed = |error: state::Error| table_error(&target, &error);
    let config = match target.config().for_run(&SystemRandom, false).await {
        Ok(config) => Ok(config),
        Err(ConfigError::Table(error)) if error.is_retryable() => return Err(failed(error)),
        Err(error) => Err(error.to_string()),
    };
    let runs = target.runs().newest::<Summary>(SEARCHED).await;
    let Newest { summaries: runs, unreadable } = runs.map_err(failed)?;
    let dead_letters = match target.dead_letters().await {
        Ok(dead) => Ok(dead.count().await.map_err(failed)?),
        Err(error) if error.is_retryable() => return Err(failed(error)),
        Err(error) => Err(error.to_string()),
    };
    let counted = newest(&runs, |run| !run.segments.is_empty());
    let missing_subscriptions = missing(&target, runs.first()).await.map_err(failed)?;
    let now = Timestamp::now();
    let queue = target.queue().depth().await.map_err(failed)?;
    let mut complaints = vec![unreadable_runs(unreadable)];
    let wait = target.longest_wait(now).await.unwrap_or_else(|error| {
        let mend = mend_of_unknown_wait(&target, &error);
        complaints.push(format!("for how long messages have waited is not known: {error}; {mend}"));
        None
    });
    let wait = wait.filter(|_| queue > 0);
    let waits = LongWait::of(&target, queue, wait);
    let waits = waits.map(|LongWait { finding, mend }| format!("{finding}: {mend}"));
    let mut status = Status {
        books: config.as_ref().ok().map(Books::of),
        groups_without_id: config.as_ref().map(groups_without_id).unwrap_or_default(),
        paused: config.as_ref().ok().map(|config| config.settings.paused),
        queue,
        longest_wait_seconds: wait.and_then(|wait| u64::try_from(wait.as_secs()).ok()),
        dead_letters: dead_letters.as_ref().ok().copied(),
        active_run: Active::of(&target).await.map_err(failed)?,
        last_done_at: newest(&runs, |run| run.ended_as == EndedAs::Done).map(|run| run.ended_at),
        missing_subscriptions,
        segments: counted.map(segments).unwrap_or_default(),
        pinned: counted.map_or(0, |run| run.pinned),
        pins_unknown: counted.map_or(0, |run| run.pins_unknown),
        last_run: runs.into_iter().next(),
        attention: config.err().into_iter().chain(dead_letters.err()).chain(waits).collect(),
    };
    let attention = status.attention(now, target.again());
    status.attention.extend(attention);
    complaints.retain(|complaint| !complaint.is_empty());
    Ok((status, complaints.join("\n")))
}

/// What a run found the shop to tell nobody of. A record that is gone or cannot be read says nothing.
async fn missing(target: &Target, run: Option<&Summary>) -> Result<Vec<String>, state::Error> {
    let Some(run) = run else { return Ok(Vec::new()) };
    let record = match target.runs().record::<Record>(&run.run_id).await {
        Err(error) if error.is_retryable() => return Err(error),
        record => record.ok().flatten(),
    };
    let missing = record.and_then(|record| record.shop).map(|shop| shop.missing_subscriptions);
    Ok(missing.into_iter().flatten().map(topic).collect())
}

/// A topic as people and headers have it: "orders/create".
fn topic(name: String) -> String {
    let known = SubscriptionTopic::ALL.into_iter().find(|topic| topic.as_str() == name);
    known.map_or(name, |topic| topic.to_string())
}

fn newest(runs: &[Summary], is_meant: impl Fn(&Summary) -> bool) -> Option<&Summary> {
    runs.iter().find(|run| is_meant(run))
}

fn segments(run: &Summary) -> Vec<OfSegment> {
    let of = |figures: &comparison::SegmentFigures| OfSegment {
        segment: figures.segment.clone(),
        customers: figures.cohort.customers(),
        revenue: figures.cohort.spent(),
    };
    run.segments.iter().map(of).collect()
}

fn groups_without_id(config: &RunConfig) -> Vec<Group> {
    let wanted = config.wanted.as_ref().ok();
    let books = config.accepted.iter().map(|accepted| &*accepted.book).chain(wanted);
    let mut found: Vec<Group> = Vec::new();
    for segment in books.flat_map(RuleBook::segments) {
        let name = segment.okta_group_name();
        let row = config.groups.get(name);
        let is_usable = row.is_some_and(|row| row.id.is_some() && row.status.is_usable());
        if !is_usable && found.iter().all(|group| group.name != *name) {
            let (segment, name) = (segment.name().clone(), name.clone());
            found.push(Group { segment, name, status: row.map(|row| row.status) });
        }
    }
    found
}

impl Books {
    fn of(config: &RunConfig) -> Self {
        let accepted = config.accepted.as_ref();
        let version = accepted.map(|accepted| accepted.version);
        let (wanted, meaning) = match (&config.wanted, accepted) {
            (Err(errors), _) => {
                let used = version.map_or_else(
                    || "no book is accepted yet, so every customer waits".to_owned(),
                    |version| {
                        format!("workers go on using version {version}, and full runs refuse")
                    },
                );
                let errors: Vec<String> =
                    errors.clone().into_iter().map(|error| error.to_string()).collect();
                (
                    Wanted::Invalid,
                    format!("the wanted book is not valid: {}; {used}", errors.join("; ")),
                )
            }
            (Ok(wanted), Some(accepted)) if *wanted == *accepted.book => (
                Wanted::Accepted,
                format!("workers use version {}, which is the wanted book", accepted.version),
            ),
            (Ok(_), Some(accepted)) => (
                Wanted::Differs,
                format!(
                    "workers use version {}; the wanted book differs, and is accepted by the next full \
                     run if its guard passes it",
                    accepted.version
                ),
            ),
            (Ok(_), None) => (
                Wanted::Differs,
                "no book is accepted yet: the wanted one is with the first webhook or full run"
                    .to_owned(),
            ),
        };
        Self { accepted: version, wanted, meaning }
    }
}

impl Status {
    fn attention(&self, now: Timestamp, again: &str) -> Vec<String> {
        let mut all = Vec::new();
        if let Some(books) = self.books.as_ref().filter(|books| books.wanted == Wanted::Invalid) {
            all.push(books.meaning.clone());
        }
        for Group { segment, name, status } in &self.groups_without_id {
            let status = status.map_or("not looked up yet", GroupStatus::as_str);
            all.push(format!(
                "nobody can be put into {name}, the group of {segment} ({status}): make it in Okta, or \
                 correct the rule book; ids are looked up every hour"
            ));
        }
        if self.paused == Some(true) {
            all.push(format!("everything is paused: segments resume{again}"));
        }
        if let Some(letters) = self.dead_letters.filter(|letters| *letters > 0) {
            let letters = count(letters);
            all.push(format!("{letters} dead letters: segments dead-letters{again}"));
        }
        if self.pins_unknown > 0 {
            let pins = count(self.pins_unknown);
            all.push(format!(
                "{pins} pinned to segments that the rule book does not have, as of the last run that \
                 counted: segments pins{again} lists those there are now, and once they are mended, \
                 segments run{again} counts anew"
            ));
        }
        if !self.missing_subscriptions.is_empty() {
            all.push(format!(
                "nobody is told of {}, as of the last run: segments doctor{again} says whether that still \
                 holds, with --fix it subscribes again, and then segments run{again}",
                self.missing_subscriptions.join(", ")
            ));
        }
        all.extend(self.of_runs(now, again));
        all
    }

    fn of_runs(&self, now: Timestamp, again: &str) -> Option<String> {
        let Some(last) = &self.last_run else {
            let is_first = self.active_run.is_some();
            return (!is_first).then(|| format!("there was no full run yet: segments run{again}"));
        };
        let message = last.message.as_ref().map(|told| format!(": {told}")).unwrap_or_default();
        match (last.ended_as, self.last_done_at) {
            (EndedAs::Refused | EndedAs::Failed, _) => {
                Some(format!("the last run was {}{message}", ended_as(last.ended_as)))
            }
            (_, Some(done)) if now.duration_since(done) <= OVERDUE => None,
            (_, done) => {
                let since = done.map_or_else(
                    || "yet".to_owned(),
                    |done| format!("for {}", duration(now.duration_since(done))),
                );
                Some(format!("no run was done {since}: check the schedule, or segments run{again}"))
            }
        }
    }

    fn in_words(&self) -> String {
        let books = self.books.as_ref();
        let version = books.and_then(|books| books.accepted);
        let version = version.map_or_else(|| "none".to_owned(), |version| version.to_string());
        let meaning = books.map_or_else(
            || "the configuration cannot be read".to_owned(),
            |books| format!("accepted version {version}: {}", books.meaning),
        );
        let paused = self.paused.map(|paused| if paused { "paused" } else { "at work" });
        let active = self.active_run.as_ref().map_or_else(|| "none".to_owned(), Active::in_words);
        let last = self.last_run.as_ref().map_or_else(
            || "none".to_owned(),
            |run| format!("{} {} at {:.0}", run.run_id, ended_as(run.ended_as), run.ended_at),
        );
        let facts = [
            ("Rule book", meaning),
            ("Workers", paused.unwrap_or("not known").to_owned()),
            ("Queue", format!("{} messages", count(self.queue))),
            ("Dead letters", self.dead_letters.map_or_else(|| "not known".to_owned(), count)),
            ("Active run", active),
            ("Last run", last),
        ];
        let attention = if self.attention.is_empty() {
            "All is well.".to_owned()
        } else {
            let lines: Vec<String> =
                self.attention.iter().map(|one| format!("  - {one}")).collect();
            format!("To look at:\n{}", lines.join("\n"))
        };
        let parts = [Some(style::facts(&facts)), self.by_segment(), Some(attention)];
        parts.into_iter().flatten().collect::<Vec<_>>().join("\n\n")
    }

    fn by_segment(&self) -> Option<String> {
        let mut table = style::figures(&["Segment", "Customers", "Revenue"]);
        for of in &self.segments {
            table.add_row([of.segment.to_string(), count(of.customers), amount(of.revenue)]);
        }
        let pinned = (self.pinned > 0).then(|| format!("\n{} {PINNED}", count(self.pinned)));
        let pinned = pinned.unwrap_or_default();
        (!self.segments.is_empty()).then(|| format!("{}{pinned}", table.trim_fmt()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schemas::assert_names;

    #[test]
    fn the_schema_names_every_value() {
        assert_names::<Wanted>(
            "status.schema.json#/properties/books/oneOf/0/properties/wanted",
            "",
        );
    }
}
