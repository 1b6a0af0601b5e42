//! Bulk operations in the Admin API.
#![expect(clippy::unused_async, reason = "resolvers must be async, whether they wait or not")]

use async_graphql::connection::Connection;
use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};
use jiff::Timestamp;

use crate::shopify::ShopifySim;
use crate::shopify::bulk::{BulkError, BulkStatus, Operation, Plan, Rows};
use crate::shopify::graphql::Warnings;
use crate::shopify::paging::{Asked, Place};
use crate::shopify::schema::{DateTime, UnsignedInt64, Url, UserError};
use crate::shopify::search::Known;
use crate::shopify::storage::Storage;

#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BulkOperationType {
    Query,
}

#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BulkOperationsSortKeys {
    CreatedAt,
    CompletedAt,
}

#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BulkOperationUserErrorCode {
    Invalid,
    OperationInProgress,
}

#[derive(SimpleObject)]
pub(crate) struct BulkOperation {
    pub(crate) id: ID,
    status: BulkStatus,
    error_code: Option<BulkError>,
    created_at: DateTime,
    completed_at: Option<DateTime>,
    object_count: UnsignedInt64,
    root_object_count: UnsignedInt64,
    file_size: Option<UnsignedInt64>,
    url: Option<Url>,
    partial_data_url: Option<Url>,
    query: String,
    #[graphql(name = "type")]
    kind: BulkOperationType,
}

#[derive(SimpleObject)]
pub(crate) struct BulkOperationUserError {
    code: Option<BulkOperationUserErrorCode>,
    field: Option<Vec<String>>,
    message: String,
}

#[derive(SimpleObject)]
pub(crate) struct BulkOperationRunQueryPayload {
    bulk_operation: Option<BulkOperation>,
    user_errors: Vec<BulkOperationUserError>,
}

#[derive(SimpleObject)]
pub(crate) struct BulkOperationCancelPayload {
    bulk_operation: Option<BulkOperation>,
    user_errors: Vec<UserError>,
}

impl BulkOperation {
    pub(crate) fn of(operation: &Operation, storage: &Storage, now: Timestamp) -> Self {
        let status = operation.status(now);
        let (whole, part) = (operation.whole(now), operation.part(now));
        let count = || UnsignedInt64(operation.done(now).to_string());
        let completed = matches!(status, BulkStatus::Completed | BulkStatus::Expired);
        Self {
            id: operation.gid().into(),
            status,
            error_code: operation.error(now),
            created_at: DateTime::of(operation.created),
            completed_at: completed.then(|| DateTime::of(operation.ended())),
            object_count: count(),
            root_object_count: count(),
            file_size: whole.as_ref().map(|file| UnsignedInt64(file.len().to_string())),
            url: whole.map(|_| Url(storage.link_to_whole(operation))),
            partial_data_url: part.map(|_| Url(storage.link_to_part(operation))),
            query: operation.query.clone(),
            kind: BulkOperationType::Query,
        }
    }
}

impl BulkOperationRunQueryPayload {
    fn refused(
        messages: Vec<String>,
        field: Option<&str>,
        code: BulkOperationUserErrorCode,
    ) -> Self {
        let error = |message| {
            let field = field.map(|field| vec![field.to_owned()]);
            BulkOperationUserError { code: Some(code), field, message }
        };
        Self { bulk_operation: None, user_errors: messages.into_iter().map(error).collect() }
    }
}

#[derive(Default)]
pub(crate) struct BulkQueries;

#[Object]
impl BulkQueries {
    async fn bulk_operation(&self, context: &Context<'_>, id: ID) -> Result<Option<BulkOperation>> {
        find(context, &id)
    }

    #[expect(clippy::too_many_arguments, reason = "as many as the contract has")]
    async fn bulk_operations(
        &self,
        context: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
        query: Option<String>,
        #[graphql(default_with = "Some(false)")] reverse: Option<bool>,
        #[graphql(default_with = "Some(BulkOperationsSortKeys::CreatedAt)")] sort_key: Option<
            BulkOperationsSortKeys,
        >,
    ) -> Result<Connection<String, BulkOperation>> {
        let sim = context.data::<ShopifySim>()?;
        let fields = ["created_at", "id", "operation_type", "status"];
        let warnings = context.data::<Warnings>()?;
        let search = warnings.search("bulkOperations", query.as_deref(), &fields);
        let (now, shop) = (sim.now(), sim.lock());
        let found = shop
            .bulk
            .all
            .values()
            .filter(|operation| search.finds(|field| searched(operation, field, now)));
        let sorted_by = |operation: &Operation| match sort_key {
            Some(BulkOperationsSortKeys::CompletedAt) => operation.ended(),
            _ => operation.created,
        };
        let placed = found.map(|it| (Place::by(sorted_by(it).to_string(), it.number), it));
        let reverse = (reverse == Some(true)) != shop.bulk.newest_first;
        let asked = Asked { first, after, last, before, reverse };
        let storage = context.data::<Storage>()?;
        asked.of(placed.collect(), |it| Ok(BulkOperation::of(it, storage, now)))
    }
}

/// The bulk operation with this id.
pub(crate) fn find(context: &Context<'_>, gid: &str) -> Result<Option<BulkOperation>> {
    let sim = context.data::<ShopifySim>()?;
    let (storage, now, shop) = (context.data::<Storage>()?, sim.now(), sim.lock());
    Ok(shop.bulk.get(gid).map(|operation| BulkOperation::of(operation, storage, now)))
}

fn searched<'a>(operation: &Operation, field: &str, now: Timestamp) -> Option<Known<'a>> {
    match field {
        "created_at" => Some(Known::Moment(operation.created)),
        "id" => Some(Known::Number(operation.number)),
        "operation_type" => Some(Known::Text("query")),
        "status" => Some(Known::Text(operation.status(now).as_str())),
        _ => None,
    }
}

#[derive(Default)]
pub(crate) struct BulkMutations;

#[Object]
impl BulkMutations {
    async fn bulk_operation_run_query(
        &self,
        context: &Context<'_>,
        query: String,
        #[graphql(default = false)] group_objects: bool,
    ) -> Result<Option<BulkOperationRunQueryPayload>> {
        // Without lists in lists there is nothing to group.
        let _ = group_objects;
        let plan = match Plan::read(&query) {
            Ok(plan) => plan,
            Err(wrong) => {
                let code = BulkOperationUserErrorCode::Invalid;
                return Ok(Some(BulkOperationRunQueryPayload::refused(wrong, Some("query"), code)));
            }
        };
        let sim = context.data::<ShopifySim>()?;
        let (storage, now, mut shop) = (context.data::<Storage>()?, sim.now(), sim.lock());
        if let Some(running) = shop.bulk.in_the_way(now) {
            let ids: Vec<String> = running.into_iter().map(Operation::gid).collect();
            let message = format!(
                "A bulk query operation for this app and shop is already in progress: {}.",
                ids.join(", ")
            );
            let code = BulkOperationUserErrorCode::OperationInProgress;
            return Ok(Some(BulkOperationRunQueryPayload::refused(vec![message], None, code)));
        }
        let rows = Rows::of(&plan, &shop, now)?;
        let operation = BulkOperation::of(shop.bulk.begin(&query, rows, now), storage, now);
        let (bulk_operation, user_errors) = (Some(operation), Vec::new());
        Ok(Some(BulkOperationRunQueryPayload { bulk_operation, user_errors }))
    }

    async fn bulk_operation_cancel(
        &self,
        context: &Context<'_>,
        id: ID,
    ) -> Result<Option<BulkOperationCancelPayload>> {
        let sim = context.data::<ShopifySim>()?;
        let (storage, now, mut shop) = (context.data::<Storage>()?, sim.now(), sim.lock());
        let Some(operation) = shop.bulk.get_mut(&id) else {
            let user_errors = vec![UserError::at(&["id"], "Bulk operation does not exist")];
            return Ok(Some(BulkOperationCancelPayload { bulk_operation: None, user_errors }));
        };
        let user_errors = if operation.cancel(now) {
            Vec::new()
        } else {
            let status = operation.status(now).as_str();
            let message = format!("A bulk operation cannot be canceled when it is {status}");
            vec![UserError::at(&["id"], &message)]
        };
        let bulk_operation = Some(BulkOperation::of(operation, storage, now));
        Ok(Some(BulkOperationCancelPayload { bulk_operation, user_errors }))
    }
}
