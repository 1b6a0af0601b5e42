//! Tells others of changes of segment: a `segment.changed` event for each, on an `EventBridge` bus.
//!
//! Every change that is kept as an [`Announcement`](state::Announcement) is put on the bus at least once.
//! One that is put there twice is the same both times: its id and everything it says are made of what was
//! kept.

mod bus;
mod error;
mod event;

pub use bus::EventBus;
pub use error::Error;
pub use event::{DETAIL_TYPE, SOURCE, SegmentChanged};
