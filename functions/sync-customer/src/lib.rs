//! Makes Okta agree with Shopify for the customers that may have changed.
//!
//! A batch is one read of the entries, one read of the truth, and then customer by customer: decide,
//! plan, and write under a lease. Customers are taken one after the other, because one worker alone
//! can use up the share of Okta's limit that it may: more at once would buy nothing but contention.

mod batch;
mod contact;
mod decide;
mod delay;
mod failure;
mod look;
mod prepare;
mod worker;
mod write;

pub use batch::Record;
pub use worker::{Done, Report, Worker};
