//! What must not be found in anything that is put out.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

pub(crate) const EMAIL: &str = "Marked.Person+Vip@Personal.Example";
pub(crate) const OTHER_EMAIL: &str = "other.marked@personal.example";
pub(crate) const FIRST_NAME: &str = "Markfirst";
pub(crate) const LAST_NAME: &str = "Marklästname";
pub(crate) const PHONE: &str = "+4930557770123";
pub(crate) const STREET: &str = "Markstreet 77b";
pub(crate) const CITY: &str = "Markcity";
pub(crate) const NOTE: &str = "marknote: call me \"later\"";
pub(crate) const ADDRESS: &str = "203.0.113.177";

/// Personal data, all of which is somewhere in what is played.
pub(crate) const PERSONAL: [&str; 9] =
    [EMAIL, OTHER_EMAIL, FIRST_NAME, LAST_NAME, PHONE, STREET, CITY, NOTE, ADDRESS];

/// Where the process that plays says which secrets it used, one a line: the outer one reads them from this
/// file, since they must be nowhere else.
pub(crate) const FILE: &str = "SEGMENTS_TEST_MARKS";

/// The marks that are in a text, in any form they might take.
pub(crate) fn found_in(text: &str, marks: &BTreeSet<String>) -> Vec<String> {
    let lower = text.to_lowercase();
    let is_there = |mark: &&String| {
        let plain = mark.to_lowercase();
        let json = serde_json::to_string(&plain).unwrap();
        let json = json.trim_matches('"').to_owned();
        // As it is in a text of Debug within a text of JSON.
        let debug = format!("{json:?}").trim_matches('"').to_owned();
        let percent = utf8_percent_encode(&plain, NON_ALPHANUMERIC).to_string().to_lowercase();
        let form: String = url::form_urlencoded::byte_serialize(plain.as_bytes()).collect();
        [plain, json, debug, percent, form.to_lowercase()].iter().any(|form| lower.contains(form))
            || as_base64(mark).iter().any(|form| text.contains(form))
    };
    marks.iter().filter(is_there).cloned().collect()
}

/// What a text looks like within base64, wherever it begins.
fn as_base64(mark: &str) -> Vec<String> {
    let mut forms = Vec::new();
    for offset in 0..3 {
        let padded = [&b"\0\0"[..offset], mark.as_bytes()].concat();
        // The first and the last characters also stand for what is around.
        let (first, last) = ((offset * 8).div_ceil(6), padded.len() * 8 / 6);
        for encoded in [STANDARD_NO_PAD.encode(&padded), URL_SAFE_NO_PAD.encode(&padded)] {
            forms.push(encoded[first..last].to_owned());
        }
    }
    forms
}

#[test]
fn a_mark_is_found_in_whatever_form_it_takes() {
    let marks = BTreeSet::from([EMAIL.to_owned(), NOTE.to_owned()]);
    let body = format!("{{\"email\": \"x{EMAIL}\"}}");
    let forms = [
        EMAIL.to_lowercase(),
        utf8_percent_encode(&body, NON_ALPHANUMERIC).to_string(),
        STANDARD_NO_PAD.encode(&body),
        STANDARD_NO_PAD.encode(format!("..{body}")),
        URL_SAFE_NO_PAD.encode(format!(".{body}")),
        serde_json::json!({ "error": format!("{:?}", NOTE) }).to_string(),
        serde_json::json!({ "error": NOTE }).to_string(),
    ];
    for form in forms {
        assert_eq!(found_in(&form, &marks).len(), 1, "{form}");
    }
    assert!(found_in("segment vip, customer 9007199254741993", &marks).is_empty());
}
