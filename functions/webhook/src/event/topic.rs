//! Which event a body is of.

use super::fields::Fields;

/// The events this product knows, by what is done about them
/// ([topics](https://shopify.dev/docs/api/admin-graphql/2026-10/enums/WebhookSubscriptionTopic)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Topic {
    /// `orders/create`.
    OrderPlaced,
    /// `orders/updated`, `orders/cancelled`, `orders/paid`.
    OrderChanged,
    /// `orders/edited`: names the order alone.
    OrderEdited,
    /// `refunds/create`: names the order alone.
    Refund,
    /// `customers/create`, `customers/update`, `customers/delete`.
    Customer,
    /// `customers/merge`.
    Merge,
    /// `customers/purchasing_summary`.
    PurchasingSummary,
    /// `customers/redact`.
    CustomerRedact,
    /// `customers/data_request`.
    CustomerDataRequest,
    /// `shop/redact`.
    ShopRedact,
}

impl Topic {
    /// The topic a header names; none if we do not use it.
    pub(super) fn from_header(header: &str) -> Option<Self> {
        Some(match header {
            "orders/create" => Self::OrderPlaced,
            "orders/updated" | "orders/cancelled" | "orders/paid" => Self::OrderChanged,
            "orders/edited" => Self::OrderEdited,
            "refunds/create" => Self::Refund,
            "customers/create" | "customers/update" | "customers/delete" => Self::Customer,
            "customers/merge" => Self::Merge,
            "customers/purchasing_summary" => Self::PurchasingSummary,
            "customers/redact" => Self::CustomerRedact,
            "customers/data_request" => Self::CustomerDataRequest,
            "shop/redact" => Self::ShopRedact,
            _ => return None,
        })
    }

    /// The topic that a body without a header looks like. Never one that does more than look: those
    /// need the header's word as well.
    pub(super) fn from_body(fields: &Fields<'_>) -> Option<Self> {
        let kind = fields.text("admin_graphql_api_id").unwrap_or_default();
        if fields.has("customerId") && fields.has("numberOfOrders") {
            Some(Self::PurchasingSummary)
        } else if fields.has("admin_graphql_api_customer_kept_id") {
            Some(Self::Merge)
        } else if fields.has("order_edit") {
            Some(Self::OrderEdited)
        } else if kind.starts_with("gid://shopify/Order/") || fields.has("line_items") {
            Some(Self::OrderChanged)
        } else if kind.starts_with("gid://shopify/Customer/") {
            Some(Self::Customer)
        } else if fields.has("order_id") && fields.has("refund_line_items") {
            Some(Self::Refund)
        } else {
            None
        }
    }
}
