//! `segments members`: who is in a segment now.

use clap::Args;
use jiff::Timestamp;
use rules::{CustomerId, SegmentName, Totals, UserId};
use serde::Serialize;
use state::{Listed, Record};

use super::stream::{Heads, Rows, each, unreadable_note};
use super::{Complaint, FormOptions, table_error, told};
use crate::report::Report;
use crate::target::{Target, TargetOptions};
use crate::words::count;

pub(crate) const MEMBERS_HELP: &str = "\
Exit codes:
  0  the list is whole
  1  entries that cannot be read are left out of it
  2  there is no such segment, or the tables cannot be read; what was printed may be a part

Examples:
  segments members vip
  segments members vip --csv > vip.csv
  segments members vip --stack segments --json | jq -r '.members[].customer_id'";

#[derive(Debug, Args)]
pub(crate) struct MembersOptions {
    /// The segment's name in the rule book
    segment: SegmentName,
    #[command(flatten)]
    form: FormOptions,
    #[command(flatten)]
    target: TargetOptions,
}

/// A customer of a segment, by the applied state.
#[derive(Debug, Serialize)]
struct Member<'a> {
    /// The customer.
    customer_id: CustomerId,
    /// The Okta user; none only while the customer is between two users.
    okta_user_id: Option<&'a UserId>,
    /// The figures of the last read.
    totals: Option<Totals>,
    /// Since when they have been in the segment, as far as is remembered.
    since: Option<Timestamp>,
    /// Whether a person put them into this segment.
    pinned: bool,
}

/// The columns of the CSV.
const COLUMNS: [&str; 7] =
    ["customer_id", "okta_user_id", "orders", "spent", "currency", "in_segment_since", "pinned"];

/// `members`.
pub(crate) async fn members(options: &MembersOptions) -> Report {
    match listed(options).await {
        Ok(report) => report,
        Err(complaint) => Report::failed(complaint),
    }
}

async fn listed(options: &MembersOptions) -> Result<Report, Complaint> {
    let target = options.target.find().await.map_err(|error| error.to_string())?;
    let segments = segments(&target).await?;
    let name = &options.segment;
    let is_known = segments.contains(name);
    let heads = Heads {
        text: line(
            &["Customer", "Okta user", "Orders", "Spent", "", "Since", ""].map(str::to_owned),
        ),
        csv: &COLUMNS,
        json: format!("{{\n  \"segment\": \"{name}\",\n  \"members\":"),
    };
    let mut rows = Rows::to_stdout(options.form, &heads);
    let list = Listed::InSegment(name);
    let read = each(target.customers(), list, |customer_id, record| {
        let member = Member::of(name, customer_id, record);
        rows.write(&member, || member.cells(), line)
    })
    .await;
    let unreadable = match read {
        Ok(unreadable) => unreadable,
        Err(broken) => return Ok(broken.report(&target)),
    };
    if rows.count == 0 && !is_known {
        return Err(unknown(name, &segments));
    }
    let ended = format!("{} in {name}\n", count(rows.count));
    if let Err(error) = rows.end(&ended, unreadable) {
        return Ok(super::stream::Broken::from(error).report(&target));
    }
    let mut notes = vec![unreadable_note(unreadable)];
    if !is_known {
        notes.push(format!("{name} is no longer in the rule book: a full run moves its customers"));
    }
    notes.retain(|note| !note.is_empty());
    Ok(Report { complaint: notes.join("\n"), ..told(String::new(), unreadable > 0) })
}

impl<'a> Member<'a> {
    fn of(segment: &SegmentName, customer_id: CustomerId, record: &'a Record) -> Self {
        Self {
            customer_id,
            okta_user_id: record.matched.as_ref().map(|matched| &matched.user),
            totals: record.read.map(|read| read.totals),
            since: record.in_segment_since(),
            pinned: record.pin.as_ref().is_some_and(|pin| pin.to.segment() == Some(segment)),
        }
    }

    fn cells(&self) -> [String; 7] {
        let orders = self.totals.map(|totals| totals.orders.to_string());
        let spent = self.totals.map(|totals| totals.spent.to_string()).unwrap_or_default();
        let (amount, currency) = spent.rsplit_once(' ').unwrap_or_default();
        [
            self.customer_id.to_string(),
            self.okta_user_id.map(ToString::to_string).unwrap_or_default(),
            orders.unwrap_or_default(),
            amount.to_owned(),
            currency.to_owned(),
            self.since.map(|since| format!("{since:.0}")).unwrap_or_default(),
            if self.pinned { "pinned" } else { "" }.to_owned(),
        ]
    }
}

/// A line of the list. Columns are as wide as ids are; a longer one is not cut.
fn line([customer, user, orders, spent, currency, since, pinned]: &[String; 7]) -> String {
    let line = format!(
        "{customer:<20}  {user:<20}  {orders:>7}  {spent:>12} {currency:<3}  {since:<20}  {pinned}"
    );
    line.trim_end().to_owned()
}

/// The segments of the book that workers use, and of the wanted one.
async fn segments(target: &Target) -> Result<Vec<SegmentName>, Complaint> {
    let found = target.config().group_names().await;
    let found = found.map_err(|error| table_error(target, &error))?;
    let accepted = found.accepted.iter().flat_map(|accepted| accepted.book.segments());
    let mut names: Vec<_> = accepted.map(|segment| segment.name().clone()).collect();
    for wanted in found.wanted {
        if !names.contains(&wanted.segment) {
            names.push(wanted.segment);
        }
    }
    Ok(names)
}

pub(super) fn unknown(name: &SegmentName, known: &[SegmentName]) -> Complaint {
    if known.is_empty() {
        return format!("there is no segment {name}: the rule book has none yet");
    }
    let known: Vec<&str> = known.iter().map(SegmentName::as_str).collect();
    format!("there is no segment {name}; there are {}", known.join(", "))
}
