//! Customers for whom a person decided, in full runs.

use rules::{PinnedTo, RuleBook};
use state::{Entry, Outcome, Pin, Pinned};

use crate::shop::{BOOK, NEW, Person, RETURNING, Shop, VIP};

impl Shop {
    /// Keeps a pin, and queues nobody: as an operator's tool that was killed in between.
    async fn pin(&self, person: &Person, to: PinnedTo) {
        let reason = "asked for by the press team".parse().unwrap();
        let pin = Pin { to, reason, since: self.world.clock.now() };
        let pinned = self.system.customers().pin(person.customer, Some(&pin), 0, pin.since).await;
        assert!(matches!(pinned.unwrap(), Pinned::Done { .. }));
    }
}

fn segment(name: &str) -> PinnedTo {
    PinnedTo::Segment(name.parse().unwrap())
}

/// The default book without one segment.
fn without(name: &str) -> String {
    let start = BOOK.find(&format!("[[segment]]\nname = \"{name}\"")).unwrap();
    let end = BOOK[start + 1..].find("[[segment]]").map_or(BOOK.len(), |end| start + 1 + end);
    let book = [&BOOK[..start], &BOOK[end..]].concat();
    assert!(RuleBook::from_toml(&book).unwrap().segment(&name.parse().unwrap()).is_none());
    book
}

#[tokio::test]
async fn a_run_puts_the_pinned_where_they_are_pinned_and_the_next_leaves_them_there() {
    let shop = Shop::open().await;
    let people = shop.people(5, 1, "10");
    let never_ordered = shop.people(1, 0, "0").remove(0);
    shop.pin(&people[0], segment("vip")).await;
    shop.pin(&never_ordered, segment("returning")).await;
    shop.full_run().await;
    assert_eq!(shop.groups_of(&people[0]), [VIP]);
    assert_eq!(shop.groups_of(&people[1]), [NEW]);
    assert_eq!(shop.groups_of(&never_ordered), [RETURNING]);

    shop.pin(&people[2], PinnedTo::Outside).await;
    let record = shop.full_run().await;
    assert_eq!(record.dispatched, 1, "who was pinned and never queued");
    assert_eq!(shop.groups_of(&people[2]), [""; 0]);
    let figures = record.report.unwrap().figures;
    assert_eq!((figures.pinned, figures.pins_unknown.count), (3, 0));
    let customers = figures.segments.iter().map(|it| it.cohort.customers()).collect::<Vec<_>>();
    assert_eq!((customers, figures.outside.customers()), (vec![1, 1, 3], 1));

    let record = shop.nightly_run().await;
    assert_eq!(record.dispatched, 0, "they are kept");
    assert_eq!(shop.groups_of(&people[0]), [VIP]);
}

#[tokio::test]
async fn a_pin_whose_segment_leaves_the_book_is_told_and_followed_again_once_it_is_back() {
    let shop = Shop::open().await;
    let ann = shop.people(30, 1, "10").remove(0);
    shop.pin(&ann, segment("returning")).await;
    shop.full_run().await;
    assert_eq!(shop.groups_of(&ann), [RETURNING]);

    shop.wants(&without("returning")).await;
    let record = shop.full_run().await;
    assert_eq!(shop.groups_of(&ann), [NEW], "the rules decide");
    assert_eq!(record.outcomes.get(&Outcome::PinUnknown), Some(&1));
    let figures = record.report.unwrap().figures;
    assert_eq!(figures.pins_unknown.examples, [ann.customer]);
    let summaries: Vec<resegment::Summary> = shop.system.runs().summaries(1).await.unwrap();
    assert_eq!((summaries[0].pinned, summaries[0].pins_unknown), (0, 1));

    shop.wants(BOOK).await;
    let record = shop.full_run().await;
    assert_eq!(shop.groups_of(&ann), [RETURNING]);
    assert_eq!(record.report.unwrap().figures.pinned, 1);
}

#[tokio::test]
async fn a_pinned_customer_whom_okta_does_not_know_is_looked_for_once_and_found_when_they_sign_up()
{
    let shop = Shop::open().await;
    shop.people(1, 1, "10");
    let stranger = shop.strangers(1, 0, "0").remove(0);
    let person = Person { customer: stranger, user: "00uNobody".parse().unwrap() };
    shop.pin(&person, segment("vip")).await;
    let record = shop.full_run().await;
    assert_eq!(record.outcomes.get(&Outcome::Unmatched), Some(&1));
    assert_eq!(shop.nightly_run().await.dispatched, 0);
    let name = "stranger-0-0@example.com";
    let user = shop.world.okta.add_user(name, name);
    shop.nightly_run().await;
    assert_eq!(shop.world.okta.group_names_of(&user), [VIP]);
}

#[tokio::test]
async fn a_pinned_customer_who_is_gone_from_the_shop_ends_with_their_pin() {
    let shop = Shop::open().await;
    let ann = shop.people(30, 1, "10").remove(0);
    shop.pin(&ann, segment("vip")).await;
    shop.full_run().await;
    shop.world.shopify.silently(|it| it.delete_customer(ann.customer)).unwrap();
    shop.full_run().await;
    assert_eq!(shop.groups_of(&ann), [""; 0]);
    let entry = shop.system.customers().load(&[ann.customer]).await.unwrap().remove(&ann.customer);
    assert!(matches!(entry.unwrap().unwrap().entry, Entry::Tombstone(_)));
}
