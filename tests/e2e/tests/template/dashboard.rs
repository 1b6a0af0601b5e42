//! The dashboard shows every alarm, and what goes in and comes out.

use runtime::Metric;
use serde_json::Value;

use crate::document::Document;

/// The dashboard's widgets. Its body has to be JSON, which nobody looks at before it is deployed.
fn widgets(document: &Document) -> Vec<Value> {
    let body = document.resource("Dashboard").text("DashboardBody");
    let body: Value = serde_json::from_str(&body).unwrap();
    body["widgets"].as_array().unwrap().clone()
}

#[test]
fn every_alarm_is_on_the_dashboard() {
    let document = Document::read();
    let widgets = widgets(&document);
    let shown = widgets.iter().find(|widget| widget["type"] == "alarm").unwrap();
    let shown: Vec<_> = shown["properties"]["alarms"].as_array().unwrap().iter().collect();
    let alarms = document.of_type("AWS::CloudWatch::Alarm");
    let arns: Vec<_> =
        alarms.iter().map(|alarm| Value::from(format!("${{{}.Arn}}", alarm.id))).collect();
    assert_eq!(shown, arns.iter().collect::<Vec<_>>());
}

#[test]
fn every_metric_is_on_the_dashboard_and_so_are_the_queues() {
    let shown: String =
        widgets(&Document::read()).iter().map(|widget| widget["properties"].to_string()).collect();
    for metric in Metric::ALL.map(Metric::name) {
        let names = [format!(r#"MetricName=\"{metric}\""#), format!(r#""{metric}""#)];
        assert!(names.iter().any(|name| shown.contains(name)), "{metric} is not shown");
    }
    for percentile in ["p50", "p99"] {
        assert!(shown.contains(&format!(r#""stat":"{percentile}""#)), "{percentile}");
    }
    for queue in ["SyncQueue", "SyncDeadLetters", "CallDeadLetters"] {
        assert!(shown.contains(&format!("${{{queue}.QueueName}}")), "{queue}");
    }
}

#[test]
fn no_widget_lies_on_another() {
    let widgets = widgets(&Document::read());
    let place = |widget: &Value| {
        let of = |name: &str| widget[name].as_u64().unwrap();
        [of("x"), of("y"), of("x") + of("width"), of("y") + of("height")]
    };
    let places: Vec<_> = widgets.iter().map(place).collect();
    for (index, one) in places.iter().enumerate() {
        assert!(one[2] <= 24, "{one:?}");
        for other in &places[..index] {
            let is_apart = one[0] >= other[2]
                || other[0] >= one[2]
                || one[1] >= other[3]
                || other[1] >= one[3];
            assert!(is_apart, "{one:?} and {other:?}");
        }
    }
}
