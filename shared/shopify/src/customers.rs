//! The truth about customers.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use outbound::Error;
use rules::{CustomerId, EmailAddress, Money, OrderId, Totals};
use rust_decimal::Decimal;
use serde::Deserialize;

use crate::client::{Document, Shopify};
use crate::nodes::Node;
use crate::number::UnsignedInt64;

const CUSTOMERS: Document =
    Document::reading("read customers", include_str!("../graphql/customers.graphql"));

/// What the shop says of a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Truth {
    /// The customer is there.
    Present(Customer),
    /// The shop does not have the customer (any more).
    Gone,
    /// The customer is there and we do not understand the figures, or Shopify does not take the id
    /// for one.
    Unreadable {
        /// What is wrong with which figure, or with the id.
        detail: &'static str,
    },
}

/// A customer of the shop, with what a decision rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Customer {
    /// Who.
    pub id: CustomerId,
    /// The address to match an Okta user by. None if there is none, and if what there is is no
    /// address: nobody can be matched by either.
    pub email: Option<EmailAddress>,
    /// What was bought, by Shopify's own figures. They lag behind orders.
    pub totals: Totals,
    /// When Shopify last changed the customer: tells an older read from a newer one.
    pub updated_at: Timestamp,
    /// The last order that the figures include.
    pub last_order: Option<LastOrder>,
}

/// A customer's last order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastOrder {
    /// Which.
    pub id: OrderId,
    /// When it was placed.
    pub created_at: Timestamp,
}

/// Fields that may be null must still be there, or a node of another kind would read as a customer
/// without them.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CustomerNode {
    #[serde(deserialize_with = "Option::deserialize")]
    default_email_address: Option<EmailNode>,
    number_of_orders: UnsignedInt64,
    amount_spent: MoneyNode,
    updated_at: String,
    #[serde(deserialize_with = "Option::deserialize")]
    last_order: Option<OrderNode>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EmailNode {
    email_address: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MoneyNode {
    amount: String,
    currency_code: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OrderNode {
    id: String,
    created_at: String,
}

impl Shopify {
    /// The truth about these customers, each of them once. One call for up to 250.
    ///
    /// # Errors
    /// If a call fails, if an answer has errors about more than single ids, comes from another shop,
    /// or does not answer every id in its place. A customer whose figures cannot be read or whose id
    /// is refused is no error of the others.
    pub async fn customers(
        &self,
        ids: &[CustomerId],
        deadline: Timestamp,
    ) -> Result<BTreeMap<CustomerId, Truth>, Error> {
        let ids: BTreeSet<CustomerId> = ids.iter().copied().collect();
        let gids: Vec<String> = ids.iter().map(|id| id.gid()).collect();
        let nodes = self.nodes(&CUSTOMERS, &gids, deadline).await?;
        Ok(ids.into_iter().zip(nodes).map(|(id, node)| (id, Truth::read(id, node))).collect())
    }
}

impl Truth {
    fn read(id: CustomerId, node: Node) -> Self {
        let node = match node {
            Node::Found(node) => node,
            Node::Missing => return Self::Gone,
            Node::Refused => return Self::Unreadable { detail: "Shopify refuses the id" },
        };
        serde_json::from_str(node.get())
            .map_err(|_| "a field of the customer is missing or of another kind")
            .and_then(|node| Customer::read(id, node))
            .map_or_else(|detail| Self::Unreadable { detail }, Self::Present)
    }
}

impl Customer {
    fn read(id: CustomerId, node: CustomerNode) -> Result<Self, &'static str> {
        Ok(Self {
            id,
            email: node.default_email_address.and_then(|email| email.email_address.parse().ok()),
            totals: Totals {
                orders: node.number_of_orders.read().ok_or("numberOfOrders is no count")?,
                spent: node.amount_spent.read()?,
            },
            updated_at: node.updated_at.parse().map_err(|_| "updatedAt is no time")?,
            last_order: node.last_order.as_ref().map(LastOrder::read).transpose()?,
        })
    }
}

impl MoneyNode {
    fn read(self) -> Result<Money, &'static str> {
        // Exact: a plain `parse` rounds what has too many digits.
        let amount = Decimal::from_str_exact(&self.amount)
            .map_err(|_| "amountSpent is no decimal of up to 28 digits")?;
        let currency =
            self.currency_code.parse().map_err(|_| "the currency of amountSpent is unknown")?;
        Ok(Money::new(amount, currency))
    }
}

impl LastOrder {
    fn read(node: &OrderNode) -> Result<Self, &'static str> {
        Ok(Self {
            id: OrderId::from_gid(&node.id).map_err(|_| "lastOrder.id is no order's id")?,
            created_at: node.created_at.parse().map_err(|_| "lastOrder.createdAt is no time")?,
        })
    }
}
