//! The book a run decides by.

use rules::RuleBook;
use sha2::{Digest, Sha256};
use state::RunConfig;

use crate::record::Book;

/// The book to try, or the wanted one. An error says which row is wrong, or which group is not ready.
pub(crate) fn to_decide_by(config: &RunConfig, tried: Option<RuleBook>) -> Result<Book, String> {
    if let Some(content) = tried {
        return Ok(book(content, None, None));
    }
    let wanted = config.wanted.clone().map_err(|errors| {
        format!("the wanted rule book cannot be used: {errors}; mend the rows, and run again")
    })?;
    match &config.accepted {
        Some(accepted) if *accepted.book == wanted => {
            Ok(book(wanted, Some(accepted.version), None))
        }
        accepted => {
            all_groups_are_ready(config, &wanted)?;
            Ok(book(wanted, None, accepted.as_ref().map(|accepted| accepted.version)))
        }
    }
}

/// A changed book whose groups are not resolved yet would have nobody moved, and everybody looked at.
fn all_groups_are_ready(config: &RunConfig, wanted: &RuleBook) -> Result<(), String> {
    let names = wanted.segments().iter().map(rules::Segment::okta_group_name);
    let unready: Vec<&str> = names
        .filter(|name| {
            let row = config.groups.get(name);
            row.is_none_or(|row| row.id.is_none() || !row.status.is_usable())
        })
        .map(rules::GroupName::as_str)
        .collect();
    if unready.is_empty() {
        return Ok(());
    }
    Err(format!(
        "the wanted rule book names groups without a usable id ({}): make them in Okta, let \
         refresh-groups resolve them, and run again",
        unready.join(", ")
    ))
}

fn book(content: RuleBook, version: Option<u64>, instead_of: Option<u64>) -> Book {
    Book { hash: book_hash(&content), version, instead_of, content }
}

/// SHA-256 of a book, in hexadecimal: the same for books that decide alike, since a book has one written
/// form.
pub fn book_hash(book: &RuleBook) -> String {
    use std::fmt::Write as _;

    // A book is made of texts, numbers and lists, none of which can fail to be written.
    let text = serde_json::to_vec(book).unwrap_or_default();
    Sha256::digest(text).iter().fold(String::with_capacity(64), |mut hash, byte| {
        let _ = write!(hash, "{byte:02x}");
        hash
    })
}
