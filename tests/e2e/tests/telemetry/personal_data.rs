//! Nobody's data and no secret is in anything that is put out.

use crate::marks::{PERSONAL, found_in};
use crate::output::OUTPUT;

#[test]
fn nothing_that_is_put_out_holds_personal_data_or_a_secret() {
    let output = &*OUTPUT;
    let mut marks = output.secrets.clone();
    assert!(marks.len() > 20, "tokens, keys, signatures, links: {}", marks.len());
    marks.extend(PERSONAL.map(str::to_owned));
    if found_in(&output.all, &marks).is_empty() {
        return;
    }
    for line in output.all.lines() {
        let found = found_in(line, &marks);
        assert!(found.is_empty(), "{found:?} in {line}");
    }
    panic!("{:?} over several lines", found_in(&output.all, &marks));
}
