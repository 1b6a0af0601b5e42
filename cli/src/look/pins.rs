//! `segments pins`: for whom a person decided.

use clap::Args;
use jiff::Timestamp;
use rules::{CustomerId, PinReason, PinnedTo, SegmentName};
use serde::Serialize;
use state::{Listed, Pin, Record};

use super::members::unknown;
use super::stream::{Broken, Heads, Rows, each, unreadable_note};
use super::{Complaint, FormOptions, table_error, told};
use crate::report::Report;
use crate::target::{Target, TargetOptions};
use crate::words::count;

pub(crate) const PINS_HELP: &str = "\
Exit codes:
  0  the list is whole, and every pin can be followed
  1  there are pins to segments that the rule book does not have: the rules decide for their customers; or
     entries that cannot be read are left out of the list
  2  the tables cannot be read; what was printed may be a part

Examples:
  segments pins
  segments pins --csv > pins.csv
  segments pins --stack segments --json | jq '.pins[] | select(.can_be_followed | not)'";

#[derive(Debug, Args)]
pub(crate) struct PinsOptions {
    #[command(flatten)]
    form: FormOptions,
    #[command(flatten)]
    target: TargetOptions,
}

/// What a person decided for a customer.
#[derive(Debug, Serialize)]
pub(crate) struct PinView {
    /// The segment the customer is to be in; none for no segment.
    pub(crate) segment: Option<SegmentName>,
    /// Why.
    pub(crate) reason: PinReason,
    /// Since when.
    pub(crate) since: Timestamp,
}

impl PinView {
    pub(crate) fn of(pin: &Pin) -> Self {
        let segment = pin.to.segment().cloned();
        Self { segment, reason: pin.reason.clone(), since: pin.since }
    }
}

/// The segments that customers can be pinned to.
pub(crate) struct Pinnable {
    segments: Vec<SegmentName>,
    /// The version of the book in use; 0 if none is in use yet.
    pub(crate) book: u64,
    /// Whether workers hold.
    pub(crate) is_paused: bool,
}

impl Pinnable {
    /// Those of the book in use; if none is in use yet, those of the wanted one.
    pub(crate) async fn of(target: &Target) -> Result<Self, Complaint> {
        let found = target.config().group_names().await;
        let found = found.map_err(|error| table_error(target, &error))?;
        let segments = match &found.accepted {
            Some(accepted) => accepted.book.segments().iter().map(|it| it.name().clone()).collect(),
            None => found.wanted.into_iter().map(|wanted| wanted.segment).collect(),
        };
        let book = found.accepted.as_ref().map_or(0, |accepted| accepted.version);
        Ok(Self { segments, book, is_paused: found.settings.paused })
    }

    /// Whether a pin can be followed.
    pub(crate) fn includes(&self, to: &PinnedTo) -> bool {
        to.segment().is_none_or(|segment| self.segments.contains(segment))
    }

    /// Why a segment cannot be pinned to.
    pub(crate) fn complaint(&self, segment: &SegmentName) -> Complaint {
        let complaint = unknown(segment, &self.segments);
        format!(
            "{complaint}, and none for no segment (a new book is in use once a full run accepts it)"
        )
    }
}

/// A pinned customer.
#[derive(Debug, Serialize)]
struct Row {
    /// The customer.
    customer_id: CustomerId,
    #[serde(flatten)]
    pin: PinView,
    /// Whether the rule book in use has the segment; if not, the rules decide.
    can_be_followed: bool,
    /// The segment the customer is in now, by the applied state.
    applied_segment: Option<SegmentName>,
}

/// The columns of the CSV.
const COLUMNS: [&str; 6] =
    ["customer_id", "pinned_to", "since", "applied_segment", "can_be_followed", "reason"];

/// `pins`.
pub(crate) async fn pins(options: &PinsOptions) -> Report {
    match listed(options).await {
        Ok(report) => report,
        Err(complaint) => Report::failed(complaint),
    }
}

async fn listed(options: &PinsOptions) -> Result<Report, Complaint> {
    let target = options.target.find().await.map_err(|error| error.to_string())?;
    let pinnable = Pinnable::of(&target).await?;
    let head = ["Customer", "Pinned to", "Since", "Is in", "", "Reason"].map(str::to_owned);
    let heads = Heads { text: line(&head), csv: &COLUMNS, json: "{\n  \"pins\":".to_owned() };
    let mut rows = Rows::to_stdout(options.form, &heads);
    let mut lost = 0;
    let read = each(target.customers(), Listed::Pinned, |customer_id, record| {
        let Some(row) = Row::of(customer_id, record, &pinnable) else { return Ok(()) };
        lost += u64::from(!row.can_be_followed);
        rows.write(&row, || row.cells(), line)
    });
    let unreadable = match read.await {
        Ok(unreadable) => unreadable,
        Err(broken) => return Ok(broken.report(&target)),
    };
    let pinned = rows.count;
    if let Err(error) = rows.end(&format!("{} pinned\n", count(pinned)), unreadable) {
        return Ok(Broken::from(error).report(&target));
    }
    let mut notes = vec![unreadable_note(unreadable)];
    if lost > 0 {
        notes.push(format!(
            "{} of them to segments that the rule book does not have, so the rules decide: pin those \
             customers to another segment, or unpin them",
            count(lost)
        ));
    }
    notes.retain(|note| !note.is_empty());
    Ok(Report { complaint: notes.join("\n"), ..told(String::new(), lost + unreadable > 0) })
}

impl Row {
    fn of(customer_id: CustomerId, record: &Record, pinnable: &Pinnable) -> Option<Self> {
        let pin = record.pin.as_ref()?;
        let applied_segment = record.segment.clone();
        let can_be_followed = pinnable.includes(&pin.to);
        Some(Self { customer_id, pin: PinView::of(pin), can_be_followed, applied_segment })
    }

    fn cells(&self) -> [String; 6] {
        let name = |segment: Option<&SegmentName>| {
            segment.map_or_else(|| "(none)".to_owned(), ToString::to_string)
        };
        [
            self.customer_id.to_string(),
            name(self.pin.segment.as_ref()),
            format!("{:.0}", self.pin.since),
            name(self.applied_segment.as_ref()),
            if self.can_be_followed { "yes" } else { "no" }.to_owned(),
            self.pin.reason.as_str().to_owned(),
        ]
    }
}

/// A line of the list. Columns are as wide as most are; a longer one is not cut.
fn line([customer, to, since, applied, followed, reason]: &[String; 6]) -> String {
    let followed = if followed == "no" { "not in the rule book" } else { "" };
    let line =
        format!("{customer:<20}  {to:<16}  {since:<20}  {applied:<16}  {reason}  {followed}");
    line.trim_end().to_owned()
}
