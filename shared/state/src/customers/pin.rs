//! Keeping what a person decided for one customer.

use jiff::Timestamp;
use rules::CustomerId;

use super::{Customers, Written};
use crate::{End, Entry, Error, Pin, Record};

/// How often a write is tried again that another one came before.
const TRIES: u32 = 5;

/// What became of a person's decision for a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pinned {
    /// It is kept; this is the pin there was before.
    Done {
        /// None if the customer was not pinned.
        before: Option<Pin>,
    },
    /// It was so already: nothing was written, and this pin, or none, stands.
    Already(Option<Pin>),
    /// The customer is gone or was redacted: there is nobody to decide for.
    Ended(End),
    /// A worker writes the customer to Okta. Its last write would fail and leave the rest to the next.
    InHand {
        /// Until when at the latest.
        until: Timestamp,
    },
}

impl Customers {
    /// Keeps a pin for a customer, or takes theirs back (none). A pin to the same place for the same reason
    /// stays as it is.
    ///
    /// It is kept on the customer's entry, which whoever decides about them reads anyway, and is written as
    /// every entry is: from the version that was read. So no worker that has read the customer before can
    /// write them after, and none can undo the pin. The customer counts as not looked at since, so that no
    /// look from before answers the one that has to follow; and that one decides by no older book than
    /// `book`, the version in use by which the segment was found to be one.
    ///
    /// # Errors
    /// If the table does not answer, the entry cannot be read, or others keep writing it.
    pub async fn pin(
        &self,
        customer: CustomerId,
        pin: Option<&Pin>,
        book: u64,
        now: Timestamp,
    ) -> Result<Pinned, Error> {
        for _ in 0..TRIES {
            let found = self.load(&[customer]).await?.remove(&customer).transpose()?;
            let version = found.as_ref().map(|found| found.version);
            let record = match found.map(|found| found.entry) {
                Some(Entry::Tombstone(stone)) => return Ok(Pinned::Ended(stone.why)),
                Some(Entry::Customer(record)) => *record,
                None => Record::default(),
            };
            if is_same(record.pin.as_ref(), pin) {
                return Ok(Pinned::Already(record.pin));
            }
            if let Some(lease) = record.lease.filter(|lease| lease.until > now) {
                return Ok(Pinned::InHand { until: lease.until });
            }
            let before = record.pin.clone();
            let least_book = Some(record.newest_book().max(book));
            let pinned = Record { pin: pin.cloned(), last: None, least_book, ..record };
            let entry = Entry::Customer(Box::new(pinned));
            match self.save(customer, &entry, version).await? {
                Written::Done(_) => return Ok(Pinned::Done { before }),
                Written::Conflict | Written::UserTaken => {}
            }
        }
        Err(Error::Refused {
            operation: "pin customer",
            code: "others keep writing the customer's entry".to_owned(),
            retryable: true,
        })
    }
}

/// Whether two pins say the same, whenever each was made.
fn is_same(one: Option<&Pin>, other: Option<&Pin>) -> bool {
    let said = |pin: &Pin| (pin.to.clone(), pin.reason.clone());
    one.map(said) == other.map(said)
}
