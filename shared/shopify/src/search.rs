//! Finding customers by their address.

use jiff::Timestamp;
use outbound::{Error, ErrorKind};
use rules::{CustomerId, EmailAddress};
use serde::Deserialize;
use serde_json::json;

use crate::client::{Document, Shopify};

const BY_EMAIL: Document = Document::reading(
    "find customers by address",
    include_str!("../graphql/customers_by_email.graphql"),
);

#[derive(Deserialize)]
struct Data {
    customers: Page,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    nodes: Vec<Node>,
    page_info: PageInfo,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PageInfo {
    has_next_page: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Node {
    id: String,
    default_email_address: Option<Address>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Address {
    email_address: String,
}

impl Shopify {
    /// The customers with this address, whatever the case of its letters, by Shopify's search: one who
    /// was made or changed a moment ago may be missing, or have another address by now. In one call.
    ///
    /// # Errors
    /// If the call fails, if the answer comes from another shop, or if the search brings so many other
    /// addresses that they are not all in one answer.
    pub async fn customers_with_email(
        &self,
        email: &EmailAddress,
        deadline: Timestamp,
    ) -> Result<Vec<CustomerId>, Error> {
        let request = BY_EMAIL.with(json!({ "query": phrase(email) }));
        let Data { customers } = self.ask(&request, deadline).await?;
        let unreadable = |detail| BY_EMAIL.error(ErrorKind::Unreadable { detail });
        if customers.page_info.has_next_page {
            return Err(unreadable("more customers are found than one answer holds"));
        }
        let named = |node: &&Node| {
            let address = node.default_email_address.as_ref();
            address.is_some_and(|address| email.matches(&address.email_address))
        };
        let id = |node: &Node| {
            CustomerId::from_gid(&node.id).map_err(|_| unreadable("an id is no customer's"))
        };
        customers.nodes.iter().filter(named).map(id).collect()
    }
}

/// The address as a phrase: unquoted, it would be searched for word by word
/// ([search syntax](https://shopify.dev/docs/api/usage/search-syntax)).
fn phrase(email: &EmailAddress) -> String {
    let escaped = email.as_str().replace('\\', r"\\").replace('"', r#"\""#);
    format!(r#"email:"{escaped}""#)
}
