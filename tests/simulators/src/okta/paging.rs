//! Pages, and the `Link` headers between them.

use ::http::{HeaderMap, HeaderValue, Response, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use serde_json::Value;

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

/// One page of a list.
pub(crate) struct Page<'a> {
    incoming: &'a Incoming,
    form: LinkForm,
    size: usize,
    after: Option<String>,
}

impl<'a> Page<'a> {
    /// Reads `limit` and `after`. A limit above the largest is taken for the largest.
    pub(crate) fn asked(
        incoming: &'a Incoming,
        form: LinkForm,
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
        let after = incoming.parameter("after").map(|cursor| id_of(cursor).ok_or(invalid("after")));
        let size = size.min(largest);
        Ok(Self { incoming, form, size, after: after.transpose()? })
    }

    /// The answer with one page of everything, given in the order of ids.
    pub(crate) fn of(self, all: impl Iterator<Item = (String, Value)>) -> Response<Bytes> {
        let mut rest =
            all.skip_while(|(id, _)| self.after.as_ref().is_some_and(|after| id <= after));
        let page: Vec<(String, Value)> = rest.by_ref().take(self.size).collect();
        let next = rest.next().and(page.last()).map(|(id, _)| URL_SAFE_NO_PAD.encode(id));
        let body = page.into_iter().map(|(_, item)| item).collect();
        let mut answer: Response<Bytes> = ok(&Value::Array(body));
        self.link(answer.headers_mut(), next);
        answer
    }

    fn link(&self, headers: &mut HeaderMap, next: Option<String>) {
        let mut links = vec![self.address(self.incoming.parameter("after"), "self")];
        links.extend(next.map(|next| self.address(Some(&next), "next")));
        if self.form == LinkForm::OneHeader {
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

/// The id in a cursor; callers must not look into it.
fn id_of(cursor: &str) -> Option<String> {
    String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()
}
