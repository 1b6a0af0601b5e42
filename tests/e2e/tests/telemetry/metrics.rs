//! What alarms and the dashboard ask for is what the functions write.

use std::collections::BTreeSet;
use std::path::Path;

use runtime::Metric;
use serde_json::Value as Json;
use yaml_serde::Value;

use crate::output::{NAMESPACE, OUTPUT};

/// A metric, with the names and values of its dimensions.
type Series = (String, BTreeSet<(String, String)>);

/// What the functions wrote: each metric by each of its sets of dimensions.
fn written() -> BTreeSet<Series> {
    let mut written = BTreeSet::new();
    for line in OUTPUT.metrics() {
        for directive in line["_aws"]["CloudWatchMetrics"].as_array().unwrap() {
            assert_eq!(directive["Namespace"], NAMESPACE);
            for (metric, set) in product(&directive["Metrics"], &directive["Dimensions"]) {
                let name = metric["Name"].as_str().unwrap();
                let is_number = |value: &Json| value.is_u64();
                let value = &line[name];
                let values =
                    value.as_array().map_or(is_number(value), |all| all.iter().all(is_number));
                assert!(values, "{name} in {line}");
                let of = |dimension: &Json| {
                    let dimension = dimension.as_str().unwrap();
                    (dimension.to_owned(), line[dimension].as_str().unwrap().to_owned())
                };
                let set = set.as_array().unwrap().iter().map(of).collect();
                written.insert((name.to_owned(), set));
            }
        }
    }
    written
}

fn product<'a>(ones: &'a Json, others: &'a Json) -> Vec<(&'a Json, &'a Json)> {
    let others = others.as_array().unwrap();
    ones.as_array().unwrap().iter().flat_map(|one| others.iter().map(move |it| (one, it))).collect()
}

fn template() -> Value {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../template.yaml");
    yaml_serde::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

/// A scalar, whatever its tag.
fn text(value: &Value) -> &str {
    match value {
        Value::Tagged(tagged) => text(&tagged.value),
        value => value.as_str().unwrap_or_default(),
    }
}

/// Every metric of ours that is named in these resources, by `Namespace` and `MetricName`.
fn asked_for(value: &Value, found: &mut BTreeSet<Series>) {
    match value {
        Value::Mapping(members) => {
            if text(&value["Namespace"]) == "Segments/${AWS::StackName}" {
                let dimensions = value["Dimensions"].as_sequence().unwrap().iter();
                let of = |it: &Value| (text(&it["Name"]).to_owned(), text(&it["Value"]).to_owned());
                found.insert((text(&value["MetricName"]).to_owned(), dimensions.map(of).collect()));
            }
            members.values().for_each(|value| asked_for(value, found));
        }
        Value::Sequence(items) => items.iter().for_each(|value| asked_for(value, found)),
        Value::Tagged(tagged) => asked_for(&tagged.value, found),
        _ => {}
    }
}

/// The widgets' own rows: namespace, name, then names and values of dimensions; and what is searched for.
fn shown(widgets: &Json, rows: &mut BTreeSet<Series>, searches: &mut Vec<String>) {
    match widgets {
        Json::Array(items) => {
            let texts: Vec<&str> = items.iter().map_while(Json::as_str).collect();
            if let ["Segments/${AWS::StackName}", name, dimensions @ ..] = &texts[..] {
                let pairs = dimensions.chunks_exact(2);
                let pairs = pairs.map(|pair| (pair[0].to_owned(), pair[1].to_owned()));
                rows.insert(((*name).to_owned(), pairs.collect()));
            }
            for item in items {
                shown(item, rows, searches);
            }
        }
        Json::Object(members) => {
            let expression = members.get("expression").and_then(Json::as_str).unwrap_or_default();
            if expression.contains("Segments/${AWS::StackName}") {
                searches.push(expression.to_owned());
            }
            members.values().for_each(|value| shown(value, rows, searches));
        }
        _ => {}
    }
}

#[test]
fn every_metric_that_an_alarm_asks_for_is_written() {
    let mut asked = BTreeSet::new();
    asked_for(&template()["Resources"], &mut asked);
    assert!(asked.len() >= 10, "{asked:?}");
    let written = written();
    for series in asked {
        assert!(written.contains(&series), "nobody writes {series:?}");
    }
}

#[test]
fn every_metric_that_the_dashboard_shows_is_written() {
    let body = &template()["Resources"]["Dashboard"]["Properties"]["DashboardBody"];
    let body: Json = serde_json::from_str(text(body)).unwrap();
    let (mut rows, mut searches) = (BTreeSet::new(), Vec::new());
    shown(&body, &mut rows, &mut searches);
    assert!(!rows.is_empty() && !searches.is_empty());
    let written = written();
    for series in rows {
        assert!(written.contains(&series), "nobody writes {series:?}");
    }
    for search in searches {
        let is_it = |(name, dimensions): &&Series| {
            let names: Vec<&str> = ["service", "outcome", "segment", "api"]
                .into_iter()
                .filter(|name| dimensions.iter().any(|(of, _)| of == name))
                .collect();
            let schema = format!("{{\"Segments/${{AWS::StackName}}\",{}}}", names.join(","));
            search.contains(&schema) && search.contains(&format!("MetricName=\"{name}\""))
        };
        assert!(written.iter().any(|series| is_it(&series)), "nobody writes {search}");
    }
}

#[test]
fn every_metric_is_written_by_all_its_dimensions_and_no_others() {
    let told: BTreeSet<(String, Vec<String>)> = written()
        .into_iter()
        .map(|(name, set)| (name, set.into_iter().map(|(dimension, _)| dimension).collect()))
        .collect();
    let sorted = |set: &[&str]| {
        let mut set: Vec<String> = set.iter().map(|&name| name.to_owned()).collect();
        set.sort();
        set
    };
    let all: BTreeSet<(String, Vec<String>)> = Metric::ALL
        .into_iter()
        .flat_map(|metric| {
            metric.dimensions().iter().map(move |set| (metric.name().to_owned(), sorted(set)))
        })
        .collect();
    assert_eq!(told, all);
}

#[test]
fn the_unmatched_are_counted_whether_a_run_looked_for_them_or_one_before() {
    let shares: Vec<Json> =
        OUTPUT.metrics().iter().filter_map(|line| line.get("UnmatchedShare").cloned()).collect();
    // Ten of thirty-one.
    assert_eq!(shares, [32, 32]);
}

/// `CloudWatch` bills each series, so what tells them apart has few values.
#[test]
fn dimensions_have_few_values() {
    let mut values: BTreeSet<(String, String)> = BTreeSet::new();
    for (_, dimensions) in written() {
        values.extend(dimensions);
    }
    for (dimension, most) in [("service", 4), ("outcome", 40), ("segment", 4), ("api", 4)] {
        let count = values.iter().filter(|(name, _)| name == dimension).count();
        assert!((1..=most).contains(&count), "{dimension}: {values:?}");
    }
    let is_plain = |text: &str| text.chars().all(|it| it.is_ascii_lowercase() || "-_".contains(it));
    assert!(values.iter().all(|(_, value)| is_plain(value)), "{values:?}");
}
