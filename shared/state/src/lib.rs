//! What is remembered between calls: the configuration table, the customers table, and the queue.

mod config;
mod customers;
mod entry;
mod error;
mod items;
mod message;
mod queue;
mod tables;

pub use config::{
    AcceptedBook, Config, ConfigCache, ConfigError, ConfigTable, GroupNames, GroupRow, GroupStatus,
    Guard, Settings, SettingsError, WantedGroup,
};
pub use customers::{Claim, Customers, Erased, Written};
pub use entry::{
    AddressHash, End, Entry, Last, Lease, Match, Outcome, Read, Record, Salt, Tombstone,
    Transition, Version, Versioned,
};
pub use error::Error;
pub use message::{Cause, Expectation, InvalidMessage, Message, Subject, WebhookId};
pub use queue::{LONGEST_DELAY, LocalQueue, Outgoing, Queue, Received, SqsQueue};
pub use tables::{CONFIG_KEYS, ITEM_KEYS, create_table};
