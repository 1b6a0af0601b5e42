//! Where changes of segment are told.

use announcements::Error;

use super::check::{Check, State};
use crate::target::Target;

const EVENT_BUS: &str = "event_bus";

/// Looks whether the bus is there. If it is not, no customer whose segment changes is worked off to the end.
pub(super) async fn look(target: &Target) -> Check {
    let Some(bus) = target.event_bus() else {
        return Check::ok(EVENT_BUS, "there is none: changes of segment are told nobody");
    };
    match bus.look().await {
        Ok(()) => Check::ok(EVENT_BUS, format!("changes of segment are told to {}", bus.name())),
        Err(Error::NoBus { bus }) => Check::wrong(
            EVENT_BUS,
            format!("there is no event bus {bus}: customers whose segment changes are put off"),
            "make the bus, or deploy with another EventBusName",
        ),
        Err(Error::Denied { bus, code, .. }) => unknown(
            format!("event bus {bus}: it cannot be looked at: {code}"),
            "allow events:DescribeEventBus to whoever runs this (docs/operations.md, \"Who may do what\")",
        ),
        Err(error) => unknown(error.to_string(), "look again later"),
    }
}

fn unknown(finding: String, mend: &str) -> Check {
    Check { name: EVENT_BUS, state: State::Unknown, finding, mend: Some(mend.to_owned()) }
}
