//! What the truth should show.

use rules::OrderId;
use serde::{Deserialize, Serialize};

/// What a read of the truth should show once Shopify has caught up with the event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expectation {
    /// The customer's last order is this one, or a later one.
    pub last_order: OrderId,
    /// With exactly this last order, the number of orders is this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub orders: Option<u64>,
}

impl Expectation {
    /// Whether a read with this last order and this number of orders shows what was expected.
    pub fn is_met(&self, last_order: Option<OrderId>, orders: u64) -> bool {
        match last_order {
            Some(found) if found > self.last_order => true,
            Some(found) if found == self.last_order => {
                self.orders.is_none_or(|expected| expected == orders)
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expectation_is_met_by_its_order_or_a_later_one() {
        let expected = Expectation { last_order: OrderId::new(5), orders: Some(2) };
        assert!(!expected.is_met(None, 0));
        assert!(!expected.is_met(Some(OrderId::new(4)), 2));
        assert!(!expected.is_met(Some(OrderId::new(5)), 1));
        assert!(expected.is_met(Some(OrderId::new(5)), 2));
        assert!(expected.is_met(Some(OrderId::new(6)), 1));
    }
}
