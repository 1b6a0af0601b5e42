//! Requests that leave us: one client for all services.
//!
//! It answers the questions that every service's client would otherwise answer for itself: how long
//! to wait, what may be repeated, where a token may go, and what an error may say.

mod address;
mod client;
mod credentials;
mod download;
mod error;
mod live;
mod ports;
mod traffic;

pub use address::{AddressError, BaseUrl, ForeignAddress, FoundUrl, OwnUrl};
pub use client::{Call, Outbound, Repeat};
pub use credentials::{InvalidCredentials, is_token};
pub use download::{Body, Download};
pub use error::{Error, ErrorKind, VendorCode};
pub use live::{Network, NetworkError, SystemClock, SystemRandom};
pub use ports::{
    BoxFuture, Chunks, Clock, Credentials, Fixed, Randomness, Transport, TransportFailure,
};
pub use traffic::Traffic;
