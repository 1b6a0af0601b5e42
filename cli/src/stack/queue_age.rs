//! For how long the oldest message of the queue has waited: SQS tells `CloudWatch` alone.

use aws_sdk_cloudwatch::error::ProvideErrorMetadata;
use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{Dimension, Statistic};
use jiff::{SignedDuration, Timestamp};

use super::{Stack, StackError, aws_error};

/// What is asked for
/// ([metrics](https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html)).
const METRIC: &str = "ApproximateAgeOfOldestMessage";
/// How often SQS tells it, in seconds.
const PERIOD: i32 = 60;
/// How far back is looked: SQS may be so late.
const LATEST: SignedDuration = SignedDuration::from_mins(15);
const OPERATION: &str = "read the age of the queue's oldest message";
/// The right that it takes
/// ([actions](https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html)).
const RIGHT: &str = "cloudwatch:GetMetricStatistics";

impl Stack {
    /// For how long the queue's oldest message had waited when SQS last told, from when it was sent. None
    /// if SQS has told nothing lately: then nothing waits, or only since a few minutes ago.
    ///
    /// # Errors
    /// If `CloudWatch` does not answer, or the right is lacking.
    pub(crate) async fn queue_age(
        &self,
        now: Timestamp,
    ) -> Result<Option<SignedDuration>, StackError> {
        // The last part of a queue's address is its name.
        let name = self.queue_url.rsplit('/').next().unwrap_or_default();
        let queue = Dimension::builder().name("QueueName").value(name).build();
        let asked = self
            .metrics
            .get_metric_statistics()
            .namespace("AWS/SQS")
            .metric_name(METRIC)
            .dimensions(queue)
            .start_time(DateTime::from_secs((now - LATEST).as_second()))
            .end_time(DateTime::from_secs(now.as_second()))
            .period(PERIOD)
            .statistics(Statistic::Maximum);
        let told = asked.send().await.map_err(|error| match error.code() {
            Some("AccessDenied" | "AccessDeniedException") => {
                StackError::Denied { operation: OPERATION, right: RIGHT }
            }
            _ => aws_error(OPERATION, &error),
        })?;
        let newest = told.datapoints().iter().max_by_key(|point| point.timestamp().copied());
        let seconds = newest.and_then(aws_sdk_cloudwatch::types::Datapoint::maximum);
        Ok(seconds.and_then(|seconds| SignedDuration::try_from_secs_f64(seconds).ok()))
    }
}
