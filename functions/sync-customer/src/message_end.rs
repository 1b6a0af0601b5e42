//! What becomes of messages that no look at a customer answers.

/// How a message ends that leads to no look, or whose look has no outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MessageEnd {
    /// A customer asks what is held about them: a person answers it.
    DataRequest,
    /// Nothing is kept of the shop any more.
    ShopForgotten,
    /// A guest placed the order.
    Guest,
    /// Shopify does not have the order, however often it was asked.
    OrderGone,
    /// The full run that sent it was cancelled.
    Cancelled,
    /// It is no message of this product: a dead letter follows.
    UnreadableRecord,
    /// It will never work: after five times, a dead letter.
    Failed,
    /// The look has panicked: after five times, a dead letter.
    Panicked,
}

impl MessageEnd {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::DataRequest,
        Self::ShopForgotten,
        Self::Guest,
        Self::OrderGone,
        Self::Cancelled,
        Self::UnreadableRecord,
        Self::Failed,
        Self::Panicked,
    ];

    /// The name in logs and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DataRequest => "data_request",
            Self::ShopForgotten => "shop_forgotten",
            Self::Guest => "guest",
            Self::OrderGone => "order_gone",
            Self::Cancelled => "cancelled",
            Self::UnreadableRecord => "unreadable_record",
            Self::Failed => "failed",
            Self::Panicked => "panicked",
        }
    }
}
