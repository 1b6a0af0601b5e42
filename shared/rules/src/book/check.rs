//! The one validation: a draft becomes a book, or everything that is wrong with it is told.

use std::collections::BTreeMap;
use std::str::FromStr;

use super::draft::{BookDraft, Raw, SegmentDraft, place_in_list};
use super::error::{BookError, BookErrors, Place, Problem};
use super::{Bounds, MAX_SEGMENTS, RuleBook, Segment, number};
use crate::id::is_plain_text;
use crate::{Currency, GroupName, InvalidId, SegmentName};

const CURRENCY: &str = "a currency code of ISO 4217 (three capital letters, such as USD)";
const LABEL: &str = "a label (1 to 100 characters, no space at either end)";
const PERSONA_NAME: &str = "a persona name (2 to 100 characters, no space at either end)";

impl TryFrom<BookDraft> for RuleBook {
    type Error = BookErrors;

    /// Judges a draft. Reports everything that is wrong, not only what comes first.
    fn try_from(draft: BookDraft) -> Result<Self, BookErrors> {
        let mut check = Check::default();
        match check.book(&draft) {
            Some(book) if check.errors.is_empty() => Ok(book),
            _ => Err(BookErrors::new(check.errors)),
        }
    }
}

/// Collects what is wrong. A function that gives none has refused something.
#[derive(Default)]
pub(super) struct Check {
    errors: Vec<BookError>,
    pub(super) currency: Option<Currency>,
}

/// What could be read of a segment.
struct Parts {
    in_words: String,
    name: Option<SegmentName>,
    priority: Option<u64>,
    label: Option<String>,
    okta_group_name: Option<GroupName>,
    persona_name: Option<String>,
    when: Option<Vec<Bounds>>,
}

impl Check {
    pub(super) fn refuse(&mut self, place: Place, problem: Problem) {
        self.errors.push(BookError::new(place, problem));
    }

    pub(super) fn is_not<T>(
        &mut self,
        place: Place,
        raw: &Raw,
        expected: &'static str,
    ) -> Option<T> {
        self.refuse(place, Problem::IsNot { value: raw.shown(), expected });
        None
    }

    pub(super) fn present<'raw>(
        &mut self,
        place: &Place,
        raw: Option<&'raw Raw>,
    ) -> Option<&'raw Raw> {
        if raw.is_none() {
            self.refuse(place.clone(), Problem::Missing);
        }
        raw
    }

    fn book(&mut self, draft: &BookDraft) -> Option<RuleBook> {
        self.currency = self.currency(draft.currency.as_ref());
        let found = draft.segments.len();
        if found == 0 {
            self.refuse(Place::BOOK, Problem::NoSegments);
        }
        if found > MAX_SEGMENTS {
            // Each of them may be wrong in many ways; nobody wants to read that.
            self.refuse(Place::BOOK, Problem::TooManySegments { found, limit: MAX_SEGMENTS });
            return None;
        }
        let segments = draft.segments.iter().enumerate();
        let mut parts: Vec<Parts> =
            segments.map(|(index, segment)| self.segment(index, segment)).collect();
        self.used_twice(&parts);
        parts.sort_by_key(|parts| parts.priority);
        let currency = self.currency?;
        let segments = parts
            .into_iter()
            .zip(1..)
            .map(|(parts, position)| parts.into_segment(position * 10, currency))
            .collect::<Option<_>>()?;
        Some(RuleBook { currency, segments })
    }

    fn currency(&mut self, raw: Option<&Raw>) -> Option<Currency> {
        let place = Place::BOOK.field("currency");
        let currency =
            self.parsed(&place, raw, |code| Currency::from_str(code).or(Err(CURRENCY)))?;
        if currency.decimals().is_none() {
            self.refuse(place, Problem::NotCountedInDecimals(currency));
            return None;
        }
        Some(currency)
    }

    fn segment(&mut self, index: usize, draft: &SegmentDraft) -> Parts {
        let in_words = draft.in_words(index);
        let place = Place::segment(&in_words);
        let name = self.parsed(&place.field("name"), draft.name.as_ref(), id);
        let priority = self.priority(&place.field("priority"), draft.priority.as_ref());
        let label = |text: &str| plain_text(text, 100, LABEL);
        let label = self.parsed(&place.field("label"), draft.label.as_ref(), label);
        let group = draft.okta_group_name.as_ref();
        let okta_group_name = self.parsed(&place.field("okta_group_name"), group, id);
        let by_default = label.as_ref().map(|label| Raw::Text(format!("Shopify {label}")));
        let persona_name = match draft.persona_name.as_ref().or(by_default.as_ref()) {
            // Without a label there is no default, and the label was refused already.
            None => None,
            found => self.parsed(&place.field("persona_name"), found, persona_name),
        };
        let when = self.when(&place, draft.when.as_ref());
        Parts { in_words, name, priority, label, okta_group_name, persona_name, when }
    }

    /// Reads a required text. The parser says what it expected.
    fn parsed<T>(
        &mut self,
        place: &Place,
        raw: Option<&Raw>,
        parse: impl FnOnce(&str) -> Result<T, &'static str>,
    ) -> Option<T> {
        let raw = self.present(place, raw)?;
        let Raw::Text(text) = raw else {
            return self.is_not(place.clone(), raw, "text");
        };
        match parse(text) {
            Ok(value) => Some(value),
            Err(expected) => self.is_not(place.clone(), raw, expected),
        }
    }

    fn priority(&mut self, place: &Place, raw: Option<&Raw>) -> Option<u64> {
        let raw = self.present(place, raw)?;
        self.number(place, raw, number::whole)
    }

    /// Refuses what must be one segment's alone. Okta and people do not tell "VIP" from "vip".
    fn used_twice(&mut self, segments: &[Parts]) {
        let text = |text: &str| Raw::Text(text.to_owned());
        self.unique("name", segments, |parts| Some(text(parts.name.as_ref()?.as_str())));
        self.unique("priority", segments, |parts| Some(Raw::Number(parts.priority?.to_string())));
        let group = |parts: &Parts| Some(text(parts.okta_group_name.as_ref()?.as_str()));
        self.unique("okta_group_name", segments, group);
        self.unique("persona_name", segments, |parts| Some(text(parts.persona_name.as_ref()?)));
    }

    fn unique(&mut self, field: &str, segments: &[Parts], value: impl Fn(&Parts) -> Option<Raw>) {
        let mut users: BTreeMap<String, usize> = BTreeMap::new();
        for (index, parts) in segments.iter().enumerate() {
            let Some(value) = value(parts) else { continue };
            let Some(key) = value.as_text().map(str::to_lowercase) else { continue };
            let first = *users.entry(key).or_insert(index);
            if first == index {
                continue;
            }
            let other = match &segments[first].in_words {
                same if *same == parts.in_words => place_in_list(first),
                other => other.clone(),
            };
            let problem = Problem::UsedTwice { value: value.shown(), other };
            self.refuse(Place::segment(&parts.in_words).field(field), problem);
        }
    }
}

impl Parts {
    fn into_segment(self, priority: u32, currency: Currency) -> Option<Segment> {
        let when = self.when?.into_iter().map(|bounds| bounds.in_currency(currency)).collect();
        Some(Segment {
            name: self.name?,
            priority,
            label: self.label?,
            okta_group_name: self.okta_group_name?,
            persona_name: self.persona_name?,
            when,
        })
    }
}

fn id<T: FromStr<Err = InvalidId>>(text: &str) -> Result<T, &'static str> {
    text.parse().map_err(|InvalidId { expected }| expected)
}

/// Mavera takes names of 2 to 100 characters.
fn persona_name(text: &str) -> Result<String, &'static str> {
    let name = plain_text(text, 100, PERSONA_NAME)?;
    if name.chars().nth(1).is_some() { Ok(name) } else { Err(PERSONA_NAME) }
}

fn plain_text(text: &str, longest: usize, expected: &'static str) -> Result<String, &'static str> {
    if is_plain_text(text, longest) { Ok(text.to_owned()) } else { Err(expected) }
}
