//! Each function has what an operator needs of it.

use std::collections::BTreeSet;

use crate::document::{Document, Part, file, text, texts};

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

/// What has a longer name fails half-way through a deployment.
#[test]
fn the_readme_says_how_long_a_stack_s_name_may_be() {
    const LONGEST_OF_LAMBDA: usize = 64;
    let document = Document::read();
    let names = document.functions().into_iter().map(|function| function.text("FunctionName"));
    let longest = names.map(|name| name.replace("${AWS::StackName}", "").len()).max().unwrap();
    let most = format!("stack's name may have at most {} characters", LONGEST_OF_LAMBDA - longest);
    assert!(file("README.md").contains(&most), "{most}");
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

/// How often an asynchronous call that fails is tried in all
/// ([retries](https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html)).
const TRIES: u64 = 3;

/// The least time between two calls of a function by schedule, in seconds; none if something else calls it.
fn seconds_between_calls(document: &Document, function: Part<'_>) -> Option<u64> {
    let parameters = document.parts("Parameters");
    let rate = |event: Part<'_>| {
        let expression = event.text("ScheduleExpression");
        let name = expression.trim_start_matches("${").trim_end_matches('}');
        let parameter = parameters.iter().find(|parameter| parameter.id == name);
        let expression = parameter.map_or(expression.clone(), |it| text(&it.value["Default"]));
        let rate = expression.strip_prefix("rate(")?.strip_suffix(')')?;
        let (count, unit) = rate.split_once(' ').unwrap();
        let unit = match unit.trim_end_matches('s') {
            "minute" => 60,
            "hour" => 3600,
            "day" => 86_400,
            other => panic!("{other}"),
        };
        Some(count.parse::<u64>().unwrap() * unit)
    };
    function.events().into_iter().filter_map(rate).min()
}

/// Lambda's metrics of a call are told when it has ended, as of when it began
/// ([metrics](https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics.html)): a call that takes all
/// of its time must still be seen by then.
#[test]
fn each_alarm_looks_back_for_twice_as_long_as_its_function_may_take() {
    let document = Document::read();
    for function in document.functions() {
        for metric in ["Errors", "Duration"] {
            let alarms = alarms(&document, metric, function.id);
            let [alarm] = alarms[..] else { panic!("{}", function.id) };
            let seconds = alarm.number("Period") * alarm.number("EvaluationPeriods");
            assert!(seconds >= 2 * function.number("Timeout"), "{}: {seconds} s", alarm.id);
        }
    }
}

#[test]
fn each_alarm_can_be_reached_by_as_many_calls_as_its_function_gets() {
    let document = Document::read();
    let mut seldom = 0;
    for function in document.functions() {
        let Some(between) = seconds_between_calls(&document, function) else { continue };
        seldom += 1;
        for metric in ["Errors", "Duration"] {
            let alarms = alarms(&document, metric, function.id);
            let [alarm] = alarms[..] else { panic!("{}", function.id) };
            let (period, periods) = (alarm.number("Period"), alarm.number("EvaluationPeriods"));
            let needed = alarm.get("DatapointsToAlarm").as_u64().unwrap_or(periods);
            // The first call may be anywhere in the time that is looked at.
            let with_calls = (period * periods / between.max(period)).max(1);
            assert!(needed <= with_calls, "{}: {needed} of {with_calls}", alarm.id);
            let calls = (period / between).max(1);
            let most = if metric == "Errors" { calls * TRIES } else { u64::MAX };
            assert!(alarm.number("Threshold") <= most, "{}: {most} at most", alarm.id);
        }
    }
    assert_eq!(seldom, 2, "resegment and refresh-groups are called by schedule");
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
