//! `rules apply`: a book in a file becomes the wanted one.

use rules::{Analysis, RuleBook};

use super::args::ApplyOptions;
use super::check::size;
use super::file::read;
use super::report;
use super::want::want;
use crate::report::Report;

/// `rules apply`.
pub(super) async fn apply(options: &ApplyOptions) -> Report {
    match read(&options.file) {
        Ok(book) => report(apply_book(&book, options).await),
        Err(none) => none.report(&options.file, options.want.json),
    }
}

async fn apply_book(book: &RuleBook, options: &ApplyOptions) -> Result<Report, String> {
    let target = options.want.target.find_or_make().await.map_err(|error| error.to_string())?;
    let file = options.file.display();
    let heading = format!("{file}: {}\n{}", size(book), Analysis::of(book));
    want(&target, book, heading, &options.want).await
}
