//! Putting a book in place of the rows that were read, against a real engine.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use rules::RuleBook;
use state::{ConfigTable, Replaced};

use crate::support::{
    BOOK, CONFIG, Fault, Faults, Item, book, delete, engine_with, number, put, row, table, text,
};

fn cheaper() -> RuleBook {
    book(&BOOK.replace("500", "400"))
}

/// A table that holds the book.
async fn holding_the_book() -> (Client, ConfigTable) {
    let (client, table) = table().await;
    table.put_wanted(&book(BOOK)).await.unwrap();
    (client, table)
}

async fn held(table: &ConfigTable) -> RuleBook {
    table.wanted_rows().await.unwrap().book().unwrap()
}

fn refused(changes: &[&str]) -> Replaced {
    Replaced::No(changes.iter().map(|change| (*change).to_owned()).collect())
}

/// Edits one attribute of a segment's row, as a person at the console would.
async fn edit(client: &Client, segment: &str, field: &str, value: AttributeValue) {
    let mut edited = row(client, "segment", segment).await;
    edited.insert(field.to_owned(), value);
    client.put_item().table_name(CONFIG).set_item(Some(edited)).send().await.unwrap();
}

#[tokio::test]
async fn a_book_takes_the_place_of_the_rows_that_were_read() {
    let (client, table) = holding_the_book().await;
    let seen = table.wanted_rows().await.unwrap();
    assert_eq!(seen.names().collect::<Vec<_>>(), ["new", "vip"]);
    let other = book(&BOOK.replace("\"new\"", "\"all\"").replace("USD", "EUR"));
    assert_eq!(table.replace_wanted(&seen, &other).await.unwrap(), Replaced::Yes);
    assert_eq!(held(&table).await, other);
    assert!(row(&client, "segment", "new").await.is_empty());
    assert_eq!(row(&client, "settings", "settings").await["currency"], text("EUR"));
}

#[tokio::test]
async fn an_empty_table_takes_its_first_book() {
    let (_, table) = table().await;
    let seen = table.wanted_rows().await.unwrap();
    assert!(seen.is_empty() && seen.book().is_err());
    assert_eq!(table.replace_wanted(&seen, &book(BOOK)).await.unwrap(), Replaced::Yes);
    assert_eq!(held(&table).await, book(BOOK));
}

#[tokio::test]
async fn rows_that_stay_keep_their_ids_and_a_group_s_id_goes_with_its_name() {
    let (client, table) = holding_the_book().await;
    for segment in ["vip", "new"] {
        edit(&client, segment, "okta_group_id", text("00g1")).await;
        edit(&client, segment, "persona_id", text("persona_1")).await;
    }
    let seen = table.wanted_rows().await.unwrap();
    let regrouped = BOOK.replace("Shopify VIP Customer", "VIPs").replace("500", "400");
    assert_eq!(table.replace_wanted(&seen, &book(&regrouped)).await.unwrap(), Replaced::Yes);
    let (vip, new) = (row(&client, "segment", "vip").await, row(&client, "segment", "new").await);
    assert_eq!((vip.get("okta_group_id"), &vip["persona_id"]), (None, &text("persona_1")));
    assert_eq!((&new["okta_group_id"], &new["persona_id"]), (&text("00g1"), &text("persona_1")));
}

#[tokio::test]
async fn what_a_person_did_meanwhile_keeps_everything_from_being_written() {
    let (client, table) = holding_the_book().await;
    let seen = table.wanted_rows().await.unwrap();
    edit(&client, "vip", "label", text("Best Customer")).await;
    let told = refused(&["segment vip was changed"]);
    assert_eq!(table.replace_wanted(&seen, &cheaper()).await.unwrap(), told);

    put(&client, "segment", "gold", &[("priority", number(5))]).await;
    delete(&client, "segment", "new").await;
    put(&client, "settings", "settings", &[("currency", text("EUR"))]).await;
    let told = [
        "segment gold was added",
        "segment vip was changed",
        "segment new was removed",
        "the currency was changed",
    ];
    assert_eq!(table.replace_wanted(&seen, &cheaper()).await.unwrap(), refused(&told));
    assert_eq!(row(&client, "segment", "vip").await["label"], text("Best Customer"));
    assert_eq!(row(&client, "segment", "gold").await.len(), 3);
    assert!(row(&client, "segment", "new").await.is_empty());
}

#[tokio::test]
async fn what_the_functions_write_into_rows_is_nobody_s_edit() {
    let (client, table) = holding_the_book().await;
    let seen = table.wanted_rows().await.unwrap();
    edit(&client, "vip", "okta_group_id", text("00g1")).await;
    edit(&client, "new", "persona_shown", text("{}")).await;
    put(&client, "settings", "settings", &[("currency", text("USD")), ("paused", text("true"))])
        .await;
    assert_eq!(table.replace_wanted(&seen, &cheaper()).await.unwrap(), Replaced::Yes);
    assert_eq!(row(&client, "segment", "vip").await["okta_group_id"], text("00g1"));
    assert_eq!(row(&client, "settings", "settings").await["paused"], text("true"));
}

/// Edits a row at the last moment: after the rows were looked at once more.
async fn edited_at_the_last_moment(
    name: &str,
    edit: &[(&str, AttributeValue)],
) -> (Client, Replaced) {
    let faults = Faults::default();
    let client = engine_with(faults.clone()).await;
    let table = ConfigTable::new(client.clone(), CONFIG);
    table.put_wanted(&book(BOOK)).await.unwrap();
    let mut edited = row(&client, "segment", name).await;
    edited.extend([("kind".into(), text("segment")), ("name".into(), text(name))]);
    edited.extend(edit.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    let seen = table.wanted_rows().await.unwrap();
    faults.next(Fault::Edited { client: client.clone(), row: edited });
    let other = book(&BOOK.replace("500", "400").replace("\"new\"", "\"all\""));
    let replaced = table.replace_wanted(&seen, &other).await.unwrap();
    (client, replaced)
}

/// The amount from which somebody is a vip.
async fn vips_from(client: &Client) -> AttributeValue {
    let when: Item = row(client, "segment", "vip").await;
    let ranges = when["when"].as_l().unwrap();
    ranges[0].as_m().unwrap()["spend_at_least"].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_that_changes_at_the_last_moment_keeps_everything_from_being_written() {
    for field in ["priority", "label", "okta_group_name", "persona_name", "when"] {
        let edit = [(field, text("edited"))];
        let (client, replaced) = edited_at_the_last_moment("vip", &edit).await;
        assert_eq!(replaced, refused(&["segment vip was changed"]), "{field}");
        assert_eq!(row(&client, "segment", "vip").await[field], text("edited"));
        assert!(row(&client, "segment", "all").await.is_empty(), "{field}");
        assert!(!row(&client, "segment", "new").await.is_empty(), "{field}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_to_be_made_or_deleted_is_not_if_a_person_edits_it_at_the_last_moment() {
    let label = [("label", text("mine"))];
    let (client, replaced) = edited_at_the_last_moment("all", &label).await;
    assert_eq!(replaced, refused(&["segment all was added"]));
    assert_eq!(row(&client, "segment", "all").await.len(), 3);
    assert_eq!(vips_from(&client).await, text("500"));

    let (client, replaced) = edited_at_the_last_moment("new", &label).await;
    assert_eq!(replaced, refused(&["segment new was changed"]));
    assert_eq!(row(&client, "segment", "new").await["label"], text("mine"));
    assert_eq!(vips_from(&client).await, text("500"));
}

#[tokio::test]
async fn of_many_who_write_a_book_at_once_one_does() {
    let (_, table) = holding_the_book().await;
    let seen = table.wanted_rows().await.unwrap();
    let writers = (0..6).map(|number| {
        let (table, seen) = (table.clone(), seen.clone());
        // Each adds a segment of its own, so none stands in the way of another's rows.
        let other = book(&format!(
            "{BOOK}[[segment]]\nname = \"n{number}\"\nlabel = \"N{number}\"\n\
             okta_group_name = \"G{number}\"\nwhen = [{{ orders_at_least = 0 }}]"
        ));
        tokio::spawn(async move {
            match table.replace_wanted(&seen, &other).await {
                Ok(Replaced::Yes) => Some(other),
                // Another transaction had the items in hand.
                Ok(Replaced::No(_)) | Err(_) => None,
            }
        })
    });
    let mut written = Vec::new();
    for writer in writers.collect::<Vec<_>>() {
        written.extend(writer.await.unwrap());
    }
    assert_eq!(written, [held(&table).await]);
}

#[tokio::test]
async fn rows_that_are_no_book_are_read_and_replaced() {
    let (client, table) = holding_the_book().await;
    edit(&client, "vip", "when", AttributeValue::L(Vec::new())).await;
    put(&client, "settings", "settings", &[("currency", number(5))]).await;
    let seen = table.wanted_rows().await.unwrap();
    let errors = seen.book().unwrap_err().to_string();
    assert!(errors.contains("currency") && errors.contains("segment \"vip\": when"), "{errors}");
    assert_eq!(table.replace_wanted(&seen, &book(BOOK)).await.unwrap(), Replaced::Yes);
    assert_eq!(held(&table).await, book(BOOK));
}

#[tokio::test]
async fn more_rows_than_a_transaction_takes_are_refused_before_anything_is_written() {
    let (client, table) = holding_the_book().await;
    for number in 0..97 {
        put(&client, "segment", &format!("old-{number}"), &[]).await;
    }
    let seen = table.wanted_rows().await.unwrap();
    let error = table.replace_wanted(&seen, &cheaper()).await.unwrap_err();
    assert!(error.to_string().contains("delete rows of kind segment"), "{error}");
    delete(&client, "segment", "old-96").await;
    let seen = table.wanted_rows().await.unwrap();
    assert_eq!(table.replace_wanted(&seen, &cheaper()).await.unwrap(), Replaced::Yes);
    assert_eq!(held(&table).await, cheaper());
}

#[tokio::test]
async fn a_write_whose_answer_is_lost_says_so_and_the_next_one_finds_it_made() {
    let faults = Faults::default();
    let table = ConfigTable::new(engine_with(faults.clone()).await, CONFIG);
    table.put_wanted(&book(BOOK)).await.unwrap();
    let seen = table.wanted_rows().await.unwrap();
    faults.next(Fault::LostAnswer);
    let first = table.replace_wanted(&seen, &cheaper()).await;
    assert!(first.is_err() || first == Ok(Replaced::Yes), "{first:?}");
    assert_eq!(held(&table).await, cheaper());
    let told = table.replace_wanted(&seen, &cheaper()).await.unwrap();
    assert_eq!(told, refused(&["segment vip was changed"]));
}
