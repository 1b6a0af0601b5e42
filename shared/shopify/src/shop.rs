//! Whose shop answers.

use jiff::Timestamp;
use outbound::{Error, ErrorKind};
use rules::ShopDomain;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::client::{Document, Request, SERVICE, Shopify};

#[derive(Deserialize)]
struct Data {
    shop: AnsweringShop,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AnsweringShop {
    myshopify_domain: ShopDomain,
}

impl Document {
    /// An error of this document.
    pub(crate) fn error(&self, kind: ErrorKind) -> Error {
        Error::new(SERVICE, self.operation, kind)
    }

    /// Reads the data that the document asks for.
    pub(crate) fn read<T: DeserializeOwned>(&self, data: &RawValue) -> Result<T, Error> {
        let detail = "not the data that the document asks for";
        serde_json::from_str(data.get()).map_err(|_| self.error(ErrorKind::Unreadable { detail }))
    }
}

impl Shopify {
    /// Sends a document that also asks for `shop { myshopifyDomain }`, and reads the data. Data is only
    /// believed if our own shop gives it.
    pub(crate) async fn ask<T: DeserializeOwned>(
        &self,
        request: &Request<'_>,
        deadline: Timestamp,
    ) -> Result<T, Error> {
        let data = self.query(request, deadline).await?;
        let Data { shop } = request.document.read(&data)?;
        if shop.myshopify_domain != *self.shop() {
            let detail = "another shop answers: check SHOPIFY_SHOP and the secret for Shopify";
            return Err(request.document.error(ErrorKind::Credentials { detail }));
        }
        request.document.read(&data)
    }
}
