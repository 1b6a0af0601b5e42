//! Bulk operations: from the beginning to the file.

use std::time::Duration;

use serde_json::{Value, json};
use simulators::shopify::{BulkEnd, BulkStatus};
use simulators::{Fault, Matching, NewCustomer, Service, World};

use crate::calling::{amount, ask, world};
use crate::downloads::download;

pub(crate) const EXPORT: &str = "{ customers { edges { node {
    id numberOfOrders defaultEmailAddress { emailAddress } amountSpent { amount currencyCode }
} } } }";

const OPERATION: &str = "id status type errorCode createdAt completedAt objectCount rootObjectCount
    fileSize url partialDataUrl query";

pub(crate) async fn start(world: &World, query: &str) -> Value {
    let mutation = format!(
        "mutation Start($query: String!) {{ bulkOperationRunQuery(query: $query) {{
            bulkOperation {{ {OPERATION} }} userErrors {{ field message code }}
        }} }}"
    );
    let answer = ask(world, &mutation, &json!({ "query": query })).await;
    answer["data"]["bulkOperationRunQuery"].clone()
}

pub(crate) async fn begin(world: &World, query: &str) -> String {
    let started = start(world, query).await;
    assert_eq!(started["userErrors"], json!([]));
    started["bulkOperation"]["id"].as_str().unwrap().to_owned()
}

pub(crate) async fn look(world: &World, id: &str) -> Value {
    let query = format!("query Look($id: ID!) {{ bulkOperation(id: $id) {{ {OPERATION} }} }}");
    ask(world, &query, &json!({ "id": id })).await["data"]["bulkOperation"].clone()
}

pub(crate) async fn cancel(world: &World, id: &str) -> Value {
    let mutation = format!(
        "mutation Cancel($id: ID!) {{ bulkOperationCancel(id: $id) {{
            bulkOperation {{ {OPERATION} }} userErrors {{ field message }}
        }} }}"
    );
    ask(world, &mutation, &json!({ "id": id })).await["data"]["bulkOperationCancel"].clone()
}

/// The operation that is begun now, once it is over.
pub(crate) async fn finished(world: &World, query: &str) -> Value {
    let id = begin(world, query).await;
    world.clock.advance(Duration::from_secs(3));
    look(world, &id).await
}

pub(crate) fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap()
}

fn ten_customers(world: &World) {
    world.shopify.add_customers(10, |number| {
        NewCustomer::with_email(&format!("{number}@example.com"))
            .with_totals(number, amount("12.50"))
    });
}

#[tokio::test]
async fn an_operation_is_created_runs_and_completes() {
    let world = world();
    ten_customers(&world);
    let created = start(&world, EXPORT).await["bulkOperation"].clone();
    let id = text(&created, "id");
    assert_eq!((&created["status"], &created["type"]), (&json!("CREATED"), &json!("QUERY")));
    assert_eq!(created["createdAt"], "2026-10-05T09:00:00Z");
    assert_eq!((&created["objectCount"], &created["url"]), (&json!("0"), &Value::Null));
    assert_eq!(created["query"], EXPORT);

    world.clock.advance(Duration::from_millis(1_500));
    let running = look(&world, id).await;
    assert_eq!((&running["status"], &running["objectCount"]), (&json!("RUNNING"), &json!("5")));
    assert_eq!((&running["url"], &running["completedAt"]), (&Value::Null, &Value::Null));

    world.clock.advance(Duration::from_millis(1_500));
    let completed = look(&world, id).await;
    assert_eq!(completed["status"], "COMPLETED");
    assert_eq!(completed["completedAt"], "2026-10-05T09:00:03Z");
    assert_eq!(
        (&completed["objectCount"], &completed["rootObjectCount"]),
        (&json!("10"), &json!("10"))
    );
    let file = download(&world, text(&completed, "url")).await.unwrap();
    assert_eq!(completed["fileSize"], file.body().len().to_string());
    let node = ask(
        &world,
        "query N($id: ID!) { node(id: $id) { ... on BulkOperation { status } } }",
        &json!({ "id": id }),
    )
    .await;
    assert_eq!(node["data"]["node"]["status"], "COMPLETED");
}

#[tokio::test]
async fn a_row_is_what_was_asked_for_in_its_order_with_slashes_escaped() {
    let world = world();
    let (customer, _) = world.shopify.add_customer(
        NewCustomer::with_email("a/b\"c@example.com").with_totals(3, amount("10.50")),
    );
    let (nobody, _) = world.shopify.add_customer(NewCustomer::default());
    let done = finished(&world, EXPORT).await;
    let file = download(&world, text(&done, "url")).await.unwrap();
    let rows = format!(
        concat!(
            r#"{{"id":"gid:\/\/shopify\/Customer\/{}","numberOfOrders":"3","#,
            r#""defaultEmailAddress":{{"emailAddress":"a\/b\"c@example.com"}},"#,
            r#""amountSpent":{{"amount":"10.5","currencyCode":"USD"}}}}"#,
            "\n",
            r#"{{"id":"gid:\/\/shopify\/Customer\/{}","numberOfOrders":"0","#,
            r#""defaultEmailAddress":null,"amountSpent":{{"amount":"0.0","currencyCode":"USD"}}}}"#,
            "\n",
        ),
        customer, nobody
    );
    assert_eq!(std::str::from_utf8(file.body()).unwrap(), rows);
}

#[tokio::test]
async fn a_row_holds_what_the_customers_query_answers() {
    const FIELDS: &str = "__typename named: id legacyResourceId email
        defaultEmailAddress { emailAddress } firstName lastName displayName numberOfOrders
        ...Money createdAt updatedAt
        lastOrder {
            id legacyResourceId name email createdAt updatedAt processedAt cancelledAt
            currentTotalPriceSet { shopMoney { amount } presentmentMoney { currencyCode } }
            totalPriceSet { shopMoney { amount } }
        }";
    const MONEY: &str = "fragment Money on Customer { amountSpent { amount currencyCode } }";
    let world = world();
    ten_customers(&world);
    let (customer, _) = world.shopify.add_customer(NewCustomer::with_email("z@example.com"));
    world.shopify.place_order(customer, amount("7")).unwrap();

    let bulk = format!("{{ customers {{ edges {{ node {{ {FIELDS} }} }} }} }} {MONEY}");
    let done = finished(&world, &bulk).await;
    let file = download(&world, text(&done, "url")).await.unwrap();
    let lines = file.body().split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let rows: Vec<Value> = lines.map(|line| serde_json::from_slice(line).unwrap()).collect();

    let paged = format!("{{ customers(first: 50) {{ nodes {{ {FIELDS} }} }} }} {MONEY}");
    let answer = ask(&world, &paged, &json!({})).await;
    assert_eq!(Value::from(rows), answer["data"]["customers"]["nodes"]);
}

#[tokio::test]
async fn an_operation_reads_the_shop_as_it_is_when_it_begins() {
    let world = world();
    let (customer, _) = world.shopify.add_customer(NewCustomer::default());
    let id = begin(&world, EXPORT).await;
    world.shopify.place_order(customer, amount("99")).unwrap();
    world.shopify.add_customer(NewCustomer::default());
    world.clock.advance(Duration::from_secs(3));
    let done = look(&world, &id).await;
    assert_eq!(done["objectCount"], "1");
    let file = download(&world, text(&done, "url")).await.unwrap();
    let row: Value = serde_json::from_slice(file.body()).unwrap();
    assert_eq!(
        (&row["numberOfOrders"], &row["amountSpent"]["amount"]),
        (&json!("0"), &json!("0.0"))
    );
}

#[tokio::test]
async fn without_rows_there_is_no_file() {
    let done = finished(&world(), EXPORT).await;
    assert_eq!((&done["status"], &done["objectCount"]), (&json!("COMPLETED"), &json!("0")));
    assert_eq!((&done["url"], &done["fileSize"]), (&Value::Null, &Value::Null));
}

#[tokio::test]
async fn a_search_in_the_query_leaves_rows_out() {
    let world = world();
    ten_customers(&world);
    let query = r#"{ customers(query: "orders_count:>=8") { edges { node { numberOfOrders } } } }"#;
    assert_eq!(finished(&world, query).await["objectCount"], "2");
}

#[tokio::test]
async fn five_run_at_once_and_a_sixth_is_refused() {
    let world = world();
    let others = world.shopify.run_bulk_operations(4, Duration::MAX);
    let fifth = begin(&world, EXPORT).await;
    let sixth = start(&world, EXPORT).await;
    assert_eq!(sixth["bulkOperation"], Value::Null);
    let error = &sixth["userErrors"][0];
    assert_eq!((&error["code"], &error["field"]), (&json!("OPERATION_IN_PROGRESS"), &Value::Null));
    assert!(others.iter().chain([&fifth]).all(|id| text(error, "message").contains(id)));
    world.clock.advance(Duration::from_secs(3));
    begin(&world, EXPORT).await;
    let canceling = cancel(&world, &others[0]).await;
    assert_eq!(canceling["bulkOperation"]["status"], "CANCELING");
    assert_eq!(start(&world, EXPORT).await["bulkOperation"], Value::Null);
    world.clock.advance(Duration::from_secs(1));
    begin(&world, EXPORT).await;
}

#[tokio::test]
async fn operations_are_listed_newest_first_or_turned_around() {
    let world = world();
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(begin(&world, EXPORT).await);
        world.clock.advance(Duration::from_mins(1));
    }
    let list = async |arguments: &str| {
        let query = format!("{{ bulkOperations({arguments}) {{ nodes {{ id }} }} }}");
        let answer = ask(&world, &query, &json!({})).await;
        crate::calling::each(&answer["data"]["bulkOperations"]["nodes"], "/id")
    };
    assert_eq!(list("first: 2").await, [ids[2].clone(), ids[1].clone()]);
    assert_eq!(list("first: 2, reverse: true").await, [ids[0].clone(), ids[1].clone()]);
    assert_eq!(list("last: 1, sortKey: COMPLETED_AT").await, [ids[0].clone()]);
    let since = r#"first: 9, query: "created_at:>='2026-10-05T09:01:00Z' status:completed""#;
    assert_eq!(list(since).await, [ids[2].clone(), ids[1].clone()]);
    assert!(list(r#"first: 9, query: "status:running""#).await.is_empty());
    world.shopify.list_bulk_operations_oldest_first();
    assert_eq!(list("first: 1").await, [ids[0].clone()]);
    assert_eq!(list("first: 1, reverse: true").await, [ids[2].clone()]);
}

#[tokio::test]
async fn a_start_whose_answer_is_lost_has_begun_all_the_same() {
    let world = world();
    ten_customers(&world);
    let start = Matching::operation("Start");
    world.faults().next(Service::Shopify, start, Fault::Broken { done: true });
    let mut request =
        crate::calling::graphql_request(&world, simulators::shopify::ACCESS_TOKEN, "", &[]);
    let query = "mutation Start($q: String!) {
        bulkOperationRunQuery(query: $q) { bulkOperation { id } } }";
    *request.body_mut() =
        json!({ "query": query, "variables": { "q": EXPORT } }).to_string().into();
    assert!(crate::calling::send(&world, request).await.is_err());
    let seen = world.shopify.bulk_operations();
    assert_eq!(seen.len(), 1);
    assert_eq!((seen[0].status, seen[0].rows), (BulkStatus::Created, 10));
    assert_eq!(seen[0].query, EXPORT);
}

#[tokio::test]
async fn a_mutation_costs_ten_points_and_is_throttled_like_a_query() {
    let world = world();
    world.shopify.set_cost_bucket(15, 1);
    world.shopify.end_next_bulk_operation(BulkEnd::Completed);
    begin(&world, EXPORT).await;
    let mutation =
        "mutation S($q: String!) { bulkOperationRunQuery(query: $q) { bulkOperation { id } } }";
    let answer = ask(&world, mutation, &json!({ "q": EXPORT })).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "THROTTLED");
    assert_eq!(answer["extensions"]["cost"]["requestedQueryCost"], 10);
    assert_eq!(world.shopify.bulk_operations().len(), 1);
}
