//! The whole shop at once, by a bulk operation
//! ([bulk operations](https://shopify.dev/docs/api/usage/bulk-operations/queries)).

mod id;
mod node;

use jiff::{SignedDuration, Timestamp};
use outbound::{Error, ErrorKind, Repeat, VendorCode};
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;

use crate::client::{Document, Shopify};
use crate::exports::node::ExportNode;
use crate::file::ExportFile;

pub use id::{ExportId, InvalidExportId};

/// What an export asks of every customer. An export is known again by this text.
const CUSTOMER_EXPORT: &str = include_str!("../graphql/customer_export.graphql");
const START: Document = Document {
    operation: "start export",
    text: include_str!("../graphql/start_export.graphql"),
    // A repeat would begin a second one.
    repeat: Repeat::Never,
};
const RECENT: Document =
    Document::reading("find export", include_str!("../graphql/recent_exports.graphql"));
const EXPORT: Document =
    Document::reading("read export", include_str!("../graphql/export.graphql"));

/// How far before the intent an export's `createdAt` may lie. It has whole seconds, cut off, and is by
/// Shopify's clock. An earlier run's export that is taken for this one's is younger than this, and so
/// just as true.
const CLOCKS_APART: SignedDuration = SignedDuration::from_secs(5);

/// What came of starting an export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Started {
    /// It has begun.
    Begun(ExportId),
    /// It has not begun: as many bulk queries as may run at once (five) are running for this app.
    InTheWay,
    /// It has not begun: Shopify does not take the query.
    Refused {
        /// Shopify's code
        /// ([codes](https://shopify.dev/docs/api/admin-graphql/2026-10/enums/BulkOperationUserErrorCode)).
        code: Option<VendorCode>,
    },
}

/// An export of the shop's customers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export {
    /// Which.
    pub id: ExportId,
    /// When it was begun, by Shopify's clock and to the second.
    pub created_at: Timestamp,
    /// How far it is.
    pub state: ExportState,
}

impl Export {
    /// The moment, by our clock, before which none of its customers was read: what was read of one later
    /// is newer.
    pub fn began(&self) -> Timestamp {
        earlier(self.created_at)
    }
}

/// How far an export is
/// ([statuses](https://shopify.dev/docs/api/admin-graphql/2026-10/enums/BulkOperationStatus)). Part of
/// the shop, which a failed one may offer, is never given: nothing tells which part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExportState {
    /// Not at its end.
    Running {
        /// How many customers it has read so far.
        objects: u64,
    },
    /// It has read the whole shop.
    Completed {
        /// How many customers it has read.
        objects: u64,
        /// Where they are; none if there are none.
        file: Option<ExportFile>,
    },
    /// It has failed.
    Failed {
        /// Shopify's code
        /// ([codes](https://shopify.dev/docs/api/admin-graphql/2026-10/enums/BulkOperationErrorCode)).
        code: Option<VendorCode>,
    },
    /// Somebody has canceled it, or is about to have.
    Canceled,
    /// It was completed, and its file is no longer offered.
    Expired,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StartData {
    bulk_operation_run_query: Option<StartPayload>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StartPayload {
    bulk_operation: Option<StartedNode>,
    user_errors: Vec<UserError>,
}

#[derive(Deserialize)]
struct StartedNode {
    id: ExportId,
}

#[derive(Deserialize)]
struct UserError {
    code: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RecentData {
    bulk_operations: Nodes,
}

#[derive(Deserialize)]
struct Nodes {
    /// Others' operations are not read further than needed to tell them from ours.
    nodes: Vec<Box<RawValue>>,
}

#[derive(Deserialize)]
struct QueryNode {
    query: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExportData {
    /// Null must be there, or an answer without it would read as no export.
    #[serde(deserialize_with = "Option::deserialize")]
    bulk_operation: Option<ExportNode>,
}

impl Shopify {
    /// Starts an export of every customer. To be called after the intent to do so was written down.
    ///
    /// # Errors
    /// If the call fails or its answer cannot be read. The export may have begun all the same: look by
    /// [`export_since`](Self::export_since) before another is started. Nothing that may have been
    /// carried out is sent twice.
    pub async fn start_export(&self, deadline: Timestamp) -> Result<Started, Error> {
        let request = START.with(json!({ "query": CUSTOMER_EXPORT }));
        // A mutation cannot ask whose shop it is: the preflight did, with the same token.
        let data = self.query(&request, deadline).await?;
        let StartData { bulk_operation_run_query } = START.read(&data)?;
        bulk_operation_run_query.and_then(StartPayload::read).ok_or_else(|| {
            START.error(ErrorKind::Unreadable { detail: "neither an export nor a refusal" })
        })
    }

    /// The newest export of this kind that was begun after the intent to do so, whatever became of it;
    /// from five seconds before it on, as clocks differ. Looks through 50 of the bulk
    /// operations that this app has begun since.
    ///
    /// # Errors
    /// If the call fails, if the answer has errors, comes from another shop, or cannot be read.
    pub async fn export_since(
        &self,
        intent: Timestamp,
        deadline: Timestamp,
    ) -> Result<Option<Export>, Error> {
        let earliest = earlier(intent);
        let second = earliest.strftime("%Y-%m-%dT%H:%M:%SZ");
        let request = RECENT.with(json!({ "begun": format!("created_at:>='{second}'") }));
        let data: RecentData = self.ask(&request, deadline).await?;
        let mut ours: Vec<ExportNode> = Vec::new();
        for node in &data.bulk_operations.nodes {
            let QueryNode { query } = RECENT.read(node)?;
            if is_ours(&query) {
                ours.push(RECENT.read(node)?);
            }
        }
        ours.into_iter()
            .filter(|export| export.created_at >= earliest)
            .max_by_key(|export| export.created_at)
            .map(|export| self.read_export(&RECENT, export))
            .transpose()
    }

    /// How far an export is; none if the shop does not have it (any more).
    ///
    /// # Errors
    /// If the call fails, if the answer has errors, comes from another shop, or cannot be read, and
    /// [`ErrorKind::ForeignAddress`] if its file is at no place we go to.
    pub async fn export(
        &self,
        id: &ExportId,
        deadline: Timestamp,
    ) -> Result<Option<Export>, Error> {
        let request = EXPORT.with(json!({ "id": id }));
        let data: ExportData = self.ask(&request, deadline).await?;
        match data.bulk_operation {
            Some(other) if other.id != *id => {
                Err(EXPORT.error(ErrorKind::Unreadable { detail: "another export's answer" }))
            }
            found => found.map(|export| self.read_export(&EXPORT, export)).transpose(),
        }
    }

    fn read_export(&self, document: &Document, node: ExportNode) -> Result<Export, Error> {
        node.read(self.base()).map_err(|kind| document.error(kind))
    }
}

impl StartPayload {
    fn read(self) -> Option<Started> {
        if let Some(begun) = self.bulk_operation {
            return Some(Started::Begun(begun.id));
        }
        let code = self.user_errors.into_iter().next()?.code;
        Some(match code.as_deref() {
            Some("OPERATION_IN_PROGRESS" | "LIMIT_REACHED") => Started::InTheWay,
            code => Started::Refused { code: code.and_then(VendorCode::new) },
        })
    }
}

/// Whether a bulk operation runs our query, however it is laid out.
fn is_ours(query: &str) -> bool {
    letters(query).eq(letters(CUSTOMER_EXPORT))
}

/// A query without what means nothing in GraphQL: white space and commas.
fn letters(query: &str) -> impl Iterator<Item = char> {
    query.chars().filter(|letter| !letter.is_whitespace() && *letter != ',')
}

/// A moment by one clock that is surely not after the same moment by the other.
fn earlier(moment: Timestamp) -> Timestamp {
    moment.saturating_sub(CLOCKS_APART).unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The fields asked of each customer.
    fn fields(query: &str) -> String {
        let query: String = letters(query).collect();
        let (_, fields) = query.rsplit_once("node").unwrap();
        let start = fields.find("{id").unwrap();
        let end = fields.find("updatedAt}").unwrap();
        fields[start..end].to_owned()
    }

    #[test]
    fn an_export_and_the_preflight_ask_the_same_of_a_customer() {
        let preflight = include_str!("../graphql/preflight.graphql");
        assert_eq!(fields(CUSTOMER_EXPORT), fields(preflight));
        assert!(fields(preflight).contains("numberOfOrders"));
    }

    #[test]
    fn our_query_is_known_however_it_is_laid_out() {
        let compact: String = letters(CUSTOMER_EXPORT).collect();
        let spread = CUSTOMER_EXPORT.replace([' ', '\n'], ",\r\n\t");
        for laid_out in [CUSTOMER_EXPORT, &compact, &spread] {
            assert!(is_ours(laid_out), "{laid_out}");
        }
        for other in ["", "{ customers { edges { node { id } } } }", "{ products { id } }"] {
            assert!(!is_ours(other), "{other}");
        }
    }
}
