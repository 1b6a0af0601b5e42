//! Making and changing personas.

use bytes::Bytes;
use http::{Method, Response};
use jiff::Timestamp;
use outbound::{Call, Error, ErrorKind, Repeat};
use rules::{PersonaContent, PersonaId};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::client::{Failure, Mavera};
use crate::{answer, body};

/// The status of a refusal because the name is taken.
const UNPROCESSABLE: u16 = 422;

/// What came of making a persona. Anything else that can go wrong surely made none, and is an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Created {
    /// It was made.
    Made(PersonaId),
    /// It was refused with 422, which is how the cookbook says that the name is taken: look it up. If
    /// nobody has the name, this is what was wrong with the request.
    NameTaken(Error),
    /// It may have been made, and paid for: no whole answer, one that cannot be read, or a 5xx. Look
    /// it up; a person decides before it is made again.
    Unknown(Error),
}

/// What came of changing a persona.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Updated {
    /// It now says this.
    Done,
    /// There is no such persona: it was deleted at Mavera.
    Gone,
}

#[derive(Deserialize)]
struct Made {
    id: PersonaId,
}

impl Mavera {
    /// Makes a persona, which costs its owner credits. `fields` is what else the body holds; where
    /// both name the same, the content's own value is sent. At most one request is sent that can have
    /// made it.
    ///
    /// # Errors
    /// [`is_out_of_credits`](crate::is_out_of_credits) if there are too few credits;
    /// [`Throttled`](ErrorKind::Throttled) if there is no time to wait; or if the call fails
    /// otherwise. No persona was made.
    pub async fn create(
        &self,
        content: &PersonaContent,
        fields: &Map<String, Value>,
        deadline: Timestamp,
    ) -> Result<Created, Error> {
        let call = self.call("create persona", Method::POST, &[], &[], Repeat::Never);
        let body = body::whole(&call, content, fields)?;
        let call = call.json(&body)?;
        match self.send(&call, deadline).await {
            Ok(answer) => Ok(made(&call, &answer)),
            Err(Failure { error, is_open: true }) => Ok(Created::Unknown(error)),
            Err(Failure { error, .. }) => match error.kind {
                ErrorKind::Rejected { status: UNPROCESSABLE, .. } => Ok(Created::NameTaken(error)),
                _ => Err(error),
            },
        }
    }

    /// Writes name, description and `demographic` of a persona; what else it holds stays. `fields` is
    /// what it was made with. Doing it again changes nothing.
    ///
    /// # Errors
    /// [`Forbidden`](ErrorKind::Forbidden) if the persona is one of Mavera's own; or if the call fails
    /// otherwise.
    pub async fn update(
        &self,
        id: &PersonaId,
        content: &PersonaContent,
        fields: &Map<String, Value>,
        deadline: Timestamp,
    ) -> Result<Updated, Error> {
        let path = [id.as_str()];
        let call = self.call("update persona", Method::PATCH, &path, &[], Repeat::Safe);
        let body = body::own(&call, content, fields)?;
        match self.send(&call.json(&body)?, deadline).await {
            Ok(_) => Ok(Updated::Done),
            Err(Failure { error: Error { kind: ErrorKind::NotFound, .. }, .. }) => {
                Ok(Updated::Gone)
            }
            Err(failure) => Err(failure.error),
        }
    }
}

/// A success made it, whether its answer can be read or not.
fn made(call: &Call, answer: &Response<Bytes>) -> Created {
    answer::json(call, answer.body()).map_or_else(Created::Unknown, |Made { id }| Created::Made(id))
}
