//! Whoever leaves out a check of the linters says why.

use crate::document::{Document, file, items, text};

/// A reason is a sentence, not a word.
fn is_a_reason(text: &str) -> bool {
    text.split_whitespace().count() >= 4
}

#[test]
fn every_check_of_checkov_that_is_skipped_has_a_reason() {
    let document = Document::read();
    let mut skipped = 0;
    for part in document.parts("Resources") {
        for skip in items(&part.value["Metadata"]["checkov"]["skip"]) {
            let (id, reason) = (text(&skip["id"]), text(&skip["comment"]));
            assert!(id.starts_with("CKV"), "{}: {id}", part.id);
            assert!(is_a_reason(&reason), "{} {id}: {reason:?}", part.id);
            skipped += 1;
        }
    }
    assert!(skipped > 0);
}

/// cfn-lint takes no reasons, so they are comments.
#[test]
fn every_check_of_cfn_lint_that_is_ignored_has_a_reason() {
    let template = file("template.yaml");
    let beside: Vec<_> = template.lines().filter_map(|line| line.split_once(" # ")).collect();
    let mut ignored = 0;
    for part in Document::read().parts("Resources") {
        let metadata = &part.value["Metadata"]["cfn-lint"]["config"]["ignore_checks"];
        for id in items(metadata).into_iter().map(text) {
            let entry = format!("- {id}");
            let mut reasons = beside.iter().filter(|(rule, _)| rule.trim() == entry);
            assert!(reasons.any(|(_, reason)| is_a_reason(reason)), "{}: {id}", part.id);
            ignored += 1;
        }
    }
    let said = beside.iter().filter(|(rule, _)| rule.trim().starts_with("- E"));
    assert_eq!(said.count(), ignored, "each has a reason of its own");
}
