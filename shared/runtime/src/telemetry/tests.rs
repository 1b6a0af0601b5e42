use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::sync::Mutex;

use futures_util::FutureExt;
use serde_json::Value;
use tracing::instrument::WithSubscriber;

use super::*;

const CALL: Invocation<'_> = Invocation {
    request_id: "8476a536-e9f4-11e8-9739-2dfe598c3fcd",
    trace: Some("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"),
};

/// What a function said, line by line.
#[derive(Clone, Default)]
struct Output(Arc<Mutex<Vec<u8>>>);

impl Output {
    fn sink(&self) -> Sink {
        let output = Arc::clone(&self.0);
        Arc::new(move |line| output.lock().unwrap().extend_from_slice(line))
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    fn lines(&self) -> Vec<Value> {
        self.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// Measures to hand over.
struct Work(Measures);

impl Measured for Work {
    fn measure(&self, measures: &mut Measures) {
        *measures = self.0.clone();
    }
}

fn env(variables: &'static [(&'static str, &'static str)]) -> Env {
    Env::from(move |name| {
        let found = variables.iter().find(|(variable, _)| *variable == name);
        found.map(|(_, value)| (*value).to_owned())
    })
}

const NAMESPACE: (&str, &str) = ("METRICS_NAMESPACE", "Segments/test");

/// The lines of metrics that these measures come to.
async fn written(measures: &[(Metric, &str, u64)]) -> Vec<Value> {
    let output = Output::default();
    let telemetry = Telemetry::new(Function::SyncCustomer, &env(&[NAMESPACE]), output.sink());
    let mut all = Measures::default();
    for (metric, of, value) in measures {
        all.add(*metric, of, *value);
    }
    let work = Box::pin(async { Ok::<_, Infallible>(Work(all)) });
    assert!(telemetry.call(CALL, Vec::new, work).await.is_ok());
    output.lines()
}

/// What is said at this level while this is done in a call.
async fn said(level: LevelFilter, work: impl Future<Output = ()>) -> (Output, Telemetry) {
    let output = Output::default();
    let telemetry = Telemetry::new(Function::Webhook, &env(&[]), output.sink());
    let nothing = async {
        work.await;
        Ok::<_, Infallible>(Work(Measures::default()))
    };
    let call = telemetry.call(CALL, Vec::new, Box::pin(nothing));
    assert!(call.with_subscriber(lines(level, output.sink())).await.is_ok());
    (output, telemetry)
}

#[tokio::test]
async fn a_line_says_level_and_time_first_and_which_call_it_is_from() {
    let (output, _) = said(LevelFilter::WARN, async {
        let span =
            tracing::error_span!("message", correlation_id = "b54557e4", absent = None::<u64>);
        async { tracing::warn!(outcome = "a \"b\"\n", calls = 3, late = true, "customer") }
            .instrument(span)
            .await;
    })
    .await;
    let text = output.text();
    assert!(text.starts_with(r#"{"level":"WARN","timestamp":"2"#), "{text}");
    let line = &output.lines()[0];
    let timestamp: jiff::Timestamp = line["timestamp"].as_str().unwrap().parse().unwrap();
    assert!(timestamp <= jiff::Timestamp::now());
    let expected = serde_json::json!({
        "level": "WARN",
        "timestamp": line["timestamp"],
        "message": "customer",
        "outcome": "a \"b\"\n",
        "calls": 3,
        "late": true,
        "correlation_id": "b54557e4",
        "service": "webhook",
        "function_request_id": "8476a536-e9f4-11e8-9739-2dfe598c3fcd",
        "cold_start": true,
        "xray_trace_id": "1-5759e988-bd862e3fe1be46a994272793",
    });
    assert_eq!(*line, expected);
    assert_eq!(text.matches("\":").count(), expected.as_object().unwrap().len(), "no key twice");
}

#[tokio::test]
async fn only_the_first_call_is_a_cold_start() {
    let (output, telemetry) = said(LevelFilter::INFO, async {}).await;
    let again = async {
        tracing::info!("again");
        Err::<Work, _>("broken")
    };
    let again = telemetry.call(CALL, Vec::new, Box::pin(again));
    assert!(again.with_subscriber(lines(LevelFilter::INFO, output.sink())).await.is_err());
    let cold: Vec<_> = output.lines().iter().map(|line| line["cold_start"].clone()).collect();
    assert_eq!(cold, [false, false]);
}

#[tokio::test]
async fn a_call_that_fails_says_so_once() {
    let output = Output::default();
    let telemetry = Telemetry::new(Function::Resegment, &env(&[]), output.sink());
    let failing = Box::pin(async { Err::<Work, _>("the table is away") });
    let call = telemetry.call(CALL, Vec::new, failing);
    assert!(call.with_subscriber(lines(LevelFilter::ERROR, output.sink())).await.is_err());
    let [line] = &output.lines()[..] else { panic!("{}", output.text()) };
    assert_eq!(line["error"], "the table is away");
    assert_eq!((&line["outcome"], &line["service"]), (&"failed".into(), &"resegment".into()));
}

#[tokio::test]
async fn of_a_librarys_line_only_its_message_is_kept() {
    let (output, _) = said(LevelFilter::TRACE, async {
        tracing::warn!(target: "library::client", body = "ann@example.com", "no answer");
        tracing::error_span!(target: "library", "request", body = "ann@example.com")
            .in_scope(|| tracing::info!("ours"));
    })
    .await;
    assert!(!output.text().contains("ann"), "{}", output.text());
    let said: Vec<_> = output.lines().iter().map(|line| line["message"].clone()).collect();
    assert_eq!(said, ["no answer", "ours"]);
    assert_eq!(output.lines()[0]["target"], "library::client");
}

#[tokio::test]
async fn one_line_holds_what_its_dimensions_can_tell_apart() {
    let written = written(&[
        (Metric::Customers, "applied", 1),
        (Metric::Customers, "applied", 2),
        (Metric::Customers, "covered", 4),
        (Metric::EventToApplied, "", 1_200),
        (Metric::EventToApplied, "", 900),
        (Metric::ApiCalls, "okta", 7),
        (Metric::ApiThrottles, "okta", 0),
    ])
    .await;
    let [first, second] = &written[..] else { panic!("{written:?}") };
    assert_eq!((&first["outcome"], &first["Customers"]), (&"applied".into(), &3.into()));
    assert_eq!(first["EventToApplied"], serde_json::json!([1_200, 900]));
    assert_eq!((&first["api"], &first["ApiCalls"]), (&"okta".into(), &7.into()));
    assert_eq!((&first["service"], &first["ApiThrottles"]), (&"sync-customer".into(), &0.into()));
    assert_eq!((&second["outcome"], &second["Customers"]), (&"covered".into(), &4.into()));
    let directives = serde_json::json!([
        {
            "Namespace": "Segments/test",
            "Dimensions": [["service"], ["service", "outcome"]],
            "Metrics": [{ "Name": "Customers", "Unit": "Count" }],
        },
        {
            "Namespace": "Segments/test",
            "Dimensions": [["service"]],
            "Metrics": [{ "Name": "EventToApplied", "Unit": "Milliseconds" }],
        },
        {
            "Namespace": "Segments/test",
            "Dimensions": [["service", "api"]],
            "Metrics": [
                { "Name": "ApiCalls", "Unit": "Count" },
                { "Name": "ApiThrottles", "Unit": "Count" },
            ],
        },
    ]);
    assert_eq!(first["_aws"]["CloudWatchMetrics"], directives);
    assert!(first["_aws"]["Timestamp"].is_u64());
}

#[tokio::test]
async fn a_line_never_holds_more_values_than_cloudwatch_reads() {
    let many: Vec<_> = (0..250).map(|value| (Metric::EventToApplied, "", value)).collect();
    let written = written(&many).await;
    let lengths: Vec<_> =
        written.iter().map(|line| line["EventToApplied"].as_array().unwrap().len()).collect();
    assert_eq!(lengths, [100, 100, 50]);
}

#[tokio::test]
async fn metrics_pass_lambdas_filter_whatever_its_level() {
    for (set, level) in [("ERROR", "ERROR"), ("warn", "WARN"), ("debug", "INFO"), ("", "INFO")] {
        let output = Output::default();
        let env = Env::from(move |name| {
            let value = if name == "AWS_LAMBDA_LOG_LEVEL" { set } else { NAMESPACE.1 };
            Some(value.to_owned())
        });
        let telemetry = Telemetry::new(Function::Webhook, &env, output.sink());
        let mut measures = Measures::default();
        measures.add(Metric::Webhooks, "queued", 1);
        let work = Box::pin(async { Ok::<_, Infallible>(Work(measures)) });
        assert!(telemetry.call(CALL, Vec::new, work).await.is_ok());
        assert_eq!(output.lines()[0]["level"], level, "{set}");
        assert!(output.lines()[0]["timestamp"].is_string());
    }
}

#[tokio::test]
async fn a_call_that_panics_has_its_metrics_and_a_line_without_what_it_worked_on() {
    let output = Output::default();
    let telemetry = Telemetry::new(Function::Webhook, &env(&[NAMESPACE]), output.sink());
    report_panics();
    let (sent, marked) = (AtomicBool::new(false), "ann@example.com");
    let traffic = || {
        let sent = if sent.load(Ordering::Relaxed) { 5 } else { 2 };
        vec![("okta", Traffic { sent, throttled: 1, failed: 0 })]
    };
    let panicking = async {
        sent.store(true, Ordering::Relaxed);
        assert!(marked.is_empty(), "with {marked}");
        Ok::<_, Infallible>(Work(Measures::default()))
    };
    let call = telemetry.call(CALL, traffic, Box::pin(panicking));
    let call = call.with_subscriber(lines(LevelFilter::INFO, output.sink()));
    let ended = AssertUnwindSafe(call).catch_unwind().await;
    let _ = std::panic::take_hook();
    assert!(ended.is_err());
    let [panic, metrics] = &output.lines()[..] else { panic!("{}", output.text()) };
    assert!(panic["place"].as_str().unwrap().contains("tests.rs:"), "{panic}");
    assert_eq!((&panic["level"], &panic["service"]), (&"ERROR".into(), &"webhook".into()));
    assert_eq!((&metrics["ApiCalls"], &metrics["ApiThrottles"]), (&3.into(), &0.into()));
    assert!(!output.text().contains(marked));
}

#[tokio::test]
async fn without_a_namespace_there_are_no_metrics() {
    let output = Output::default();
    let telemetry = Telemetry::new(Function::Webhook, &env(&[]), output.sink());
    let mut measures = Measures::default();
    measures.add(Metric::Webhooks, "queued", 1);
    let work = Box::pin(async { Ok::<_, Infallible>(Work(measures)) });
    assert!(telemetry.call(CALL, Vec::new, work).await.is_ok());
    assert_eq!(output.text(), "");
}
