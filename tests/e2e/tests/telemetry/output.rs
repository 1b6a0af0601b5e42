//! All that the process puts out in which everything is played.

use std::collections::BTreeSet;
use std::process::Command;
use std::sync::LazyLock;

use serde_json::Value;

use crate::marks;

/// The namespace that metrics go to.
pub(crate) const NAMESPACE: &str = "Segments/played";

pub(crate) struct Output {
    /// Standard output and standard error.
    pub(crate) all: String,
    /// The secrets that were used.
    pub(crate) secrets: BTreeSet<String>,
}

/// What was put out when it was played, once for all tests of a process.
pub(crate) static OUTPUT: LazyLock<Output> = LazyLock::new(play);

fn play() -> Output {
    let folder = std::env::temp_dir().join(format!("segments-telemetry-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("secrets");
    let played = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "play::everything", "--ignored", "--nocapture", "--test-threads=1"])
        .env("AWS_LAMBDA_LOG_LEVEL", "TRACE")
        .env("METRICS_NAMESPACE", NAMESPACE)
        .env(marks::FILE, &file)
        .output()
        .unwrap();
    let all =
        [played.stdout, played.stderr].map(|text| String::from_utf8(text).unwrap()).join("\n");
    let end: Vec<_> = all.lines().rev().take(20).collect();
    assert!(played.status.success(), "{}", end.into_iter().rev().collect::<Vec<_>>().join("\n"));
    let secrets = std::fs::read_to_string(&file).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    Output { all, secrets: secrets.lines().map(str::to_owned).collect() }
}

impl Output {
    /// The lines of the functions; the others are the test harness's.
    pub(crate) fn lines(&self) -> Vec<&str> {
        self.all.lines().filter(|line| line.starts_with('{')).collect()
    }

    fn parsed(&self) -> impl Iterator<Item = Value> {
        self.lines().into_iter().map(|line| serde_json::from_str(line).unwrap())
    }

    /// The lines that hold metrics.
    pub(crate) fn metrics(&self) -> Vec<Value> {
        self.parsed().filter(|line| line.get("_aws").is_some()).collect()
    }

    /// The lines that hold none.
    pub(crate) fn logs(&self) -> Vec<Value> {
        self.parsed().filter(|line| line.get("_aws").is_none()).collect()
    }
}
