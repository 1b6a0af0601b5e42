//! Reading the customers that people ask for.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use rules::SegmentName;

use super::form::STATE;
use super::{Customers, Page, Place};
use crate::{Error, Outcome};

/// Which customers a list is of.
#[derive(Debug, Clone, Copy)]
pub enum Listed<'a> {
    /// Those who are in this segment by the applied state.
    InSegment(&'a SegmentName),
    /// Those whose last look ended in one of these ways, of which there is at least one.
    EndedAs(&'a [Outcome]),
    /// Those for whom a person decided.
    Pinned,
}

impl Customers {
    /// Reads a page of a list, as [`scan`](Self::scan) reads one of everybody, with all that is kept of
    /// each. The table picks them out; it is read as a whole all the same, so a page may be empty.
    ///
    /// # Errors
    /// If the table does not answer.
    pub async fn list(
        &self,
        which: Listed<'_>,
        part: i32,
        parts: i32,
        from: Option<Place>,
    ) -> Result<Page, Error> {
        let (condition, names, values) = which.condition();
        let page = self
            .page(part, parts, from)
            .filter_expression(condition)
            .set_expression_attribute_names(Some(names))
            .set_expression_attribute_values(Some(values))
            .send()
            .await
            .map_err(|error| Error::sdk("list customers", &error))?;
        Ok(Page::read(page))
    }
}

impl Listed<'_> {
    fn condition(self) -> (String, HashMap<String, String>, HashMap<String, AttributeValue>) {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let name = |name: &str| (format!("#{name}"), name.to_owned());
        let mut values = HashMap::from([(":state".to_owned(), text(STATE))]);
        match self {
            Self::InSegment(segment) => {
                values.insert(":segment".to_owned(), text(segment.as_str()));
                let condition = "sk = :state AND #segment = :segment".to_owned();
                (condition, HashMap::from([name("segment")]), values)
            }
            Self::Pinned => {
                let condition = "sk = :state AND attribute_exists(#pin)".to_owned();
                (condition, HashMap::from([name("pin")]), values)
            }
            Self::EndedAs(outcomes) => {
                let places: Vec<String> = (0..outcomes.len()).map(|at| format!(":o{at}")).collect();
                let condition =
                    format!("sk = :state AND #last.#outcome IN ({})", places.join(", "));
                let wanted = outcomes.iter().map(|outcome| text(outcome.as_str()));
                values.extend(places.into_iter().zip(wanted));
                (condition, HashMap::from([name("last"), name("outcome")]), values)
            }
        }
    }
}
