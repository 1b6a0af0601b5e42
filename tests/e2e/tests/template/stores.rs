//! What keeps data: the queues, the tables, the secrets.

use std::collections::BTreeSet;

use mavera::MaveraCredentials;
use okta::OktaCredentials;
use runtime::credentials;
use shopify::ShopifyCredentials;
use state::{MOST_RECEIVES, VISIBILITY};
use webhook::SigningSecrets;

use crate::document::{Document, texts};

#[test]
fn a_message_stays_out_of_sight_for_six_times_as_long_as_its_function_may_take() {
    let document = Document::read();
    let queue = document.resource("SyncQueue");
    let function = document.resource("SyncCustomerFunction");
    let visibility = queue.number("VisibilityTimeout");
    assert!(visibility >= 6 * function.number("Timeout"));
    assert_eq!(visibility, VISIBILITY.as_secs(), "the local queues do as this one");
}

/// What Lambda takes while its function is given no room counts as received.
#[test]
fn a_message_is_buried_after_five_receives_as_lambda_asks_of_its_queues() {
    let document = Document::read();
    let receives = document.resource("SyncQueue").number("RedrivePolicy/maxReceiveCount");
    assert!(receives >= 5, "{receives}");
    assert_eq!(receives, u64::from(MOST_RECEIVES), "the local queues do as this one");
}

#[test]
fn a_bad_message_fails_alone_and_workers_are_few() {
    let document = Document::read();
    let [event] = document.resource("SyncCustomerFunction").events()[..] else { panic!("one") };
    assert_eq!(texts(event.get("FunctionResponseTypes")), ["ReportBatchItemFailures"]);
    assert_eq!(event.text("ScalingConfig/MaximumConcurrency"), "${MaximumConcurrency}");
}

#[test]
fn queues_are_encrypted_and_dead_letters_come_from_the_one_queue_alone() {
    let document = Document::read();
    for queue in document.of_type("AWS::SQS::Queue") {
        assert_eq!(queue.get("SqsManagedSseEnabled").as_bool(), Some(true), "{}", queue.id);
    }
    let (queue, dead) = (document.resource("SyncQueue"), document.resource("SyncDeadLetters"));
    assert_eq!(dead.text("RedriveAllowPolicy/redrivePermission"), "byQueue");
    let arn = "arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:${AWS::StackName}-sync";
    assert_eq!(texts(dead.get("RedriveAllowPolicy/sourceQueueArns")), [arn]);
    assert!(arn.ends_with(&format!(":{}", queue.text("QueueName"))));
    let calls = document.resource("CallDeadLetters");
    assert_eq!(calls.text("RedriveAllowPolicy/redrivePermission"), "denyAll");
}

#[test]
fn dead_letters_outlast_the_queue() {
    let document = Document::read();
    let kept = |queue| document.resource(queue).number("MessageRetentionPeriod");
    assert!(kept("SyncDeadLetters") > kept("SyncQueue"));
}

#[test]
fn tables_are_paid_by_use_encrypted_and_can_be_put_back_to_any_moment() {
    let document = Document::read();
    for table in document.of_type("AWS::DynamoDB::Table") {
        assert_eq!(table.text("BillingMode"), "PAY_PER_REQUEST", "{}", table.id);
        for switch in [
            "PointInTimeRecoverySpecification/PointInTimeRecoveryEnabled",
            "SSESpecification/SSEEnabled",
        ] {
            assert_eq!(table.get(switch).as_bool(), Some(true), "{} {switch}", table.id);
        }
    }
}

#[test]
fn what_cannot_be_made_anew_outlives_the_stack() {
    let document = Document::read();
    for (table, is_kept) in [("ConfigTable", true), ("CustomersTable", true), ("RunsTable", false)]
    {
        let table = document.resource(table);
        let is_protected = table.get("DeletionProtectionEnabled").as_bool().unwrap_or(false);
        assert_eq!(is_protected, is_kept, "{}", table.id);
        // Not RetainExceptOnCreate: a rollback could not delete what is protected.
        for policy in ["DeletionPolicy", "UpdateReplacePolicy"] {
            assert_eq!(table.value[policy] == "Retain", is_kept, "{} {policy}", table.id);
        }
    }
}

#[test]
fn what_expires_does_so_in_the_tables_that_the_functions_write_it_to() {
    let document = Document::read();
    for table in ["CustomersTable", "RunsTable"] {
        let table = document.resource(table);
        assert_eq!(table.text("TimeToLiveSpecification/AttributeName"), "expires_at");
        assert_eq!(table.get("TimeToLiveSpecification/Enabled").as_bool(), Some(true));
    }
}

#[test]
fn the_keys_of_the_tables_are_those_of_the_code() {
    let document = Document::read();
    let tables = ["ConfigTable", "CustomersTable", "RunsTable"];
    for (table, keys) in
        tables.into_iter().zip([state::CONFIG_KEYS, state::ITEM_KEYS, state::ITEM_KEYS])
    {
        let [hash, range] = keys;
        let schema = texts(document.resource(table).get("KeySchema"));
        assert_eq!(schema, [hash, "HASH", range, "RANGE"], "{table}");
    }
}

/// What a function says whose secret is as the stack made it.
fn complaint(secret: &str, content: &str) -> &'static str {
    match secret {
        "WebhookSecret" => SigningSecrets::from_json(content).err(),
        "ShopifySecret" => credentials::<ShopifyCredentials>(content).err(),
        "OktaSecret" => credentials::<OktaCredentials>(content).err(),
        "MaveraSecret" => credentials::<MaveraCredentials>(content).err(),
        other => panic!("{other} is new: say here who reads it"),
    }
    .unwrap_or_else(|| panic!("{secret} is usable as it was made"))
}

/// The names that a text has in quotes.
fn quoted(text: &str) -> BTreeSet<&str> {
    let mut parts = text.split('"');
    let mut names = BTreeSet::new();
    while let (Some(_), Some(name)) = (parts.next(), parts.next()) {
        if name != "…" && name != "..." {
            names.insert(name);
        }
    }
    names
}

#[test]
fn an_empty_secret_and_the_function_that_reads_it_say_what_to_store() {
    let document = Document::read();
    for secret in document.of_type("AWS::SecretsManager::Secret") {
        let complaint = complaint(secret.id, &secret.text("SecretString"));
        let description = secret.text("Description");
        assert!(description.starts_with("Fill me"), "{}: {description}", secret.id);
        assert!(!quoted(complaint).is_empty(), "{complaint}");
        for name in quoted(complaint) {
            assert!(description.contains(&format!("\"{name}\"")), "{description}: {name}");
        }
    }
}
