//! Writes to the configuration table. Each states what it takes for granted, so that two writers, or
//! a writer and a person at the console, cannot undo each other.

use std::collections::HashMap;

use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use rules::{GroupId, GroupName, SegmentName};

use super::rows::{CANCELLED, GROUP, RUN, SEGMENT, SETTINGS, key};
use super::{ConfigTable, GroupRow};
use crate::items::Item;
use crate::{Error, RunId};

pub(super) const NEW: &str = "attribute_not_exists(kind)";

impl ConfigTable {
    /// Writes a row that must not exist yet; says whether it was written.
    pub(super) async fn put_new(&self, item: Item, operation: &'static str) -> Result<bool, Error> {
        let answer = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression(NEW)
            .send()
            .await;
        conditional(operation, answer.map(drop))
    }

    /// Writes what resolving a group found, unless the row says something else by now than what was
    /// seen of it; says whether it was written.
    ///
    /// # Errors
    /// If the table does not answer.
    pub async fn put_group(
        &self,
        name: &GroupName,
        row: &GroupRow,
        seen: &SeenGroup,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let mut item = key(GROUP, name.as_str());
        item.insert("status".into(), AttributeValue::S(row.status.as_str().into()));
        item.insert("checked_at".into(), AttributeValue::S(now.to_string()));
        if let Some(id) = &row.id {
            item.insert("okta_group_id".into(), AttributeValue::S(id.to_string()));
        }
        let answer = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression(seen.condition())
            .set_expression_attribute_names(Some(SeenGroup::names()))
            .set_expression_attribute_values(seen.values())
            .send()
            .await;
        conditional("save group", answer.map(drop))
    }

    /// Writes a group's id into its segment's row, where people look for it, unless the row names
    /// another group by now; says whether it was written.
    ///
    /// # Errors
    /// If the table does not answer.
    pub async fn put_segment_group_id(
        &self,
        segment: &SegmentName,
        name: &GroupName,
        id: Option<&GroupId>,
    ) -> Result<bool, Error> {
        let mut values = HashMap::from([(":name".to_owned(), AttributeValue::S(name.to_string()))]);
        let update = match id {
            Some(id) => {
                values.insert(":id".to_owned(), AttributeValue::S(id.to_string()));
                "SET okta_group_id = :id"
            }
            None => "REMOVE okta_group_id",
        };
        let answer = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(SEGMENT, segment.as_str())))
            .update_expression(update)
            .condition_expression("okta_group_name = :name")
            .set_expression_attribute_values(Some(values))
            .send()
            .await;
        conditional("save group id", answer.map(drop))
    }

    /// Writes one setting and leaves the others. It is read back with all of them, so a wrong one is
    /// refused then.
    ///
    /// # Errors
    /// If the table does not answer.
    pub async fn put_setting(&self, name: &str, value: AttributeValue) -> Result<(), Error> {
        self.client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(SETTINGS, SETTINGS)))
            .update_expression("SET #name = :value")
            .expression_attribute_names("#name", name)
            .expression_attribute_values(":value", value)
            .send()
            .await
            .map(drop)
            .map_err(|error| Error::sdk("save setting", &error))
    }

    /// Has workers drop the messages of a run, within a minute.
    ///
    /// # Errors
    /// If the table does not answer.
    pub async fn cancel_run(&self, run: &RunId) -> Result<(), Error> {
        self.client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(RUN, CANCELLED)))
            .update_expression("ADD ids :ids")
            .expression_attribute_values(":ids", AttributeValue::Ss(vec![run.to_string()]))
            .send()
            .await
            .map(drop)
            .map_err(|error| Error::sdk("cancel a run", &error))
    }
}

/// What a group's row said when it was read, as it stands there; of a row that is not there, nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SeenGroup(HashMap<&'static str, AttributeValue>);

impl SeenGroup {
    /// What resolving finds, and so what another may have found since.
    const FOUND: [&'static str; 2] = ["status", "okta_group_id"];

    pub(super) fn of(row: &Item) -> Self {
        let found = Self::FOUND.into_iter();
        Self(found.filter_map(|name| Some((name, row.get(name)?.clone()))).collect())
    }

    fn condition(&self) -> String {
        let says = |name: &str| {
            if self.0.contains_key(name) {
                format!("#{name} = :{name}")
            } else {
                format!("attribute_not_exists(#{name})")
            }
        };
        Self::FOUND.map(says).join(" AND ")
    }

    fn names() -> HashMap<String, String> {
        Self::FOUND.into_iter().map(|name| (format!("#{name}"), name.to_owned())).collect()
    }

    fn values(&self) -> Option<HashMap<String, AttributeValue>> {
        let values = self.0.iter().map(|(name, value)| (format!(":{name}"), value.clone()));
        (!self.0.is_empty()).then(|| values.collect())
    }
}

/// Whether a conditional write was made.
pub(super) fn conditional<E: ProvideErrorMetadata, R>(
    operation: &'static str,
    answer: Result<(), aws_sdk_dynamodb::error::SdkError<E, R>>,
) -> Result<bool, Error> {
    match answer {
        Ok(()) => Ok(true),
        Err(error) if crate::error::is_failed_condition(&error) => Ok(false),
        Err(error) => Err(Error::sdk(operation, &error)),
    }
}
