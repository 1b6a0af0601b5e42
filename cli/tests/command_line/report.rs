//! `segments report`: the page, as text. `tests/browser` opens it.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use resegment::EndedAs;
use rules::RuleBook;
use simulators::NewCustomer;
use state::{Cause, Message, Outcome, Outgoing, Queue, Subject};

use crate::site::{Kind, Site};
use crate::store::Store;
use crate::support::{BOOK, Stack, code, stderr, stdout};

/// The page of a local store.
async fn page(store: &Store) -> String {
    let output = store.run(&["report", "--out", "-"]).await;
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    stdout(&output)
}

/// A part of a page: a section by its id.
fn section<'p>(page: &'p str, id: &str) -> &'p str {
    let from = page.find(&format!("<section id=\"{id}\"")).unwrap_or_else(|| panic!("no {id}"));
    let to = page[from..].find("</section>").unwrap();
    &page[from..from + to]
}

/// The figures of a row, as they are for machines.
fn figures(part: &str, row: &str) -> Vec<String> {
    let from = part.find(row).unwrap_or_else(|| panic!("no {row} in {part}"));
    let to = part[from..].find("</tr>").unwrap();
    let values = part[from..from + to].split("<data value=\"").skip(1);
    values.map(|value| value.split('"').next().unwrap().to_owned()).collect()
}

/// Puts a book into use at once.
async fn use_book(store: &Store, toml: &str) {
    let config = store.system.config_table();
    config.put_wanted(&RuleBook::from_toml(toml).unwrap()).await.unwrap();
    config.load(None, store.world.clock.now(), &simulators::SimRandom::new(9)).await.unwrap();
}

#[tokio::test]
async fn where_nothing_has_happened_yet_the_page_says_so() {
    let store = Store::set_up().await;
    let page = page(&store).await;
    assert!(page.starts_with("<!DOCTYPE html><html lang=\"en\">"));
    assert!(section(&page, "now").contains("Nobody is in a segment yet"));
    assert!(section(&page, "runs").contains("No full run is done yet"));
    assert!(section(&page, "spend").contains("no figures of customers yet"));
    assert!(section(&page, "plane").contains("no rule book in use yet"));
    assert!(section(&page, "movements").contains("No full run is done yet"));
    assert!(section(&page, "standing").contains("Every customer who was looked at"));
    assert!(section(&page, "book").contains("No rule book is in use yet"));
}

#[tokio::test]
async fn the_figures_are_those_of_the_tables_in_a_store_and_in_a_stack() {
    for kind in Kind::BOTH {
        let site = Site::set_up(kind).await;
        let world = &site.world;
        for (email, orders, spent) in [
            ("ann@example.com", 1, "45.25"),
            ("ben@example.com", 1, "30"),
            ("cleo@example.com", 9, "1200.5"),
            ("dan@example.com", 2, "90"),
        ] {
            if email != "dan@example.com" {
                world.okta.add_user(email, email);
            }
            let new = NewCustomer::with_email(email).with_totals(orders, spent.parse().unwrap());
            let (customer, _) = world.shopify.add_customer(new);
            let now = world.clock.now();
            let message = Message::new(Subject::Customer(customer), Cause::Customer, now);
            let message = Outgoing { message, delay: Duration::ZERO };
            site.system.queue().send(vec![message]).await.unwrap();
        }
        site.system.set("settle_seconds", AttributeValue::N("0".to_owned())).await.unwrap();
        while site.system.work_once().await.unwrap().is_some() {}

        let output = site.run(&["report", "--out", "-"]).await;
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        let page = stdout(&output);
        let now = section(&page, "now");
        let of = |segment: &str| figures(now, &format!("<tr data-segment=\"{segment}\""));
        assert_eq!(of("new"), ["2", "38", "75.25"], "{kind:?}");
        assert_eq!(of("vip"), ["1", "1200", "1200.5"], "{kind:?}");
        assert_eq!(of("returning"), ["0", "0"], "{kind:?}");
        let spend = section(&page, "spend");
        assert_eq!(figures(spend, "<tr data-from=\"20\""), ["2", "75.25"]);
        assert_eq!(figures(spend, "<tr data-from=\"50\""), ["1", "90"]);
        let standing = section(&page, "standing");
        assert_eq!(figures(standing, "<tr data-outcome=\"unmatched\""), ["1"]);
        assert!(section(&page, "book").contains("6 orders or more <em>or</em> 500.00 USD or more"));
    }
}

#[tokio::test]
async fn nobody_can_be_told_from_the_page() {
    let store = Store::set_up().await;
    let (ann, user) = store.person("ann@example.com", 1, 45);
    let ben = store.customer("ben@example.com", 3, 90);
    store.look_at(&[ann, ben]).await;
    let page = page(&store).await;
    for secret in ["ann@", "ben@", user.as_str(), &ann.to_string(), &ben.to_string()] {
        assert!(!page.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn names_are_text_whatever_is_in_them() {
    let store = Store::set_up().await;
    let odd = BOOK
        .replace("label = \"New Buyer\"", "label = \"<script>alert(1)</script> & \\\"co\\\"\"")
        .replace("\"Shopify New Customer\"", "\"<img src=x onerror=alert(1)>\"");
    assert_ne!(odd, BOOK);
    use_book(&store, &odd).await;
    let group = "<img src=x onerror=alert(1)>";
    store.world.okta.add_group(group, simulators::okta::GroupKind::Okta);
    store.system.refresh_groups().await.unwrap();
    let (ann, _) = store.person("ann@example.com", 1, 45);
    store.look_at(&[ann]).await;
    let page = page(&store).await;
    assert!(!page.contains("<script") && !page.contains("<img"), "{page}");
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;co&quot;"));
    assert!(page.contains("&lt;img src=x onerror=alert(1)&gt;"));
}

#[tokio::test]
async fn the_page_asks_for_nothing_and_runs_nothing() {
    let store = Store::set_up().await;
    let page = page(&store).await;
    assert!(page.contains("content=\"default-src 'none'; style-src 'unsafe-inline';"));
    for word in
        ["http:", "https:", "url(", "@import", "<link", "<script", " src=", "onload", "onclick"]
    {
        assert!(!page.contains(word), "{word}");
    }
}

#[tokio::test]
async fn runs_are_shown_from_the_oldest_to_the_newest_and_only_those_that_are_done() {
    let stack = Stack::deployed().await;
    stack.people(3, 1, 45);
    assert_eq!(code(&stack.run(&["run"]).await), 0);
    stack.people(2, 7, 80);
    stack.served.world.clock.advance(Duration::from_hours(24));
    assert_eq!(code(&stack.run(&["run"]).await), 0);
    let page = stdout(&stack.run(&["report", "--out", "-"]).await);
    let runs = section(&page, "runs");
    let (customers, revenue) = runs.split_once("id=\"runs-revenue\"").unwrap();
    // The newest is the first row, and the last column of a chart.
    assert_eq!(figures(customers, "<tr data-run="), ["2", "0", "3"]);
    assert_eq!(figures(revenue, "<tr data-run="), ["160", "0", "135"]);
    assert!(runs.contains("The last 2 full runs that are done"));
    assert!(runs.contains("2 customers, +2 since "));
    let one = stdout(&stack.run(&["report", "--out", "-", "--runs", "1"]).await);
    assert!(section(&one, "runs").contains("One full run is done"));
    assert_eq!(section(&one, "runs").matches("data-run=").count(), 2);
    assert!(section(&page, "movements").contains("data-to=\"vip\"><b><data value=\"2\">"));
}

#[tokio::test]
async fn runs_that_failed_are_not_shown_and_old_ones_have_no_movements() {
    let store = Store::set_up().await;
    use_book(&store, BOOK).await;
    store.keep_run(Duration::from_hours(3), EndedAs::Failed, Some("no answer")).await;
    assert!(section(&page(&store).await, "runs").contains("No full run is done yet"));
    let run = store.keep_run(Duration::from_hours(2), EndedAs::Done, None).await;
    // What is left of a run from more than 90 days ago.
    let item = store.system.dynamodb().delete_item().table_name(store.system.tables().runs);
    let text = |text: String| AttributeValue::S(text);
    let item = item.key("pk", text(format!("run#{run}"))).key("sk", text("record".to_owned()));
    item.send().await.unwrap();
    let page = page(&store).await;
    assert!(section(&page, "runs").contains(&format!("data-run=\"{run}\"")));
    assert!(section(&page, "movements").contains("its movements are no longer kept"));
}

#[tokio::test]
async fn what_is_in_the_way_and_what_cannot_be_read_is_counted() {
    let store = Store::set_up().await;
    let (ann, _) = store.person("ann@example.com", 1, 45);
    let (ben, _) = store.person("ben@example.com", 1, 45);
    let (cleo, _) = store.person("cleo@example.com", 1, 45);
    store.look_at(&[ann, ben, cleo]).await;
    store.world.shopify.set_customer_currency(cleo, "EUR".parse().unwrap()).unwrap();
    store.look_at(&[cleo]).await;
    store.keep(77, Outcome::Ambiguous).await;
    store.spoil(ben).await;
    let output = store.run(&["report", "--out", "-"]).await;
    assert_eq!(code(&output), 0);
    assert!(stderr(&output).contains("1 entry of the customers table cannot be read"));
    let page = stdout(&output);
    let standing = section(&page, "standing");
    let of = |outcome: &str| figures(standing, &format!("<tr data-outcome=\"{outcome}\""));
    assert_eq!((of("ambiguous"), of("unreadable")), (vec!["1".into()], vec!["1".into()]));
    assert_eq!(of("other_currency"), ["1"]);
}

#[tokio::test]
async fn a_segment_that_left_the_book_is_shown_while_somebody_is_in_it() {
    let store = Store::set_up().await;
    let (ann, _) = store.person("ann@example.com", 1, 45);
    store.look_at(&[ann]).await;
    // A book is put into use by a run; this one is, without anybody being moved.
    let book = RuleBook::from_toml(&BOOK.replace("name = \"new\"", "name = \"fresh\"")).unwrap();
    let (config, now) = (store.system.config_table(), store.world.clock.now());
    config.accept(Arc::new(book), Some(1), None, now).await.unwrap().unwrap();
    let page = page(&store).await;
    let now = section(&page, "now");
    assert_eq!(figures(now, "<tr data-segment=\"new\"")[0], "1");
    assert_eq!(figures(now, "<tr data-segment=\"fresh\"")[0], "0");
    assert!(now.contains("no longer in the book"));
}

#[tokio::test]
async fn amounts_below_zero_and_beyond_all_measure_are_shown_as_they_are() {
    let store = Store::set_up().await;
    let (ann, _) = store.person("ann@example.com", 1, 45);
    let (ben, _) = store.person("ben@example.com", 9, 45);
    store.world.shopify.set_totals(ann, 1, "-25.50".parse().unwrap()).unwrap();
    store.world.shopify.set_totals(ben, 9, "999999999999999999999999.99".parse().unwrap()).unwrap();
    store.look_at(&[ann, ben]).await;
    let page = page(&store).await;
    let now = section(&page, "now");
    assert_eq!(figures(now, "<tr data-segment=\"new\""), ["1", "-26", "-25.5"]);
    let vip = figures(now, "<tr data-segment=\"vip\"");
    assert_eq!(vip[2], "999999999999999999999999.99");
    let spend = section(&page, "spend");
    assert_eq!(figures(spend, "<tr data-from=\"0\"")[0], "1");
    assert_eq!(figures(spend, "<tr data-from=\"20000000\"")[0], "1");
}

#[tokio::test]
async fn a_book_of_more_thresholds_than_can_be_told_apart_marks_none() {
    let store = Store::set_up().await;
    let segment = |number: u32| {
        let least = 31 - number;
        format!(
            "[[segment]]\nname = \"s{number}\"\nlabel = \"S{number}\"\nokta_group_name = \"G{number}\"\n\
             persona_name = \"Persona {number}\"\nwhen = [{{ spend_at_least = \"{least}\" }}]\n"
        )
    };
    let segments = (1..=30).map(segment).collect::<Vec<_>>().concat();
    use_book(&store, &format!("currency = \"KWD\"\n{segments}")).await;
    store.world.shopify.set_currency("KWD".parse().unwrap());
    let (ann, _) = store.person("ann@example.com", 1, 0);
    store.world.shopify.set_totals(ann, 1, "12.345".parse().unwrap()).unwrap();
    store.look_at(&[ann]).await;
    let page = page(&store).await;
    assert!(section(&page, "spend").contains("more thresholds than can be told apart"));
    assert!(!section(&page, "plane").contains("class=\"area"));
    assert_eq!(figures(section(&page, "spend"), "<tr data-from=\"10\""), ["1", "12.345"]);
    assert!(section(&page, "book").contains("30.000 KWD or more"));
}

#[tokio::test]
async fn an_earlier_report_is_replaced_and_no_other_file_is() {
    let store = Store::set_up().await;
    let file = store.folder.join("report.html");
    let first = store.run(&["report"]).await;
    assert_eq!(code(&first), 0, "{}", stderr(&first));
    assert!(stdout(&first).starts_with("report.html: 0 customers, 0 full runs, "), "{first:?}");
    let before = std::fs::read_to_string(&file).unwrap();
    let (ann, _) = store.person("ann@example.com", 1, 45);
    store.look_at(&[ann]).await;
    assert_eq!(code(&store.run(&["report"]).await), 0);
    assert_ne!(std::fs::read_to_string(&file).unwrap(), before);

    let notes = store.folder.join("notes.html");
    std::fs::write(&notes, "mine").unwrap();
    let refused = store.run(&["report", "--out", "notes.html"]).await;
    assert_eq!(code(&refused), 2);
    assert!(stderr(&refused).contains("notes.html exists and is no report: name another file"));
    assert_eq!(std::fs::read_to_string(&notes).unwrap(), "mine");

    let nowhere = store.run(&["report", "--out", "no/such/folder.html"]).await;
    assert_eq!(code(&nowhere), 2);
    assert!(stderr(&nowhere).contains("no/such/folder.html cannot be written"));
    let folder = store.run(&["report", "--out", "."]).await;
    assert_eq!(code(&folder), 2, "{}", stdout(&folder));
    let left = std::fs::read_dir(&store.folder).unwrap();
    let names = left.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert!(names.into_iter().all(|name| !name.starts_with(".report")), "a file is left behind");
}

#[tokio::test]
async fn a_store_that_is_not_there_is_an_error() {
    let store = Store::set_up().await;
    let mut command = crate::support::segments(["report", "--store", "nowhere"]);
    let output = command.current_dir(&store.folder).output().unwrap();
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("there is no local store in nowhere"));
    assert!(!store.folder.join("report.html").exists());
}
