//! Lists a page at a time
//! ([pagination](https://shopify.dev/docs/api/usage/pagination-graphql)).

use async_graphql::connection::{Connection, Edge};
use async_graphql::{OutputType, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::shopify::queries::coded;

/// The largest page.
const LARGEST_PAGE: usize = 250;
/// Nobody gets further than this by pages; a bulk operation does.
const FURTHEST: usize = 25_000;

/// Where in a list something stands: by what the list is sorted by, then by id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    sorted_by: String,
    id: u64,
}

impl Place {
    /// A place in a list that is sorted by id.
    pub(crate) fn by_id(id: u64) -> Self {
        Self { sorted_by: String::new(), id }
    }

    /// A place in a list that is sorted by something else, written so that text sorts as it does.
    pub(crate) fn by(sorted_by: String, id: u64) -> Self {
        Self { sorted_by, id }
    }

    fn cursor(&self) -> String {
        let id = self.id.to_string();
        let value = if self.sorted_by.is_empty() { &id } else { &self.sorted_by };
        STANDARD.encode(json!({ "last_id": self.id, "last_value": value }).to_string())
    }

    fn read(cursor: &str) -> Option<Self> {
        let cursor: Value = serde_json::from_slice(&STANDARD.decode(cursor).ok()?).ok()?;
        let id = cursor["last_id"].as_u64()?;
        let sorted_by = cursor["last_value"].as_str().filter(|value| *value != id.to_string());
        Some(Self { sorted_by: sorted_by.unwrap_or_default().to_owned(), id })
    }
}

/// Which page of a list is asked for.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    pub(crate) first: Option<i32>,
    pub(crate) after: Option<String>,
    pub(crate) last: Option<i32>,
    pub(crate) before: Option<String>,
    pub(crate) reverse: bool,
}

impl Asked {
    /// The page of a list. `item` makes what is shown of it, for the page alone.
    pub(crate) fn of<T, N: OutputType>(
        &self,
        mut all: Vec<(Place, T)>,
        mut item: impl FnMut(T) -> Result<N>,
    ) -> Result<Connection<String, N>> {
        all.sort_by(|(a, _), (b, _)| if self.reverse { b.cmp(a) } else { a.cmp(b) });
        let (begin, end) = self.bounds(&all)?;
        let mut page = Connection::new(begin > 0, end < all.len());
        for (place, found) in all.into_iter().skip(begin).take(end - begin) {
            page.edges.push(Edge::new(place.cursor(), item(found)?));
        }
        Ok(page)
    }

    fn bounds<T>(&self, all: &[(Place, T)]) -> Result<(usize, usize)> {
        let ahead = |place: &Place, of: &Place| if self.reverse { place > of } else { place < of };
        let begin = match place(self.after.as_deref())? {
            Some(after) => all.partition_point(|(it, _)| ahead(it, &after) || *it == after),
            None => 0,
        };
        let end = match place(self.before.as_deref())? {
            Some(before) => all.partition_point(|(it, _)| ahead(it, &before)).max(begin),
            None => all.len(),
        };
        let (begin, end) = match (self.first, self.last) {
            (Some(first), None) => (begin, end.min(begin + size(first)?)),
            (None, Some(last)) => (begin.max(end.saturating_sub(size(last)?)), end),
            (None, None) => return Err(refused("you must provide one of first or last")),
            (Some(_), Some(_)) => {
                return Err(refused("providing both first and last is not supported"));
            }
        };
        if end > FURTHEST {
            return Err(refused(&format!("Pagination ends at {FURTHEST} objects.")));
        }
        Ok((begin, end))
    }
}

fn place(cursor: Option<&str>) -> Result<Option<Place>> {
    let read = |cursor: &str| Place::read(cursor).ok_or_else(|| refused("Invalid cursor."));
    cursor.map(read).transpose()
}

fn size(asked: i32) -> Result<usize> {
    usize::try_from(asked)
        .ok()
        .filter(|size| *size <= LARGEST_PAGE)
        .ok_or_else(|| refused(&format!("A page holds from 0 to {LARGEST_PAGE} objects.")))
}

fn refused(message: &str) -> async_graphql::Error {
    coded(message, "BAD_REQUEST")
}
