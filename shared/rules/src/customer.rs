//! What a decision about a customer rests on.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Money;

/// What a customer has bought, by Shopify's own figures
/// ([`numberOfOrders` and `amountSpent`](https://shopify.dev/docs/api/admin-graphql/2026-10/objects/Customer)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Orders over the customer's life.
    pub orders: u64,
    /// Money spent over the customer's life.
    pub spent: Money,
}

/// "3 orders, 120.00 USD".
impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.orders == 1 { "" } else { "s" };
        write!(f, "{} order{plural}, {}", self.orders, self.spent)
    }
}
