//! Pages, and the `Link` headers between them.

use std::ops::Bound;
use std::str::FromStr;

use ::http::{HeaderMap, HeaderValue, Response, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use serde::Serialize;

use crate::incoming::Incoming;
use crate::okta::answers::{Refusal, ok};

/// How the links of an answer are written. Both are good HTTP, and both have been seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LinkForm {
    /// A header for each link.
    #[default]
    TwoHeaders,
    /// One header with both, separated by a comma.
    OneHeader,
}

/// A part of a list, by its ids.
pub(crate) type Range<K> = (Bound<K>, Bound<K>);

/// How the org makes pages.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Paging {
    pub(crate) form: LinkForm,
    /// How often all cursors have expired. One that was made before the last time is refused.
    pub(crate) expiries: u64,
}

/// One page of a list.
pub(crate) struct Page<'a> {
    incoming: &'a Incoming,
    paging: Paging,
    size: usize,
    after: Option<String>,
}

impl<'a> Page<'a> {
    /// Reads `limit` and `after`. A limit above the largest is taken for the largest.
    pub(crate) fn asked(
        incoming: &'a Incoming,
        paging: Paging,
        default: usize,
        largest: usize,
    ) -> Result<Self, Refusal> {
        let invalid = |name| Refusal::invalid(name, format!("{name} is not valid."));
        let size = match incoming.parameter("limit") {
            Some(limit) => limit.parse().map_err(|_| invalid("limit"))?,
            None => default,
        };
        if size == 0 {
            return Err(invalid("limit"));
        }
        let read = |cursor| paging.id_of(cursor).ok_or_else(|| invalid("after"));
        let after = incoming.parameter("after").map(read).transpose()?;
        Ok(Self { incoming, paging, size: size.min(largest), after })
    }

    /// Where in the order of ids the page begins.
    pub(crate) fn start<K: FromStr>(&self) -> Result<Range<K>, Refusal> {
        let Some(after) = &self.after else { return Ok((Bound::Unbounded, Bound::Unbounded)) };
        let after = after.parse().map_err(|_| Refusal::invalid("after", "after is not valid."))?;
        Ok((Bound::Excluded(after), Bound::Unbounded))
    }

    /// The answer with one page of what is left from the start on, given in the order of ids. Only
    /// what is on the page is put into the shape of an answer.
    pub(crate) fn of<T, S: Serialize>(
        self,
        mut left: impl Iterator<Item = T>,
        id: impl Fn(&T) -> &str,
        shown: impl Fn(&T) -> S,
    ) -> Response<Bytes> {
        let page: Vec<T> = left.by_ref().take(self.size).collect();
        let next = left.next().and(page.last()).map(|last| self.paging.cursor_after(id(last)));
        let mut answer = ok(&page.iter().map(shown).collect::<Vec<S>>());
        self.link(answer.headers_mut(), next);
        answer
    }

    fn link(&self, headers: &mut HeaderMap, next: Option<String>) {
        let mut links = vec![self.address(self.incoming.parameter("after"), "self")];
        links.extend(next.map(|next| self.address(Some(&next), "next")));
        if self.paging.form == LinkForm::OneHeader {
            links = vec![links.join(", ")];
        }
        for link in links.iter().filter_map(|link| HeaderValue::from_str(link).ok()) {
            headers.append(header::LINK, link);
        }
    }

    /// The address of a page: the same query with another cursor.
    fn address(&self, after: Option<&str>, relation: &str) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(after.map(|after| ("after", after)));
        query.append_pair("limit", &self.size.to_string());
        let others = self
            .incoming
            .query
            .iter()
            .filter(|(name, _)| !matches!(name.as_str(), "after" | "limit"));
        query.extend_pairs(others);
        let path = self.incoming.path.join("/");
        format!("<{}/{path}?{}>; rel=\"{relation}\"", self.incoming.base, query.finish())
    }
}

impl Paging {
    /// Where a list goes on. Callers must not look into it.
    fn cursor_after(self, id: &str) -> String {
        URL_SAFE_NO_PAD.encode(format!("{} {id}", self.expiries))
    }

    /// The id in a cursor that has not expired.
    fn id_of(self, cursor: &str) -> Option<String> {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
        let (expiries, id) = text.split_once(' ')?;
        (expiries == self.expiries.to_string()).then(|| id.to_owned())
    }
}
