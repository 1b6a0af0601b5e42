//! What befalls a write between us and `DynamoDB`, and the embedded engine alone never shows.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::http::HttpRequest;
use aws_sdk_dynamodb::config::interceptors::{
    BeforeDeserializationInterceptorContextMut, BeforeTransmitInterceptorContextMut,
};
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use axum::Router;
use axum::http::StatusCode;
use serde_json::{Value, json};
use tokio::runtime::Handle;

use super::{CONFIG, Item};

/// What befalls a write.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    /// Another transaction has one of its items in hand, so this operation is not made. The stand-in at
    /// this address says so.
    Conflict { operation: &'static str, stand_in: String },
    /// A transaction is made, and nobody learns of it.
    LostAnswer,
    /// A person writes a row of the configuration right before a transaction is made. Needs a runtime
    /// with several threads.
    Edited { client: Client, row: Item },
}

/// The fault that the next write meets, if any.
#[derive(Debug, Clone, Default)]
pub(crate) struct Faults {
    next: Arc<Mutex<Option<Fault>>>,
    /// Whether the answer under way is to be lost.
    losing: Arc<AtomicBool>,
}

impl Fault {
    /// A conflict of the next transaction.
    pub(crate) async fn conflict() -> Self {
        let reasons = json!([{ "Code": "None" }, { "Code": "TransactionConflict" }]);
        let kind = "com.amazonaws.dynamodb.v20120810#TransactionCanceledException";
        let answer = json!({ "__type": kind, "CancellationReasons": reasons });
        Self::answered("TransactWriteItems", answer).await
    }

    /// A conflict of the next update of one item.
    pub(crate) async fn conflict_of_update() -> Self {
        let kind = "com.amazonaws.dynamodb.v20120810#TransactionConflictException";
        Self::answered("UpdateItem", json!({ "__type": kind })).await
    }

    async fn answered(operation: &'static str, answer: Value) -> Self {
        let body = answer.to_string();
        let headers = [("content-type", "application/x-amz-json-1.0")];
        let answer = async move || (StatusCode::BAD_REQUEST, headers, body.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stand_in = format!("http://{}/", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer);
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self::Conflict { operation, stand_in }
    }

    fn operation(&self) -> &'static str {
        match self {
            Self::Conflict { operation, .. } => operation,
            Self::LostAnswer | Self::Edited { .. } => "TransactWriteItems",
        }
    }
}

impl Faults {
    pub(crate) fn next(&self, fault: Fault) {
        *self.next.lock().unwrap() = Some(fault);
    }

    fn of(&self, request: &HttpRequest) -> Option<Fault> {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        self.next.lock().unwrap().take_if(|fault| target.ends_with(fault.operation()))
    }
}

impl Intercept for Faults {
    fn name(&self) -> &'static str {
        "faults"
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        match self.of(context.request()) {
            Some(Fault::Conflict { stand_in, .. }) => context.request_mut().set_uri(stand_in)?,
            Some(Fault::LostAnswer) => self.losing.store(true, Ordering::Relaxed),
            Some(Fault::Edited { client, row }) => {
                let edit = client.put_item().table_name(CONFIG).set_item(Some(row)).send();
                tokio::task::block_in_place(|| Handle::current().block_on(edit).map_err(Box::new))?;
            }
            None => {}
        }
        Ok(())
    }

    fn modify_before_deserialization(
        &self,
        _: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if self.losing.swap(false, Ordering::Relaxed) {
            return Err("the connection broke".into());
        }
        Ok(())
    }
}
