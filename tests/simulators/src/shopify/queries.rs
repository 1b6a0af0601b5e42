//! The queries of the simulated part of the Admin API.
#![expect(clippy::unused_async, reason = "resolvers must be async, whether they wait or not")]

use async_graphql::connection::Connection;
use async_graphql::{
    ComplexObject, Context, EmptySubscription, Error, ErrorExtensions, ID, MergedObject, Object,
    Result, Schema,
};
use jiff::Timestamp;
use rules::{CustomerId, OrderId};

use crate::shopify::ShopifySim;
use crate::shopify::bulk::{self, BulkMutations, BulkQueries};
use crate::shopify::graphql::Warnings;
use crate::shopify::installation::{InstallationQueries, require};
use crate::shopify::paging::{Asked, Place};
use crate::shopify::schema::{
    Count, CountPrecision, Customer, CustomerSortKeys, Node, Order, Shop, ShopPlan,
};
use crate::shopify::search::{Known, Search};
use crate::shopify::state::{self, Buyer};
use crate::shopify::subscriptions::{SubscriptionMutations, SubscriptionQueries};

pub(crate) type ShopSchema = Schema<QueryRoot, Mutation, EmptySubscription>;

/// The most ids in one call of `nodes`.
const MOST_IDS: usize = 250;
/// The fields that customers can be searched by.
const SEARCHED: [&str; 5] = ["customer_date", "email", "id", "orders_count", "updated_at"];

pub(crate) fn build() -> ShopSchema {
    Schema::build(QueryRoot::default(), Mutation::default(), EmptySubscription).finish()
}

#[derive(MergedObject, Default)]
pub(crate) struct QueryRoot(ShopQueries, BulkQueries, SubscriptionQueries, InstallationQueries);

#[derive(MergedObject, Default)]
pub(crate) struct Mutation(BulkMutations, SubscriptionMutations);

#[derive(Default)]
pub(crate) struct ShopQueries;

#[Object]
impl ShopQueries {
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
            plan: ShopPlan {
                public_display_name: "Basic".to_owned(),
                partner_development: false,
                shopify_plus: false,
            },
        })
    }

    #[expect(clippy::too_many_arguments, reason = "as many as the contract has")]
    async fn customers(
        &self,
        context: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
        query: Option<String>,
        #[graphql(default_with = "Some(false)")] reverse: Option<bool>,
        #[graphql(default_with = "Some(CustomerSortKeys::Id)")] sort_key: Option<CustomerSortKeys>,
    ) -> Result<Connection<String, Customer>> {
        require(context, "read_customers", "customers")?;
        let warnings = context.data::<Warnings>()?;
        let search = warnings.search("customers", query.as_deref(), &SEARCHED);
        let sim = context.data::<ShopifySim>()?;
        let (now, shop) = (sim.now(), sim.lock());
        let found = found(&shop, &search, now);
        let placed = found.map(|it| (place(it, sort_key, now), it)).collect();
        let asked = Asked { first, after, last, before, reverse: reverse == Some(true) };
        asked.of(placed, |customer| Customer::of(&shop, customer, now))
    }

    async fn customers_count(
        &self,
        context: &Context<'_>,
        #[graphql(default_with = "Some(10_000)")] limit: Option<i32>,
        query: Option<String>,
    ) -> Result<Option<Count>> {
        let warnings = context.data::<Warnings>()?;
        let search = warnings.search("customersCount", query.as_deref(), &SEARCHED);
        let sim = context.data::<ShopifySim>()?;
        let (now, shop) = (sim.now(), sim.lock());
        let found = found(&shop, &search, now);
        let all = i32::try_from(found.count())?;
        Ok(Some(match limit.filter(|limit| *limit <= all) {
            Some(limit) => Count { count: limit, precision: CountPrecision::AtLeast },
            None => Count { count: all, precision: CountPrecision::Exact },
        }))
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
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
        #[graphql(default_with = "Some(false)")] reverse: Option<bool>,
    ) -> Result<Connection<String, Order>> {
        let sim = context.data::<ShopifySim>()?;
        let shop = sim.lock();
        let placed = shop.orders_of(self.key).map(|it| (Place::by_id(it.id.get()), it)).collect();
        let asked = Asked { first, after, last, before, reverse: reverse == Some(true) };
        asked.of(placed, |order| Order::of(&shop, order))
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
    if let Some(operation) = bulk::find(context, id)? {
        return Ok(Some(Node::BulkOperation(operation)));
    }
    if id.starts_with("gid://shopify/") { Ok(None) } else { Err(invalid_id(id)) }
}

fn find_customer(context: &Context<'_>, id: CustomerId) -> Result<Option<Customer>> {
    require(context, "read_customers", "customer")?;
    let sim = context.data::<ShopifySim>()?;
    let (now, shop) = (sim.now(), sim.lock());
    shop.customers.get(&id).map(|customer| Customer::of(&shop, customer, now)).transpose()
}

fn find_order(context: &Context<'_>, id: OrderId) -> Result<Option<Order>> {
    require(context, "read_orders", "order")?;
    let sim = context.data::<ShopifySim>()?;
    let shop = sim.lock();
    shop.orders.get(&id).map(|order| Order::of(&shop, order)).transpose()
}

/// The customers that a search finds.
pub(crate) fn found<'a>(
    shop: &'a state::Shop,
    search: &Search,
    now: Timestamp,
) -> impl Iterator<Item = &'a state::Customer> {
    let finds =
        move |customer: &&state::Customer| search.finds(|field| searched(customer, field, now));
    shop.customers.values().filter(finds)
}

/// What a customer holds in a field that can be searched.
fn searched<'a>(customer: &'a state::Customer, field: &str, now: Timestamp) -> Option<Known<'a>> {
    match field {
        "customer_date" => Some(Known::Moment(customer.created)),
        "email" => Some(Known::Text(customer.email.as_deref().unwrap_or_default())),
        "id" => Some(Known::Number(customer.id.get())),
        "orders_count" => Some(Known::Number(customer.figures_at(now).orders)),
        "updated_at" => Some(Known::Moment(customer.updated_at(now))),
        _ => None,
    }
}

fn place(customer: &state::Customer, key: Option<CustomerSortKeys>, now: Timestamp) -> Place {
    let id = customer.id.get();
    match key {
        None | Some(CustomerSortKeys::Id) => Place::by_id(id),
        Some(CustomerSortKeys::CreatedAt) => Place::by(customer.created.to_string(), id),
        Some(CustomerSortKeys::UpdatedAt) => Place::by(customer.updated_at(now).to_string(), id),
        Some(CustomerSortKeys::Name) => {
            Place::by(format!("{}, {}", customer.last_name, customer.first_name), id)
        }
    }
}

fn invalid_id(id: &str) -> Error {
    coded(&format!("Invalid global id '{id}'"), "argumentLiteralsIncompatible")
}

pub(crate) fn coded(message: &str, code: &str) -> Error {
    Error::new(message).extend_with(|_, extensions| extensions.set("code", code))
}
