//! Who is told of an alarm knows what happened and what to do.

use std::collections::BTreeSet;

use clap::Parser as _;
use runtime::Metric;
use segments::Cli;
use state::{LONGEST_DELAY, Outcome};

use crate::document::{Document, Part, file, items, texts};

const OPERATIONS: &str = "docs/operations.md";

/// An alarm's name, without the stack's.
fn name(alarm: Part<'_>) -> String {
    alarm.text("AlarmName").strip_prefix("${AWS::StackName}-").unwrap().to_owned()
}

fn alarms(document: &Document) -> Vec<Part<'_>> {
    document.of_type("AWS::CloudWatch::Alarm")
}

#[test]
fn every_alarm_is_told_and_says_what_no_data_means() {
    let document = Document::read();
    for alarm in alarms(&document) {
        assert_eq!(texts(alarm.get("AlarmActions")), ["${AlarmTopic}"], "{}", alarm.id);
        assert!(!alarm.get("TreatMissingData").is_null(), "{}", alarm.id);
    }
}

/// Where silence is the fault, no data is one; elsewhere it means that nothing happened.
#[test]
fn only_an_overdue_run_is_told_of_by_silence() {
    let document = Document::read();
    let mut silent = alarms(&document);
    silent.retain(|alarm| alarm.text("TreatMissingData") == "breaching");
    assert_eq!(silent.into_iter().map(name).collect::<Vec<_>>(), ["run-overdue"]);
}

/// The share of the looks that were put off, of one half hour after the other. Whoever waits is put off in each
/// of them, so two who wait all night are not missed.
#[test]
fn an_hour_in_which_nearly_everybody_is_put_off_is_told_whatever_the_reason() {
    let document = Document::read();
    let alarm = document.resource("CustomersDeferredAlarm");
    let metrics = items(alarm.get("Metrics"));
    let [value, deferred, customers] = metrics[..] else { panic!("{metrics:?}") };
    assert_eq!(value["Expression"], "IF(deferred >= 5, 100 * deferred / customers, 0)");
    assert!(alarm.number("Threshold") < 100, "some are always done with");
    let outcome = Outcome::Deferred.as_str();
    for (metric, id, dimensions) in [
        (deferred, "deferred", &["service", "sync-customer", "outcome", outcome][..]),
        (customers, "customers", &["service", "sync-customer"]),
    ] {
        assert_eq!(metric["Id"], id);
        let stat = &metric["MetricStat"];
        assert_eq!(stat["Metric"]["MetricName"], Metric::Customers.name());
        assert_eq!(texts(&stat["Metric"]["Dimensions"]), dimensions);
        let period = stat["Period"].as_u64().unwrap();
        assert!(period >= 2 * LONGEST_DELAY.as_secs(), "{id}");
        assert_eq!(period * alarm.number("EvaluationPeriods"), 3_600, "{id}");
    }
}

#[test]
fn every_alarm_names_a_section_of_the_operations_that_names_it() {
    let document = Document::read();
    let operations = file(OPERATIONS);
    let headings: BTreeSet<_> =
        operations.lines().filter_map(|line| line.strip_prefix("### ")).collect();
    for alarm in alarms(&document) {
        let description = alarm.text("AlarmDescription");
        let (told, section) = description.split_once(&format!(" {OPERATIONS}: ")).unwrap();
        assert!(told.ends_with('.'), "{}", alarm.id);
        let section = section.trim_end_matches('.');
        assert!(headings.contains(section), "{}: no section {section:?}", alarm.id);
        let begin = operations.find(&format!("### {section}\n")).unwrap();
        let body = operations[begin..].lines().skip(1).take_while(|line| !line.starts_with('#'));
        let body: Vec<_> = body.collect();
        let wanted = format!("`{}`", name(alarm));
        assert!(body.join("\n").contains(&wanted), "{section}: {wanted} is not named");
        assert!(description.len() <= 1024, "{}", alarm.id);
    }
}

#[test]
fn the_operations_list_every_alarm() {
    let document = Document::read();
    let operations = file(OPERATIONS);
    let begin = operations.find("## Alarms\n").unwrap();
    let table = operations[begin..].lines().skip(1).take_while(|line| !line.starts_with("## "));
    let rows = table.filter(|line| line.starts_with("| `"));
    let cells = rows.map(|row| row.split(" | ").next().unwrap());
    let mut listed: Vec<_> =
        cells.flat_map(|cell| cell.split('`').skip(1).step_by(2).map(str::to_owned)).collect();
    let mut names: Vec<_> = alarms(&document).into_iter().map(name).collect();
    listed.sort();
    names.sort();
    assert_eq!(listed, names);
}

#[test]
fn every_command_that_an_alarm_names_is_one() {
    let mut commands = 0;
    for alarm in alarms(&Document::read()) {
        let description = alarm.text("AlarmDescription").replace("${AWS::StackName}", "segments");
        for quoted in description.split('`').filter(|quoted| quoted.starts_with("segments ")) {
            if let Err(error) = Cli::try_parse_from(quoted.split_whitespace()) {
                panic!("{}: {error}", alarm.id);
            }
            commands += 1;
        }
    }
    assert!(commands > 5);
}
