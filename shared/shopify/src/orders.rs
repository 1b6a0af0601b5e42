//! Whose orders are.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use outbound::{Error, ErrorKind};
use rules::{CustomerId, OrderId};
use serde::Deserialize;

use crate::client::{Document, Shopify};
use crate::nodes::Node;

const ORDER_CUSTOMERS: Document = Document::reading(
    "read customers of orders",
    include_str!("../graphql/order_customers.graphql"),
);

/// Whose an order is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// This customer's.
    Customer(CustomerId),
    /// Nobody's whom the shop keeps: a guest placed it.
    Guest,
    /// The shop does not have the order, or not for us: without the right `read_all_orders`, orders
    /// older than 60 days are hidden
    /// ([scopes](https://shopify.dev/docs/api/usage/access-scopes)). An id that Shopify does not take
    /// for one is no order's either.
    Gone,
}

#[derive(Deserialize)]
struct OrderNode {
    /// Null for a guest; a node without it is no order.
    #[serde(deserialize_with = "Option::deserialize")]
    customer: Option<CustomerNode>,
}

#[derive(Deserialize)]
struct CustomerNode {
    id: String,
}

impl Shopify {
    /// Whose these orders are, each of them once. One call for up to 250.
    ///
    /// # Errors
    /// If a call fails, if an answer has errors about more than single ids, comes from another shop,
    /// or does not answer every id in its place.
    pub async fn customers_of(
        &self,
        orders: &[OrderId],
        deadline: Timestamp,
    ) -> Result<BTreeMap<OrderId, Owner>, Error> {
        let ids: BTreeSet<OrderId> = orders.iter().copied().collect();
        let gids: Vec<String> = ids.iter().map(|id| id.gid()).collect();
        let nodes = self.nodes(&ORDER_CUSTOMERS, &gids, deadline).await?;
        ids.into_iter().zip(nodes).map(|(id, node)| Ok((id, Owner::read(node)?))).collect()
    }
}

impl Owner {
    fn read(node: Node) -> Result<Self, Error> {
        let Node::Found(node) = node else { return Ok(Self::Gone) };
        let unreadable = || {
            let detail = "an order without its customer";
            ORDER_CUSTOMERS.error(ErrorKind::Unreadable { detail })
        };
        let order: OrderNode = serde_json::from_str(node.get()).map_err(|_| unreadable())?;
        let Some(customer) = order.customer else { return Ok(Self::Guest) };
        CustomerId::from_gid(&customer.id).map(Self::Customer).map_err(|_| unreadable())
    }
}
