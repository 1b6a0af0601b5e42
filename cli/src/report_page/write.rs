//! Writing the page where it is wanted.

use std::fs::{self, File};
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

/// What every page of this tool has within its first bytes, and other files have not.
pub(super) const MARK: &str = "segments report";
/// How many bytes that is looked for in.
const HEAD: u64 = 1_024;

/// Puts a page in a file's place, all or nothing. An earlier page is replaced; any other file stays.
pub(super) fn write(file: &Path, page: &str) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{} cannot be written: {error}", file.display());
    if !is_free(file).map_err(failed)? {
        return Err(format!(
            "{} exists and is no report: name another file, or remove it first",
            file.display()
        ));
    }
    let beside = beside(file);
    let written = File::create_new(&beside)
        .and_then(|mut file| file.write_all(page.as_bytes()).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&beside, file));
    written.map_err(|error| {
        // The error that matters is the one that is told.
        let _ = fs::remove_file(&beside);
        failed(error)
    })
}

/// Whether nothing is there, or an earlier page.
fn is_free(file: &Path) -> std::io::Result<bool> {
    let mut head = Vec::new();
    match File::open(file) {
        Ok(found) => found.take(HEAD).read_to_end(&mut head)?,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(true),
        Err(error) => return Err(error),
    };
    Ok(String::from_utf8_lossy(&head).contains(MARK))
}

/// A name in the same folder, so that it can be renamed.
fn beside(file: &Path) -> PathBuf {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    file.with_file_name(format!(".{name}.{}", std::process::id()))
}
