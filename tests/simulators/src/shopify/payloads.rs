//! Webhook bodies, with the fields and the JSON types of Shopify's own
//! ([payloads](https://shopify.dev/docs/api/webhooks/2026-10)). What the product must not keep is in
//! them too: names, addresses, telephone numbers.

use jiff::Timestamp;
use jiff::tz::{TimeZone, offset};
use rules::{CustomerId, OrderId};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::shopify::state::{Buyer, Customer, NoSuch, Order, Shop};
use crate::shopify::webhook::uuid;

/// The shop's numeric id.
const SHOP_ID: u64 = 548_380_009;

/// A moment as REST-shaped payloads have it: in the shop's time zone, to the second.
pub(crate) fn local(moment: Timestamp) -> String {
    let zoned = moment.to_zoned(TimeZone::fixed(offset(-5)));
    zoned.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

/// An amount as REST-shaped payloads have it: with two decimals.
fn amount(amount: Decimal) -> String {
    format!("{amount:.2}")
}

fn price_set(value: Decimal, shop: &Shop) -> Value {
    let money = json!({ "amount": amount(value), "currency_code": shop.currency.code() });
    json!({ "shop_money": money, "presentment_money": money })
}

/// `orders/create`, `orders/updated`, `orders/paid`, `orders/cancelled`.
pub(crate) fn order(shop: &Shop, id: OrderId, now: Timestamp) -> Result<Value, NoSuch> {
    let order = shop.order(id)?;
    let parts = [
        head(shop, order),
        circumstances(shop, order),
        prices(shop, order),
        people(shop, order, now),
        json!({
            "line_items": [line_item(shop, order)],
            "shipping_lines": [],
            "discount_applications": [],
            "fulfillments": [],
            "refunds": [],
            "returns": [],
        }),
    ];
    let parts = parts.into_iter().filter_map(|part| match part {
        Value::Object(part) => Some(part),
        _ => None,
    });
    Ok(Value::Object(parts.flatten().collect()))
}

fn head(shop: &Shop, order: &Order) -> Value {
    json!({
        "id": order.id.get(),
        "admin_graphql_api_id": order.id.gid(),
        "app_id": null,
        "browser_ip": "203.0.113.7",
        "buyer_accepts_marketing": false,
        "cancel_reason": order.cancelled.map(|_| "customer"),
        "cancelled_at": order.cancelled.map(local),
        "cart_token": null,
        "checkout_token": null,
        "client_details": null,
        "closed_at": null,
        "confirmation_number": null,
        "confirmed": true,
        "contact_email": order.email,
        "created_at": local(order.created),
        "currency": shop.currency.code(),
        "customer_locale": "en",
        "email": order.email,
        "updated_at": local(order.updated),
    })
}

fn circumstances(shop: &Shop, order: &Order) -> Value {
    let status = if order.cancelled.is_some() { "voided" } else { "paid" };
    json!({
        "device_id": null,
        "discount_codes": [],
        "estimated_taxes": false,
        "financial_status": status,
        "fulfillment_status": null,
        "landing_site": null,
        "location_id": null,
        "name": format!("#{}", order.number),
        "note": null,
        "note_attributes": [],
        "number": order.number - 1_000,
        "order_number": order.number,
        "order_status_url": format!("https://{}/{SHOP_ID}/orders/{}/authenticate", shop.domain, uuid(order.number)),
        "payment_gateway_names": ["bogus"],
        "phone": null,
        "presentment_currency": shop.currency.code(),
        "processed_at": local(order.created),
        "source_name": "web",
        "tags": "",
        "tax_exempt": false,
        "tax_lines": [],
        "taxes_included": false,
        "test": false,
        "token": uuid(order.number),
        "user_id": null,
    })
}

fn prices(shop: &Shop, order: &Order) -> Value {
    let current =
        if order.cancelled.is_some() { Decimal::ZERO } else { order.amount - order.refunded };
    json!({
        "current_subtotal_price": amount(current),
        "current_total_discounts": "0.00",
        "current_total_price": amount(current),
        "current_total_price_set": price_set(current, shop),
        "current_total_tax": "0.00",
        "subtotal_price": amount(order.amount),
        "subtotal_price_set": price_set(order.amount, shop),
        "total_discounts": "0.00",
        "total_line_items_price": amount(order.amount),
        "total_line_items_price_set": price_set(order.amount, shop),
        "total_outstanding": "0.00",
        "total_price": amount(order.amount),
        "total_price_set": price_set(order.amount, shop),
        "total_tax": "0.00",
        "total_tip_received": "0.00",
        "total_weight": 100,
    })
}

fn people(shop: &Shop, order: &Order, now: Timestamp) -> Value {
    let (customer, first, last) = match order.buyer {
        Buyer::Customer(id) => {
            let mut customer = customer(shop, id, now);
            // The one field of a customer that the customer of an order lacks.
            customer.as_object_mut().map(|customer| customer.remove("addresses"));
            let known = shop.customers.get(&id);
            let text = |part: fn(&Customer) -> &String| known.map(part).cloned();
            (customer, text(|it| &it.first_name), text(|it| &it.last_name))
        }
        Buyer::Guest => (Value::Null, Some("Guest".to_owned()), Some("Buyer".to_owned())),
    };
    let name = [first.as_deref(), last.as_deref()].map(Option::unwrap_or_default).join(" ");
    let address = json!({
        "first_name": first,
        "last_name": last,
        "name": name,
        "address1": "1 Sample Street",
        "address2": null,
        "phone": "555-555-0100",
        "city": "Sampleton",
        "zip": "40003",
        "province": "Kentucky",
        "country": "United States",
        "company": null,
        "latitude": null,
        "longitude": null,
        "country_code": "US",
        "province_code": "KY",
    });
    json!({ "customer": customer, "billing_address": address, "shipping_address": address })
}

fn line_item(shop: &Shop, order: &Order) -> Value {
    let id = order.id.get() + 1;
    json!({
        "id": id,
        "admin_graphql_api_id": format!("gid://shopify/LineItem/{id}"),
        "current_quantity": 1,
        "fulfillable_quantity": 1,
        "fulfillment_service": "manual",
        "fulfillment_status": null,
        "gift_card": false,
        "grams": 100,
        "name": "Sample article",
        "price": amount(order.amount),
        "price_set": price_set(order.amount, shop),
        "product_exists": true,
        "product_id": 788_032_119_674_292_922_u64,
        "properties": [],
        "quantity": 1,
        "requires_shipping": true,
        "sku": "SAMPLE-1",
        "taxable": true,
        "title": "Sample article",
        "total_discount": "0.00",
        "variant_id": null,
        "variant_title": null,
        "vendor": null,
        "tax_lines": [],
        "duties": [],
        "discount_allocations": [],
    })
}

/// `customers/create`, `customers/update`, and the customer of an order. Without figures: those moved to
/// `customers/purchasing_summary`. Null if the shop has no such customer.
pub(crate) fn customer(shop: &Shop, id: CustomerId, now: Timestamp) -> Value {
    let Some(customer) = shop.customers.get(&id) else { return Value::Null };
    json!({
        "id": id.get(),
        "created_at": local(customer.created),
        "updated_at": local(now),
        "first_name": customer.first_name,
        "last_name": customer.last_name,
        "state": "disabled",
        "note": null,
        "verified_email": true,
        "multipass_identifier": null,
        "tax_exempt": false,
        "email": customer.email,
        "phone": null,
        "currency": shop.currency_of(customer).code(),
        "addresses": [],
        "tax_exemptions": [],
        "admin_graphql_api_id": id.gid(),
        "default_address": {
            "id": id.get() + 1,
            "customer_id": id.get(),
            "first_name": customer.first_name,
            "last_name": customer.last_name,
            "company": null,
            "address1": "1 Sample Street",
            "address2": null,
            "city": "Sampleton",
            "province": "Kentucky",
            "country": "United States",
            "zip": "40003",
            "phone": "555-555-0100",
            "name": format!("{} {}", customer.first_name, customer.last_name),
            "province_code": "KY",
            "country_code": "US",
            "country_name": "United States",
            "default": true,
        },
    })
}

/// `customers/delete`.
pub(crate) fn deleted(id: CustomerId) -> Value {
    json!({ "id": id.get(), "tax_exemptions": [], "admin_graphql_api_id": id.gid() })
}

/// `customers/merge`.
pub(crate) fn merge(kept: CustomerId, deleted: CustomerId, event: u64) -> Value {
    json!({
        "admin_graphql_api_customer_kept_id": kept.gid(),
        "admin_graphql_api_customer_deleted_id": deleted.gid(),
        "admin_graphql_api_job_id": format!("gid://shopify/Job/{}", uuid(event)),
        "status": "completed",
        "errors": [],
    })
}

/// `customers/purchasing_summary`: what the figures are once they show. A count is a number here, and
/// text in GraphQL.
pub(crate) fn purchasing_summary(shop: &Shop, id: CustomerId, shows: Timestamp) -> Option<Value> {
    let customer = shop.customers.get(&id)?;
    let figures = customer.figures.latest()?;
    Some(json!({
        "customerId": id.gid(),
        "numberOfOrders": figures.orders,
        "amountSpent": {
            "amount": amount(figures.spent),
            "currencyCode": shop.currency_of(customer).code(),
        },
        "lastOrderId": figures.last_order.map(OrderId::gid),
        "occurredAt": shows.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string(),
    }))
}

/// `orders/edited`: the order is named below `order_edit`.
pub(crate) fn order_edit(order: OrderId, edit: u64, now: Timestamp) -> Value {
    let changes = json!({ "additions": [], "removals": [] });
    json!({
        "order_edit": {
            "id": 78_912_328_793_123_000 + edit,
            "app_id": null,
            "created_at": local(now),
            "committed_at": local(now),
            "notify_customer": false,
            "order_id": order.get(),
            "staff_note": "",
            "user_id": null,
            "line_items": {
                "additions": [{ "id": order.get() + 1, "delta": 1 }],
                "removals": [],
            },
            "discounts": { "line_item": changes },
            "shipping_lines": changes,
        },
    })
}

/// `refunds/create`.
pub(crate) fn refund(
    shop: &Shop,
    order: OrderId,
    refunded: Decimal,
    refund: u64,
    now: Timestamp,
) -> Value {
    let id = 890_088_186_047_892_000 + refund;
    json!({
        "id": id,
        "order_id": order.get(),
        "created_at": local(now),
        "note": "Things were damaged",
        "user_id": null,
        "processed_at": local(now),
        "duties": [],
        "total_duties_set": price_set(Decimal::ZERO, shop),
        "return": null,
        "refund_shipping_lines": [],
        "restock": false,
        "admin_graphql_api_id": format!("gid://shopify/Refund/{id}"),
        "order_adjustments": [],
        "refund_line_items": [],
        "transactions": [{
            "id": id + 1,
            "order_id": order.get(),
            "kind": "refund",
            "gateway": "bogus",
            "status": "success",
            "amount": amount(refunded),
            "currency": shop.currency.code(),
        }],
    })
}

/// `customers/redact`.
pub(crate) fn customer_redact(shop: &Shop, id: CustomerId) -> Value {
    let orders: Vec<u64> = shop.orders_of(id).map(|order| order.id.get()).collect();
    json!({
        "shop_id": SHOP_ID,
        "shop_domain": shop.domain,
        "customer": subject(shop, id),
        "orders_to_redact": orders,
    })
}

/// `customers/data_request`.
pub(crate) fn data_request(shop: &Shop, id: CustomerId) -> Value {
    let orders: Vec<u64> = shop.orders_of(id).map(|order| order.id.get()).collect();
    json!({
        "shop_id": SHOP_ID,
        "shop_domain": shop.domain,
        "customer": subject(shop, id),
        "orders_requested": orders,
        "data_request": { "id": 9_999 },
    })
}

/// `shop/redact`.
pub(crate) fn shop_redact(shop: &Shop) -> Value {
    json!({ "shop_id": SHOP_ID, "shop_domain": shop.domain })
}

fn subject(shop: &Shop, id: CustomerId) -> Value {
    let email = shop.customers.get(&id).and_then(|customer| customer.email.as_deref());
    json!({ "id": id.get(), "email": email, "phone": "555-555-0100" })
}
