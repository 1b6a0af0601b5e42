//! The part of the validation that concerns `when`.

use super::check::Check;
use super::draft::{Raw, quoted};
use super::error::{Place, Problem};
use super::number::{self, Flaw};
use super::{Bounds, MAX_RANGES};

const BOUNDS: &str = "spend_at_least, spend_below, orders_at_least and orders_at_most";

impl Check {
    /// Reads the ranges of the segment at this place.
    pub(super) fn when(&mut self, segment: &Place, raw: Option<&Raw>) -> Option<Vec<Bounds>> {
        let field = segment.field("when");
        let raw = self.present(&field, raw)?;
        let Raw::List(ranges) = raw else {
            return self.is_not(field, raw, "a list of ranges");
        };
        let found = ranges.len();
        if found == 0 {
            self.refuse(field.clone(), Problem::NoRanges);
        }
        if found > MAX_RANGES {
            self.refuse(field, Problem::TooManyRanges { found, limit: MAX_RANGES });
            return None;
        }
        let ranges = ranges.iter().enumerate();
        // All of them are read before any is missed: each may have something to refuse.
        let ranges: Vec<_> = ranges
            .map(|(index, raw)| self.range(segment, &format!("when[{index}]"), raw))
            .collect();
        ranges.into_iter().collect()
    }

    fn range(&mut self, segment: &Place, name: &str, raw: &Raw) -> Option<Bounds> {
        let place = segment.field(name);
        let Raw::Map(found) = raw else {
            return self.is_not(place, raw, "a map of bounds");
        };
        if found.is_empty() {
            self.refuse(place.clone(), Problem::NoBounds);
        }
        let currency = self.currency;
        let amount = |text: Option<&str>| number::amount(text, currency);
        let mut bounds = Bounds::default();
        for (key, raw) in found {
            let at = segment.field(format!("{name}.{key}"));
            match key.as_str() {
                "spend_at_least" => bounds.spend_at_least = self.number(&at, raw, amount),
                "spend_below" => bounds.spend_below = self.number(&at, raw, amount),
                "orders_at_least" => bounds.orders_at_least = self.number(&at, raw, number::whole),
                "orders_at_most" => bounds.orders_at_most = self.number(&at, raw, number::whole),
                _ => self
                    .refuse(place.clone(), Problem::UnknownKey { key: quoted(key), known: BOUNDS }),
            }
        }
        self.possible(&place, &bounds);
        Some(bounds)
    }

    pub(super) fn number<T>(
        &mut self,
        place: &Place,
        raw: &Raw,
        parse: impl FnOnce(Option<&str>) -> Result<T, Flaw>,
    ) -> Option<T> {
        parse(raw.as_text())
            .map_err(|flaw| {
                self.refuse(place.clone(), Problem::Number { value: raw.shown(), flaw });
            })
            .ok()
    }

    /// Refuses bounds that nobody can meet.
    fn possible(&mut self, place: &Place, bounds: &Bounds) {
        if let Some(limit) = bounds.spend_below {
            match bounds.spend_at_least {
                Some(least) if least >= limit => {
                    self.refuse(place.clone(), Problem::InvertedSpend { least, limit });
                }
                None if limit.is_zero() => self.refuse(place.clone(), Problem::BelowZero),
                _ => {}
            }
        }
        if let (Some(least), Some(most)) = (bounds.orders_at_least, bounds.orders_at_most)
            && least > most
        {
            self.refuse(place.clone(), Problem::InvertedOrders { least, most });
        }
    }
}
