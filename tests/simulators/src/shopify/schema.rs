//! The part of the Admin API's schema that is simulated. Names, types, arguments and nullability are
//! Shopify's; a contract test holds it against the real schema.

use async_graphql::{
    Enum, Error, ID, InputValueError, InputValueResult, Interface, Result, Scalar, ScalarType,
    SimpleObject, Value,
};
use jiff::Timestamp;
use rules::{Currency, CustomerId, OrderId};
use rust_decimal::Decimal;

use crate::shopify::bulk::BulkOperation;
use crate::shopify::state::{self, Buyer, Shop as ShopState};

/// Scalars that are text in JSON.
macro_rules! text_scalar {
    ($name:ident = $written:literal) => {
        #[derive(Clone)]
        pub(crate) struct $name(pub(super) String);

        #[Scalar(name = $written)]
        impl ScalarType for $name {
            fn parse(value: Value) -> InputValueResult<Self> {
                match value {
                    Value::String(text) => Ok(Self(text)),
                    other => Err(InputValueError::expected_type(other)),
                }
            }

            fn to_value(&self) -> Value {
                Value::String(self.0.clone())
            }
        }
    };
}

text_scalar!(DateTime = "DateTime");
text_scalar!(UnsignedInt64 = "UnsignedInt64");
text_scalar!(Url = "URL");
// The contract's name for it is also `rust_decimal`'s.
text_scalar!(Amount = "Decimal");

macro_rules! currencies {
    ($($name:ident = $code:literal),* $(,)?) => {
        /// The currencies a simulated shop can count in.
        #[derive(Enum, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum CurrencyCode {
            $(#[graphql(name = $code)] $name,)*
        }

        impl CurrencyCode {
            pub(super) fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $code,)*
                }
            }
        }

        impl TryFrom<Currency> for CurrencyCode {
            type Error = Error;

            fn try_from(currency: Currency) -> Result<Self> {
                match currency.code() {
                    $($code => Ok(Self::$name),)*
                    _ => Err(Error::new("This currency is not simulated")),
                }
            }
        }
    };
}

currencies! {
    Aud = "AUD", Brl = "BRL", Cad = "CAD", Chf = "CHF", Eur = "EUR", Gbp = "GBP", Inr = "INR",
    Jpy = "JPY", Kwd = "KWD", Mxn = "MXN", Nzd = "NZD", Sek = "SEK", Usd = "USD",
}

#[derive(Interface)]
#[graphql(field(name = "id", ty = "&ID"))]
pub(crate) enum Node {
    Customer(Customer),
    Order(Order),
    Shop(Shop),
    BulkOperation(BulkOperation),
}

#[derive(SimpleObject, Clone)]
#[graphql(name = "MoneyV2")]
pub(crate) struct MoneyV2 {
    pub(super) amount: Amount,
    pub(super) currency_code: CurrencyCode,
}

#[derive(SimpleObject, Clone)]
pub(crate) struct MoneyBag {
    pub(super) shop_money: MoneyV2,
    pub(super) presentment_money: MoneyV2,
}

#[derive(SimpleObject, Clone)]
pub(crate) struct CustomerEmailAddress {
    pub(super) email_address: String,
}

#[derive(SimpleObject)]
pub(crate) struct Shop {
    pub(super) id: ID,
    pub(super) name: String,
    pub(super) myshopify_domain: String,
    pub(super) currency_code: CurrencyCode,
    pub(super) plan: ShopPlan,
}

#[derive(SimpleObject)]
pub(crate) struct ShopPlan {
    pub(super) public_display_name: String,
    pub(super) partner_development: bool,
    pub(super) shopify_plus: bool,
}

#[derive(SimpleObject)]
#[graphql(complex)]
pub(crate) struct Customer {
    #[graphql(skip)]
    pub(super) key: CustomerId,
    #[graphql(skip)]
    pub(super) last: Option<OrderId>,
    pub(super) id: ID,
    pub(super) legacy_resource_id: UnsignedInt64,
    #[graphql(deprecation = "Use `defaultEmailAddress.emailAddress` instead.")]
    pub(super) email: Option<String>,
    pub(super) default_email_address: Option<CustomerEmailAddress>,
    pub(super) first_name: Option<String>,
    pub(super) last_name: Option<String>,
    pub(super) display_name: String,
    pub(super) number_of_orders: UnsignedInt64,
    pub(super) amount_spent: MoneyV2,
    pub(super) created_at: DateTime,
    pub(super) updated_at: DateTime,
}

#[derive(SimpleObject)]
#[graphql(complex)]
pub(crate) struct Order {
    #[graphql(skip)]
    pub(super) buyer: Buyer,
    pub(super) id: ID,
    pub(super) legacy_resource_id: UnsignedInt64,
    pub(super) name: String,
    pub(super) email: Option<String>,
    pub(super) created_at: DateTime,
    pub(super) updated_at: DateTime,
    pub(super) processed_at: DateTime,
    pub(super) cancelled_at: Option<DateTime>,
    pub(super) current_total_price_set: MoneyBag,
    pub(super) total_price_set: MoneyBag,
}

#[derive(SimpleObject)]
pub(crate) struct Count {
    pub(super) count: i32,
    pub(super) precision: CountPrecision,
}

#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CountPrecision {
    AtLeast,
    Exact,
}

#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CustomerSortKeys {
    CreatedAt,
    Id,
    Name,
    UpdatedAt,
}

#[derive(SimpleObject)]
pub(crate) struct UserError {
    field: Option<Vec<String>>,
    message: String,
}

impl UserError {
    pub(super) fn at(path: &[&str], message: &str) -> Self {
        let field = path.iter().map(|part| (*part).to_owned()).collect();
        Self { field: Some(field), message: message.to_owned() }
    }
}

impl Customer {
    pub(super) fn of(shop: &ShopState, customer: &state::Customer, now: Timestamp) -> Result<Self> {
        let figures = customer.figures_at(now);
        let mut amount_spent = MoneyV2::of(figures.spent, shop.currency_of(customer))?;
        if let Some(shown) = &customer.shown_amount {
            amount_spent.amount = Amount(shown.clone());
        }
        let default_email_address =
            customer.email.clone().map(|email_address| CustomerEmailAddress { email_address });
        Ok(Self {
            key: customer.id,
            last: figures.last_order,
            id: customer.id.gid().into(),
            legacy_resource_id: UnsignedInt64(customer.id.to_string()),
            email: customer.email.clone(),
            default_email_address,
            first_name: Some(customer.first_name.clone()),
            last_name: Some(customer.last_name.clone()),
            display_name: format!("{} {}", customer.first_name, customer.last_name),
            number_of_orders: UnsignedInt64(figures.orders.to_string()),
            amount_spent,
            created_at: DateTime::of(customer.created),
            updated_at: DateTime::of(customer.updated_at(now)),
        })
    }
}

impl Order {
    pub(super) fn of(shop: &ShopState, order: &state::Order) -> Result<Self> {
        let current =
            if order.cancelled.is_some() { Decimal::ZERO } else { order.amount - order.refunded };
        Ok(Self {
            buyer: order.buyer,
            id: order.id.gid().into(),
            legacy_resource_id: UnsignedInt64(order.id.to_string()),
            name: format!("#{}", order.number),
            email: order.email.clone(),
            created_at: DateTime::of(order.created),
            updated_at: DateTime::of(order.updated),
            processed_at: DateTime::of(order.created),
            cancelled_at: order.cancelled.map(DateTime::of),
            current_total_price_set: MoneyBag::of(current, shop.currency)?,
            total_price_set: MoneyBag::of(order.amount, shop.currency)?,
        })
    }
}

impl DateTime {
    pub(super) fn of(moment: Timestamp) -> Self {
        Self(moment.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
    }
}

impl MoneyV2 {
    /// As few decimals as will do, but one at least: "231.1", "0.0".
    pub(super) fn of(amount: Decimal, currency: Currency) -> Result<Self> {
        let mut amount = amount.normalize();
        if amount.scale() == 0 {
            amount.rescale(1);
        }
        Ok(Self { amount: Amount(amount.to_string()), currency_code: currency.try_into()? })
    }
}

impl MoneyBag {
    pub(super) fn of(amount: Decimal, currency: Currency) -> Result<Self> {
        let money = MoneyV2::of(amount, currency)?;
        Ok(Self { presentment_money: money.clone(), shop_money: money })
    }
}
