//! Shopify, Okta and Mavera as their contracts describe them, with state and with faults.
//!
//! A [`World`] holds one shop, one Okta org, one Mavera account, and the time they live in. In one
//! process, the product calls them through [`World::transport`]; across processes, [`serve`] puts them
//! behind HTTP. Either way every call is recorded, and a [`Fault`] can be put in its way.
//!
//! Beside the world is an [`EventBridgeSim`], for the product's AWS client.

mod calls;
mod clock;
mod control;
mod eventbridge;
mod example;
mod faults;
mod http;
mod incoming;
mod lagging;
mod lock;
pub mod mavera;
pub mod okta;
mod outgoing;
mod random;
pub mod shopify;
mod transport;
mod world;

pub use calls::{CallRecord, Outcome, RecordedExchange, Service};
pub use clock::SimClock;
pub use eventbridge::{BusEvent, BusTrouble, EventBridgeSim};
pub use example::Example;
pub use faults::{Fault, Faults, Matching};
pub use http::serve;
pub use mavera::MaveraSim;
pub use okta::OktaSim;
pub use random::SimRandom;
pub use shopify::{Buyer, NewCustomer, ShopifySim, Webhook};
pub use transport::SimTransport;
pub use world::{Moment, World};
