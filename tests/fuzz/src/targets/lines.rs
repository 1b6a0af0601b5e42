//! The lines of an export, and the packed lists of those who differ.

use std::sync::OnceLock;

use comparison::{
    AddressTag, Comparison, Fields, Known, KnownBuilder, KnownCustomer, KnownRead, KnownState,
    Options, Tagger, UserTag, read_chunk,
};
use jiff::{SignedDuration, Timestamp};
use rules::{Currency, CustomerId, EmailAddress, Money, RuleBook, Totals};
use rust_decimal::Decimal;

use super::{Play, Target};
use crate::chance::Chance;
use crate::input::{Part, Sample};

/// An export's lines.
const LINES: usize = 0;
/// A packed list.
const CHUNK: usize = 1;
/// The only fields that a what-if's lines have to have.
const TOTALS: usize = 2;

const USUAL: &str = concat!(
    r#"{"id":"gid:\/\/shopify\/Customer\/9007199254741993","defaultEmailAddress":{"emailAddress":"ann@example.com"},"#,
    r#""numberOfOrders":"3","amountSpent":{"amount":"231.1","currencyCode":"USD"},"updatedAt":"2026-11-21T12:00:00Z"}"#,
    "\n",
    r#"{"id":"gid:\/\/shopify\/Customer\/9007199254741994","defaultEmailAddress":null,"#,
    r#""numberOfOrders":"0","amountSpent":{"amount":"0.0","currencyCode":"USD"},"updatedAt":"2026-11-21T12:00:00Z"}"#,
    "\n",
);
const ONE: &str = concat!(
    r#"{"id":"gid://shopify/Customer/7","defaultEmailAddress":{"emailAddress":"\u00e4@example.com"},"#,
    r#""numberOfOrders":"18446744073709551615","amountSpent":{"amount":"-12.50","currencyCode":"EUR"},"updatedAt":"2026-11-21T12:00:00.123+02:00"}"#,
);

#[expect(clippy::expect_used, reason = "the default book is one")]
pub(super) fn book() -> &'static RuleBook {
    static BOOK: OnceLock<RuleBook> = OnceLock::new();
    BOOK.get_or_init(|| RuleBook::from_toml(super::books::DEFAULT).expect("the default book"))
}

fn tag(address: &EmailAddress) -> AddressTag {
    let mut tag = [0; 16];
    for (byte, letter) in tag.iter_mut().zip(address.folded().bytes()) {
        *byte = letter;
    }
    AddressTag::new(tag)
}

/// What is known before: of two customers in the samples and of one who is in none.
fn known() -> &'static Known {
    static KNOWN: OnceLock<Known> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let mut known = KnownBuilder::new(Timestamp::UNIX_EPOCH + SignedDuration::from_hours(1));
        let segment = book().segments().first().and_then(|it| known.segment(it.name()).ok());
        let totals = Totals { orders: 3, spent: Money::new(Decimal::from(231), Currency::USD) };
        let moment = Timestamp::UNIX_EPOCH;
        for id in [5, 7, 9_007_199_254_741_993] {
            known.push(&KnownCustomer {
                id: CustomerId::new(id),
                read: Some(KnownRead { at: moment, updated_at: moment, totals }),
                state: KnownState::Matched {
                    user: UserTag::new(id),
                    address: "ann@example.com".parse().ok().as_ref().map(tag),
                    shown: Some(totals),
                    segment,
                    in_place: true,
                },
                pin: None,
            });
        }
        known.finish()
    })
}

fn compare(bytes: &[u8], fields: Fields) {
    let tagger: &dyn Tagger = &tag;
    let options = Options { okta: None, tagger: Some(tagger), fields };
    let found = |size: usize| {
        let mut comparison = Comparison::new(book(), known(), options);
        for piece in bytes.chunks(size.max(1)) {
            comparison.feed(piece);
        }
        let findings = comparison.finish();
        let differing: Vec<_> = findings.differences.iter().collect();
        let packed = findings.differences.chunks().map(|chunk| read_chunk(&chunk));
        let again: Result<Vec<_>, _> = packed.collect();
        assert_eq!(
            again.map(|lists| lists.concat()).as_ref(),
            Ok(&differing),
            "what is packed can be read"
        );
        (findings.figures, differing, findings.passed_over)
    };
    let whole = found(bytes.len());
    let mut chance = Chance::new(u64::try_from(bytes.len()).unwrap_or(0));
    assert_eq!(whole, found(1 + chance.below(64)), "it does not matter how it is cut");
}

pub(super) fn target() -> Target {
    let chunk = comparison::chunks([]).next().unwrap_or_default();
    let differing = {
        let known = Known::default();
        let mut comparison = Comparison::new(book(), &known, Options::default());
        comparison.feed(USUAL.as_bytes());
        comparison.finish().differences.chunks().next().unwrap_or_default()
    };
    let sample = |way, body: Vec<u8>| Sample { way, parts: vec![Part::of(body)] };
    let samples = vec![
        sample(LINES, USUAL.into()),
        sample(LINES, USUAL.repeat(20).into()),
        sample(LINES, ONE.into()),
        sample(TOTALS, ONE.into()),
        sample(CHUNK, chunk),
        sample(CHUNK, differing),
    ];
    let play = |way, parts: Vec<Part>| {
        Box::pin(async move {
            for part in parts {
                match way {
                    CHUNK => drop(read_chunk(&part.body)),
                    TOTALS => compare(&part.body, Fields::Totals),
                    _ => compare(&part.body, Fields::All),
                }
            }
        }) as Play<'static>
    };
    Target { name: "lines", samples, play: Box::new(play) }
}
