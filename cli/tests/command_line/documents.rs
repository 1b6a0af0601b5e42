//! The documents for operators, and the command lines in them.

pub(crate) const README: &str = include_str!("../../../README.md");
pub(crate) const OPERATIONS: &str = include_str!("../../../docs/operations.md");
pub(crate) const RULES: &str = include_str!("../../../docs/rules.md");
pub(crate) const SHOPIFY: &str = include_str!("../../../docs/shopify.md");
pub(crate) const OKTA: &str = include_str!("../../../docs/okta.md");

/// The blocks in this language, in order.
pub(crate) fn blocks(docs: &str, language: &str) -> Vec<String> {
    blocks_where(docs, |found| found == language)
}

fn blocks_where(docs: &str, is_asked: impl Fn(&str) -> bool) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut block: Option<(bool, String)> = None;
    for line in docs.lines() {
        match (line.strip_prefix("```"), block.take()) {
            (Some(found), None) => block = Some((is_asked(found), String::new())),
            (Some(_), Some((is_asked, text))) => blocks.extend(is_asked.then_some(text)),
            (None, open) => {
                block = open.map(|(is_asked, text)| (is_asked, text + line + "\n"));
            }
        }
    }
    assert!(block.is_none(), "a block is not closed");
    blocks
}

/// The command lines of the tool, in order: those of its name, and those that have Cargo run it.
pub(crate) fn commands(docs: &str) -> Vec<String> {
    let command = |line: &str| {
        let (line, _) = line.split_once(" # ").unwrap_or((line, ""));
        let line = line.trim_end();
        match line.strip_prefix("cargo run ") {
            // Another program of the workspace.
            Some(other) if other.contains("-p ") => None,
            Some(tool) => Some(format!("segments {}", tool.split_once("-- ")?.1)),
            None => line.starts_with("segments ").then(|| line.to_owned()),
        }
    };
    let blocks = blocks_where(docs, |_| true);
    blocks.iter().flat_map(|block| block.lines()).filter_map(command).collect()
}

/// The words of a command line, without the tool's name. Quotes hold one argument together, and nothing
/// else does.
pub(crate) fn words(line: &str) -> Vec<String> {
    let arguments = line.strip_prefix("segments ").unwrap_or_else(|| panic!("{line}"));
    let parts = arguments.split('"').enumerate();
    let parts = parts.flat_map(|(place, part)| match place % 2 {
        0 => part.split_whitespace().map(Into::into).collect(),
        _ => vec![part.to_owned()],
    });
    parts.collect()
}
