//! Shopify's Admin API: the truth about customers, and whose an order is.
//!
//! An answer is the truth only if it has no errors and comes from our shop; anything less is an error
//! and never an empty answer.

mod answer;
mod client;
mod credentials;
mod customers;
mod nodes;
mod orders;
mod pace;
mod tokens;
mod version;

pub use client::Shopify;
pub use credentials::{InvalidCredentials, ShopifyCredentials};
pub use customers::{Customer, LastOrder, Truth};
pub use orders::Owner;
pub use version::{ApiVersion, InvalidVersion};
