//! What goes wrong with the tables and the queue, as a whole and in part.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use simulators::SimClock;

use crate::aws::Answer;

/// Something that goes wrong with one try of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AwsFault {
    /// An error of the service's own, with this status.
    Status(u16),
    /// Too many calls.
    Throttled,
    /// Somebody else writes the same item.
    Conflict,
    /// Of a batch only the first half is carried out; a page is cut short.
    InPart,
    /// The connection breaks.
    Lost { done: bool },
    /// Half of the answer comes back.
    Cut,
    /// It takes so many seconds.
    Slow(u8),
}

/// Which calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Tables,
    Queue,
}

/// The operations of the queue; all others are of the tables.
const OF_QUEUE: [&str; 3] = ["SendMessageBatch", "GetQueueAttributes", "DeleteMessage"];

#[derive(Debug)]
struct Armed {
    part: Part,
    fault: AwsFault,
    skipped: u32,
    /// Calls left, if they are counted.
    left: Option<u32>,
    until: Option<Timestamp>,
}

/// What waits for its calls.
#[derive(Debug)]
pub(crate) struct AwsFaults {
    clock: SimClock,
    armed: Mutex<Vec<Armed>>,
    met: Mutex<BTreeMap<String, u64>>,
}

/// What a call meets.
pub(crate) enum Met {
    /// It is not carried out, and answered so.
    Instead(Answer),
    /// Less of it is carried out.
    Less { request: Vec<u8>, left: Left },
    /// No answer comes.
    Lost { done: bool },
    /// Half of the answer comes.
    Cut,
    /// The answer comes late.
    Slow(Duration),
}

/// What of a request was left undone, and how that is told.
pub(crate) enum Left {
    /// Further pages are to be asked for.
    Nothing,
    /// Under this name of the answer.
    Under(&'static str, Value),
}

impl Left {
    /// The answer that tells it.
    pub(crate) fn told(self, answer: Answer) -> Answer {
        match self {
            Self::Under(name, left) if answer.status == 200 => {
                let mut told = answer.json();
                told[name] = left;
                Answer::ok(&told)
            }
            _ => answer,
        }
    }
}

impl AwsFaults {
    pub(crate) fn new(clock: SimClock) -> Self {
        Self { clock, armed: Mutex::default(), met: Mutex::default() }
    }

    /// Meets this many calls after the first `skipped`.
    pub(crate) fn times(&self, times: u32, part: Part, skipped: u32, fault: AwsFault) {
        self.arm(Armed { part, fault, skipped, left: Some(times), until: None });
    }

    /// Meets all calls after the first `skipped` for so long.
    pub(crate) fn during(&self, time: Duration, part: Part, skipped: u32, fault: AwsFault) {
        let until = Some(self.clock.now() + time);
        self.arm(Armed { part, fault, skipped, left: None, until });
    }

    fn arm(&self, armed: Armed) {
        self.armed.lock().unwrap().push(armed);
    }

    pub(crate) fn clear(&self) {
        self.armed.lock().unwrap().clear();
    }

    /// What was met, and how often.
    pub(crate) fn take_met(&self) -> BTreeMap<String, u64> {
        std::mem::take(&mut *self.met.lock().unwrap())
    }

    /// How often the queue did not do as it was told.
    pub(crate) fn met_at_queue(&self) -> u64 {
        let met = self.met.lock().unwrap();
        met.iter().filter(|(what, _)| what.starts_with("queue")).map(|(_, times)| times).sum()
    }

    /// Whether this call goes wrong that nobody makes by the SDK.
    pub(crate) fn befalls(&self, operation: &str) -> bool {
        let fault = self.take(operation).filter(|fault| !matches!(fault, AwsFault::Slow(_)));
        fault.is_some_and(|fault| self.count(operation, fault))
    }

    /// What this call meets.
    pub(crate) fn meet(&self, operation: &str, body: &[u8]) -> Option<Met> {
        let fault = self.take(operation)?;
        let met = met(fault, operation, body)?;
        self.count(operation, fault);
        Some(met)
    }

    fn count(&self, operation: &str, fault: AwsFault) -> bool {
        let part = if OF_QUEUE.contains(&operation) { "queue" } else { "tables" };
        let name = match fault {
            AwsFault::Status(status) => status.to_string(),
            AwsFault::Throttled => "throttled".to_owned(),
            AwsFault::Conflict => "conflict".to_owned(),
            AwsFault::InPart => format!("in part ({operation})"),
            AwsFault::Lost { done: true } => "done, and no answer".to_owned(),
            AwsFault::Lost { done: false } => "not done, and no answer".to_owned(),
            AwsFault::Cut => "half an answer".to_owned(),
            AwsFault::Slow(_) => "slow".to_owned(),
        };
        *self.met.lock().unwrap().entry(format!("{part}: {name}")).or_default() += 1;
        true
    }

    fn take(&self, operation: &str) -> Option<AwsFault> {
        let part = if OF_QUEUE.contains(&operation) { Part::Queue } else { Part::Tables };
        let now = self.clock.now();
        let mut armed = self.armed.lock().unwrap();
        armed.retain(|it| it.left != Some(0) && it.until.is_none_or(|until| now < until));
        let meets = |it: &mut Armed| {
            if it.part != part || it.left == Some(0) {
                return None;
            }
            if it.skipped > 0 {
                it.skipped -= 1;
                return None;
            }
            it.left = it.left.map(|left| left - 1);
            Some(it.fault)
        };
        armed.iter_mut().find_map(meets)
    }
}

/// What a fault comes to for this call; none if it cannot meet it.
fn met(fault: AwsFault, operation: &str, body: &[u8]) -> Option<Met> {
    Some(match fault {
        AwsFault::Status(status) => Met::Instead(error(status, "InternalServerError")),
        AwsFault::Throttled if operation == "TransactWriteItems" => {
            Met::Instead(cancelled(body, "ThrottlingError"))
        }
        AwsFault::Throttled => Met::Instead(throttled(operation)),
        AwsFault::Conflict => Met::Instead(match operation {
            "TransactWriteItems" => cancelled(body, "TransactionConflict"),
            "PutItem" | "UpdateItem" | "DeleteItem" => error(400, "TransactionConflictException"),
            _ => return None,
        }),
        AwsFault::InPart => in_part(operation, body)?,
        AwsFault::Lost { done } => Met::Lost { done },
        AwsFault::Cut => Met::Cut,
        AwsFault::Slow(seconds) => Met::Slow(Duration::from_secs(seconds.into())),
    })
}

fn error(status: u16, code: &str) -> Answer {
    let body = json!({ "__type": code, "message": "as the simulation wants it" });
    Answer { status, body: body.to_string().into_bytes() }
}

fn throttled(operation: &str) -> Answer {
    let of_queue = OF_QUEUE.contains(&operation);
    let code = if of_queue { "RequestThrottled" } else { "ProvisionedThroughputExceededException" };
    error(400, code)
}

/// A transaction that one of its items kept from being made.
fn cancelled(body: &[u8], code: &str) -> Answer {
    let request: Value = serde_json::from_slice(body).unwrap();
    let count = request["TransactItems"].as_array().unwrap().len();
    let culprit = body.len() % count;
    let reason = |place| json!({ "Code": if place == culprit { code } else { "None" } });
    let body = json!({
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "Message": "Transaction cancelled",
        "CancellationReasons": (0..count).map(reason).collect::<Vec<_>>(),
    });
    Answer { status: 400, body: body.to_string().into_bytes() }
}

/// The first half of a request. A batch of which nothing is done is throttled.
fn in_part(operation: &str, body: &[u8]) -> Option<Met> {
    let mut request: Value = serde_json::from_slice(body).unwrap();
    let left = match operation {
        "BatchGetItem" | "BatchWriteItem" => {
            let wanted = request["RequestItems"].as_object_mut().unwrap();
            let (table, wanted) = wanted.iter_mut().next().unwrap();
            let is_read = operation == "BatchGetItem";
            let mut rest = wanted.clone();
            let halved = if is_read { &mut wanted["Keys"] } else { &mut *wanted };
            let undone = second_half(halved.as_array_mut().unwrap());
            if halved.as_array().unwrap().is_empty() {
                return Some(Met::Instead(throttled(operation)));
            }
            *(if is_read { &mut rest["Keys"] } else { &mut rest }) = Value::Array(undone);
            let name = if is_read { "UnprocessedKeys" } else { "UnprocessedItems" };
            Left::Under(name, json!({ table: rest }))
        }
        "SendMessageBatch" => {
            let undone = second_half(request["Entries"].as_array_mut().unwrap());
            let failed = undone.iter().map(
                |entry| json!({ "Id": entry["Id"], "Code": "InternalError", "SenderFault": false }),
            );
            Left::Under("Failed", failed.collect())
        }
        "Query" | "Scan" => {
            request["Limit"] = json!(1);
            Left::Nothing
        }
        _ => return None,
    };
    Some(Met::Less { request: request.to_string().into_bytes(), left })
}

/// Takes the second half away, and everything if it is one.
fn second_half(of: &mut Vec<Value>) -> Vec<Value> {
    of.split_off(of.len() / 2)
}
