//! A deployed stack: its function, its tables and its queue, found by the stack's name.
//!
//! The template names the function after the stack, and the function's environment names the rest.

mod queue_age;

use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_lambda::Client;
use aws_sdk_lambda::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_lambda::primitives::Blob;
use resegment::{Answer, Start};
use rules::InvalidId;
use runtime::{Env, Services};
use serde_json::{Value, json};
use state::{ConfigTable, Customers, Runs, SqsQueue};

/// The longest one attempt at a call to AWS may take, unless it waits for the function.
const ATTEMPT: Duration = Duration::from_secs(10);
/// The longest a call of the function may take: its own limit, and a little more.
const LONGEST_CALL: Duration = Duration::from_mins(16);

/// The name of a stack: a letter, then letters, digits and hyphens, up to 128
/// ([stacks](https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StackName(String);

impl FromStr for StackName {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        let begins_well = text.starts_with(|first: char| first.is_ascii_alphabetic());
        (begins_well && text.len() <= 128 && text.bytes().all(plain))
            .then(|| Self(text.to_owned()))
            .ok_or(InvalidId { expected: "a stack's name (a letter, then letters, digits and -)" })
    }
}

impl fmt::Display for StackName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A stack that cannot be worked with.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StackError {
    /// AWS knows no such function.
    #[error(
        "there is no function {function}{}; check the stack's name, and the AWS credentials and \
         region in use",
        in_region(.region.as_ref())
    )]
    NoFunction { function: String, region: Option<String> },
    /// The function's environment does not name what it should.
    #[error(
        "{function} has no {variable} in its environment; deploy the stack with this version of the \
         product"
    )]
    Unset { function: String, variable: &'static str },
    /// The credentials may not do what a command needs.
    #[error("{operation}: the AWS credentials in use lack the right {right}")]
    Denied { operation: &'static str, right: &'static str },
    /// AWS did not carry out a call.
    #[error("{operation}: {detail}; check the AWS credentials and region in use")]
    Aws { operation: &'static str, detail: String },
    /// The function ran into an error.
    #[error("{function} failed: {detail}")]
    Function { function: String, detail: String },
    /// The answer is none that this version knows.
    #[error(
        "{function} answered what is not understood ({detail}); use the version that is deployed"
    )]
    Answer { function: String, detail: String },
}

fn in_region(region: Option<&String>) -> String {
    region.map(|region| format!(" in {region}")).unwrap_or_default()
}

/// A deployed stack.
pub(crate) struct Stack {
    function: String,
    lambda: Client,
    metrics: aws_sdk_cloudwatch::Client,
    /// The address of the queue.
    queue_url: String,
    /// The rule book and the settings.
    pub(crate) config: ConfigTable,
    /// The applied state.
    pub(crate) customers: Customers,
    /// The runs.
    pub(crate) runs: Runs,
    /// What the workers work off.
    pub(crate) queue: SqsQueue,
    services: Services,
}

impl Stack {
    /// Finds a stack, with the credentials and the region of the AWS command line.
    pub(crate) async fn find(name: &StackName) -> Result<Self, StackError> {
        let limits = TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT).build();
        let aws = aws_config::defaults(BehaviorVersion::latest()).timeout_config(limits);
        let aws = aws.load().await;
        let (lambda, function) = (Client::new(&aws), format!("{name}-resegment"));
        let variables = environment(&lambda, &function, &aws).await?;
        let variable = |variable: &'static str| {
            let unset = || StackError::Unset { function: function.clone(), variable };
            variables.get(variable).cloned().ok_or_else(unset)
        };
        let dynamodb = aws_sdk_dynamodb::Client::new(&aws);
        let customers = Customers::new(dynamodb.clone(), variable("CUSTOMERS_TABLE")?);
        let queue_url = variable("SYNC_QUEUE_URL")?;
        Ok(Self {
            config: ConfigTable::new(dynamodb.clone(), variable("CONFIG_TABLE")?),
            customers,
            runs: Runs::new(dynamodb, variable("RUNS_TABLE")?),
            queue: SqsQueue::new(aws_sdk_sqs::Client::new(&aws), &queue_url),
            queue_url,
            metrics: aws_sdk_cloudwatch::Client::new(&aws),
            function,
            lambda,
            services: Services::of(Env::from(move |name| variables.get(name).cloned()), aws),
        })
    }

    /// The services as the function calls them, with what its environment and the stack's secrets say.
    pub(crate) fn services(&self) -> &Services {
        &self.services
    }

    /// Calls the function that advances runs, and waits for its answer. Nothing is repeated: a second
    /// start would be another one.
    pub(crate) async fn resegment(&self, start: Option<&Start>) -> Result<Answer, StackError> {
        let event = start.map_or_else(|| json!({}), |start| json!({ "start": start }));
        let limits = TimeoutConfig::builder()
            .operation_attempt_timeout(LONGEST_CALL)
            .operation_timeout(LONGEST_CALL)
            .build();
        let config = aws_sdk_lambda::Config::builder()
            .timeout_config(limits)
            .retry_config(RetryConfig::disabled())
            // The function is silent until it has its answer.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
        let answer = self
            .lambda
            .invoke()
            .function_name(&self.function)
            .payload(Blob::new(event.to_string()))
            .customize()
            .config_override(config)
            .send()
            .await
            .map_err(|error| aws_error("invoke the function", &error))?;
        let payload = answer.payload().map(AsRef::as_ref).unwrap_or_default();
        if answer.function_error().is_some() {
            return Err(self.failed(payload));
        }
        serde_json::from_slice(payload).map_err(|error| StackError::Answer {
            function: self.function.clone(),
            detail: error.to_string(),
        })
    }

    /// Reads what Lambda answers for a function that failed
    /// ([errors](https://docs.aws.amazon.com/lambda/latest/dg/invocation-sync.html)).
    fn failed(&self, payload: &[u8]) -> StackError {
        let message = serde_json::from_slice(payload)
            .ok()
            .and_then(|error: Value| Some(error.get("errorMessage")?.as_str()?.to_owned()));
        let detail = message.unwrap_or_else(|| "no message; look into its log".to_owned());
        StackError::Function { function: self.function.clone(), detail }
    }
}

/// The variables of a function's environment.
async fn environment(
    lambda: &Client,
    function: &str,
    aws: &SdkConfig,
) -> Result<HashMap<String, String>, StackError> {
    let asked = lambda.get_function_configuration().function_name(function).send().await;
    match asked {
        Ok(found) => Ok(found.environment.and_then(|it| it.variables).unwrap_or_default()),
        Err(error) if error.code() == Some("ResourceNotFoundException") => {
            let region = aws.region().map(ToString::to_string);
            Err(StackError::NoFunction { function: function.to_owned(), region })
        }
        Err(error) => Err(aws_error("read the function's configuration", &error)),
    }
}

/// What AWS says is wrong, or else what kept us from asking.
fn aws_error<E, R>(operation: &'static str, error: &SdkError<E, R>) -> StackError
where
    E: ProvideErrorMetadata + Error + 'static,
    R: fmt::Debug,
{
    let detail = match (error.code(), error.message()) {
        (Some(code), Some(message)) => format!("{code} ({message})"),
        (Some(told), None) | (None, Some(told)) => told.to_owned(),
        (None, None) => causes(error),
    };
    StackError::Aws { operation, detail }
}

/// An error and what caused it: "dispatch failure: io error: connection refused".
fn causes(error: &dyn Error) -> String {
    let causes = std::iter::successors(Some(error), |&error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
