//! An export's file, read as it comes in.

use bytes::Bytes;
use http::StatusCode;
use jiff::Timestamp;
use outbound::{Body, Download, Error, ErrorKind, FoundUrl};

use crate::client::{SERVICE, Shopify};

/// An export's file: [JSON Lines](https://jsonlines.org), a customer a line. Its link is signed and
/// ends after seven days, so it does not show and is not to be kept: ask for the export again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportFile {
    /// Where it is.
    pub url: FoundUrl,
    /// How many bytes it has.
    pub size: u64,
}

/// An export's file that is coming in.
pub struct ExportStream {
    body: Body,
    /// How many bytes are still to come.
    missing: u64,
}

impl Shopify {
    /// Opens an export's file, to be read until `deadline`.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] if the link is refused: it has expired, or the file is gone. Ask for the
    /// [`export`](Self::export) again, which may bring another link, or else start anew. Any other if
    /// the call fails.
    pub async fn open_export(
        &self,
        file: &ExportFile,
        deadline: Timestamp,
    ) -> Result<ExportStream, Error> {
        let download = Download::new(SERVICE, "download export", file.url.clone());
        let answer = self.outbound().open(&download, file.size, deadline).await?;
        let (status, body) = (answer.status(), answer.into_body());
        if status == StatusCode::OK {
            return Ok(ExportStream { body, missing: file.size });
        }
        Err(body.error(refusal(status)))
    }
}

/// What a status other than 200 means where files are kept. Which one stands for a link that has
/// expired depends on who keeps them: 400, 403 and 410 have all been used.
fn refusal(status: StatusCode) -> ErrorKind {
    match status.as_u16() {
        number @ (408 | 429) => ErrorKind::Unavailable { status: number },
        number if status.is_server_error() => ErrorKind::Unavailable { status: number },
        _ if status.is_client_error() => ErrorKind::NotFound,
        _ => ErrorKind::Unreadable { detail: "neither the export's file nor a refusal" },
    }
}

impl ExportStream {
    /// The next piece of the file; none once all of it has come. Pieces end anywhere, also inside of a
    /// line. Nothing read before an error may be taken for the whole shop.
    ///
    /// # Errors
    /// [`ErrorKind::Broken`] if the file is cut short, [`ErrorKind::Unreadable`] if it is longer than
    /// the export says, [`ErrorKind::Timeout`] if nothing came for ten seconds,
    /// [`ErrorKind::OutOfTime`] if the deadline has passed. In every case the file may be opened again,
    /// from its beginning.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        let piece = self.body.next().await.map_err(|error| match error.kind {
            ErrorKind::TooLarge => self
                .body
                .error(ErrorKind::Unreadable { detail: "the file is longer than the export says" }),
            _ => error,
        })?;
        match &piece {
            Some(piece) => {
                let length = u64::try_from(piece.len()).unwrap_or(u64::MAX);
                self.missing = self.missing.saturating_sub(length);
            }
            None if self.missing > 0 => return Err(self.body.error(ErrorKind::Broken)),
            None => {}
        }
        Ok(piece)
    }
}
