//! What is hunted: everything that reads what others wrote.

mod books;
mod lines;
mod mavera;
mod messages;
mod okta;
mod script;
mod secrets;
mod shopify;
mod tables;
mod webhooks;

use std::pin::Pin;

use crate::input::{Part, Sample};

/// A case under way.
pub(crate) type Play<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// One of those that read.
pub struct Target {
    /// What it is called.
    pub name: &'static str,
    pub(crate) samples: Vec<Sample>,
    /// Reads messages in one of its ways.
    pub(crate) play: Box<dyn Fn(usize, Vec<Part>) -> Play<'static>>,
}

/// All of them.
pub async fn all() -> Vec<Target> {
    vec![
        webhooks::target(),
        lines::target(),
        shopify::target().await,
        okta::target().await,
        mavera::target().await,
        tables::target().await,
        messages::target(),
        books::target(),
        secrets::target(),
    ]
}
