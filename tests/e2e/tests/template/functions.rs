//! Each function has what an operator needs of it.

use std::collections::BTreeSet;

use crate::document::{Document, Part, text, texts};

/// The alarms about a metric of a function.
fn alarms<'a>(document: &'a Document, metric: &str, function: &str) -> Vec<Part<'a>> {
    let mut alarms = document.of_type("AWS::CloudWatch::Alarm");
    alarms.retain(|alarm| {
        alarm.text("Namespace") == "AWS/Lambda"
            && alarm.text("MetricName") == metric
            && texts(alarm.get("Dimensions")) == ["FunctionName", &format!("${{{function}}}")]
    });
    alarms
}

#[test]
fn there_are_four_functions() {
    let document = Document::read();
    let names: BTreeSet<_> =
        document.functions().iter().map(|function| function.text("CodeUri")).collect();
    let folders = ["refresh-groups", "resegment", "sync-customer", "webhook"];
    assert_eq!(names, folders.map(|name| format!("functions/{name}")).into());
    for function in document.functions() {
        let name = function.text("CodeUri").replace("functions/", "${AWS::StackName}-");
        assert_eq!(function.text("FunctionName"), name);
    }
}

#[test]
fn all_functions_log_json_are_traced_and_run_on_the_chosen_processor() {
    let document = Document::read();
    let of_all = |path: &str| text(document.at(&format!("Globals/Function/{path}")));
    assert_eq!(of_all("Runtime"), "provided.al2023");
    assert_eq!(of_all("Tracing"), "Active");
    assert_eq!(of_all("LoggingConfig/LogFormat"), "JSON");
    assert_eq!(texts(document.at("Globals/Function/Architectures")), ["${Architecture}"]);
    for function in document.functions() {
        for setting in ["Runtime", "Tracing", "LoggingConfig", "Architectures"] {
            assert!(function.get(setting).is_null(), "{} has its own {setting}", function.id);
        }
    }
}

#[test]
fn each_function_has_a_log_group_that_forgets() {
    let document = Document::read();
    let groups = document.of_type("AWS::Logs::LogGroup");
    for group in &groups {
        assert_eq!(group.text("RetentionInDays"), "${LogRetentionDays}", "{}", group.id);
    }
    for function in document.functions() {
        let name = format!("/aws/lambda/${{{}}}", function.id);
        assert!(groups.iter().any(|group| group.text("LogGroupName") == name), "{name}");
    }
}

#[test]
fn each_functions_errors_raise_an_alarm() {
    let document = Document::read();
    for function in document.functions() {
        assert_eq!(alarms(&document, "Errors", function.id).len(), 1, "{}", function.id);
    }
}

#[test]
fn each_function_that_comes_near_its_timeout_raises_an_alarm() {
    let document = Document::read();
    for function in document.functions() {
        let timeout = function.number("Timeout") * 1000;
        let alarms = alarms(&document, "Duration", function.id);
        let [alarm] = alarms[..] else { panic!("{}", function.id) };
        let limit = alarm.number("Threshold");
        assert!(limit * 100 >= timeout * 80 && limit < timeout, "{}: {limit}", alarm.id);
        assert_eq!(alarm.text("Statistic"), "Maximum");
    }
}

#[test]
fn what_a_function_cannot_do_is_kept_unless_somebody_waits_for_its_answer() {
    let document = Document::read();
    for function in document.functions() {
        let events = function.events();
        assert!(!events.is_empty(), "{} is never called", function.id);
        for event in events {
            let place = format!("{} {}", function.id, event.id);
            match text(&event.value["Type"]).as_str() {
                // Shopify waits for it, and sends again what was not answered with 200.
                "HttpApi" => assert!(function.get("DeadLetterQueue").is_null(), "{place}"),
                "SQS" => {
                    let queue = event.text("Queue").replace(['$', '{', '}'], "");
                    let queue = document.resource(queue.strip_suffix(".Arn").unwrap());
                    let dead = queue.text("RedrivePolicy/deadLetterTargetArn");
                    assert_eq!(dead, "${SyncDeadLetters.Arn}", "{place}");
                }
                "ScheduleV2" => {
                    let dead = "${CallDeadLetters.Arn}";
                    assert_eq!(function.text("DeadLetterQueue/TargetArn"), dead, "{place}");
                    // A call that is not tried again has its successor soon.
                    let is_tried_once = event.text("RetryPolicy/MaximumRetryAttempts") == "0";
                    let kept = event.text("DeadLetterConfig/Arn");
                    assert_eq!(kept == dead, !is_tried_once, "{place}");
                    let comes_soon = event.text("ScheduleExpression") == "rate(1 minute)";
                    assert_eq!(is_tried_once, comes_soon, "{place}");
                }
                other => panic!("{place} is {other}"),
            }
        }
    }
}

#[test]
fn every_queue_of_dead_letters_raises_an_alarm_as_soon_as_one_is_there() {
    let document = Document::read();
    for queue in ["SyncDeadLetters", "CallDeadLetters"] {
        let mut alarms = document.of_type("AWS::CloudWatch::Alarm");
        let name = format!("${{{queue}.QueueName}}");
        alarms.retain(|alarm| texts(alarm.get("Dimensions")).contains(&name));
        let [alarm] = alarms[..] else { panic!("{queue}") };
        assert_eq!(alarm.text("MetricName"), "ApproximateNumberOfMessagesVisible");
        assert_eq!((alarm.number("Threshold"), alarm.number("EvaluationPeriods")), (1, 1));
        assert_eq!(alarm.text("ComparisonOperator"), "GreaterThanOrEqualToThreshold");
    }
}

#[test]
fn the_api_is_throttled_has_one_route_and_logs_nothing_about_a_person() {
    const KNOWN: [&str; 7] = [
        "$context.requestId",
        "$context.requestTime",
        "$context.routeKey",
        "$context.status",
        "$context.responseLatency",
        "$context.integrationLatency",
        "$context.integrationErrorMessage",
    ];
    let document = Document::read();
    let [api] = document.of_type("AWS::Serverless::HttpApi")[..] else { panic!("one API") };
    assert!(api.number("DefaultRouteSettings/ThrottlingRateLimit") > 0);
    assert!(api.number("DefaultRouteSettings/ThrottlingBurstLimit") > 0);
    let format: serde_json::Value =
        serde_json::from_str(&api.text("AccessLogSettings/Format")).unwrap();
    for told in format.as_object().unwrap().values() {
        assert!(KNOWN.contains(&told.as_str().unwrap()), "{told}");
    }
    let functions = document.functions();
    let events = functions.iter().flat_map(|function| function.events());
    let routes: Vec<_> = events
        .filter(|event| event.value["Type"] == "HttpApi")
        .map(|event| (event.text("Method"), event.text("Path"), event.text("ApiId")))
        .collect();
    let route = ("ANY", webhook::PATH, "${WebhookApi}");
    assert_eq!(routes, [(route.0.to_owned(), route.1.to_owned(), route.2.to_owned())]);
}
