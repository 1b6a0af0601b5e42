//! What a function says of its work: log lines while it works, metrics when a call ends.
//!
//! Both are JSON objects, a line each, on standard output, which Lambda hands on to `CloudWatch`. Keys are
//! flat and named as Powertools for AWS Lambda names them.

mod heard;
mod lines;
mod panics;

use std::fmt::Display;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use outbound::Traffic;
use tracing::level_filters::LevelFilter;
use tracing::{Instrument, Subscriber};
use tracing_subscriber::layer::SubscriberExt;

use crate::Env;
use crate::metrics::{Emf, Measured, Measures, Metric};
pub use heard::heard;
use lines::Lines;
pub use panics::report_panics;

/// Takes a line, with its end.
pub type Sink = Arc<dyn Fn(&[u8]) + Send + Sync>;

/// A function of this product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    /// Takes Shopify's webhooks.
    Webhook,
    /// Makes Okta agree with Shopify.
    SyncCustomer,
    /// Advances full runs.
    Resegment,
    /// Resolves the names of groups.
    RefreshGroups,
}

impl Function {
    /// All of them.
    pub const ALL: [Self; 4] =
        [Self::Webhook, Self::SyncCustomer, Self::Resegment, Self::RefreshGroups];

    /// What it is called in logs and metrics, as `service`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::SyncCustomer => "sync-customer",
            Self::Resegment => "resegment",
            Self::RefreshGroups => "refresh-groups",
        }
    }
}

/// What Lambda says of a call.
#[derive(Debug, Clone, Copy)]
pub struct Invocation<'a> {
    /// Lambda's id of the call.
    pub request_id: &'a str,
    /// The header that X-Ray follows the call by, if there is one.
    pub trace: Option<&'a str>,
}

/// Says what a function does.
pub struct Telemetry {
    function: Function,
    sink: Sink,
    emf: Option<Emf>,
    was_called: AtomicBool,
}

impl Telemetry {
    /// Sends what the process says to standard output from now on. `AWS_LAMBDA_LOG_LEVEL`, which Lambda
    /// sets, is the least level; INFO if it is not set. `METRICS_NAMESPACE` is where metrics go; none are
    /// written if it is not set.
    pub fn start(function: Function) -> Self {
        let (env, sink) = (Env::process(), stdout());
        // A second start leaves the first in place.
        let _ = tracing::subscriber::set_global_default(lines(level(&env), Arc::clone(&sink)));
        report_panics();
        Self::new(function, &env, sink)
    }

    /// As the environment says, to a sink; log lines are not its business.
    pub fn new(function: Function, env: &Env, sink: Sink) -> Self {
        let namespace = env.optional("METRICS_NAMESPACE");
        let emf = namespace.map(|namespace| Emf {
            namespace,
            function,
            level: level(env).min(LevelFilter::INFO),
        });
        Self { function, sink, emf, was_called: AtomicBool::new(false) }
    }

    /// Does the work of one call. Every line says which call it is from; when the work ends, fails or
    /// panics, the metrics are written. `traffic` counts what the function's clients have sent so far, by
    /// service. The work comes boxed: it is large, and the future of this would hold it twice.
    ///
    /// # Errors
    /// The work's own, which is logged here.
    pub async fn call<T: Measured, E: Display>(
        &self,
        invocation: Invocation<'_>,
        traffic: impl Fn() -> Vec<(&'static str, Traffic)>,
        work: impl Future<Output = Result<T, E>> + Unpin,
    ) -> Result<T, E> {
        // Of the gravest level, so that every line has it, whatever level is heard.
        let span = tracing::error_span!(
            "call",
            service = self.function.as_str(),
            function_request_id = invocation.request_id,
            cold_start = !self.was_called.swap(true, Ordering::Relaxed),
            xray_trace_id = invocation.trace.and_then(trace_id),
        );
        let before = traffic();
        let measures = Measures::default();
        let mut ending = Ending { telemetry: self, invocation, traffic, before, measures };
        async {
            let done = work.await;
            match &done {
                Ok(done) => done.measure(&mut ending.measures),
                Err(error) => tracing::error!(outcome = "failed", error = %error, "call"),
            }
            done
        }
        .instrument(span)
        .await
    }
}

/// Writes the metrics when it is dropped, so that a call that panics has them too.
struct Ending<'a, F: Fn() -> Vec<(&'static str, Traffic)>> {
    telemetry: &'a Telemetry,
    invocation: Invocation<'a>,
    traffic: F,
    before: Vec<(&'static str, Traffic)>,
    measures: Measures,
}

impl<F: Fn() -> Vec<(&'static str, Traffic)>> Drop for Ending<'_, F> {
    fn drop(&mut self) {
        let Some(emf) = &self.telemetry.emf else { return };
        for ((service, now), (_, before)) in (self.traffic)().into_iter().zip(&self.before) {
            let Traffic { sent, throttled, failed } = now.since(*before);
            if sent > 0 {
                self.measures.add(Metric::ApiCalls, service, sent);
                self.measures.add(Metric::ApiThrottles, service, throttled);
                self.measures.add(Metric::ApiFailures, service, failed);
            }
        }
        emf.write(&self.measures, self.invocation.request_id, &*self.telemetry.sink);
    }
}

/// Log lines of this level and graver ones, to a sink.
pub fn lines(level: LevelFilter, sink: Sink) -> impl Subscriber + Send + Sync {
    tracing_subscriber::registry().with(heard(level)).with(Lines { sink })
}

fn level(env: &Env) -> LevelFilter {
    env.optional("AWS_LAMBDA_LOG_LEVEL")
        .and_then(|level| level.parse().ok())
        .unwrap_or(LevelFilter::INFO)
}

fn stdout() -> Sink {
    Arc::new(|line| {
        // There is nobody to tell that nobody can be told.
        let _ = std::io::stdout().lock().write_all(line);
    })
}

/// The trace's own id out of X-Ray's
/// [header](https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader).
fn trace_id(header: &str) -> Option<&str> {
    header.split(';').find_map(|part| part.strip_prefix("Root="))
}

#[cfg(test)]
mod tests;
