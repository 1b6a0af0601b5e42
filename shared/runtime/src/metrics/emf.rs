//! Metrics as log lines that `CloudWatch` reads them from: its
//! [embedded metric format](https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html).

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::json;
use tracing::level_filters::LevelFilter;

use super::{Measures, Metric};
use crate::telemetry::Function;

/// How many values a line may hold of one metric.
const MOST_VALUES: usize = 100;

/// Where metrics go, and what their lines say beside them.
pub(crate) struct Emf {
    pub(crate) namespace: String,
    pub(crate) function: Function,
    /// One that Lambda lets pass. A line that says none would count as INFO, and be dropped where only
    /// graver ones pass.
    pub(crate) level: LevelFilter,
}

/// What one line holds: a dimension has one value in it.
#[derive(Default)]
struct Row<'a> {
    dimensions: BTreeMap<&'static str, &'a str>,
    metrics: Vec<(Metric, &'a [u64])>,
}

/// One line.
struct Line<'a> {
    emf: &'a Emf,
    request_id: &'a str,
    now: Timestamp,
    row: Row<'a>,
}

impl Emf {
    /// Writes what was measured: no line if nothing was, one as a rule, and more if a dimension has
    /// several values.
    pub(crate) fn write(&self, measures: &Measures, request_id: &str, sink: &dyn Fn(&[u8])) {
        let now = Timestamp::now();
        for row in rows(measures) {
            // Texts and numbers can always be written.
            let line = serde_json::to_vec(&Line { emf: self, request_id, now, row });
            if let Ok(mut line) = line {
                line.push(b'\n');
                sink(&line);
            }
        }
    }
}

fn rows(measures: &Measures) -> Vec<Row<'_>> {
    let mut rows: Vec<Row<'_>> = Vec::new();
    let mut known: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for ((metric, of), values) in &measures.0 {
        let first = metric.told_apart_by().map_or(0, |dimension| {
            let known = known.entry(dimension).or_default();
            known.iter().position(|known| known == of).unwrap_or_else(|| {
                known.push(of);
                known.len() - 1
            })
        });
        for (number, values) in (first..).zip(values.chunks(MOST_VALUES)) {
            if rows.len() <= number {
                rows.resize_with(number + 1, Row::default);
            }
            if let Some(row) = rows.get_mut(number) {
                row.dimensions.extend(metric.told_apart_by().map(|dimension| (dimension, &**of)));
                row.metrics.push((*metric, values));
            }
        }
    }
    rows
}

impl Serialize for Line<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { emf, request_id, now, row } = self;
        let mut line = serializer.serialize_map(None)?;
        line.serialize_entry("level", &emf.level.to_string().to_uppercase())?;
        line.serialize_entry("timestamp", &format_args!("{now:.6}"))?;
        let alike =
            |one: &(Metric, _), other: &(Metric, _)| one.0.dimensions() == other.0.dimensions();
        let directives: Vec<_> =
            row.metrics.chunk_by(alike).filter_map(|metrics| emf.directive(metrics)).collect();
        let told = json!({ "Timestamp": now.as_millisecond(), "CloudWatchMetrics": directives });
        line.serialize_entry("_aws", &told)?;
        line.serialize_entry("service", emf.function.as_str())?;
        line.serialize_entry("function_request_id", request_id)?;
        for (dimension, value) in &row.dimensions {
            line.serialize_entry(dimension, value)?;
        }
        for (metric, values) in &row.metrics {
            match values {
                [value] => line.serialize_entry(metric.name(), value)?,
                values => line.serialize_entry(metric.name(), values)?,
            }
        }
        line.end()
    }
}

impl Emf {
    fn directive(&self, metrics: &[(Metric, &[u64])]) -> Option<serde_json::Value> {
        let dimensions = metrics.first()?.0.dimensions();
        let named =
            |(metric, _): &(Metric, _)| json!({ "Name": metric.name(), "Unit": metric.unit() });
        let metrics: Vec<_> = metrics.iter().map(named).collect();
        Some(json!({ "Namespace": self.namespace, "Dimensions": dimensions, "Metrics": metrics }))
    }
}
