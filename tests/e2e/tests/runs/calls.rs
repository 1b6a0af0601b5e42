//! The calls of a run against the fewest there can be.

use rules::CustomerId;

use crate::shop::{Shop, VIP};

/// The fewest calls of a full run over many customers, by service: Shopify with its file store, Okta,
/// Mavera. `moved` and `entered` customers, `totals` whose totals alone changed, `personas` whose
/// content changed.
fn fewest(moved: usize, entered: usize, totals: usize, personas: usize) -> [usize; 3] {
    let dispatched: usize = moved + entered + totals;
    // Preflight, start, status, download; and the workers' reads, ten customers each.
    let shopify = 4 + dispatched.div_ceil(10);
    // The nightly question; two memberships or one; the totals of each; two to find somebody.
    let okta = 1 + 2 * moved + entered + dispatched + 2 * entered;
    [shopify, okta, personas]
}

#[tokio::test]
async fn a_run_in_which_nothing_changed_costs_the_fewest_calls_there_can_be() {
    let shop = Shop::open().await;
    shop.people(300, 1, "10");
    shop.full_run().await;
    shop.nightly_run().await;
    shop.world.take_calls();
    let record = shop.nightly_run().await;
    let [shopify, storage, okta, mavera] = shop.take_counts();
    assert_eq!([shopify + storage, okta, mavera], fewest(0, 0, 0, 0));
    let counted: Vec<_> =
        record.calls.iter().map(|(name, count)| (name.as_str(), *count)).collect();
    assert_eq!(counted, [("okta", 1), ("shopify", 4)], "the record says so too");
}

#[tokio::test]
async fn a_run_over_100_000_customers_of_whom_500_changed_costs_at_most_a_twentieth_more() {
    let shop = Shop::open().await;
    let most = aws_sdk_dynamodb::types::AttributeValue::N("50".into());
    shop.system.set("guard_max_moved_percent", most).await.unwrap();
    let people = shop.people(1_000, 1, "10");
    let vip = shop.people(1, 6, "60");
    shop.strangers(98_999, 0, "0");
    shop.full_run().await;
    shop.nightly_run().await;
    assert_eq!(shop.groups_of(&vip[0]), [VIP]);
    for person in &people[..300] {
        shop.now_has(person, 6, "60");
    }
    for person in &people[300..400] {
        shop.now_has(person, 1, "11");
    }
    let entered = shop.people(100, 1, "10");
    shop.world.take_calls();
    let record = shop.nightly_run().await;
    assert_eq!(record.dispatched, 500);
    assert_eq!(shop.groups_of(&people[0]), [VIP]);
    assert_eq!(shop.groups_of(&entered[0]).len(), 1);
    let [shopify, storage, okta, mavera] = shop.take_counts();
    let fewest = fewest(300, 100, 100, 2).into_iter().sum::<usize>();
    let made = shopify + storage + okta + mavera;
    // Shown by `cargo test -p e2e --test runs 100_000 -- --nocapture`; docs/performance.md quotes it.
    println!(
        "{made} calls ({shopify} shopify, {storage} file, {okta} okta, {mavera} mavera), {fewest} at the fewest"
    );
    assert!(made * 100 <= fewest * 105, "{made} calls, {fewest} at the fewest");
}

#[tokio::test]
async fn a_shop_that_fits_into_a_page_is_read_by_one_call() {
    let shop = Shop::open().await;
    shop.people(250, 1, "10");
    shop.full_run().await;
    shop.nightly_run().await;
    shop.world.take_calls();
    shop.nightly_run().await;
    assert_eq!(shop.take_counts(), [1, 0, 1, 0]);
}

/// Customers whom nobody has looked up, too many to ask for one by one.
#[tokio::test]
async fn more_than_a_thousand_unknown_customers_are_matched_by_a_list_of_all_users() {
    let shop = Shop::open().await;
    let people = shop.people(1_001, 1, "10");
    let strangers: Vec<CustomerId> = shop.strangers(500, 1, "10");
    // None of the users is new to Okta.
    shop.world.clock.advance(std::time::Duration::from_hours(72));
    let record = shop.full_run().await;
    assert!(record.okta.everybody);
    assert_eq!(record.outcomes[&state::Outcome::Applied], 1_001);
    assert_eq!(
        record.outcomes[&state::Outcome::Unmatched],
        u64::try_from(strangers.len()).unwrap()
    );
    assert_eq!(shop.groups_of(&people[0]).len(), 1);
    let okta = shop.take_counts()[2];
    // Members of three groups, who has changed, six pages of users, and for each of the people: the user,
    // their groups, the totals, the group. Nothing for the strangers.
    assert_eq!(okta, 3 + 1 + 6 + 4 * 1_001);
}
