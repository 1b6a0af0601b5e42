//! Mavera, if personas are kept.

use outbound::ErrorKind;

use super::check::Check;
use crate::setup::Parts;
use crate::target::Target;

const CREDENTIALS: &str = "mavera_credentials";
/// A name to ask for. Nobody need have it.
const NAME: &str = "segments doctor";

/// Looks whether the credentials work.
pub(super) async fn look(parts: &Parts, target: &Target) -> Check {
    let mavera = match target.mavera() {
        Ok(Some(mavera)) => mavera,
        Ok(None) => return Check::ok(CREDENTIALS, "there are none, so no personas are kept"),
        Err(error) => {
            return Check::wrong(CREDENTIALS, error.to_string(), "correct MAVERA_API_URL");
        }
    };
    match mavera.find(NAME, parts.deadline()).await {
        Ok(_) => Check::ok(CREDENTIALS, "Mavera answers"),
        Err(error) => match error.kind {
            ErrorKind::Credentials { detail } => {
                Check::ok(CREDENTIALS, format!("{detail}; so no personas are kept"))
            }
            _ => Check::failed(CREDENTIALS, &error),
        },
    }
}
