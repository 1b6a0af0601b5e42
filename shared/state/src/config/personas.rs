//! What is known of each segment's persona, kept in the segment's row, where people look for it.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use rules::SegmentName;

use super::ConfigTable;
use super::rows::{SEGMENT, key, unreadable};
use super::write::conditional;
use crate::Error;
use crate::items::{self, Item, text};

/// What a segment's row holds about its persona.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PersonaRow {
    /// `persona_id`: the persona's id at Mavera, once it is known.
    pub id: Option<String>,
    /// `persona_shown`: what the persona was last seen to hold, as JSON.
    pub shown: Option<String>,
    /// `persona_create_begun`: when a creation was begun that was not seen to end. Creating costs
    /// money, so it is not begun again until a person has removed this.
    pub create_begun: Option<String>,
    /// `persona_fields`: what the operator wants in the body of the creation besides.
    pub fields: serde_json::Map<String, serde_json::Value>,
}

impl ConfigTable {
    /// What is known of the segments' personas.
    ///
    /// # Errors
    /// If the table does not answer, or a row's `persona_fields` is no map.
    pub async fn personas(&self) -> Result<BTreeMap<SegmentName, PersonaRow>, Error> {
        let mut personas = BTreeMap::new();
        for mut row in self.query(SEGMENT, "load segments").await? {
            let Some(name) = text(&row, "name").and_then(|name| name.parse().ok()) else {
                continue;
            };
            let fields = row.remove("persona_fields").map(items::read);
            let fields =
                fields.transpose().map_err(|_| unreadable(&row, "persona_fields is no map"))?;
            let read = |name| text(&row, name).map(str::to_owned);
            let (id, shown) = (read("persona_id"), read("persona_shown"));
            let create_begun = read("persona_create_begun");
            let fields = fields.unwrap_or_default();
            personas.insert(name, PersonaRow { id, shown, create_begun, fields });
        }
        Ok(personas)
    }

    /// Notes that a persona is about to be created. False if somebody else has noted it, if the persona
    /// is known by now, or if the segment is gone: then it must not be created.
    ///
    /// What was noted at this very moment is our own note: its answer was lost, and the write was
    /// repeated.
    ///
    /// # Errors
    /// If the table does not answer.
    pub async fn begin_persona(
        &self,
        segment: &SegmentName,
        now: Timestamp,
    ) -> Result<bool, Error> {
        self.update_persona(
            segment,
            "SET persona_create_begun = :now",
            "attribute_exists(kind) AND attribute_not_exists(persona_id) \
             AND (attribute_not_exists(persona_create_begun) OR persona_create_begun = :now)",
            [(":now", now.to_string())],
        )
        .await
    }

    /// Notes that the creation of a persona was refused, so that nothing was created.
    ///
    /// # Errors
    /// If the table does not answer.
    pub async fn abandon_persona(&self, segment: &SegmentName) -> Result<bool, Error> {
        let update = "REMOVE persona_create_begun";
        self.update_persona(segment, update, "attribute_exists(kind)", []).await
    }

    /// Notes a persona's id and what it holds. False if the segment is gone.
    ///
    /// # Errors
    /// If the table does not answer.
    pub async fn put_persona(
        &self,
        segment: &SegmentName,
        id: &str,
        shown: &str,
    ) -> Result<bool, Error> {
        self.update_persona(
            segment,
            "SET persona_id = :id, persona_shown = :shown REMOVE persona_create_begun",
            "attribute_exists(kind)",
            [(":id", id.to_owned()), (":shown", shown.to_owned())],
        )
        .await
    }

    async fn update_persona<const N: usize>(
        &self,
        segment: &SegmentName,
        update: &str,
        condition: &str,
        values: [(&str, String); N],
    ) -> Result<bool, Error> {
        let values = values.map(|(name, value)| (name.to_owned(), AttributeValue::S(value)));
        let values = (N > 0).then(|| Item::from_iter(values));
        let answer = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(SEGMENT, segment.as_str())))
            .update_expression(update)
            .condition_expression(condition)
            .set_expression_attribute_values(values)
            .send()
            .await;
        conditional("save persona", answer.map(drop))
    }
}
