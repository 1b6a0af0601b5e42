//! The export comes in chunks, cut anywhere.

use comparison::{Bad, Comparison, Known, MAX_LINE, Options};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::export::{Line, Style, any_style};
use crate::shop::{book, line};

fn figures<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> comparison::Figures {
    let (book, known) = (book(), Known::default());
    let mut comparison = Comparison::new(&book, &known, Options::default());
    for chunk in chunks {
        comparison.feed(chunk);
    }
    comparison.finish().figures
}

fn text(styles: &[Style]) -> String {
    let line = |(id, style): (u64, &Style)| {
        let line =
            Line { email: (id % 3 > 0).then(|| "a@b.cd".into()), ..line(id, id % 9, "12.5", 20) };
        if id % 7 == 0 { "{\"id\":\"gid:\n".to_owned() } else { line.text(style) + "\n" }
    };
    (1..).zip(styles).map(line).collect()
}

proptest! {
    #[test]
    fn where_an_export_is_cut_makes_no_difference(
        styles in proptest::collection::vec(any_style(), 1..30),
        cuts in proptest::collection::vec(any::<Index>(), 0..20),
    ) {
        let text = text(&styles);
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(text.len())).collect();
        cuts.extend([0, text.len()]);
        cuts.sort_unstable();
        let chunks = cuts.windows(2).map(|cut| &text.as_bytes()[cut[0]..cut[1]]);
        prop_assert_eq!(figures(chunks), figures([text.as_bytes()]));
    }
}

#[test]
fn byte_by_byte_is_as_good_as_at_once() {
    let text = text(&vec![Style::usual(); 20]);
    assert_eq!(figures(text.as_bytes().chunks(1)), figures([text.as_bytes()]));
}

#[test]
fn a_line_is_too_long_however_it_was_cut() {
    let usual = line(1, 1, "9.5", 20).text(&Style::usual());
    let padded = |length: usize| format!("{usual}{}\n{usual}\n", " ".repeat(length - usual.len()));
    for (length, bad) in [(MAX_LINE, 0), (MAX_LINE + 1, 1), (3 * MAX_LINE, 1)] {
        let text = padded(length);
        for size in [text.len(), 65_536, 1_000_003] {
            let figures = figures(text.as_bytes().chunks(size));
            assert_eq!(figures.unreadable(), bad, "{length} in chunks of {size}");
            assert_eq!((figures.lines, figures.customers), (2, 1));
            assert_eq!(figures.bad.contains_key(&Bad::TooLong), bad == 1);
        }
    }
}
