//! Mavera's API: the calls about personas that this product makes, and no more.
//!
//! [Mavera's cookbook](https://docs.mavera.io/integrations/shopify/customer-cohort-personas) is the
//! contract. Where the vendor's
//! [reference](https://docs.mavera.io/api-reference/personas/list-available-personas) differs, both
//! are taken: the list may be a bare array or an object with pages, and may hold everybody's personas
//! whatever name was asked for. Names are compared again here.
//!
//! Making a persona costs its owner [300 credits](https://docs.mavera.io/api-reference/custom-personas/create-a-custom-persona),
//! so [`Mavera::create`] sends at most one request that could make it, and what may have been made
//! unseen is an outcome of its own: [`Created::Unknown`].

mod answer;
mod body;
mod client;
mod credentials;
mod list;
mod persona;

pub use answer::is_out_of_credits;
pub use client::{DEFAULT_URL, Mavera};
pub use credentials::MaveraCredentials;
pub use list::Found;
pub use outbound::InvalidCredentials;
pub use persona::{Created, Updated};
