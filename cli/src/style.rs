//! Colour, where a person looks, and the shape of tables.

use std::io::IsTerminal;

use comfy_table::{
    CellAlignment, ColumnConstraint, ContentArrangement, LineStyle, Table, Width, presets,
};

/// How wide a table may be, in characters.
const WIDTH: u16 = 100;
/// How wide the column of labels is, its padding included.
const LABEL: u16 = 13;

/// Whether to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Style(bool);

impl Style {
    /// Coloured on a terminal, unless `NO_COLOR` is set ([no-color.org](https://no-color.org)).
    pub(crate) fn of_stderr() -> Self {
        Self(std::io::stderr().is_terminal() && colour_is_wanted())
    }

    /// Whether to colour.
    pub(crate) fn is_coloured(self) -> bool {
        self.0
    }
}

#[cfg(feature = "demo")]
impl Style {
    /// The same for standard output.
    pub(crate) fn of_stdout() -> Self {
        Self(std::io::stdout().is_terminal() && colour_is_wanted())
    }

    /// What is as it must be.
    pub(crate) fn good(self, text: &str) -> String {
        self.paint("32", text)
    }

    /// What is not.
    pub(crate) fn bad(self, text: &str) -> String {
        self.paint("31", text)
    }

    /// What the eye should find first.
    pub(crate) fn strong(self, text: &str) -> String {
        self.paint("1", text)
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.0 { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

fn colour_is_wanted() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// An empty table of the width that fits any terminal.
pub(crate) fn table(header: &[&str]) -> Table {
    let mut table = bare();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY).set_header(header);
    table
}

/// An empty table of figures: names in the first column, numbers in the others.
pub(crate) fn figures(header: &[&str]) -> Table {
    let mut table = bare();
    table
        .load_style(presets::NOTHING.header_separator(LineStyle::none().fill('─').junction('─')))
        .set_header(header);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// Labelled texts, each label in a column of its own.
pub(crate) fn facts(facts: &[(&str, String)]) -> String {
    let mut table = bare();
    table.load_style(presets::NOTHING);
    for (label, text) in facts {
        table.add_row([*label, text]);
    }
    table.set_constraints([ColumnConstraint::Absolute(Width::Fixed(LABEL))]);
    table.trim_fmt()
}

fn bare() -> Table {
    let mut table = Table::new();
    table.set_content_arrangement(ContentArrangement::Dynamic).set_width(WIDTH);
    table
}
