//! Which rights calls to AWS take, and on what.

use serde_json::Value;

/// A right on a part of a stack: `dynamodb:GetItem` on `config`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Need {
    pub(crate) right: String,
    pub(crate) on: String,
}

impl Need {
    pub(crate) fn new(right: &str, on: &str) -> Self {
        Self { right: right.to_owned(), on: on.to_owned() }
    }
}

/// The rights that a call takes. Batches of SQS are allowed with the single operation
/// ([actions](https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsqs.html)), and a
/// transaction with those of its parts
/// ([transactions](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html)).
pub(crate) fn needs_of(path: &str, (service, operation): (&str, &str), asked: &Value) -> Vec<Need> {
    match service {
        "DynamoDB_20120810" => of_tables(operation, asked),
        "AmazonSQS" => {
            let right = operation.strip_suffix("Batch").unwrap_or(operation);
            // Whoever asks for an address names the queue; only that of dead letters has to be asked for.
            let names = asked["QueueUrl"].as_str().or(asked["QueueName"].as_str()).unwrap();
            let on = if names.ends_with("dead-letters") { "dead-letter queue" } else { "queue" };
            vec![Need::new(&format!("sqs:{right}"), on)]
        }
        "AWSEvents" => vec![Need::new(&format!("events:{operation}"), "others")],
        "secretsmanager" => vec![Need::new("secretsmanager:GetSecretValue", "others")],
        _ if path.ends_with("/configuration") => {
            vec![Need::new("lambda:GetFunctionConfiguration", "function")]
        }
        _ if path.ends_with("/invocations") => vec![Need::new("lambda:InvokeFunction", "function")],
        _ => {
            let (_, operation) = path.rsplit_once("/operation/").unwrap();
            vec![Need::new(&format!("cloudwatch:{operation}"), "others")]
        }
    }
}

fn of_tables(operation: &str, asked: &Value) -> Vec<Need> {
    let on = |operation: &str, table: &str| {
        let table = if table == "config" { "configuration" } else { table };
        Need::new(&format!("dynamodb:{operation}"), &format!("{table} table"))
    };
    let names_table = |it: &Value| it["TableName"].as_str().unwrap().to_owned();
    match operation {
        "TransactWriteItems" => {
            let parts = asked["TransactItems"].as_array().unwrap().iter();
            let parts = parts.flat_map(|part| part.as_object().unwrap());
            let right = |part: &str| match part {
                "ConditionCheck" => "ConditionCheckItem".to_owned(),
                part => format!("{part}Item"),
            };
            parts.map(|(part, it)| on(&right(part), &names_table(it))).collect()
        }
        "BatchGetItem" | "BatchWriteItem" => {
            asked["RequestItems"].as_object().unwrap().keys().map(|it| on(operation, it)).collect()
        }
        _ => vec![on(operation, &names_table(asked))],
    }
}
