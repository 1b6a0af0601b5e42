//! What a command has to say at its end.

use std::process::ExitCode;

use crate::output::{complain, say};

/// The text and the exit code of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Report {
    /// For standard output.
    pub(crate) text: String,
    /// For standard error.
    pub(crate) complaint: String,
    /// The exit code: 0, or what the command's help says.
    pub(crate) code: u8,
}

/// The exit code of a command that could not do its work.
pub(crate) const FAILED: u8 = 2;

impl Report {
    /// All is well.
    pub(crate) fn good(text: impl Into<String>) -> Self {
        Self { text: text.into(), complaint: String::new(), code: 0 }
    }

    /// The command could not do its work; the complaint says what to do.
    pub(crate) fn failed(complaint: impl Into<String>) -> Self {
        Self { text: String::new(), complaint: complaint.into(), code: FAILED }
    }

    /// Prints it, and gives the exit code. A reader who has had enough changes nothing; if standard output
    /// takes no more otherwise, the command could not do its work.
    pub(crate) fn print(self) -> ExitCode {
        let said = if self.text.is_empty() { Ok(()) } else { say(&self.text) };
        if !self.complaint.is_empty() {
            complain(&self.complaint);
        }
        match said {
            Ok(()) => ExitCode::from(self.code),
            Err(error) => {
                complain(&error.to_string());
                ExitCode::from(FAILED)
            }
        }
    }
}
