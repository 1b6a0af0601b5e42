//! What is remembered between calls: the configuration table, the customers table, the
//! table of full runs, and the queue.

mod announcement;
mod config;
mod customers;
mod entry;
mod error;
mod items;
mod message;
mod outcome;
mod pin;
mod queue;
mod runs;
mod tables;

pub use announcement::{Announcement, MOST_ANNOUNCEMENTS};
pub use config::{
    Acceptance, AcceptedBook, BookHistory, Config, ConfigCache, ConfigError, ConfigTable,
    GroupNames, GroupRow, GroupStatus, PersonaRow, Replaced, RunConfig, SeenGroup, Settings,
    SettingsError, WantedGroup, WantedRows,
};
pub use customers::{Claim, Customers, Erased, Listed, Page, Pinned, Place, Written};
pub use entry::{
    AddressHash, Answered, End, Entry, Last, Lease, Match, Read, Record, Salt, Tombstone,
    Transition, Version, Versioned,
};
pub use error::Error;
pub use message::{ByRun, Cause, Expectation, Hint, InvalidMessage, Message, Subject, WebhookId};
pub use outcome::Outcome;
pub use pin::{Grounds, Pin};
pub use queue::{
    DeadLetter, DeadLetters, Depth, LONGEST_DELAY, LocalQueue, MOST_RECEIVES, Outgoing, Queue,
    Receipt, Receive, Received, SqsDeadLetters, SqsQueue, StoredQueue, VISIBILITY,
};
pub use runs::{Begun, Chunk, Hold, Kept, Newest, RunId, Runs, Taken};
pub use tables::{CONFIG_KEYS, ITEM_KEYS, create_table, table_names};
