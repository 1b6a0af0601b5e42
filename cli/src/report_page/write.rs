//! Writing the page where it is wanted.

use std::fs::{self, File};
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

/// What every page says it was made by.
pub(super) const GENERATOR: &str = "segments report";
/// How every page begins.
const BEGINNING: &[u8] = b"<!DOCTYPE html>";
/// How every page says what it was made by, within its first bytes.
const MADE_BY: &[u8] = b"<meta name=\"generator\" content=\"segments report\">";
/// How many bytes that is looked for in.
const HEAD: u64 = 1_024;

/// Puts a page in a file's place, all or nothing. An earlier page is replaced; any other file stays. A
/// symbolic link stays, too: the page is written where it points to.
pub(super) fn write(file: &Path, page: &str) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{} cannot be written: {error}", file.display());
    let place = pointed_to(file)?;
    if !is_free(&place).map_err(failed)? {
        return Err(format!(
            "{} exists and is no report: name another file, or remove it first",
            file.display()
        ));
    }
    put(&place, page).map_err(failed)
}

/// Where a file's name leads.
fn pointed_to(file: &Path) -> Result<PathBuf, String> {
    match fs::canonicalize(file) {
        Ok(place) => Ok(place),
        Err(_) if file.is_symlink() => Err(format!(
            "{} is a link that leads nowhere: name another file, or remove it first",
            file.display()
        )),
        // What else is wrong shows in the writing.
        Err(_) => Ok(file.to_owned()),
    }
}

/// Whether nothing is there, or an earlier page.
fn is_free(place: &Path) -> std::io::Result<bool> {
    let mut head = Vec::new();
    match fs::metadata(place) {
        Ok(found) if found.is_file() => File::open(place)?.take(HEAD).read_to_end(&mut head)?,
        Ok(_) => return Ok(false),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(true),
        Err(error) => return Err(error),
    };
    Ok(head.starts_with(BEGINNING) && head.windows(MADE_BY.len()).any(|part| part == MADE_BY))
}

fn put(place: &Path, page: &str) -> std::io::Result<()> {
    let beside = beside(place);
    // If there is such a file already, it is somebody else's.
    let mut new = File::create_new(&beside)?;
    let written = new.write_all(page.as_bytes()).and_then(|()| new.sync_all());
    written.and_then(|()| fs::rename(&beside, place)).inspect_err(|_| {
        // The error that matters is the one that is told.
        let _ = fs::remove_file(&beside);
    })
}

/// A name in the same folder, so that it can be renamed.
fn beside(place: &Path) -> PathBuf {
    let name = place.file_name().unwrap_or_default().to_string_lossy();
    place.with_file_name(format!(".{name}.{}", std::process::id()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder that is gone when this is dropped.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let name = format!("segments-report-{name}-{}", std::process::id());
            let folder = std::env::temp_dir().join(name);
            fs::create_dir_all(&folder).unwrap();
            Self(folder)
        }

        fn names(&self) -> usize {
            fs::read_dir(&self.0).unwrap().count()
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            fs::remove_dir_all(&self.0).unwrap();
        }
    }

    fn page(text: &str) -> String {
        let head =
            maud::html! { (maud::DOCTYPE) head { meta name="generator" content=(GENERATOR); } };
        format!("{}{text}", head.into_string())
    }

    #[test]
    fn a_page_is_known_by_its_beginning_and_its_whole_mark() {
        let folder = Folder::new("known");
        let file = folder.0.join("report.html");
        write(&file, &page("one")).unwrap();
        write(&file, &page("two")).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), page("two"));
        for other in [
            "My segments report of last week",
            "<!DOCTYPE html><title>My segments report</title>",
            "see <!DOCTYPE html><meta name=\"generator\" content=\"segments report\">",
            "",
        ] {
            fs::write(&file, other).unwrap();
            let refused = write(&file, &page("three")).unwrap_err();
            assert!(
                refused.ends_with("exists and is no report: name another file, or remove it first")
            );
            assert_eq!(fs::read_to_string(&file).unwrap(), other);
        }
        assert_eq!(folder.names(), 1);
    }

    #[test]
    fn a_file_where_the_page_would_be_written_first_is_left_alone() {
        let folder = Folder::new("beside");
        let file = folder.0.join("report.html");
        let other = beside(&file);
        fs::write(&other, "somebody else's").unwrap();
        let refused = write(&file, &page("one")).unwrap_err();
        assert!(refused.contains("cannot be written"), "{refused}");
        assert_eq!(fs::read_to_string(&other).unwrap(), "somebody else's");
        assert!(!file.exists());
    }

    #[test]
    fn a_page_that_cannot_be_put_in_place_leaves_nothing_behind() {
        let folder = Folder::new("behind");
        let file = folder.0.join("report.html");
        fs::create_dir(&file).unwrap();
        assert!(put(&file, &page("one")).is_err());
        assert_eq!(folder.names(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_and_what_it_points_to_is_written() {
        use std::os::unix::fs::symlink;

        let folder = Folder::new("link");
        let (link, file) = (folder.0.join("latest.html"), folder.0.join("report.html"));
        symlink("report.html", &link).unwrap();
        let refused = write(&link, &page("one")).unwrap_err();
        assert!(refused.contains("is a link that leads nowhere"), "{refused}");
        fs::write(&file, "mine").unwrap();
        let refused = write(&link, &page("one")).unwrap_err();
        assert!(refused.contains("exists and is no report"), "{refused}");
        fs::write(&file, page("one")).unwrap();
        write(&link, &page("two")).unwrap();
        assert!(link.is_symlink());
        assert_eq!(fs::read_to_string(&file).unwrap(), page("two"));
        assert_eq!(folder.names(), 2);
    }
}
