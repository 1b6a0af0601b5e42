//! What `setup --json` answers.

use serde::Serialize;

use super::plan::Step;
use crate::report::Report;

/// What a system needs, and what was made of it.
#[derive(Debug, Serialize)]
pub(super) struct Answer<'a> {
    /// How each thing is when the command ends, in the order in which they are made.
    pub(super) things: &'a [Step],
    /// How many things this command made.
    pub(super) made: usize,
    /// What could not be made, and why.
    pub(super) problems: &'a [String],
}

impl Answer<'_> {
    /// The same report, in JSON. What is complained of stays as it is.
    pub(super) fn in_place_of(&self, words: Report) -> Report {
        Report { text: crate::rules_command::pretty(self), ..words }
    }
}
