//! The search syntax, as far as it is simulated: `field:value` terms that must all hold
//! ([search syntax](https://shopify.dev/docs/api/usage/search-syntax)).

use std::cmp::Ordering;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

/// What a search has asked for.
#[derive(Debug, Default)]
pub(crate) struct Search {
    terms: Vec<Term>,
}

#[derive(Debug, PartialEq, Eq)]
struct Term {
    /// Empty for a word without a field.
    field: String,
    comparison: Comparison,
    value: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    AtLeast,
    AtMost,
    Above,
    Below,
    Equal,
}

/// What a thing holds in a field that can be searched.
#[derive(Debug)]
pub(crate) enum Known<'a> {
    Number(u64),
    Moment(Timestamp),
    Text(&'a str),
}

impl Search {
    pub(crate) fn read(query: Option<&str>) -> Self {
        let words = words(query.unwrap_or_default());
        Self { terms: words.iter().filter(|word| *word != "AND").map(|word| term(word)).collect() }
    }

    /// Whether a thing is found. A field that cannot be searched leaves everything in.
    pub(crate) fn finds<'a>(&self, field: impl Fn(&str) -> Option<Known<'a>>) -> bool {
        self.terms.iter().all(|term| field(&term.field).is_none_or(|known| term.holds(&known)))
    }

    /// What `extensions.search` says of the fields that cannot be searched.
    pub(crate) fn warnings(&self, path: &str, query: &str, searchable: &[&str]) -> Option<Value> {
        let unknown = self.terms.iter().filter(|term| !searchable.contains(&term.field.as_str()));
        let warnings: Vec<Value> = unknown
            .map(|term| {
                let message = "Invalid search field for this query.";
                json!({ "field": term.field, "message": message, "code": "invalid_field" })
            })
            .collect();
        (!warnings.is_empty())
            .then(|| json!({ "path": [path], "query": query, "warnings": warnings }))
    }
}

impl Term {
    fn holds(&self, known: &Known<'_>) -> bool {
        let order = match known {
            Known::Number(known) => self.value.parse().ok().map(|value: u64| known.cmp(&value)),
            Known::Moment(known) => moment(&self.value).map(|value| known.cmp(&value)),
            Known::Text(known) => {
                Some(known.to_ascii_lowercase().cmp(&self.value.to_ascii_lowercase()))
            }
        };
        order.is_some_and(|order| self.comparison.admits(order))
    }
}

impl Comparison {
    const SIGNS: [(&'static str, Self); 4] =
        [(">=", Self::AtLeast), ("<=", Self::AtMost), (">", Self::Above), ("<", Self::Below)];

    fn admits(self, order: Ordering) -> bool {
        match self {
            Self::AtLeast => order.is_ge(),
            Self::AtMost => order.is_le(),
            Self::Above => order.is_gt(),
            Self::Below => order.is_lt(),
            Self::Equal => order.is_eq(),
        }
    }
}

/// The words of a query; quoted spaces part none, and the quotes are gone. A backslash takes what follows
/// it inside of quotes for itself.
fn words(query: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
    let mut characters = query.chars();
    while let Some(character) = characters.next() {
        match quote {
            Some(_) if character == '\\' => word.extend(characters.next()),
            Some(end) if character == end => quote = None,
            None if matches!(character, '\'' | '"') => quote = Some(character),
            None if character.is_whitespace() => words.push(std::mem::take(&mut word)),
            Some(_) | None => word.push(character),
        }
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

fn term(word: &str) -> Term {
    let (field, value) = word.split_once(':').unwrap_or(("", word));
    let signed = Comparison::SIGNS
        .iter()
        .find_map(|(sign, comparison)| Some((*comparison, value.strip_prefix(sign)?)));
    let (comparison, value) = signed.unwrap_or((Comparison::Equal, value));
    Term { field: field.to_owned(), comparison, value: value.to_owned() }
}

fn moment(text: &str) -> Option<Timestamp> {
    let day = || Some(text.parse::<Date>().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp());
    text.parse().ok().or_else(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finds(query: &str, moment: &str) -> bool {
        Search::read(Some(query)).finds(|field| match field {
            "created_at" => Some(Known::Moment(moment.parse().unwrap())),
            "id" => Some(Known::Number(7)),
            "status" => Some(Known::Text("running")),
            _ => None,
        })
    }

    #[test]
    fn all_terms_must_hold() {
        let moment = "2026-10-05T09:00:00Z";
        for found in [
            "",
            "status:RUNNING",
            "created_at:>='2026-10-05T09:00:00Z'",
            "created_at:>=2026-10-05T09:00:00Z AND id:7",
            "created_at:>2026-10-05 id:<=7",
            "colour:red",
        ] {
            assert!(finds(found, moment), "{found}");
        }
        for lost in ["status:failed", "created_at:>'2026-10-05T09:00:00Z'", "id:7 id:>7", "id:x"] {
            assert!(!finds(lost, moment), "{lost}");
        }
    }

    #[test]
    fn an_escaped_quote_does_not_end_a_phrase() {
        let finds = |query, email| {
            Search::read(Some(query))
                .finds(|field| (field == "email").then_some(Known::Text(email)))
        };
        assert!(finds(r#"email:"\"a\\b\"@example.com""#, r#""a\b"@example.com"#));
        assert!(!finds(r#"email:"a\" email:b""#, "a"));
        assert!(finds(r#"email:"a" colour:"b""#, "a"));
    }

    #[test]
    fn a_field_that_cannot_be_searched_is_warned_of() {
        let query = "status:running color:red";
        let warnings = Search::read(Some(query)).warnings("bulkOperations", query, &["status"]);
        assert_eq!(warnings.unwrap()["warnings"][0]["field"], "color");
        assert!(Search::read(Some("status:x")).warnings("any", "status:x", &["status"]).is_none());
    }
}
