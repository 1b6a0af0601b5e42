//! What the doctor has to say.

use serde::Serialize;

use super::check::{Check, State};
use crate::report::{FAILED, Report};

/// The exit code if something is wrong.
const WRONG: u8 = 1;

/// Everything that was found: what `--json` prints.
#[derive(Debug, Serialize)]
pub(super) struct Findings {
    /// The system, as people call it.
    pub(super) target: String,
    /// The worst state of all.
    pub(super) worst: State,
    /// What was looked at, in the order of a webhook's way through the system.
    pub(super) checks: Vec<Check>,
    /// The topics that `--fix` subscribed to.
    pub(super) fixed: Vec<String>,
}

impl Findings {
    pub(super) fn new(target: String, checks: Vec<Check>, fixed: Vec<String>) -> Self {
        let worst = checks.iter().map(|check| check.state).max().unwrap_or(State::Ok);
        Self { target, worst, checks, fixed }
    }

    pub(super) fn report(&self, as_json: bool) -> Report {
        let text = if as_json {
            // It is made of texts and lists, which JSON always can hold.
            serde_json::to_string_pretty(self).unwrap_or_default()
        } else {
            self.in_words()
        };
        let code = match self.worst {
            State::Ok | State::Warning => 0,
            State::Wrong => WRONG,
            State::Unknown => FAILED,
        };
        Report { text, complaint: String::new(), code }
    }

    fn in_words(&self) -> String {
        let count = |state: State| self.checks.iter().filter(|it| it.state == state).count();
        let mut lines: Vec<String> = self.checks.iter().map(ToString::to_string).collect();
        lines.extend(self.fixed.iter().map(|topic| format!("fixed    webhooks {topic}")));
        let (wrong, unknown) = (count(State::Wrong), count(State::Unknown));
        let warnings = count(State::Warning);
        lines.push(match (wrong, unknown, warnings) {
            (0, 0, 0) => format!("All is well with {}.", self.target),
            _ => format!(
                "{}: {wrong} wrong, {unknown} not to be looked at, {warnings} to be seen to.",
                self.target
            ),
        });
        lines.join("\n")
    }
}
