//! Ids of full runs.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use outbound::Randomness;
use rules::InvalidId;
use serde::{Deserialize, Serialize};

/// A full run's id: the moment it was begun, so that ids sort by time, and six digits of chance.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RunId(String);

impl RunId {
    /// The id of a run that begins now: "20261121T120000Z-4f21aa".
    pub fn new(now: Timestamp, random: &dyn Randomness) -> Self {
        let chance = random.below(1 << 24);
        Self(format!("{}-{chance:06x}", now.strftime("%Y%m%dT%H%M%SZ")))
    }

    /// The moment it was begun, to the second; none if the id was not made by [`new`](Self::new).
    pub fn begun_at(&self) -> Option<Timestamp> {
        let moment = self.0.split_once('-').map_or(self.as_str(), |(moment, _)| moment);
        let moment = DateTime::strptime("%Y%m%dT%H%M%SZ", moment).ok()?;
        moment.to_zoned(TimeZone::UTC).ok().map(|moment| moment.timestamp())
    }

    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RunId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        ((1..=40).contains(&text.len()) && text.bytes().all(plain))
            .then(|| Self(text.to_owned()))
            .ok_or(InvalidId { expected: "a run's id such as 20261121T120000Z-4f21aa" })
    }
}

impl TryFrom<String> for RunId {
    type Error = InvalidId;

    fn try_from(text: String) -> Result<Self, InvalidId> {
        text.parse()
    }
}

impl From<RunId> for String {
    fn from(id: RunId) -> Self {
        id.0
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}
