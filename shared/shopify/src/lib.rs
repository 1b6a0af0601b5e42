//! Shopify's Admin API: the truth about customers, whose an order is, and the whole shop at once.
//!
//! An answer is the truth only if it has no errors and comes from our shop; anything less is an error
//! and never an empty answer.

mod answer;
mod client;
mod credentials;
mod customers;
mod exports;
mod file;
mod installation;
mod nodes;
mod number;
mod orders;
mod pace;
mod preflight;
mod search;
mod shop;
mod subscriptions;
mod tokens;
mod version;

pub use client::Shopify;
pub use credentials::ShopifyCredentials;
pub use customers::{Customer, LastOrder, Truth};
pub use exports::{Export, ExportId, ExportState, InvalidExportId, Started};
pub use file::{ExportFile, ExportStream};
pub use installation::Installation;
pub use orders::Owner;
pub use outbound::InvalidCredentials;
pub use preflight::{CustomersCount, Preflight, Subscription};
pub use subscriptions::{Subscribed, SubscriptionTopic};
pub use version::{ApiVersion, InvalidVersion};
