//! Takes Shopify's webhooks: checks the signature, says which customers may have changed.

mod event;
mod handler;
mod signature;

pub use handler::{Answer, PATH, Webhook};
pub use signature::SigningSecrets;
