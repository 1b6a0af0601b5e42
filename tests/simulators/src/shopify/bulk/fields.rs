//! What can be asked of a customer in bulk, and what each field holds.

use async_graphql::Result;
use jiff::Timestamp;

use crate::shopify::schema::{Customer, CustomerEmailAddress, MoneyBag, MoneyV2, Order};
use crate::shopify::state::{self, Shop};

/// A type of the schema: what its fields are, and of which type each is.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    fields: &'static [(&'static str, Of)],
}

/// What a field is.
#[derive(Clone, Copy)]
pub(crate) enum Of {
    Text,
    Object(&'static Kind),
}

use Of::{Object, Text};

pub(crate) static CUSTOMER: Kind = Kind {
    name: "Customer",
    fields: &[
        ("id", Text),
        ("legacyResourceId", Text),
        ("email", Text),
        ("defaultEmailAddress", Object(&EMAIL)),
        ("firstName", Text),
        ("lastName", Text),
        ("displayName", Text),
        ("numberOfOrders", Text),
        ("amountSpent", Object(&MONEY)),
        ("createdAt", Text),
        ("updatedAt", Text),
        ("lastOrder", Object(&ORDER)),
    ],
};

static EMAIL: Kind = Kind { name: "CustomerEmailAddress", fields: &[("emailAddress", Text)] };

static MONEY: Kind = Kind { name: "MoneyV2", fields: &[("amount", Text), ("currencyCode", Text)] };

static BAG: Kind = Kind {
    name: "MoneyBag",
    fields: &[("shopMoney", Object(&MONEY)), ("presentmentMoney", Object(&MONEY))],
};

static ORDER: Kind = Kind {
    name: "Order",
    fields: &[
        ("id", Text),
        ("legacyResourceId", Text),
        ("name", Text),
        ("email", Text),
        ("createdAt", Text),
        ("updatedAt", Text),
        ("processedAt", Text),
        ("cancelledAt", Text),
        ("currentTotalPriceSet", Object(&BAG)),
        ("totalPriceSet", Object(&BAG)),
    ],
};

impl Kind {
    pub(crate) fn field(&self, name: &str) -> Option<Of> {
        self.fields.iter().find(|(field, _)| *field == name).map(|(_, of)| *of)
    }
}

/// What a field holds.
pub(crate) enum Part<'a> {
    Null,
    Text(&'a str),
    Object(&'a dyn Fields),
}

impl<'a> Part<'a> {
    fn text(text: Option<&'a String>) -> Self {
        text.map_or(Self::Null, |text| Self::Text(text))
    }

    fn object(object: Option<&'a impl Fields>) -> Self {
        object.map_or(Self::Null, |object| Self::Object(object))
    }
}

/// A thing with fields. A name that is none of them is its type's.
pub(crate) trait Fields {
    fn field(&self, name: &str) -> Part<'_>;
}

/// A customer with its last order.
pub(crate) struct Row {
    customer: Customer,
    last_order: Option<Order>,
}

impl Row {
    pub(crate) fn of(shop: &Shop, customer: &state::Customer, now: Timestamp) -> Result<Self> {
        let customer = Customer::of(shop, customer, now)?;
        let last_order = customer.last.and_then(|id| shop.orders.get(&id));
        Ok(Self { last_order: last_order.map(|it| Order::of(shop, it)).transpose()?, customer })
    }
}

impl Fields for Row {
    fn field(&self, name: &str) -> Part<'_> {
        let customer = &self.customer;
        match name {
            "id" => Part::Text(&customer.id),
            "legacyResourceId" => Part::Text(&customer.legacy_resource_id.0),
            "email" => Part::text(customer.email.as_ref()),
            "defaultEmailAddress" => Part::object(customer.default_email_address.as_ref()),
            "firstName" => Part::text(customer.first_name.as_ref()),
            "lastName" => Part::text(customer.last_name.as_ref()),
            "displayName" => Part::Text(&customer.display_name),
            "numberOfOrders" => Part::Text(&customer.number_of_orders.0),
            "amountSpent" => Part::Object(&customer.amount_spent),
            "createdAt" => Part::Text(&customer.created_at.0),
            "updatedAt" => Part::Text(&customer.updated_at.0),
            "lastOrder" => Part::object(self.last_order.as_ref()),
            _ => Part::Text(CUSTOMER.name),
        }
    }
}

impl Fields for CustomerEmailAddress {
    fn field(&self, name: &str) -> Part<'_> {
        Part::Text(if name == "emailAddress" { &self.email_address } else { EMAIL.name })
    }
}

impl Fields for MoneyV2 {
    fn field(&self, name: &str) -> Part<'_> {
        match name {
            "amount" => Part::Text(&self.amount.0),
            "currencyCode" => Part::Text(self.currency_code.as_str()),
            _ => Part::Text(MONEY.name),
        }
    }
}

impl Fields for MoneyBag {
    fn field(&self, name: &str) -> Part<'_> {
        match name {
            "shopMoney" => Part::Object(&self.shop_money),
            "presentmentMoney" => Part::Object(&self.presentment_money),
            _ => Part::Text(BAG.name),
        }
    }
}

impl Fields for Order {
    fn field(&self, name: &str) -> Part<'_> {
        match name {
            "id" => Part::Text(&self.id),
            "legacyResourceId" => Part::Text(&self.legacy_resource_id.0),
            "name" => Part::Text(&self.name),
            "email" => Part::text(self.email.as_ref()),
            "createdAt" => Part::Text(&self.created_at.0),
            "updatedAt" => Part::Text(&self.updated_at.0),
            "processedAt" => Part::Text(&self.processed_at.0),
            "cancelledAt" => Part::text(self.cancelled_at.as_ref().map(|moment| &moment.0)),
            "currentTotalPriceSet" => Part::Object(&self.current_total_price_set),
            "totalPriceSet" => Part::Object(&self.total_price_set),
            _ => Part::Text(ORDER.name),
        }
    }
}
