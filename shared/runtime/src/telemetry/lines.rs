//! Log lines: one JSON object each, with the fields of its event and of the spans around it at the top.
//!
//! Lambda's filter goes by
//! [`level` and `timestamp`](https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html).

use std::fmt;
use std::io::Write;

use jiff::Timestamp;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::Sink;
use super::heard::is_ours;

/// Writes log lines.
pub(super) struct Lines {
    pub(super) sink: Sink,
}

/// Fields as they stand in a line: `,"key":value` each.
#[derive(Default)]
struct Fields(Vec<u8>);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Lines {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if !is_ours(attributes.metadata().target()) {
            return;
        }
        if let Some(span) = context.span(id) {
            let mut fields = Fields::default();
            attributes.record(&mut fields);
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let metadata = event.metadata();
        let mut line = Fields(Vec::with_capacity(512));
        // Nothing can fail to be written into memory.
        let _ = write!(
            line.0,
            r#"{{"level":"{}","timestamp":"{:.6}""#,
            metadata.level(),
            Timestamp::now()
        );
        if is_ours(metadata.target()) {
            event.record(&mut line);
        } else {
            event.record(&mut MessageAlone(&mut line));
            line.text("target", metadata.target());
        }
        for span in context.event_scope(event).into_iter().flatten() {
            if let Some(fields) = span.extensions().get::<Fields>() {
                line.0.extend_from_slice(&fields.0);
            }
        }
        line.0.extend_from_slice(b"}\n");
        (self.sink)(&line.0);
    }
}

impl Fields {
    fn text(&mut self, key: &str, value: &str) {
        self.key(key);
        // A text can always be written into memory.
        let _ = serde_json::to_writer(&mut self.0, value);
    }

    fn plain(&mut self, key: &str, value: impl fmt::Display) {
        self.key(key);
        let _ = write!(self.0, "{value}");
    }

    /// Keys stand in this program, and none needs escaping.
    fn key(&mut self, key: &str) {
        let _ = write!(self.0, r#","{key}":"#);
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field.name(), value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.plain(field.name(), value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.plain(field.name(), value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.plain(field.name(), value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.text(field.name(), &format!("{value:?}"));
    }
}

/// Takes a library's message. Its fields may hold what it sent or was sent.
struct MessageAlone<'a>(&'a mut Fields);

impl Visit for MessageAlone<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.0.text("message", &format!("{value:?}"));
        }
    }
}
