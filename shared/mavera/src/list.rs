//! Looking a persona up by its name.
//!
//! The cookbook asks with `name` and shows no pages. The reference knows `limit` (100 at most) and
//! `cursor`, and does not say how an answer leads to its next page. Assumed here, in this order: its
//! `next_cursor`, as in Mavera's other lists; the id of the last persona, if `has_more` says there are
//! more, or if nothing says there are not and the page is exactly as long as was asked for.

use std::collections::BTreeSet;

use http::Method;
use jiff::Timestamp;
use outbound::{Call, Error, ErrorKind, Repeat};
use rules::PersonaId;
use serde::Deserialize;
use serde_json::Value;

use crate::answer;
use crate::client::Mavera;

/// The most personas of a page.
const PAGE: usize = 100;
/// More pages than any account has.
const MOST_PAGES: usize = 100;
const OPERATION: &str = "find persona by name";

/// How many personas have a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// None.
    None,
    /// This one.
    One(PersonaId),
    /// More than one: people or a repeated create made another.
    Several {
        /// The one made first, or listed first if their times are not told.
        oldest: PersonaId,
        /// How many there are.
        count: usize,
    },
}

#[derive(Deserialize)]
#[serde(untagged)]
enum List {
    Bare(Vec<Listed>),
    Paged {
        /// One of the cookbooks calls it `personas`.
        #[serde(alias = "personas")]
        data: Vec<Listed>,
        has_more: Option<bool>,
        next_cursor: Option<String>,
    },
}

/// A persona in a list. Only those with the name asked for need a readable id.
#[derive(Deserialize)]
struct Listed {
    id: String,
    name: Option<String>,
    /// False for Mavera's own personas, which everybody sees and nobody may change.
    is_custom: Option<bool>,
    created_at: Option<Value>,
}

/// Where a list goes on.
enum Next {
    /// Nowhere.
    End,
    /// At this cursor: the answer says there is more.
    Promised(String),
    /// At this cursor, if there is more, which the answer does not say.
    Possible(String),
}

impl Mavera {
    /// The account's own personas with exactly this name, over all pages of the list.
    ///
    /// # Errors
    /// [`Unreadable`](ErrorKind::Unreadable) if the list cannot be read to its end: what was not seen
    /// must not be taken for missing; or if a call fails.
    pub async fn find(&self, name: &str, deadline: Timestamp) -> Result<Found, Error> {
        let (mut seen, mut namesakes) = (BTreeSet::new(), Vec::new());
        let mut cursor = None;
        for _ in 0..MOST_PAGES {
            let call = self.page(name, cursor.as_deref());
            let answer = self.send(&call, deadline).await?;
            let list: List = answer::json(&call, answer.body())?;
            let next = list.next();
            let before = seen.len();
            for listed in list.into_items() {
                if seen.insert(listed.id.clone()) && listed.is_ours_and_named(name) {
                    namesakes.push((listed.created(), listed.id(&call)?));
                }
            }
            cursor = match next {
                // A cursor that is not understood brings the first page again. If nobody promised a
                // second one, that page was the whole list.
                Next::Possible(_) if seen.len() == before => return Ok(Found::among(namesakes)),
                Next::End => return Ok(Found::among(namesakes)),
                Next::Promised(_) if seen.len() == before => break,
                Next::Promised(cursor) | Next::Possible(cursor) => Some(cursor),
            };
        }
        let endless = ErrorKind::Unreadable { detail: "the pages of a list do not end" };
        Err(self.page(name, None).error(endless))
    }

    fn page(&self, name: &str, cursor: Option<&str>) -> Call {
        let limit = PAGE.to_string();
        let mut query = vec![("name", name), ("limit", &limit)];
        query.extend(cursor.map(|cursor| ("cursor", cursor)));
        self.call(OPERATION, Method::GET, &[], &query, Repeat::Safe)
    }
}

impl List {
    fn next(&self) -> Next {
        let (items, has_more, next_cursor) = match self {
            Self::Bare(items) => (items, None, None),
            Self::Paged { data, has_more, next_cursor } => (data, *has_more, next_cursor.as_ref()),
        };
        let told = next_cursor.filter(|cursor| !cursor.is_empty());
        match (has_more, told, items.last()) {
            (Some(false), _, _) => Next::End,
            (_, Some(cursor), _) => Next::Promised(cursor.clone()),
            (Some(true), None, last) => {
                Next::Promised(last.map(|last| last.id.clone()).unwrap_or_default())
            }
            (None, None, Some(last)) if items.len() == PAGE => Next::Possible(last.id.clone()),
            (None, None, _) => Next::End,
        }
    }

    fn into_items(self) -> Vec<Listed> {
        match self {
            Self::Bare(items) | Self::Paged { data: items, .. } => items,
        }
    }
}

impl Listed {
    fn is_ours_and_named(&self, name: &str) -> bool {
        self.is_custom != Some(false) && self.name.as_deref() == Some(name)
    }

    fn id(&self, call: &Call) -> Result<PersonaId, Error> {
        let detail = "a persona's id that cannot be used";
        self.id.parse().map_err(|_| call.error(ErrorKind::Unreadable { detail }))
    }

    /// The cookbook writes moments as text, the reference in epoch seconds. One that cannot be read is
    /// later than all others.
    fn created(&self) -> Timestamp {
        let read = match &self.created_at {
            Some(Value::String(text)) => text.parse().ok(),
            Some(Value::Number(number)) => {
                number.as_i64().and_then(|seconds| Timestamp::from_second(seconds).ok())
            }
            _ => None,
        };
        read.unwrap_or(Timestamp::MAX)
    }
}

impl Found {
    fn among(namesakes: Vec<(Timestamp, PersonaId)>) -> Self {
        let count = namesakes.len();
        // Of equal moments, the first.
        match namesakes.into_iter().min_by_key(|(created, _)| *created) {
            None => Self::None,
            Some((_, only)) if count == 1 => Self::One(only),
            Some((_, oldest)) => Self::Several { oldest, count },
        }
    }
}
