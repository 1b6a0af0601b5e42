//! What was really sent and answered while tests ran, kept to be held against the contracts afterwards.
//!
//! Where `EXCHANGES_DIR` names a folder, every process writes each kind of exchange once into a file of its
//! own there: those that differ in no more than their texts, numbers and lengths are of one kind. Of headers it
//! matters which there are, and what the body is said to be and how the call is authorized.

use std::collections::BTreeSet;
use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use http::{HeaderMap, Method, Request, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use simulators::{Outcome, RecordedExchange, Service, World};

/// The folder that is named, if one is.
pub fn folder() -> Option<PathBuf> {
    std::env::var_os("EXCHANGES_DIR").filter(|name| !name.is_empty()).map(PathBuf::from)
}

/// The same world, whose calls are kept if a folder is named.
#[must_use]
pub fn recorded(world: World) -> World {
    static RECORDER: OnceLock<Option<Recorder>> = OnceLock::new();
    if let Some(recorder) = RECORDER.get_or_init(|| folder().map(|it| Recorder::in_folder(&it))) {
        world.watch(|exchange| recorder.take(exchange));
    }
    world
}

/// An exchange as it is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Exchange {
    /// Who was called: `shopify`, `storage`, `okta`, `mavera`.
    pub service: String,
    /// The method.
    pub method: String,
    /// The whole address. Where services are simulated behind HTTP, the first part of its path names one.
    pub url: String,
    /// The path below the service's base address, with `{id}` for what varies.
    pub path: String,
    /// What was sent in headers, without tokens.
    pub headers: Vec<(String, String)>,
    /// What was sent.
    pub body: String,
    /// What came back; none if nothing did, or if a test had put it there.
    pub answer: Option<Answer>,
}

/// An answer as it is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: Vec<(String, String)>,
    /// The body. That of a file is not kept.
    pub body: String,
}

impl Answer {
    fn of(answer: &Response<impl AsRef<[u8]>>) -> Self {
        Self {
            status: answer.status().as_u16(),
            headers: headers(answer.headers()),
            body: text(answer.body().as_ref()),
        }
    }
}

impl Exchange {
    fn of(exchange: &RecordedExchange) -> Self {
        let RecordedExchange { call, request, response } = exchange;
        let whole = call.fault.is_none() && matches!(call.outcome, Outcome::Answered(_));
        Self {
            service: call.service.to_string(),
            method: request.method().to_string(),
            url: whole_address(request),
            path: call.path.clone(),
            headers: headers(request.headers()),
            body: text(request.body()),
            answer: response.as_ref().filter(|_| whole).map(Answer::of),
        }
    }

    /// The request, as the service itself would get it.
    ///
    /// # Errors
    /// If what was kept is none.
    pub fn request(&self) -> Result<Request<Vec<u8>>, http::Error> {
        let method: Method = self.method.parse()?;
        let prefix = format!("/{}/", self.service);
        let url = match self.url.strip_prefix("http://").and_then(|url| url.split_once(&prefix)) {
            Some((host, rest)) => format!("http://{host}/{rest}"),
            None => self.url.clone(),
        };
        let request = Request::builder().method(method).uri(url);
        let named = self.headers.iter();
        let request = named.fold(request, |request, (name, value)| request.header(name, value));
        request.body(self.body.clone().into_bytes())
    }

    /// One header of the request, empty if it is missing.
    pub fn header(&self, name: &str) -> &str {
        header(&self.headers, name)
    }
}

impl Answer {
    /// The answer.
    ///
    /// # Errors
    /// If what was kept is none.
    pub fn response(&self) -> Result<Response<Vec<u8>>, http::Error> {
        Response::builder().status(self.status).body(self.body.clone().into_bytes())
    }

    /// One header, empty if it is missing.
    pub fn header(&self, name: &str) -> &str {
        header(&self.headers, name)
    }
}

fn header<'a>(headers: &'a [(String, String)], name: &str) -> &'a str {
    headers.iter().find(|(own, _)| own == name).map_or("", |(_, value)| value)
}

/// The address with its host, which a request over HTTP has in a header of its own.
fn whole_address<B>(request: &Request<B>) -> String {
    let host = request.headers().get(http::header::HOST).and_then(|host| host.to_str().ok());
    match host.filter(|_| request.uri().host().is_none()) {
        Some(host) => format!("http://{host}{}", request.uri()),
        None => request.uri().to_string(),
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Headers, each with what it holds; of a token, only how it begins.
fn headers(headers: &HeaderMap) -> Vec<(String, String)> {
    let shown = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        let value = text(value.as_bytes());
        let value = match name.as_str() {
            "authorization" => value.split(' ').next().unwrap_or_default().to_owned(),
            "x-shopify-access-token" => String::new(),
            _ => value,
        };
        (name.as_str().to_owned(), value)
    };
    headers.iter().map(shown).collect()
}

/// Keeps exchanges of which none like it is kept.
struct Recorder {
    seen: Mutex<BTreeSet<u64>>,
    file: Mutex<File>,
}

impl Recorder {
    #[expect(clippy::panic, reason = "who asks for recordings wants no test without one")]
    fn in_folder(folder: &Path) -> Self {
        let file = folder.join(format!("{}.jsonl", std::process::id()));
        let file = std::fs::create_dir_all(folder).and_then(|()| File::create(&file));
        let file = file.unwrap_or_else(|error| panic!("EXCHANGES_DIR: {error}"));
        Self { seen: Mutex::default(), file: Mutex::new(file) }
    }

    fn take(&self, exchange: &RecordedExchange) {
        if matches!(exchange.call.service, Service::Elsewhere) {
            return;
        }
        let kind = kind(exchange);
        if !self.seen.lock().unwrap_or_else(PoisonError::into_inner).insert(kind) {
            return;
        }
        if let Ok(mut line) = serde_json::to_vec(&Exchange::of(exchange)) {
            line.push(b'\n');
            let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
            // A line that is missing is missed by the check, which counts the operations.
            drop(file.write_all(&line));
        }
    }
}

/// What exchanges of one kind have in common.
fn kind(exchange: &RecordedExchange) -> u64 {
    let RecordedExchange { call, request, response } = exchange;
    let mut hasher = DefaultHasher::new();
    (call.service, call.method.as_str(), &call.path, &call.operation).hash(&mut hasher);
    (call.fault.is_some(), matches!(call.outcome, Outcome::Answered(_))).hash(&mut hasher);
    let query = url::form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes());
    query.for_each(|(name, value)| (name, pattern(&value)).hash(&mut hasher));
    header_shape(request.headers()).hash(&mut hasher);
    body_shape(request.body()).hash(&mut hasher);
    if let Some(answer) = response {
        answer.status().as_u16().hash(&mut hasher);
        header_shape(answer.headers()).hash(&mut hasher);
        body_shape(answer.body()).hash(&mut hasher);
    }
    hasher.finish()
}

/// Headers without what they hold, but for those by which calls are of different kinds; in whatever order.
fn header_shape(all: &HeaderMap) -> BTreeSet<(String, String)> {
    let telling = |(name, value): (String, String)| {
        let tells = ["authorization", "content-type"].contains(&name.as_str());
        (name, if tells { value } else { String::new() })
    };
    headers(all).into_iter().map(telling).collect()
}

fn body_shape(body: &[u8]) -> String {
    serde_json::from_slice(body).map_or_else(|_| pattern(&text(body)), |json| shape(&json))
}

/// JSON without what its texts and numbers say, and without how often a list repeats itself.
fn shape(json: &Value) -> String {
    match json {
        Value::Null => "null".to_owned(),
        Value::Bool(_) => "bool".to_owned(),
        Value::Number(number) => pattern(&number.to_string()),
        Value::String(text) => format!("\"{}\"", pattern(text)),
        Value::Array(items) => {
            let kinds: BTreeSet<String> = items.iter().map(shape).collect();
            format!("[{}]", kinds.into_iter().collect::<Vec<_>>().join(","))
        }
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| format!("{name}:{}", shape(value)));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
        }
    }
}

/// A text with runs of digits and of small letters cut to one each. Capitals say which of a few it is.
fn pattern(text: &str) -> String {
    let mut pattern = String::new();
    for letter in text.chars().take(200) {
        let kind = match letter {
            '0'..='9' => '0',
            'a'..='z' => 'a',
            other if other.is_ascii() => other,
            _ => 'ä',
        };
        if !pattern.ends_with(kind) || kind.is_ascii_punctuation() {
            pattern.push(kind);
        }
    }
    pattern
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_differs_in_headers_that_tell_something_is_of_another_shape() {
        let shape = |named: &[(&'static str, &'static str)]| {
            let named =
                named.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
            header_shape(&named.collect())
        };
        let usual = [("authorization", "Bearer a"), ("content-type", "application/json")];
        let same = [("content-type", "application/json"), ("authorization", "Bearer b")];
        assert_eq!(shape(&usual), shape(&same));
        for other in [
            &[("authorization", "DPoP a"), ("content-type", "application/json")][..],
            &[("authorization", "Bearer a"), ("content-type", "text/plain")],
            &[("authorization", "Bearer a"), ("content-type", "application/json"), ("dpop", "a")],
            &[("content-type", "application/json")],
        ] {
            assert_ne!(shape(&usual), shape(other), "{other:?}");
        }
    }

    #[test]
    fn what_differs_in_texts_and_lengths_alone_is_of_one_shape() {
        let one = json!({ "id": "00u1", "status": "ACTIVE", "list": [{ "a": 1 }] });
        let same =
            json!({ "id": "00u2345", "status": "ACTIVE", "list": [{ "a": 12 }, { "a": 3 }] });
        assert_eq!(shape(&one), shape(&same));
        for other in [
            json!({ "id": "00u1", "status": "STAGED", "list": [{ "a": 1 }] }),
            json!({ "id": null, "status": "ACTIVE", "list": [{ "a": 1 }] }),
            json!({ "id": "00u1", "status": "ACTIVE", "list": [{ "a": 1.5 }] }),
            json!({ "id": "00u1", "status": "ACTIVE", "list": [] }),
        ] {
            assert_ne!(shape(&one), shape(&other), "{other}");
        }
    }
}
