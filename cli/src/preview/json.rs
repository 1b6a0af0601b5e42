//! What `preview --json` says.

use std::collections::BTreeMap;

use comparison::{Counted, Movement, SegmentFigures, Why};
use rules::{Cohort, Currency, CustomerId, GroupName, Refusal, Shift};
use rust_decimal::Decimal;
use serde::Serialize;

use super::Preview;
use crate::rules_command;

/// A preview.
#[derive(Debug, Serialize)]
struct PreviewView<'a> {
    book: BookView,
    guard: GuardView<'a>,
    /// Who would go from where to where, the most customers first.
    movements: Vec<MovementView<'a>>,
    /// The customers of each segment, by this book.
    segments: &'a [SegmentFigures],
    /// Customers of no segment, by this book.
    outside: Cohort,
    /// How many customers would be looked at, by reason.
    differing: &'a BTreeMap<Why, u64>,
    /// Customers pinned by a person (to a segment, or to none), whatever this book says.
    pinned: u64,
    /// Customers pinned to a segment that this book does not have: its rules decide.
    pins_unknown: &'a Counted<CustomerId>,
    /// The groups of the book without a usable id. Who would only change to one of them is not among the
    /// movements.
    groups_without_id: &'a [GroupName],
}

/// The book that was tried.
#[derive(Debug, Serialize)]
struct BookView {
    /// Its file; null for the wanted book.
    file: Option<String>,
    /// SHA-256 of the book, as in the records of runs.
    hash: String,
    /// What all amounts here are in.
    currency: Currency,
}

/// Where the guard would stand.
#[derive(Debug, Serialize)]
struct GuardView<'a> {
    would_refuse: bool,
    /// Why, and by which figures.
    refusal: Option<&'a Refusal>,
    /// Why, in words.
    message: Option<String>,
    /// The figures it judges by.
    shift: Shift,
    /// How many per cent of those with a segment would leave their group; null if nobody has one.
    moved_percent: Option<String>,
    /// More than this refuses a run.
    max_moved_percent: u32,
    /// With fewer customers with a segment than this, all of them may move.
    min_customers: u32,
    /// A shop that shrank by more since the last run refuses a run.
    max_shrink_percent: u32,
}

/// A movement.
#[derive(Debug, Serialize)]
struct MovementView<'a> {
    #[serde(flatten)]
    movement: &'a Movement,
    /// How many per cent of those with a segment it is; null for who comes from none.
    percent: Option<String>,
}

impl Preview<'_> {
    pub(super) fn in_json(&self) -> String {
        let figures = &self.report.figures;
        let view = PreviewView {
            book: BookView {
                file: self.file.map(|file| file.display().to_string()),
                hash: resegment::book_hash(self.book),
                currency: self.book.currency(),
            },
            guard: self.guard_view(),
            movements: figures.movements.iter().map(|it| self.movement_view(it)).collect(),
            segments: &figures.segments,
            outside: figures.outside,
            differing: &figures.differing,
            pinned: figures.pinned,
            pins_unknown: &figures.pins_unknown,
            groups_without_id: &self.groups_without_id,
        };
        rules_command::pretty(&view)
    }

    fn guard_view(&self) -> GuardView<'_> {
        let shift = self.report.shift;
        GuardView {
            would_refuse: self.refusal.is_some(),
            refusal: self.refusal.as_ref(),
            message: self.refusal.as_ref().map(ToString::to_string),
            shift,
            moved_percent: percent(shift.moved, shift.placed),
            max_moved_percent: self.guard.max_moved_percent,
            min_customers: self.guard.min_customers,
            max_shrink_percent: self.guard.max_shrink_percent,
        }
    }

    fn movement_view<'m>(&self, movement: &'m Movement) -> MovementView<'m> {
        let placed = self.report.shift.placed;
        let is_placed = movement.from != comparison::Standing::Outside;
        let percent = percent(movement.customers, placed).filter(|_| is_placed);
        MovementView { movement, percent }
    }
}

/// A part of a whole in per cent, with up to two decimals; none of nothing.
fn percent(part: u64, whole: u64) -> Option<String> {
    let percent = (Decimal::from(part) * Decimal::ONE_HUNDRED).checked_div(Decimal::from(whole))?;
    Some(percent.round_dp(2).normalize().to_string())
}
