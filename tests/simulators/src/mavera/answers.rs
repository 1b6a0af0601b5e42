//! The shapes of answers and errors.

use ::http::{HeaderName, HeaderValue, Response, StatusCode, header};
use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::mavera::limits::Standing;
use crate::mavera::state::{ListForm, Persona};
use crate::outgoing::outgoing;

/// Why Mavera refuses ([errors](https://docs.mavera.io/guides/errors)).
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    status: StatusCode,
    kind: &'static str,
    code: &'static str,
    message: String,
    parameter: Option<&'static str>,
}

pub(crate) type Answer = Result<Response<Bytes>, Refusal>;

impl Refusal {
    fn new(
        status: StatusCode,
        kind: &'static str,
        code: &'static str,
        message: impl Into<String>,
    ) -> Self {
        Self { status, kind, code, message: message.into(), parameter: None }
    }

    fn invalid(code: &'static str, parameter: &'static str, message: String) -> Self {
        let refusal = Self::new(StatusCode::BAD_REQUEST, "invalid_request_error", code, message);
        Self { parameter: Some(parameter), ..refusal }
    }

    pub(crate) fn missing_field(name: &'static str) -> Self {
        Self::invalid("missing_field", name, format!("Missing required field '{name}'."))
    }

    pub(crate) fn invalid_field(name: &'static str) -> Self {
        Self::invalid("invalid_field", name, format!("Invalid value for '{name}'."))
    }

    pub(crate) fn unauthorized() -> Self {
        let message = "Invalid API key.";
        Self::new(StatusCode::UNAUTHORIZED, "authentication_error", "invalid_api_key", message)
    }

    pub(crate) fn no_credits() -> Self {
        let message = "No credits remaining.";
        Self::new(StatusCode::PAYMENT_REQUIRED, "credit_error", "credits_exhausted", message)
    }

    pub(crate) fn forbidden() -> Self {
        let message = "Base personas are read-only.";
        Self::new(StatusCode::FORBIDDEN, "permission_error", "forbidden", message)
    }

    pub(crate) fn not_found() -> Self {
        let message = "The requested resource was not found.";
        Self::new(StatusCode::NOT_FOUND, "not_found_error", "resource_not_found", message)
    }

    pub(crate) fn wrong_method() -> Self {
        let message = "The method is not allowed here.";
        let status = StatusCode::METHOD_NOT_ALLOWED;
        Self::new(status, "invalid_request_error", "method_not_allowed", message)
    }

    /// Repeats the name, as such messages do.
    pub(crate) fn name_taken(name: &str) -> Self {
        let message = format!("A persona named '{name}' already exists.");
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        let refusal = Self::new(status, "invalid_request_error", "persona_exists", message);
        Self { parameter: Some("name"), ..refusal }
    }

    pub(crate) fn too_many() -> Self {
        let message = "Rate limit exceeded.";
        let status = StatusCode::TOO_MANY_REQUESTS;
        Self::new(status, "rate_limit_error", "rate_limit_exceeded", message)
    }

    /// An error of any status, as a test asks for it.
    pub(crate) fn of_status(status: u16) -> Self {
        match status {
            400 => Self::invalid_field("name"),
            401 => Self::unauthorized(),
            402 => Self::no_credits(),
            403 => Self::forbidden(),
            404 => Self::not_found(),
            405 => Self::wrong_method(),
            422 => Self::name_taken("…"),
            429 => Self::too_many(),
            other => {
                let status =
                    StatusCode::from_u16(other).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                Self::new(status, "server_error", "internal_error", "Something went wrong.")
            }
        }
    }

    pub(crate) fn is_too_many(&self) -> bool {
        self.status == StatusCode::TOO_MANY_REQUESTS
    }

    pub(crate) fn answer(&self) -> Response<Bytes> {
        let error = json!({
            "message": self.message,
            "type": self.kind,
            "code": self.code,
            "param": self.parameter,
        });
        answer(self.status, &json!({ "error": error }))
    }
}

/// An answer in JSON.
pub(crate) fn answer(status: StatusCode, body: &Value) -> Response<Bytes> {
    outgoing(status, "application/json", body.to_string())
}

/// The headers that every answer has.
pub(crate) fn with_standing(mut answer: Response<Bytes>, standing: Standing) -> Response<Bytes> {
    let headers = [
        ("x-ratelimit-limit", standing.limit.to_string()),
        ("x-ratelimit-remaining", standing.remaining.to_string()),
        ("x-ratelimit-reset", standing.resets.as_second().to_string()),
    ];
    for (name, value) in headers {
        set(&mut answer, HeaderName::from_static(name), &value);
    }
    answer
}

/// Says after how many seconds the caller may come back.
pub(crate) fn with_retry_after(mut answer: Response<Bytes>, seconds: u64) -> Response<Bytes> {
    set(&mut answer, header::RETRY_AFTER, &seconds.to_string());
    answer
}

fn set(answer: &mut Response<Bytes>, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        answer.headers_mut().insert(name, value);
    }
}

impl Persona {
    pub(crate) fn json(&self, form: ListForm) -> Value {
        let mut persona = self.others.clone();
        let created = match form {
            ListForm::Array => text(self.created).into(),
            ListForm::Pages => self.created.as_second().into(),
        };
        let fields = [
            ("id", Value::from(self.id.clone())),
            ("name", self.name.clone().into()),
            ("description", self.description.clone().into()),
            ("demographic", self.demographic.clone()),
            ("created_at", created),
        ];
        persona.extend(fields.map(|(name, value)| (name.to_owned(), value)));
        if form == ListForm::Pages {
            let kind = if self.is_global { "persona" } else { "custom_persona" };
            persona.insert("object".to_owned(), kind.into());
            persona.insert("is_custom".to_owned(), (!self.is_global).into());
        }
        Value::Object(persona)
    }
}

fn text(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
