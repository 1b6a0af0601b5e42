//! The tables themselves, for a local engine. A deployed stack's come from `template.yaml`; the deployed
//! test runs the same code against those.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::create_table::CreateTableError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};

use crate::Error;

/// The keys of the configuration table.
pub const CONFIG_KEYS: [&str; 2] = ["kind", "name"];
/// The keys of the tables of customers and of runs.
pub const ITEM_KEYS: [&str; 2] = ["pk", "sk"];

/// The names of the tables there are.
///
/// # Errors
/// If the engine does not answer.
pub async fn table_names(client: &Client) -> Result<Vec<String>, Error> {
    let answer = client.list_tables().send().await;
    let answer = answer.map_err(|error| Error::sdk("list tables", &error))?;
    Ok(answer.table_names.unwrap_or_default())
}

/// Makes a table with these two text keys, unless there is one of this name.
///
/// # Errors
/// If the engine does not answer.
pub async fn create_table(client: &Client, name: &str, keys: [&str; 2]) -> Result<(), Error> {
    const OPERATION: &str = "create table";
    let unbuilt = |_| Error::Refused {
        operation: OPERATION,
        code: "request not built".into(),
        retryable: false,
    };
    let mut request =
        client.create_table().table_name(name).billing_mode(BillingMode::PayPerRequest);
    for (key, kind) in keys.into_iter().zip([KeyType::Hash, KeyType::Range]) {
        let text = ScalarAttributeType::S;
        let attribute = AttributeDefinition::builder().attribute_name(key).attribute_type(text);
        let element = KeySchemaElement::builder().attribute_name(key).key_type(kind);
        request = request
            .attribute_definitions(attribute.build().map_err(unbuilt)?)
            .key_schema(element.build().map_err(unbuilt)?);
    }
    match request.send().await {
        Ok(_) => Ok(()),
        Err(error)
            if error
                .as_service_error()
                .is_some_and(CreateTableError::is_resource_in_use_exception) =>
        {
            Ok(())
        }
        Err(error) => Err(Error::sdk(OPERATION, &error)),
    }
}
