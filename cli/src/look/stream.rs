//! Lists that may be long: read from the table page by page, and written as they come.

use std::io::{self, BufWriter, Write};

use futures_util::stream::{FuturesUnordered, StreamExt};
use rules::CustomerId;
use serde::Serialize;
use state::{Customers, Entry, Listed, Page, Place, Record};

use super::{Complaint, FormOptions, table_error};
use crate::output::Unwritten;
use crate::report::Report;
use crate::target::Target;

/// A list that could not be read or written to its end.
#[derive(Debug)]
pub(crate) enum Broken {
    /// The table does not answer.
    Table(state::Error),
    /// Standard output takes no more.
    Output(io::Error),
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

impl From<state::Error> for Broken {
    fn from(error: state::Error) -> Self {
        Self::Table(error)
    }
}

impl Broken {
    /// What there is to say. Whoever reads standard output may have read enough.
    pub(crate) fn report(self, target: &Target) -> Report {
        match self {
            Self::Table(error) => Report::failed(table_error(target, &error)),
            Self::Output(error) => Unwritten::of(error)
                .map_or_else(|| Report::good(""), |error| Report::failed(error.to_string())),
        }
    }
}

/// Shows every customer of a list, or everybody, to `see`, in no particular order, and says how many
/// entries cannot be read.
pub(crate) async fn each<'l>(
    customers: &Customers,
    which: impl Into<Option<Listed<'l>>>,
    mut see: impl FnMut(CustomerId, &Record) -> io::Result<()>,
) -> Result<u64, Broken> {
    let which = which.into();
    let page = async |part: i32, from: Option<Place>| -> (i32, Result<Page, state::Error>) {
        let parts = customers.parts();
        let read = match which {
            Some(which) => customers.list(which, part, parts, from).await,
            None => customers.scan(part, parts, from).await,
        };
        (part, read)
    };
    let mut unreadable = 0;
    let mut pages: FuturesUnordered<_> =
        (0..customers.parts()).map(|part| page(part, None)).collect();
    while let Some((part, read)) = pages.next().await {
        let Page { customers, strangers, next } = read?;
        unreadable += u64::try_from(strangers.len()).unwrap_or(u64::MAX);
        for (customer, entry) in customers {
            match entry {
                Ok(Entry::Customer(record)) => see(customer, &record)?,
                Ok(Entry::Tombstone(_)) => {}
                Err(_) => unreadable += 1,
            }
        }
        if let Some(next) = next {
            pages.push(page(part, Some(next)));
        }
    }
    Ok(unreadable)
}

/// What there is to say of entries that cannot be read.
pub(crate) fn unreadable_note(unreadable: u64) -> Complaint {
    match unreadable {
        0 => String::new(),
        1 => {
            "1 entry of the customers table cannot be read and is left out; a full run looks at it \
              again"
                .to_owned()
        }
        many => format!(
            "{many} entries of the customers table cannot be read and are left out; a full run looks \
             at them again"
        ),
    }
}

/// Rows on their way to standard output, in one of three forms. The head is written before the first row,
/// or at the end.
pub(super) struct Rows<W: Write> {
    form: Form<W>,
    /// What precedes the first row.
    head: Option<String>,
    pub(super) count: u64,
}

enum Form<W: Write> {
    Text(W),
    Json(W),
    Csv(Box<csv::Writer<W>>),
}

impl Rows<BufWriter<io::StdoutLock<'static>>> {
    /// Rows for standard output. The head is the text's, the CSV's first row, or the JSON up to where the
    /// rows begin.
    pub(super) fn to_stdout(form: FormOptions, heads: &Heads<'_>) -> Self {
        Self::new(form, heads, BufWriter::new(io::stdout().lock()))
    }
}

/// What precedes the rows, by form.
pub(super) struct Heads<'a> {
    /// A line of text.
    pub(super) text: String,
    /// The names of the columns.
    pub(super) csv: &'a [&'a str],
    /// The beginning of an object, up to and with the name of the rows.
    pub(super) json: String,
}

impl<W: Write> Rows<W> {
    fn new(form: FormOptions, heads: &Heads<'_>, to: W) -> Self {
        let (form, head) = match form {
            FormOptions { json: true, .. } => (Form::Json(to), heads.json.clone()),
            FormOptions { csv: true, .. } => {
                (Form::Csv(Box::new(csv::Writer::from_writer(to))), heads.csv.join(","))
            }
            _ => (Form::Text(to), heads.text.clone()),
        };
        Self { form, head: Some(head), count: 0 }
    }

    fn begin(&mut self) -> io::Result<()> {
        let Some(head) = self.head.take() else { return Ok(()) };
        match &mut self.form {
            Form::Text(to) => writeln!(to, "{head}"),
            Form::Json(to) => write!(to, "{head} ["),
            Form::Csv(to) => to.write_record(head.split(',')).map_err(output_error),
        }
    }

    /// Writes a row: its line, or itself as JSON, or its cells.
    pub(super) fn write<R: Serialize, const N: usize>(
        &mut self,
        row: &R,
        cells: impl FnOnce() -> [String; N],
        line: impl FnOnce(&[String; N]) -> String,
    ) -> io::Result<()> {
        self.begin()?;
        let separator = if self.count == 0 { "\n    " } else { ",\n    " };
        self.count += 1;
        match &mut self.form {
            Form::Text(to) => writeln!(to, "{}", line(&cells())),
            Form::Json(to) => {
                write!(to, "{separator}")?;
                serde_json::to_writer(to, row).map_err(io::Error::from)
            }
            Form::Csv(to) => to.write_record(cells().map(safe)).map_err(output_error),
        }
    }

    /// Writes what follows the rows. Of JSON it is the rest of the object.
    pub(super) fn end(mut self, text: &str, unreadable: u64) -> io::Result<()> {
        self.begin()?;
        let count = self.count;
        match &mut self.form {
            Form::Text(to) => {
                write!(to, "{text}")?;
                to.flush()
            }
            Form::Json(to) => {
                let end = if count == 0 { "]" } else { "\n  ]" };
                writeln!(to, "{end},\n  \"count\": {count},\n  \"unreadable\": {unreadable}\n}}")?;
                to.flush()
            }
            Form::Csv(to) => to.flush(),
        }
    }
}

/// What makes a spreadsheet run a cell as a formula if it comes first; full-width forms are taken for the plain
/// ones where those are typed ([CSV injection](https://owasp.org/www-community/attacks/CSV_Injection)).
const FORMULA: [char; 11] =
    ['=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];

/// A cell that no spreadsheet runs as a formula. An amount below zero is none.
fn safe(cell: String) -> String {
    let is_formula = cell.starts_with(FORMULA) && !is_below_zero(&cell);
    if is_formula { format!("'{cell}") } else { cell }
}

/// Whether it is a minus, digits, and perhaps a point and more digits.
fn is_below_zero(cell: &str) -> bool {
    let all_digits =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    cell.strip_prefix('-').is_some_and(|number| match number.split_once('.') {
        Some((whole, part)) => all_digits(whole) && all_digits(part),
        None => all_digits(number),
    })
}

/// What kept a row from being written. As an [`io::Error`] of its own it would hide of which kind it is.
fn output_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("a row cannot be made: {other:?}")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const HEADS: &str = "{\n  \"segment\": \"vip\",\n  \"members\":";

    fn written(json: bool, csv: bool, rows: &[&str]) -> String {
        let heads = Heads { text: "Name".into(), csv: &["name", "again"], json: HEADS.into() };
        let mut to = Vec::new();
        let mut all = Rows::new(FormOptions { json, csv }, &heads, &mut to);
        for row in rows {
            let cells = || [(*row).to_owned(), format!("x{row}")];
            all.write(&json!({ "name": row }), cells, |cells| cells.join(" ")).unwrap();
        }
        all.end("done\n", 2).unwrap();
        String::from_utf8(to).unwrap()
    }

    #[test]
    fn json_is_one_object_however_many_rows_there_are() {
        for rows in [&[][..], &["a"], &["a", "b"]] {
            let whole: Value = serde_json::from_str(&written(true, false, rows)).unwrap();
            let members: Vec<Value> = rows.iter().map(|row| json!({ "name": row })).collect();
            let expected = json!({
                "segment": "vip", "members": members, "count": rows.len(), "unreadable": 2,
            });
            assert_eq!(whole, expected);
        }
    }

    #[test]
    fn no_cell_is_a_formula_and_every_cell_is_one() {
        let formulas = [
            "=1+1", "+1", "-1+1", "-1.5-2", "--1", "-.5", "-1.", "-1e5", "-", "-1 ", "-A1", "@sum",
            "\tx", "\rx", "\n=1", "＝1", "＋1", "－1", "＠sum", "-١",
        ];
        let cells = ["a,\"b\"\n", "1", "1=1", "-1", "-3.00"];
        let rows = [&formulas[..], &cells].concat();
        let shown = written(false, true, &rows);
        let mut table = csv::Reader::from_reader(shown.as_bytes());
        assert_eq!(table.headers().unwrap(), vec!["name", "again"]);
        let read: Vec<String> = table.records().map(|row| row.unwrap()[0].to_owned()).collect();
        let mut expected = formulas.map(|formula| format!("'{formula}")).to_vec();
        expected.extend(cells.map(str::to_owned));
        assert_eq!(read, expected);
    }

    #[test]
    fn a_list_without_rows_has_its_head() {
        assert_eq!(written(false, true, &[]), "name,again\n");
        assert_eq!(written(false, false, &[]), "Name\ndone\n");
    }
}
