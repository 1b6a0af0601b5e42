//! What is said of a segment's customers.

use proptest::collection::vec;
use proptest::prelude::*;
use rules::{Cohort, Currency, InvalidCohort, Money, PersonaContent, RuleBook, Totals};
use rust_decimal::Decimal;

use crate::arbitrary::any_book;

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn totals(orders: u64, spent: Decimal) -> Totals {
    Totals { orders, spent: Money::new(spent, Currency::USD) }
}

fn cohort(customers: u64, orders: u64, spent: &str) -> Cohort {
    Cohort::new(customers, orders, decimal(spent)).unwrap()
}

fn average_orders(customers: u64, orders: u64) -> String {
    cohort(customers, orders, "0").average_orders().unwrap().to_string()
}

fn average_spent(customers: u64, spent: &str) -> String {
    cohort(customers, 0, spent).average_spent().unwrap().to_string()
}

fn vip(currency: &str) -> RuleBook {
    let book = format!(
        "currency = \"{currency}\"\n[[segment]]\nname = \"vip\"\nlabel = \"VIP Customer\"\n\
         okta_group_name = \"VIP\"\nwhen = [{{ orders_at_least = 6 }}]\n"
    );
    RuleBook::from_toml(&book).unwrap()
}

fn content(currency: &str, cohort: &Cohort) -> PersonaContent {
    let book = vip(currency);
    PersonaContent::new(&book.segments()[0], book.currency(), cohort).unwrap()
}

#[test]
fn a_persona_says_what_the_cookbook_s_example_says() {
    let content = content("USD", &cohort(47, 437, "38164"));
    assert_eq!(content.name(), "Shopify VIP Customer");
    assert_eq!(
        content.description(),
        "VIP Customer: 47 customers, avg 9.3 orders, avg $812 spend."
    );
    assert_eq!(content.cohort().as_str(), "vip");
    assert_eq!(content.avg_order_count().to_string(), "9.3");
}

#[test]
fn a_whole_number_of_orders_has_its_decimal_and_one_customer_the_same_words() {
    let content = content("USD", &cohort(1, 9, "1234567.00"));
    assert_eq!(
        content.description(),
        "VIP Customer: 1 customers, avg 9.0 orders, avg $1234567 spend."
    );
    assert_eq!(content.avg_order_count().to_string(), "9.0");
}

#[test]
fn another_currency_is_named() {
    let words = |currency, spent| content(currency, &cohort(1, 1, spent)).description().to_owned();
    assert!(words("EUR", "812").ends_with("avg EUR 812 spend."));
    assert!(words("CAD", "812").ends_with("avg CAD 812 spend."));
    assert!(words("EUR", "-5").ends_with("avg EUR -5 spend."));
    assert!(words("USD", "-5").ends_with("avg $-5 spend."));
}

#[test]
fn a_name_of_its_own_is_used() {
    let book = "currency = \"USD\"\n[[segment]]\nname = \"vip\"\nlabel = \"VIP\"\n\
                okta_group_name = \"VIP\"\npersona_name = \"Best\"\n\
                when = [{ orders_at_least = 6 }]\n";
    let book = RuleBook::from_toml(book).unwrap();
    let one = cohort(1, 6, "1");
    let content = PersonaContent::new(&book.segments()[0], book.currency(), &one).unwrap();
    assert_eq!(content.name(), "Best");
    assert!(content.description().starts_with("VIP: 1 customers"));
}

#[test]
fn nobody_has_no_average_and_no_persona() {
    let nobody = Cohort::default();
    assert_eq!((nobody.average_orders(), nobody.average_spent()), (None, None));
    let book = vip("USD");
    assert_eq!(PersonaContent::new(&book.segments()[0], book.currency(), &nobody), None);
}

#[test]
fn half_way_goes_to_the_even_neighbour() {
    assert_eq!(average_orders(4, 37), "9.2", "9.25");
    assert_eq!(average_orders(4, 39), "9.8", "9.75");
    assert_eq!(average_orders(20, 187), "9.4", "9.35, which no float holds");
    assert_eq!(average_spent(2, "1"), "0", "0.5");
    assert_eq!(average_spent(2, "3"), "2", "1.5");
    assert_eq!(average_spent(2, "5.00"), "2", "2.5");
    assert_eq!(average_spent(2, "-3"), "-2", "-1.5");
}

#[test]
fn a_trace_beyond_half_way_counts() {
    assert_eq!(average_spent(2, "5.0000000000000000000000000001"), "3");
    assert_eq!(average_spent(3, "7.6"), "3", "2.5333…");
    assert_eq!(average_spent(3, "7.4"), "2", "2.4666…");
    assert_eq!(average_spent(u64::MAX, "9223372036854775807"), "0", "just below a half");
    assert_eq!(average_spent(u64::MAX, "9223372036854775808"), "1", "just above a half");
}

#[test]
fn what_is_next_to_nothing_has_no_sign() {
    assert_eq!(average_spent(2, "-0.98"), "0");
    assert_eq!(average_spent(1, "-0.00"), "0");
}

#[test]
fn the_largest_figures_have_averages() {
    assert_eq!(average_orders(1, u64::MAX), "18446744073709551615.0");
    let most = Decimal::MAX.to_string();
    assert_eq!(average_spent(1, &most), most);
    assert_eq!(average_spent(1, &Decimal::MIN.to_string()), Decimal::MIN.to_string());
}

#[test]
fn figures_need_customers() {
    assert_eq!(Cohort::new(0, 1, Decimal::ZERO), Err(InvalidCohort));
    assert_eq!(Cohort::new(0, 0, Decimal::ONE), Err(InvalidCohort));
    assert_eq!(Cohort::new(0, 0, Decimal::ZERO), Ok(Cohort::default()));
}

#[test]
fn sums_that_would_not_be_exact_are_refused_and_change_nothing() {
    let orders = cohort(1, u64::MAX, "0");
    let digits = cohort(1, 1, "0.0000000000000000000000000001");
    let amount = cohort(1, 1, &Decimal::MAX.to_string());
    for (mut full, more) in [
        (orders, totals(1, Decimal::ZERO)),
        (digits, totals(1, decimal("100"))),
        (amount, totals(1, decimal("0.1"))),
        (amount, totals(1, Decimal::ONE)),
        (cohort(u64::MAX, 1, "1"), totals(1, Decimal::ONE)),
    ] {
        let before = full;
        assert_eq!(full.add(&more), Err(InvalidCohort));
        assert_eq!(full, before);
    }
}

#[test]
fn the_stored_form_is_read_back_and_a_wrong_one_refused() {
    let kept = cohort(2, 3, "45.50");
    let stored = serde_json::to_string(&kept).unwrap();
    assert_eq!(stored, r#"{"customers":2,"orders":3,"spent":"45.50"}"#);
    assert_eq!(serde_json::from_str::<Cohort>(&stored).unwrap(), kept);
    let wrong = r#"{"customers": 0, "orders": 3, "spent": "45.50"}"#;
    assert!(serde_json::from_str::<Cohort>(wrong).is_err());
}

/// A customer's figures, with amounts of many scales.
fn any_figures() -> impl Strategy<Value = (u64, Decimal)> {
    let spent = (-10_000_000_i64..1_000_000_000, 0_u32..5);
    (0_u64..1_000, spent.prop_map(|(units, scale)| Decimal::new(units, scale)))
}

/// Whether `rounded` steps are nearest to `sum` ÷ `divisor`, the even one if two are: in whole
/// numbers, multiplied out.
fn is_half_even(rounded: i128, sum: i128, divisor: i128) -> bool {
    let twice_off = 2 * (rounded * divisor - sum).abs();
    twice_off < divisor || twice_off == divisor && rounded % 2 == 0
}

proptest! {
    #[test]
    fn averages_are_exact_and_rounded_half_to_even(
        figures in vec(any_figures(), 1..60),
        // Equal figures make ties likely.
        copies in 1_usize..5,
    ) {
        let mut cohort = Cohort::default();
        let (mut orders, mut spent) = (0_i128, 0_i128);
        for (each, amount) in figures.iter().cycle().take(figures.len() * copies) {
            cohort.add(&totals(*each, *amount)).unwrap();
            orders += i128::from(*each);
            spent += amount.mantissa() * 10_i128.pow(4 - amount.scale());
        }
        let customers = i128::from(cohort.customers());
        prop_assert_eq!(customers, i128::try_from(figures.len() * copies).unwrap());
        let average = cohort.average_orders().unwrap();
        prop_assert_eq!(average.scale(), 1);
        prop_assert!(is_half_even(average.mantissa(), orders * 10, customers));
        let average = cohort.average_spent().unwrap();
        prop_assert_eq!(average.scale(), 0);
        prop_assert!(is_half_even(average.mantissa(), spent, customers * 10_000));
    }

    #[test]
    fn halves_go_to_the_even_neighbour(whole in -1_000_i64..1_000, customers in 1_u64..1_000) {
        let half = Decimal::new(whole * 10 + 5, 1);
        let cohort = Cohort::new(customers, 0, half * Decimal::from(customers)).unwrap();
        let average = cohort.average_spent().unwrap();
        let even = if whole % 2 == 0 { whole } else { whole + 1 };
        prop_assert_eq!(average, Decimal::from(even));
    }

    #[test]
    fn parts_in_any_order_make_the_same_whole(
        figures in vec(any_figures(), 0..30),
        cut in 0_usize..30,
    ) {
        let sum = |figures: &[(u64, Decimal)]| {
            let mut cohort = Cohort::default();
            for (orders, spent) in figures {
                cohort.add(&totals(*orders, *spent)).unwrap();
            }
            cohort
        };
        let (first, second) = figures.split_at(cut.min(figures.len()));
        let mut parts = sum(second);
        parts.merge(&sum(first)).unwrap();
        prop_assert_eq!(parts, sum(&figures));
    }

    #[test]
    fn stored_content_is_equal_to_what_was_stored(
        book in any_book(),
        figures in vec(any_figures(), 1..5),
    ) {
        let mut cohort = Cohort::default();
        for (orders, spent) in figures {
            cohort.add(&totals(orders, spent)).unwrap();
        }
        for segment in book.segments() {
            let content = PersonaContent::new(segment, book.currency(), &cohort).unwrap();
            let stored = serde_json::to_string(&content).unwrap();
            let read: PersonaContent = serde_json::from_str(&stored).unwrap();
            prop_assert_eq!(&read, &content);
            prop_assert_eq!(serde_json::to_string(&read).unwrap(), stored);
        }
    }
}
