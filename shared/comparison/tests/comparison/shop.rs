//! A small shop to compare: its book, what is known of its customers, and what was read of Okta.

use comparison::{
    AddressTag, Comparison, Findings, Groups, Known, KnownBuilder, KnownCustomer, KnownPin,
    KnownRead, KnownState, OktaRead, OktaReadBuilder, Options, Tagger, UserTag,
};
use jiff::Timestamp;
use rules::{CustomerId, EmailAddress, Money, PinnedTo, RuleBook, Totals, UserId};

use crate::export::{Line, Style};

/// The export began in this minute.
pub(crate) const EXPORT: i64 = 100;

/// A moment, by its minute.
pub(crate) fn at(minute: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + 60 * minute).unwrap()
}

pub(crate) fn book() -> RuleBook {
    let segment = |name: &str, when: &str| {
        format!(
            "[[segment]]\nname = \"{name}\"\nlabel = \"{name}\"\nokta_group_name = \"{name}\"\nwhen = {when}\n"
        )
    };
    let text = format!(
        "currency = \"USD\"\n{}{}{}",
        segment("vip", r#"[{ orders_at_least = 6 }, { spend_at_least = "500" }]"#),
        segment("returning", "[{ orders_at_least = 2 }]"),
        segment("new", "[{ orders_at_least = 1 }]"),
    );
    RuleBook::from_toml(&text).unwrap()
}

pub(crate) fn totals(orders: u64, spent: &str) -> Totals {
    totals_in(orders, spent, "USD")
}

pub(crate) fn totals_in(orders: u64, spent: &str, currency: &str) -> Totals {
    Totals { orders, spent: Money::new(spent.parse().unwrap(), currency.parse().unwrap()) }
}

/// The tag of an address: its first bytes.
pub(crate) fn tag(address: &str) -> AddressTag {
    let mut bytes = [0; 16];
    for (byte, letter) in bytes.iter_mut().zip(address.to_lowercase().bytes()) {
        *byte = letter;
    }
    AddressTag::new(bytes)
}

pub(crate) fn tagger() -> impl Tagger {
    |address: &EmailAddress| tag(address.folded())
}

/// What is known, with segments by name.
#[derive(Debug, Clone)]
pub(crate) struct Held {
    pub(crate) id: u64,
    /// When it was read, Shopify's mark then, and the totals.
    pub(crate) read: Option<(Timestamp, Timestamp, Totals)>,
    pub(crate) state: HeldState,
    /// Where a person wants the customer to be.
    pub(crate) pin: Option<PinnedTo>,
}

#[derive(Debug, Clone)]
pub(crate) enum HeldState {
    Tombstone {
        seen: Timestamp,
    },
    Matched {
        user: u64,
        address: Option<&'static str>,
        shown: Option<Totals>,
        segment: Option<&'static str>,
        in_place: bool,
    },
    Unmatched {
        address: Option<&'static str>,
        looked: bool,
        retry: bool,
    },
}

pub(crate) fn known(held: &[Held]) -> Known {
    let mut builder = KnownBuilder::new(at(EXPORT));
    for Held { id, read, state, pin } in held {
        let pin = pin.as_ref().map(|pin| match pin {
            PinnedTo::Segment(name) => KnownPin::Segment(builder.segment(name).unwrap()),
            PinnedTo::Outside => KnownPin::Outside,
        });
        let state = match state {
            HeldState::Tombstone { seen } => KnownState::Tombstone { seen: *seen },
            HeldState::Matched { user, address, shown, segment, in_place } => KnownState::Matched {
                user: UserTag::new(*user),
                address: address.map(tag),
                shown: *shown,
                segment: segment.map(|name| builder.segment(&name.parse().unwrap()).unwrap()),
                in_place: *in_place,
            },
            HeldState::Unmatched { address, looked, retry } => {
                KnownState::Unmatched { address: address.map(tag), looked: *looked, retry: *retry }
            }
        };
        let read = read.map(|(at, updated_at, totals)| KnownRead { at, updated_at, totals });
        builder.push(&KnownCustomer { id: CustomerId::new(*id), read, state, pin });
    }
    builder.finish()
}

/// What was read of Okta: which groups whole, and users with addresses and groups by name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Read {
    pub(crate) whole: Vec<&'static str>,
    pub(crate) users: Vec<(u64, Vec<&'static str>, Vec<&'static str>)>,
}

pub(crate) fn user_id(user: u64) -> UserId {
    format!("00u{user}").parse().unwrap()
}

impl Read {
    pub(crate) fn okta(&self, book: &RuleBook) -> OktaRead {
        let mut builder = OktaReadBuilder::new(book);
        let group =
            |builder: &OktaReadBuilder<'_>, name: &&str| builder.group(&name.parse().unwrap());
        for name in &self.whole {
            builder.whole(group(&builder, name));
        }
        for (user, addresses, groups) in &self.users {
            let tags: Vec<AddressTag> = addresses.iter().map(|address| tag(address)).collect();
            builder.push(&user_id(*user), UserTag::new(*user), &tags, Groups::NONE);
            for name in groups {
                let group = group(&builder, name);
                builder.push(&user_id(*user), UserTag::new(*user), &tags, group);
            }
        }
        builder.finish()
    }
}

/// A customer's line, changed in this minute.
pub(crate) fn line(id: u64, orders: u64, spent: &str, updated: i64) -> Line {
    Line {
        id,
        email: Some("ann@example.com".into()),
        orders,
        spent: spent.into(),
        currency: "USD",
        updated_at: at(updated).to_string(),
    }
}

/// Compares lines as Shopify writes them, and hands the findings on.
pub(crate) fn compare<T>(
    lines: &[Line],
    held: &[Held],
    read: Option<&Read>,
    check: impl FnOnce(Findings<'_>) -> T,
) -> T {
    let texts: Vec<String> = lines.iter().map(|line| line.text(&Style::usual())).collect();
    compare_text(&(texts.join("\n") + "\n"), held, read, check)
}

pub(crate) fn compare_text<T>(
    text: &str,
    held: &[Held],
    read: Option<&Read>,
    check: impl FnOnce(Findings<'_>) -> T,
) -> T {
    let (book, known, tagger) = (book(), known(held), tagger());
    let okta = read.map(|read| read.okta(&book));
    let options = Options { okta: okta.as_ref(), tagger: Some(&tagger), ..Options::default() };
    let mut comparison = Comparison::new(&book, &known, options);
    comparison.feed(text.as_bytes());
    check(comparison.finish())
}
