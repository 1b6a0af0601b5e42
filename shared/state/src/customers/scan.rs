//! Reading all customers at once, for a full run.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::operation::scan::ScanOutput;
use aws_sdk_dynamodb::operation::scan::builders::ScanFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use rules::CustomerId;

use super::form::{STATE, keys, owner, read_entry};
use super::{BATCH_GET, Customers};
use crate::entry::key;
use crate::items::{self, Item, batch_get_fields, projection};
use crate::{Answered, Entry, Error, RunId};

/// What a scan reads: everything but the history, which is most of an item.
const FIELDS: [&str; 16] = [
    "pk", "sk", "kind", "version", "lease", "read", "matched", "sought", "applied", "segment",
    "last", "at", "why", "seen", "answered", "pin",
];

/// How many items a page covers at most. Entries and claims come to more than 500 bytes on average, so on
/// AWS a page ends before, at a megabyte; an engine that knows no such end is kept from reading everything
/// for every page.
const MOST_ITEMS: i32 = 3_000;

/// A page of a scan.
#[derive(Debug)]
pub struct Page {
    /// The customers on it. One that cannot be read keeps no other from being read.
    pub customers: Vec<(CustomerId, Result<Entry, Error>)>,
    /// Items that are nobody's: their keys name no customer.
    pub strangers: Vec<Error>,
    /// Where the next page begins; none if this is the last.
    pub next: Option<Place>,
}

/// A place in the table.
#[derive(Debug, Clone)]
pub struct Place(Item);

impl Page {
    pub(super) fn read(page: ScanOutput) -> Self {
        let items = page.items.unwrap_or_default();
        let (mut customers, mut strangers) = (Vec::new(), Vec::new());
        for item in items {
            match owner(&item) {
                Ok(customer) => {
                    let entry = read_entry(customer, item).map(|found| found.entry);
                    customers.push((customer, entry));
                }
                Err(stranger) => strangers.push(stranger),
            }
        }
        Self { customers, strangers, next: page.last_evaluated_key.map(Place) }
    }
}

impl Customers {
    /// Reads a page of one of `parts` equal parts of the table, so that several parts can be read side
    /// by side. Not consistent: what is written meanwhile may be read or not.
    ///
    /// # Errors
    /// If the table does not answer.
    pub async fn scan(&self, part: i32, parts: i32, from: Option<Place>) -> Result<Page, Error> {
        let (fields, names) = projection(&FIELDS);
        let page = self
            .page(part, parts, from)
            // Claims cost their reading, but not their way here.
            .filter_expression("sk = :state")
            .expression_attribute_values(":state", AttributeValue::S(STATE.to_owned()))
            .projection_expression(fields)
            .set_expression_attribute_names(Some(names))
            .send()
            .await
            .map_err(|error| Error::sdk("read all customers", &error))?;
        Ok(Page::read(page))
    }

    /// A page of one of `parts` equal parts of the table, which is yet to be asked for.
    pub(super) fn page(&self, part: i32, parts: i32, from: Option<Place>) -> ScanFluentBuilder {
        self.client
            .scan()
            .table_name(&self.table)
            .set_segment((parts > 1).then_some(part))
            .set_total_segments((parts > 1).then_some(parts))
            .limit(MOST_ITEMS)
            .set_exclusive_start_key(from.map(|place| place.0))
    }

    /// How a run's looks at these customers, each named once, ended; those that have not are left out.
    /// Consistent.
    ///
    /// # Errors
    /// If the table does not answer.
    pub async fn answered(
        &self,
        run: &RunId,
        customers: &[CustomerId],
    ) -> Result<BTreeMap<CustomerId, Answered>, Error> {
        let mut found = BTreeMap::new();
        for batch in customers.chunks(BATCH_GET) {
            let keys = batch.iter().map(|customer| keys(key(*customer), STATE)).collect();
            let fields = ["pk", "answered"];
            let items =
                batch_get_fields(&self.client, &self.table, keys, &fields, "load outcomes").await?;
            for mut item in items {
                let customer = owner(&item)?;
                let answered = item.remove("answered").and_then(answered);
                if let Some(answered) = answered.filter(|answered| answered.run == *run) {
                    found.insert(customer, answered);
                }
            }
        }
        Ok(found)
    }
}

fn answered(value: AttributeValue) -> Option<Answered> {
    items::read(value).ok()
}
