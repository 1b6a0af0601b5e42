//! Rule books as files, and the events that a person writes.

use resegment::Event;
use rules::{Analysis, RuleBook};

use super::{Play, Target};
use crate::input::{Part, Sample};

pub(super) const DEFAULT: &str = include_str!("../../../../segments.toml");
const EVENTS: [&str; 4] = [
    include_str!("../../../../events/resegment/start.json"),
    include_str!("../../../../events/resegment/accept.json"),
    include_str!("../../../../events/resegment/verify.json"),
    include_str!("../../../../events/resegment/what-if.json"),
];
const BOOK: usize = 0;
const EVENT: usize = 1;

pub(super) fn target() -> Target {
    let event = |text: &&str| Sample { way: EVENT, parts: vec![Part::of((*text).to_owned())] };
    let mut samples: Vec<_> = EVENTS.iter().map(event).collect();
    samples.extend((0..3).map(|_| Sample { way: BOOK, parts: vec![Part::of(DEFAULT)] }));
    let play = |way, parts: Vec<Part>| {
        Box::pin(async move {
            for part in parts {
                if way == EVENT {
                    drop(serde_json::from_slice::<Event>(&part.body));
                } else if let Ok(book) = RuleBook::from_toml(&part.text()) {
                    drop(Analysis::of(&book).to_string());
                    let again = RuleBook::from_toml(&book.to_toml());
                    assert_eq!(again.ok(), Some(book), "a book is the same as a file");
                }
            }
        }) as Play<'static>
    };
    Target { name: "books", samples, play: Box::new(play) }
}
