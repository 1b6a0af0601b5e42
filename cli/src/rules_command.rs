//! `segments rules`: books in files, and the wanted book of a stack.

use std::fmt::Write as _;
use std::path::Path;

use rules::{Analysis, BookErrors, RuleBook, Segment};
use serde_json::{Value, json};
use state::{ConfigError, ConfigTable};

use crate::args::{ApplyOptions, BookOptions};
use crate::report::{FAILED, Report};
use crate::style;

/// The exit code of a book with a rule that can never win.
const WARNED: u8 = 1;

/// A book that cannot be had.
pub(crate) enum NoBook {
    Unreadable(String),
    Invalid(BookErrors),
}

/// Reads a book from its file.
pub(crate) fn read(file: &Path) -> Result<RuleBook, NoBook> {
    let text = std::fs::read_to_string(file).map_err(|error| {
        let file = file.display();
        NoBook::Unreadable(format!("{file} cannot be read ({error}); name the rule book's file"))
    })?;
    RuleBook::from_toml(&text).map_err(NoBook::Invalid)
}

impl NoBook {
    /// What there is to say of it.
    pub(crate) fn report(self, file: &Path, as_json: bool) -> Report {
        match self {
            Self::Invalid(errors) if as_json => {
                let errors: Vec<String> = errors.into_iter().map(|one| one.to_string()).collect();
                let text = pretty(&json!({ "valid": false, "errors": errors }));
                Report { text, complaint: String::new(), code: FAILED }
            }
            Self::Invalid(errors) => {
                let lines: Vec<String> =
                    errors.into_iter().map(|error| format!("  {error}")).collect();
                let file = file.display();
                Report::failed(format!("{file} is not a valid rule book:\n{}", lines.join("\n")))
            }
            Self::Unreadable(complaint) => Report::failed(complaint),
        }
    }
}

/// `rules check`.
pub(crate) fn check(options: &BookOptions) -> Report {
    let book = match read(&options.file) {
        Ok(book) => book,
        Err(none) => return none.report(&options.file, options.json),
    };
    let analysis = Analysis::of(&book);
    let text = if options.json {
        pretty(&in_json(&analysis))
    } else {
        let (file, segments) = (options.file.display(), book.segments().len());
        format!("{file}: {segments} segments in {}\n{analysis}", book.currency())
    };
    let code = if analysis.is_clean() { 0 } else { WARNED };
    Report { text, complaint: String::new(), code }
}

fn in_json(analysis: &Analysis) -> Value {
    let findings: Vec<Value> = analysis
        .findings()
        .iter()
        .map(|finding| {
            json!({ "severity": finding.severity().to_string(), "finding": finding.to_string() })
        })
        .collect();
    json!({ "valid": true, "clean": analysis.is_clean(), "findings": findings })
}

/// `rules show`.
pub(crate) fn show(options: &BookOptions) -> Report {
    match read(&options.file) {
        Ok(book) if options.json => Report::good(pretty(&json!(book))),
        Ok(book) => Report::good(in_words(&book)),
        Err(none) => none.report(&options.file, options.json),
    }
}

fn in_words(book: &RuleBook) -> String {
    let mut table = style::table(&["", "Segment", "Who", "Okta group", "Persona"]);
    for (segment, place) in book.segments().iter().zip(1_u32..) {
        table.add_row([
            place.to_string(),
            format!("{}\n{}", segment.name(), segment.label()),
            who(segment),
            segment.okta_group_name().to_string(),
            segment.persona_name().to_owned(),
        ]);
    }
    format!("{table}\nThe first segment that matches wins. Amounts are in {}.", book.currency())
}

fn who(segment: &Segment) -> String {
    let ranges: Vec<String> = segment.when().iter().map(ToString::to_string).collect();
    ranges.join("\nor ")
}

fn pretty(value: &Value) -> String {
    format!("{value:#}")
}

/// `rules apply`.
pub(crate) async fn apply(options: &ApplyOptions) -> Report {
    let book = match read(&options.file) {
        Ok(book) => book,
        Err(none) => return none.report(&options.file, false),
    };
    let mut loader = aws_config::defaults(aws_config::BehaviorVersion::latest());
    if let Some(endpoint) = &options.endpoint {
        loader = loader.endpoint_url(endpoint);
    }
    let client = aws_sdk_dynamodb::Client::new(&loader.load().await);
    let table = ConfigTable::new(client, &options.config_table);
    match write(&table, &book).await {
        Ok(text) => Report::good(text),
        Err(complaint) => Report::failed(complaint),
    }
}

/// Writes a book as the wanted one, and tells what is next.
async fn write(table: &ConfigTable, book: &RuleBook) -> Result<String, String> {
    let failed = |error: ConfigError| {
        format!("{error}\nCheck the table's name, and the AWS credentials and region in use.")
    };
    let now = table.group_names().await.map_err(failed)?;
    table.put_wanted(book).await.map_err(|error| failed(error.into()))?;
    let mut text = format!("{}\n{} segments written.", Analysis::of(book), book.segments().len());
    // Writing to a `String` cannot fail.
    let _ = match now.accepted {
        Some(accepted) if *accepted.book == *book => {
            write!(text, " The same book is accepted already, as version {}.", accepted.version)
        }
        Some(accepted) => write!(
            text,
            " Workers go on using the accepted book, version {}. To have this one accepted, delete \
             the item book/accepted from the table.",
            accepted.version
        ),
        None => write!(text, " It is accepted with the first webhook that is worked off."),
    };
    text.push_str("\nNext: invoke refresh-groups, so that its groups get their ids.");
    Ok(text)
}
