//! The figures of a segment's customers, and what its persona says of them.

use std::cmp::Ordering;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{Currency, Segment, SegmentName, Totals};

/// Sums over the customers of one segment, all in the rule book's one currency. Exact: nothing is
/// rounded before an average is taken.
///
/// The stored form is a map of `customers`, `orders` and, as text, `spent`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Sums")]
pub struct Cohort {
    customers: u64,
    orders: u64,
    #[serde(with = "rust_decimal::serde::str")]
    spent: Decimal,
}

/// Figures that cannot be counted: a sum of more than 2^64 − 1 orders, or of an amount with more
/// digits than a decimal has; or sums over nobody that are not zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("figures of customers that cannot be summed up")]
pub struct InvalidCohort;

/// Sums as they were stored.
#[derive(Deserialize)]
struct Sums {
    customers: u64,
    orders: u64,
    #[serde(with = "rust_decimal::serde::str")]
    spent: Decimal,
}

impl TryFrom<Sums> for Cohort {
    type Error = InvalidCohort;

    fn try_from(Sums { customers, orders, spent }: Sums) -> Result<Self, InvalidCohort> {
        Self::new(customers, orders, spent)
    }
}

impl Cohort {
    /// Sums that were kept elsewhere: so many customers, their orders, and what they spent in whole
    /// units of the currency.
    ///
    /// # Errors
    /// If there are figures and no customers.
    pub fn new(customers: u64, orders: u64, spent: Decimal) -> Result<Self, InvalidCohort> {
        let nothing = orders == 0 && spent.is_zero();
        (customers > 0 || nothing).then_some(Self { customers, orders, spent }).ok_or(InvalidCohort)
    }

    /// Counts one more customer. The amount is taken to be in the book's currency: a customer with
    /// another belongs to no segment.
    ///
    /// # Errors
    /// If the sums become too large to be exact. They stay as they were.
    pub fn add(&mut self, totals: &Totals) -> Result<(), InvalidCohort> {
        let one = Self { customers: 1, orders: totals.orders, spent: totals.spent.amount };
        self.merge(&one)
    }

    /// Counts the customers of another part of the same segment.
    ///
    /// # Errors
    /// If the sums become too large to be exact. They stay as they were.
    pub fn merge(&mut self, other: &Self) -> Result<(), InvalidCohort> {
        let customers = self.customers.checked_add(other.customers).ok_or(InvalidCohort)?;
        let orders = self.orders.checked_add(other.orders).ok_or(InvalidCohort)?;
        let spent = exact_sum(self.spent, other.spent).ok_or(InvalidCohort)?;
        *self = Self { customers, orders, spent };
        Ok(())
    }

    /// How many customers there are.
    pub fn customers(&self) -> u64 {
        self.customers
    }

    /// Their orders, summed up.
    pub fn orders(&self) -> u64 {
        self.orders
    }

    /// What they spent, summed up, in whole units of the currency. May be negative, as
    /// [`Money`](crate::Money) may.
    pub fn spent(&self) -> Decimal {
        self.spent
    }

    /// Orders per customer, rounded half to even, always with one decimal. None without customers.
    pub fn average_orders(&self) -> Option<Decimal> {
        let tenths = half_even(i128::from(self.orders) * 10, 0, self.customers)?;
        // At most ten times 2^64, which a decimal holds.
        Some(Decimal::from_i128_with_scale(tenths, 1))
    }

    /// Money spent per customer, rounded half to even to whole units of the currency. None without
    /// customers.
    pub fn average_spent(&self) -> Option<Decimal> {
        let units = half_even(self.spent.mantissa(), self.spent.scale(), self.customers)?;
        // No further from zero than the sum, which is a decimal.
        Some(Decimal::from_i128_with_scale(units, 0))
    }
}

/// The sum, unless it has more digits than a decimal: `Decimal`'s own addition would round it.
fn exact_sum(a: Decimal, b: Decimal) -> Option<Decimal> {
    let scale = a.scale().max(b.scale());
    let units =
        |amount: Decimal| 10_i128.pow(scale - amount.scale()).checked_mul(amount.mantissa());
    Decimal::try_from_i128_with_scale(units(a)?.checked_add(units(b)?)?, scale).ok()
}

/// `mantissa` ÷ 10^`scale` ÷ `customers` to the nearest whole number, and half-way to the even one.
/// The mantissa is one of a decimal: 96 bits and a sign. None without customers.
fn half_even(mantissa: i128, scale: u32, customers: u64) -> Option<i128> {
    let customers = u128::from(customers);
    // One digit more makes the unit even, so that a share below its half stays below whatever is left
    // of the first division.
    let (sum, unit) = (mantissa.unsigned_abs() * 10, 10_u128.pow(scale + 1));
    let (share, rest) = (sum.checked_div(customers)?, sum.checked_rem(customers)?);
    let (whole, part) = (share / unit, share % unit);
    let up = match (2 * part).cmp(&unit).then(rest.cmp(&0)) {
        Ordering::Less => false,
        Ordering::Equal => whole % 2 == 1,
        Ordering::Greater => true,
    };
    let rounded = i128::try_from(whole + u128::from(up)).ok()?;
    Some(rounded * mantissa.signum())
}

/// What the persona of a segment says, word for word as in
/// [Mavera's cookbook](https://docs.mavera.io/integrations/shopify/customer-cohort-personas).
///
/// Contents that say the same are equal, also after they were stored: keep what was written last, and
/// write again only what differs. What cannot be read back was written by another version; take it for
/// different.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonaContent {
    name: String,
    description: String,
    cohort: SegmentName,
    #[serde(with = "rust_decimal::serde::str")]
    avg_order_count: Decimal,
}

impl PersonaContent {
    /// What there is to say of a segment's customers, whose money is in the book's currency. None
    /// without customers: the cookbook makes no persona of an empty cohort.
    pub fn new(segment: &Segment, currency: Currency, cohort: &Cohort) -> Option<Self> {
        let (orders, spent) = (cohort.average_orders()?, cohort.average_spent()?);
        let (label, customers) = (segment.label(), cohort.customers());
        let spent = in_words(spent, currency);
        let description =
            format!("{label}: {customers} customers, avg {orders} orders, avg {spent} spend.");
        Some(Self {
            name: segment.persona_name().to_owned(),
            description,
            cohort: segment.name().clone(),
            avg_order_count: orders,
        })
    }

    /// The persona's name: what it is looked up by.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// "VIP Customer: 47 customers, avg 9.3 orders, avg $812 spend."
    pub fn description(&self) -> &str {
        &self.description
    }

    /// The custom attribute `cohort`.
    pub fn cohort(&self) -> &SegmentName {
        &self.cohort
    }

    /// The custom attribute `avg_order_count`, with one decimal.
    pub fn avg_order_count(&self) -> Decimal {
        self.avg_order_count
    }
}

/// "$812", "EUR 812". The sign stands where the cookbook's own formatting puts it: "$-5".
fn in_words(units: Decimal, currency: Currency) -> String {
    if currency == Currency::USD { format!("${units}") } else { format!("{currency} {units}") }
}
