//! What keeps a pure crate pure. Also the support of other pure crates' tests.

use std::fs;
use std::path::Path;

/// The parts of std that ask the world.
const IMPURE: [&str; 7] = ["env", "fs", "io", "net", "process", "thread", "time"];

/// Asserts that no file below the crate's `src` names a part of std that asks the world, or a clock.
pub(crate) fn assert_pure(manifest_folder: &str) {
    let mut folders = vec![Path::new(manifest_folder).join("src")];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            files += 1;
            let code = fs::read_to_string(&path).unwrap();
            for module in IMPURE {
                assert!(!code.contains(&format!("std::{module}")), "std::{module} in {path:?}");
            }
            assert!(!code.contains("Timestamp::now"), "a clock in {path:?}");
        }
    }
    assert!(files > 10, "only {files} files were looked at");
}
