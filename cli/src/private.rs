//! What people type that may be personal data.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

/// A text of the command line that may be an address, or a sentence about somebody. It is parsed after the
/// command line is, whose own complaints repeat what was typed; `Debug` hides it.
#[derive(Clone)]
pub(crate) struct Private(String);

impl Private {
    /// The text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Hides the text.
impl fmt::Debug for Private {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Private(…)")
    }
}

impl FromStr for Private {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use crate::Cli;

    #[test]
    fn no_command_line_about_a_customer_shows_who_it_is_in_debug() {
        for line in [
            &["pin", "ann@example.com", "vip", "--reason", "Ann asked"][..],
            &["pin", "vip", "ann@example.com", "--reason", "Ann asked"],
            &["unpin", "ann@example.com"],
            &["explain", "ann@example.com"],
        ] {
            let cli = Cli::try_parse_from([&["segments"], line].concat()).unwrap();
            let shown = format!("{cli:?}").to_lowercase();
            assert!(!shown.contains("ann"), "{shown}");
        }
    }
}
