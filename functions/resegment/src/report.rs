//! What a plan found.

use comparison::Figures;
use rules::{Cohort, SegmentName, Shift};
use serde::{Deserialize, Serialize};

/// What a plan found: who would be looked at and why, and what the shop is like.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// What was counted.
    pub figures: Figures,
    /// What the guard judges by.
    pub shift: Shift,
    /// Entries of the customers table that cannot be read. Their customers are looked at, and show as
    /// dead letters.
    #[serde(default)]
    pub unreadable_entries: u64,
}

impl Report {
    /// How many customers differ.
    pub fn differing(&self) -> u64 {
        self.figures.differing.values().sum()
    }

    /// The figures of a segment.
    pub(crate) fn cohort(&self, segment: &SegmentName) -> Option<Cohort> {
        let mut segments = self.figures.segments.iter();
        segments.find(|figures| figures.segment == *segment).map(|figures| figures.cohort)
    }
}
