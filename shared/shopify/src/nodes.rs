//! Things by their ids, many in one call.

use jiff::Timestamp;
use outbound::{Error, ErrorKind, VendorCode};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::answer::{ABOUT_IDS, TOO_DEAR};
use crate::client::{Document, Shopify};

/// The most ids one call may hold
/// ([nodes](https://shopify.dev/docs/api/admin-graphql/2026-10/queries/nodes)).
const MOST_IDS: usize = 250;

/// What came of one id.
pub(crate) enum Node {
    /// The thing, as it came.
    Found(Box<RawValue>),
    /// The shop does not have it.
    Missing,
    /// Shopify does not take the id for one, so nothing is known about it.
    Refused,
}

#[derive(Deserialize)]
struct Data {
    nodes: Vec<Option<Box<RawValue>>>,
}

impl Shopify {
    /// The things with these ids, in their order. As many ids as possible go into one call; halves of
    /// them if that is too dear for one call, or if an id among them is refused, so that a bad id
    /// fails alone.
    pub(crate) async fn nodes(
        &self,
        document: &Document,
        ids: &[String],
        deadline: Timestamp,
    ) -> Result<Vec<Node>, Error> {
        let mut found = Vec::with_capacity(ids.len());
        let mut pending: Vec<&[String]> = ids.rchunks(MOST_IDS).collect();
        while let Some(ids) = pending.pop() {
            match self.ask(&document.about(ids), deadline).await {
                Ok(data) => found.extend(read_nodes(document, ids, data)?),
                Err(error) if ids.len() > 1 && (is_too_dear(&error) || is_about_ids(&error)) => {
                    let (first, second) = ids.split_at(ids.len() / 2);
                    pending.extend([second, first]);
                }
                Err(error) if is_about_ids(&error) => found.push(Node::Refused),
                Err(error) => return Err(error),
            }
        }
        Ok(found)
    }
}

/// A missing thing is only believed to be gone if every id that was asked for was answered in its
/// place.
fn read_nodes(document: &Document, ids: &[String], data: Data) -> Result<Vec<Node>, Error> {
    let unreadable = |detail| document.error(ErrorKind::Unreadable { detail });
    let Data { nodes } = data;
    if nodes.len() != ids.len() {
        return Err(unreadable("not as many nodes as ids"));
    }
    if !nodes.iter().zip(ids).all(|(node, id)| is_about(node.as_deref(), id)) {
        return Err(unreadable("a node is not about the id in its place"));
    }
    Ok(nodes.into_iter().map(|node| node.map_or(Node::Missing, Node::Found)).collect())
}

fn is_too_dear(error: &Error) -> bool {
    rejected_with(error).is_some_and(|code| code == TOO_DEAR)
}

fn is_about_ids(error: &Error) -> bool {
    rejected_with(error).is_some_and(|code| ABOUT_IDS.contains(&code))
}

fn rejected_with(error: &Error) -> Option<&str> {
    match &error.kind {
        ErrorKind::Rejected { code, .. } => code.as_ref().map(VendorCode::as_str),
        _ => None,
    }
}

fn is_about(node: Option<&RawValue>, id: &str) -> bool {
    #[derive(Deserialize)]
    struct Identified {
        id: String,
    }
    node.is_none_or(|node| {
        serde_json::from_str::<Identified>(node.get()).is_ok_and(|node| node.id == id)
    })
}
