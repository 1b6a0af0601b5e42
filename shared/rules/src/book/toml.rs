//! The book as a file that people edit.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use toml::Value;
use toml::de::{DeTable, DeValue, Error};

use super::draft::quoted;
use super::error::{Place, Problem};
use super::{BookDraft, BookError, BookErrors, Range, Raw, RuleBook, Segment, SegmentDraft};

impl RuleBook {
    /// Reads a book from TOML: `currency`, then one `[[segment]]` table for each segment, whose order
    /// is the priority. Amounts are text or numbers; a number with decimals is taken as it is
    /// written, never through a float.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn from_toml(text: &str) -> Result<Self, BookErrors> {
        let (document, mut errors) = DeTable::parse_recoverable(text);
        if !errors.is_empty() {
            errors.sort_by_key(|error| error.span().map(|span| span.start));
            return Err(BookErrors::new(
                errors.iter().map(|error| not_toml(text, error)).collect(),
            ));
        }
        let mut errors = Vec::new();
        let draft = draft(map(document.get_ref()), &mut errors);
        match Self::try_from(draft) {
            Ok(book) if errors.is_empty() => Ok(book),
            Ok(_) => Err(BookErrors::new(errors)),
            Err(more) => Err(BookErrors::new(errors.into_iter().chain(more).collect())),
        }
    }

    /// The book as TOML, which [`from_toml`](Self::from_toml) reads back to an equal book. Equal
    /// books give equal text.
    pub fn to_toml(&self) -> String {
        let mut text = format!("currency = {}\n", quoted_toml(self.currency.code()));
        for segment in &self.segments {
            segment.write_toml(&mut text);
        }
        text
    }
}

fn not_toml(text: &str, error: &Error) -> BookError {
    let start = error.span().map_or(0, |span| span.start);
    let before = text.get(..start).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let problem = Problem::NotToml {
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
        message: error.message().to_owned(),
    };
    BookError::new(Place::BOOK, problem)
}

fn draft(mut fields: BTreeMap<String, Raw>, errors: &mut Vec<BookError>) -> BookDraft {
    let currency = fields.remove("currency");
    let segments = match fields.remove("segment") {
        Some(Raw::List(segments)) => segments,
        Some(other) => {
            let value = other.shown();
            let problem = Problem::IsNot { value, expected: "a list of tables" };
            errors.push(BookError::new(Place::BOOK.field("segment"), problem));
            Vec::new()
        }
        None => Vec::new(),
    };
    unknown_keys(&fields, &Place::BOOK, "currency and segment", errors);
    let segments = segments
        .into_iter()
        .enumerate()
        .map(|(index, segment)| segment_draft(index, segment, errors))
        .collect();
    BookDraft { currency, segments }
}

fn segment_draft(index: usize, segment: Raw, errors: &mut Vec<BookError>) -> SegmentDraft {
    let Raw::Map(mut fields) = segment else {
        let problem = Problem::IsNot { value: segment.shown(), expected: "a table" };
        errors.push(BookError::new(Place::BOOK.field(format!("segment[{index}]")), problem));
        return SegmentDraft::default();
    };
    let mut draft = SegmentDraft::take_from(&mut fields);
    let place = Place::segment(&draft.in_words(index));
    if draft.priority.is_some() {
        errors.push(BookError::new(place.field("priority"), Problem::PriorityInToml));
    }
    draft.priority = Some(Raw::Number(index.to_string()));
    let known = "name, label, okta_group_name, persona_name and when";
    unknown_keys(&fields, &place, known, errors);
    draft
}

fn unknown_keys(
    fields: &BTreeMap<String, Raw>,
    place: &Place,
    known: &'static str,
    errors: &mut Vec<BookError>,
) {
    errors.extend(fields.keys().map(|key| {
        let problem = Problem::UnknownKey { key: quoted(key), known };
        BookError::new(place.clone(), problem)
    }));
}

fn map(table: &DeTable<'_>) -> BTreeMap<String, Raw> {
    table.iter().map(|(key, value)| (key.get_ref().to_string(), raw(value.get_ref()))).collect()
}

fn raw(value: &DeValue<'_>) -> Raw {
    match value {
        DeValue::String(text) => Raw::Text(text.to_string()),
        DeValue::Integer(number) => i128::from_str_radix(number.as_str(), number.radix())
            .map_or_else(|_| decimal(number.as_str()), |number| Raw::Number(number.to_string())),
        DeValue::Float(number) => decimal(number.as_str()),
        DeValue::Boolean(true) => Raw::Other("true"),
        DeValue::Boolean(false) => Raw::Other("false"),
        DeValue::Datetime(_) => Raw::Other("a date or time"),
        DeValue::Array(list) => Raw::List(list.iter().map(|item| raw(item.get_ref())).collect()),
        DeValue::Table(table) => Raw::Map(map(table)),
    }
}

/// TOML allows a plus sign; amounts have none.
fn decimal(number: &str) -> Raw {
    Raw::Number(number.strip_prefix('+').unwrap_or(number).to_owned())
}

impl Segment {
    fn write_toml(&self, text: &mut String) {
        let ranges: Vec<String> = self.when.iter().map(range_toml).collect();
        // More than two on a line are hard to read and to compare.
        let when = if ranges.len() > 2 {
            format!("[\n    {},\n]", ranges.join(",\n    "))
        } else {
            format!("[{}]", ranges.join(", "))
        };
        text.push_str("\n[[segment]]\n");
        for (key, value) in [
            ("name", self.name.as_str()),
            ("label", &self.label),
            ("okta_group_name", self.okta_group_name.as_str()),
            ("persona_name", &self.persona_name),
        ] {
            line(text, key, &quoted_toml(value));
        }
        line(text, "when", &when);
    }
}

fn line(text: &mut String, key: &str, value: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{key} = {value}");
}

fn range_toml(range: &Range) -> String {
    let bounds = range.bounds();
    let amount = |amount: rust_decimal::Decimal| quoted_toml(&amount.to_string());
    let number = |number: u64| number.to_string();
    let bounds: Vec<String> = [
        ("orders_at_least", bounds.orders_at_least.map(number)),
        ("orders_at_most", bounds.orders_at_most.map(number)),
        ("spend_at_least", bounds.spend_at_least.map(amount)),
        ("spend_below", bounds.spend_below.map(amount)),
    ]
    .into_iter()
    .filter_map(|(key, value)| Some(format!("{key} = {}", value?)))
    .collect();
    format!("{{ {} }}", bounds.join(", "))
}

fn quoted_toml(text: &str) -> String {
    Value::from(text).to_string()
}
