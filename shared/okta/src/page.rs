//! Lists that are read a page at a time, and gone on with later.

use std::fmt;
use std::str::FromStr;

use outbound::{Error, ErrorKind};
use serde::{Deserialize, Serialize};

use crate::budget::Bucket;
use crate::client::{ENDLESS, RawPage, SERVICE, Session};
use crate::listed::ListedUser;

/// Longer than any address of a page that follows from what we ask for.
const LONGEST: usize = 4_096;

/// One page of a list of users.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The users on it, in Okta's order.
    pub users: Vec<ListedUser>,
    /// Entries of the page that are no users as Okta's reference describes them.
    pub unreadable: usize,
    /// Where the list goes on; none after the last page.
    pub next: Option<Cursor>,
}

/// Where a list goes on, to be kept as text until then. Opaque
/// ([pagination](https://developer.okta.com/docs/api/#pagination)): it is what an answer gave, so it
/// may hold data, and `Debug` shows none of it. It is checked anew when it is used.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Cursor(String);

/// A text that is no cursor. Holds no part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor of a list (1 to {LONGEST} visible ASCII characters)")]
pub struct InvalidCursor;

/// Why there is no page.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PageError {
    /// The cursor leads nowhere any more: it is too old for Okta, or of another org or list. Begin the
    /// list anew, and not for ever: a list may be longer than its cursors live.
    #[error("the list has to be begun anew: {0}")]
    Cursor(Error),
    /// The call failed. [`NotFound`](ErrorKind::NotFound) means that what is listed does not exist.
    #[error(transparent)]
    Call(#[from] Error),
}

impl Cursor {
    /// The text to keep.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is an address of the list at this path. A cursor of another group's members must
    /// not pass for one of this group's.
    fn belongs_to(&self, path: &[&str]) -> bool {
        let end = self.0.find(['?', '#']).unwrap_or(self.0.len());
        let list = ["/api/v1", path.join("/").as_str()].join("/");
        self.0.get(..end).is_some_and(|address| address.ends_with(&list))
    }
}

impl FromStr for Cursor {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, InvalidCursor> {
        let sized = (1..=LONGEST).contains(&text.len());
        let plain = text.bytes().all(|byte| byte.is_ascii_graphic());
        (sized && plain).then(|| Self(text.to_owned())).ok_or(InvalidCursor)
    }
}

impl TryFrom<String> for Cursor {
    type Error = InvalidCursor;

    fn try_from(text: String) -> Result<Self, InvalidCursor> {
        text.parse()
    }
}

impl From<Cursor> for String {
    fn from(cursor: Cursor) -> Self {
        cursor.0
    }
}

impl fmt::Debug for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cursor(…)")
    }
}

impl PageError {
    /// What happened to the call, whatever is to be done about it.
    pub fn error(&self) -> &Error {
        match self {
            Self::Cursor(error) | Self::Call(error) => error,
        }
    }
}

/// A list that is read a page at a time.
pub(crate) struct List<'a> {
    pub(crate) bucket: Bucket,
    pub(crate) operation: &'static str,
    pub(crate) path: &'a [&'a str],
    pub(crate) query: &'a [(&'a str, &'a str)],
}

impl Session<'_> {
    /// The page of the list that the cursor leads to, or the first, and the cursor to the next.
    pub(crate) async fn page_of(
        &self,
        list: &List<'_>,
        from: Option<&Cursor>,
    ) -> Result<(RawPage, Option<Cursor>), PageError> {
        let Some(cursor) = from else {
            let first = self.address(list.path).with_query(list.query);
            let page = self.page(list.bucket, list.operation, first).await?;
            return self.with_next(list, page, None);
        };
        let foreign = || Error::new(SERVICE, list.operation, ErrorKind::ForeignAddress);
        let own = self.continuation(cursor.as_str()).ok().filter(|_| cursor.belongs_to(list.path));
        let address = own.ok_or_else(|| PageError::Cursor(foreign()))?;
        match self.page(list.bucket, list.operation, address).await {
            Ok(page) => self.with_next(list, page, from),
            Err(error) if is_about_the_cursor(&error) => Err(PageError::Cursor(error)),
            Err(error) => Err(error.into()),
        }
    }

    fn with_next(
        &self,
        list: &List<'_>,
        page: RawPage,
        from: Option<&Cursor>,
    ) -> Result<(RawPage, Option<Cursor>), PageError> {
        let Some(found) = &page.next else { return Ok((page, None)) };
        let refused = |kind| Err(page.call.error(kind).into());
        if self.continuation(found).is_err() {
            return refused(ErrorKind::ForeignAddress);
        }
        match found.parse::<Cursor>() {
            Ok(next) if from == Some(&next) => refused(ENDLESS),
            Ok(next) if next.belongs_to(list.path) => Ok((page, Some(next))),
            Ok(_) => refused(ErrorKind::Unreadable { detail: "the next page is of another list" }),
            Err(_) => refused(ErrorKind::Unreadable { detail: "the next page's address is odd" }),
        }
    }
}

/// Whether Okta refused what was asked for rather than who asked. It does not document how it answers
/// a cursor that is too old.
fn is_about_the_cursor(error: &Error) -> bool {
    matches!(error.kind, ErrorKind::Rejected { status: 400 | 410, .. } | ErrorKind::NotFound)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cursor(text: &str) -> Cursor {
        text.parse().unwrap()
    }

    #[test]
    fn a_cursor_survives_as_text_and_does_not_show() {
        let text = "https://org.example/api/v1/users?after=ann%40example.com";
        let kept = serde_json::to_string(&cursor(text)).unwrap();
        assert_eq!(kept, format!("\"{text}\""));
        assert_eq!(serde_json::from_str::<Cursor>(&kept).unwrap(), cursor(text));
        assert_eq!(format!("{:?}", cursor(text)), "Cursor(…)");
    }

    #[test]
    fn what_is_too_long_or_no_address_is_no_cursor() {
        for odd in ["", "a b", "a\n", "ä", &"x".repeat(LONGEST + 1)] {
            assert_eq!(odd.parse::<Cursor>(), Err(InvalidCursor), "{odd:?}");
        }
        assert!("x".repeat(LONGEST).parse::<Cursor>().is_ok());
        assert!(serde_json::from_str::<Cursor>(r#""a b""#).is_err());
    }

    #[test]
    fn a_cursor_belongs_to_one_list() {
        let members = ["groups", "00g1", "users"];
        for own in [
            "https://org.example/api/v1/groups/00g1/users?after=x",
            "https://org.example/base/api/v1/groups/00g1/users",
        ] {
            assert!(cursor(own).belongs_to(&members), "{own}");
        }
        for other in [
            "https://org.example/api/v1/groups/00g2/users?after=x",
            "https://org.example/api/v1/users?after=x",
            "https://org.example/api/v1/users?/api/v1/groups/00g1/users",
            "https://org.example/#/api/v1/groups/00g1/users",
            "https://org.example/api/v1/groups/x00g1/users",
        ] {
            assert!(!cursor(other).belongs_to(&members), "{other}");
        }
    }
}
