//! Makes Okta agree with Shopify for the customers that may have changed.
//!
//! A batch is one read of the entries, one read of the truth, and then customer by customer: decide,
//! plan, and write under a lease. Customers are taken one after the other, because one worker alone
//! can use up the share of Okta's limit that it may: more at once would buy nothing but contention.

mod announce;
mod batch;
mod close;
mod contact;
mod decide;
mod delay;
mod end;
mod failure;
mod foresee;
mod look;
mod message_end;
mod of_run;
mod prepare;
mod recheck;
mod report;
mod turns;
mod worker;
mod write;

pub use batch::Record;
pub use foresee::{Bearer, Changes, Foreseen, Known, Next, foresee};
pub use message_end::MessageEnd;
pub use recheck::managed;
pub use worker::{Done, Report, Worker};
