//! A bulk operation as the API gives it.

use jiff::Timestamp;
use outbound::{BaseUrl, ErrorKind, VendorCode};
use serde::Deserialize;

use crate::exports::{Export, ExportId, ExportState};
use crate::file::ExportFile;
use crate::number::UnsignedInt64;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ExportNode {
    pub(super) id: ExportId,
    pub(super) created_at: Timestamp,
    status: Status,
    error_code: Option<String>,
    object_count: UnsignedInt64,
    file_size: Option<UnsignedInt64>,
    url: Option<String>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Status {
    Created,
    Running,
    Completed,
    Canceling,
    Canceled,
    Failed,
    Expired,
}

impl ExportNode {
    pub(super) fn read(self, base: &BaseUrl) -> Result<Export, ErrorKind> {
        let (id, created_at) = (self.id.clone(), self.created_at);
        Ok(Export { id, created_at, state: self.state(base)? })
    }

    fn state(self, base: &BaseUrl) -> Result<ExportState, ErrorKind> {
        let detail = "objectCount is no count";
        let objects = self.object_count.read().ok_or(ErrorKind::Unreadable { detail })?;
        Ok(match (self.status, self.url) {
            (Status::Created | Status::Running, _) => ExportState::Running { objects },
            (Status::Completed, Some(url)) => {
                let file = Some(file(&url, self.file_size, base)?);
                ExportState::Completed { objects, file }
            }
            (Status::Completed, None) if objects == 0 => {
                ExportState::Completed { objects, file: None }
            }
            // Customers were read and are not to be had: this is no shop without customers.
            (Status::Completed, None) | (Status::Expired, _) => ExportState::Expired,
            (Status::Failed, _) => {
                let code = self.error_code.as_deref().and_then(VendorCode::new);
                ExportState::Failed { code }
            }
            (Status::Canceling | Status::Canceled, _) => ExportState::Canceled,
        })
    }
}

fn file(url: &str, size: Option<UnsignedInt64>, base: &BaseUrl) -> Result<ExportFile, ErrorKind> {
    let url = base.download(url).map_err(|_| ErrorKind::ForeignAddress)?;
    let detail = "a file without its size";
    let size = size.and_then(UnsignedInt64::read).ok_or(ErrorKind::Unreadable { detail })?;
    Ok(ExportFile { url, size })
}
