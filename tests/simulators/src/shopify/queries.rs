//! The queries of the simulated part of the Admin API.
#![expect(clippy::unused_async, reason = "resolvers must be async, whether they wait or not")]

use async_graphql::{
    ComplexObject, Context, EmptyMutation, EmptySubscription, Error, ErrorExtensions, ID, Object,
    Result, Schema,
};
use rules::{CustomerId, OrderId};

use crate::shopify::ShopifySim;
use crate::shopify::schema::{Customer, Node, Order, OrderConnection, OrderEdge, PageInfo, Shop};
use crate::shopify::state::{self, Buyer};

pub(crate) type ShopSchema = Schema<QueryRoot, EmptyMutation, EmptySubscription>;

/// The most ids in one call of `nodes`.
const MOST_IDS: usize = 250;

pub(crate) fn build() -> ShopSchema {
    Schema::build(QueryRoot, EmptyMutation, EmptySubscription).finish()
}

pub(crate) struct QueryRoot;

#[Object]
impl QueryRoot {
    async fn node(&self, context: &Context<'_>, id: ID) -> Result<Option<Node>> {
        find_node(context, &id)
    }

    async fn nodes(&self, context: &Context<'_>, ids: Vec<ID>) -> Result<Vec<Option<Node>>> {
        if ids.len() > MOST_IDS {
            let message = format!(
                "The input array size of {} is greater than the maximum allowed of {MOST_IDS}.",
                ids.len()
            );
            return Err(coded(&message, "MAX_INPUT_SIZE_EXCEEDED"));
        }
        ids.iter().map(|id| find_node(context, id)).collect()
    }

    async fn customer(&self, context: &Context<'_>, id: ID) -> Result<Option<Customer>> {
        let id = CustomerId::from_gid(&id).map_err(|_| invalid_id(&id))?;
        find_customer(context, id)
    }

    async fn order(&self, context: &Context<'_>, id: ID) -> Result<Option<Order>> {
        let id = OrderId::from_gid(&id).map_err(|_| invalid_id(&id))?;
        find_order(context, id)
    }

    async fn shop(&self, context: &Context<'_>) -> Result<Shop> {
        let sim = context.data::<ShopifySim>()?;
        let shop = sim.lock();
        Ok(Shop {
            id: "gid://shopify/Shop/548380009".into(),
            name: "Simulated shop".to_owned(),
            myshopify_domain: shop.shown_domain.clone(),
            currency_code: shop.currency.try_into()?,
        })
    }
}

#[ComplexObject]
impl Customer {
    async fn last_order(&self, context: &Context<'_>) -> Result<Option<Order>> {
        self.last.map_or(Ok(None), |id| find_order(context, id))
    }

    async fn orders(
        &self,
        context: &Context<'_>,
        first: Option<i32>,
        last: Option<i32>,
        #[graphql(default_with = "Some(false)")] reverse: Option<bool>,
    ) -> Result<OrderConnection> {
        let sim = context.data::<ShopifySim>()?;
        let shop = sim.lock();
        let mut orders: Vec<&state::Order> = shop.orders_of(self.key).collect();
        if reverse == Some(true) {
            orders.reverse();
        }
        let page = page(&orders, first, last)?;
        let edge = |order: &&state::Order| {
            Ok(OrderEdge { cursor: cursor(order.id), node: Order::of(&shop, order)? })
        };
        let cursor_of = |order: Option<&&state::Order>| order.map(|order| cursor(order.id));
        Ok(OrderConnection {
            nodes: page.iter().map(|order| Order::of(&shop, order)).collect::<Result<_>>()?,
            edges: page.iter().map(edge).collect::<Result<_>>()?,
            page_info: PageInfo {
                has_next_page: last.is_none() && page.len() < orders.len(),
                has_previous_page: last.is_some() && page.len() < orders.len(),
                start_cursor: cursor_of(page.first()),
                end_cursor: cursor_of(page.last()),
            },
        })
    }
}

#[ComplexObject]
impl Order {
    async fn customer(&self, context: &Context<'_>) -> Result<Option<Customer>> {
        match self.buyer {
            Buyer::Customer(id) => find_customer(context, id),
            Buyer::Guest => Ok(None),
        }
    }
}

/// Nothing for an id the shop does not have.
fn find_node(context: &Context<'_>, id: &str) -> Result<Option<Node>> {
    if let Ok(customer) = CustomerId::from_gid(id) {
        return Ok(find_customer(context, customer)?.map(Node::Customer));
    }
    if let Ok(order) = OrderId::from_gid(id) {
        return Ok(find_order(context, order)?.map(Node::Order));
    }
    if id.starts_with("gid://shopify/") { Ok(None) } else { Err(invalid_id(id)) }
}

fn find_customer(context: &Context<'_>, id: CustomerId) -> Result<Option<Customer>> {
    let sim = context.data::<ShopifySim>()?;
    let (now, shop) = (sim.now(), sim.lock());
    shop.customers.get(&id).map(|customer| Customer::of(&shop, customer, now)).transpose()
}

fn find_order(context: &Context<'_>, id: OrderId) -> Result<Option<Order>> {
    let sim = context.data::<ShopifySim>()?;
    let shop = sim.lock();
    shop.orders.get(&id).map(|order| Order::of(&shop, order)).transpose()
}

fn page<T>(all: &[T], first: Option<i32>, last: Option<i32>) -> Result<&[T]> {
    let size = |size: i32| {
        usize::try_from(size).map_err(|_| coded("Page sizes are positive.", "BAD_REQUEST"))
    };
    match (first, last) {
        (Some(first), None) => Ok(all.get(..size(first)?).unwrap_or(all)),
        (None, Some(last)) => Ok(all.get(all.len().saturating_sub(size(last)?)..).unwrap_or(all)),
        _ => Err(coded("you must provide one of first or last", "BAD_REQUEST")),
    }
}

fn cursor(id: OrderId) -> String {
    use base64::Engine as _;
    let cursor = format!(r#"{{"last_id":{id},"last_value":"{id}"}}"#);
    base64::engine::general_purpose::STANDARD.encode(cursor)
}

fn invalid_id(id: &str) -> Error {
    coded(&format!("Invalid global id '{id}'"), "argumentLiteralsIncompatible")
}

fn coded(message: &str, code: &str) -> Error {
    Error::new(message).extend_with(|_, extensions| extensions.set("code", code))
}
