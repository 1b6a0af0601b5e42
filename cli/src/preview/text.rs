//! A preview for a person to read.

use comparison::Movement;
use rules::{GroupName, Guard};

use super::Preview;
use crate::run::{Fact, Shares, found, movements, segments};
use crate::style;
use crate::target::Target;
use crate::words::{count, share};

/// Of how many movements there are examples.
const MOST_WITH_EXAMPLES: usize = 20;

impl Preview<'_> {
    pub(super) fn in_words(&self, target: &Target) -> String {
        let currency = Some(self.book.currency());
        let mut parts = vec![self.heading(target), segments(self.report, currency)];
        match movements(self.report, currency, Shares::OfPlaced) {
            Some(table) => parts.push(table),
            None => parts.push("Nobody would move.".to_owned()),
        }
        let mut facts = found(self.report);
        facts.extend(self.examples());
        facts.push(("Guard", self.guard_in_words()));
        facts.extend(self.groups());
        parts.push(style::facts(&facts));
        parts.join("\n\n")
    }

    fn heading(&self, target: &Target) -> String {
        let book = match self.file {
            Some(file) => file.display().to_string(),
            None => "the wanted rule book".to_owned(),
        };
        format!("What would follow from {book} in {target}. Nothing was written.")
    }

    /// Some of those who would move, by their ids.
    fn examples(&self) -> Option<Fact> {
        let movements = &self.report.figures.movements;
        let line = |movement: &Movement| {
            let ids: Vec<String> = movement.examples.iter().map(ToString::to_string).collect();
            format!("{} to {}: {}", movement.from, movement.to, ids.join(", "))
        };
        let mut lines: Vec<String> = movements.iter().take(MOST_WITH_EXAMPLES).map(line).collect();
        let left = movements.len().saturating_sub(MOST_WITH_EXAMPLES);
        if left > 0 {
            lines.push(format!("{left} further movements: see --json"));
        }
        (!lines.is_empty()).then(|| ("Examples", lines.join("\n")))
    }

    fn guard_in_words(&self) -> String {
        if let Some(refusal) = &self.refusal {
            let how = if refusal.can_be_accepted() {
                "; if it is meant, begin the run, and accept it as its refusal tells"
            } else {
                ""
            };
            return format!("would refuse this: {refusal}{how}");
        }
        let (moved, placed) = (self.report.shift.moved, self.report.shift.placed);
        let Guard { max_moved_percent, min_customers, .. } = self.guard;
        if placed == 0 {
            return "would let this pass: nobody has a segment yet".to_owned();
        }
        let limit = if placed < u64::from(min_customers) {
            format!("any share may while fewer than {min_customers} have one")
        } else {
            format!("up to {max_moved_percent} % may")
        };
        format!(
            "would let this pass: {} of the {} customers with a segment would leave their group ({}; \
             {limit})",
            count(moved),
            count(placed),
            share(moved, placed),
        )
    }

    fn groups(&self) -> Option<Fact> {
        let names: Vec<&str> = self.groups_without_id.iter().map(GroupName::as_str).collect();
        (!names.is_empty()).then(|| {
            let text = format!(
                "without a usable id: {}. Full runs wait for them; who would only change to one of \
                 them is not counted here",
                names.join(", ")
            );
            ("Groups", text)
        })
    }
}
