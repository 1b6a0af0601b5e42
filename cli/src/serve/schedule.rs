//! What happens by the clock: full runs and the refresh of group ids.

use std::time::Duration;

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Zoned};
use resegment::{Event, Start, Status, Summary};
use state::Receive;
use tokio::sync::watch;

use super::{System, stopped};

/// How often an active run is gone on with, and the schedule looked at.
const MINUTE: Duration = Duration::from_mins(1);
/// How often group ids are refreshed, as in `template.yaml`.
const REFRESH: Duration = Duration::from_hours(1);

/// When full runs begin.
pub(super) struct Schedule {
    time: Time,
    zone: TimeZone,
}

impl Schedule {
    pub(super) fn new(time: Time, zone: &str) -> Result<Self, String> {
        let zone = TimeZone::get(zone)
            .map_err(|_| format!("{zone} is no time zone; name one such as Europe/Berlin"))?;
        Ok(Self { time, zone })
    }

    pub(super) fn time(&self) -> Time {
        self.time
    }

    pub(super) fn zone(&self) -> &str {
        self.zone.iana_name().unwrap_or("UTC")
    }

    /// The first moment of the schedule after this one. A time that the clocks pass over comes when
    /// they have.
    fn after(&self, moment: Timestamp) -> Timestamp {
        let moment = moment.to_zoned(self.zone.clone());
        let on = |date: jiff::civil::Date| date.to_datetime(self.time).to_zoned(self.zone.clone());
        let today = on(moment.date());
        let next = match today {
            Ok(today) if today > moment => Ok(today),
            _ => moment.date().checked_add(1.day()).and_then(on),
        };
        next.as_ref().map_or(Timestamp::MAX, Zoned::timestamp)
    }
}

/// Begins a full run each day. One that was missed because nothing was serving begins at once.
pub(super) async fn begin_daily(
    system: &System,
    schedule: &Schedule,
    mut stopping: watch::Receiver<bool>,
) {
    let mut due = None;
    loop {
        due = Some(begin_if_due(system, schedule, due, &mut stopping).await);
        if paused_or_stopped(&mut stopping, MINUTE).await {
            return;
        }
    }
}

/// Begins a full run if one is due, and tells when the next is: the same, if this one could not be begun.
async fn begin_if_due<Q: Receive + Clone + 'static>(
    system: &System<Q>,
    schedule: &Schedule,
    due: Option<Timestamp>,
    stopping: &mut watch::Receiver<bool>,
) -> Timestamp {
    let now = system.now();
    let due = match due {
        Some(due) => due,
        None => schedule.after(last_begun(system).await.unwrap_or(now)),
    };
    let start = Event { start: Some(Start::default()) };
    if due > now || advance(system, start, stopping).await.is_none() {
        return due;
    }
    schedule.after(now)
}

/// When the last full run was begun; none if there was none.
async fn last_begun<Q: Receive + Clone + 'static>(system: &System<Q>) -> Option<Timestamp> {
    match system.runs().summaries::<Summary>(1).await {
        Ok(summaries) => summaries.first().map(|summary| summary.started_at),
        Err(error) => {
            tracing::error!(%error, "the last run is not known");
            None
        }
    }
}

/// Goes on with the active run, if there is one.
pub(super) async fn go_on(system: &System, mut stopping: watch::Receiver<bool>) {
    loop {
        let wait = advance(system, Event::default(), &mut stopping).await.unwrap_or(MINUTE);
        if paused_or_stopped(&mut stopping, wait).await {
            return;
        }
    }
}

/// One call of the function that advances runs; says how long to wait for the next, if it had an answer. It is
/// dropped when it is time to stop: a run may be killed anywhere, and goes on the next time.
async fn advance<Q: Receive + Clone + 'static>(
    system: &System<Q>,
    event: Event,
    stopping: &mut watch::Receiver<bool>,
) -> Option<Duration> {
    let answer = tokio::select! {
        answer = system.resegment(event) => answer,
        () = stopped(stopping) => return Some(Duration::ZERO),
    };
    match answer {
        Ok(answer) => Some(match (answer.status, answer.wait_seconds) {
            (Status::Continue, _) => Duration::ZERO,
            (Status::Wait, Some(seconds)) => Duration::from_secs(seconds).min(MINUTE),
            _ => MINUTE,
        }),
        Err(error) => {
            tracing::error!(%error, "run");
            None
        }
    }
}

/// Refreshes group ids, at once and then every hour.
pub(super) async fn refresh(system: &System, mut stopping: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            refreshed = system.refresh_groups() => if let Err(error) = refreshed {
                tracing::error!(%error, "the group ids were not refreshed");
            },
            () = stopped(&mut stopping) => return,
        }
        if paused_or_stopped(&mut stopping, REFRESH).await {
            return;
        }
    }
}

/// Waits; true if it is time to stop.
async fn paused_or_stopped(stopping: &mut watch::Receiver<bool>, pause: Duration) -> bool {
    tokio::select! {
        () = tokio::time::sleep(pause) => *stopping.borrow(),
        () = stopped(stopping) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule(time: &str, zone: &str) -> Schedule {
        Schedule::new(time.parse().unwrap(), zone).unwrap()
    }

    fn after(schedule: &Schedule, moment: &str) -> String {
        schedule.after(moment.parse().unwrap()).to_string()
    }

    #[test]
    fn a_run_begins_at_the_same_time_of_every_day() {
        let utc = schedule("03:00", "UTC");
        assert_eq!(after(&utc, "2026-11-22T02:59:59Z"), "2026-11-22T03:00:00Z");
        assert_eq!(after(&utc, "2026-11-22T03:00:00Z"), "2026-11-23T03:00:00Z");
        assert_eq!(after(&utc, "2026-12-31T23:00:00Z"), "2027-01-01T03:00:00Z");
    }

    #[test]
    fn the_time_is_that_of_the_zone_when_clocks_change_too() {
        let berlin = schedule("02:30", "Europe/Berlin");
        assert_eq!(after(&berlin, "2026-03-28T12:00:00Z"), "2026-03-29T01:30:00Z");
        assert_eq!(after(&berlin, "2026-03-29T12:00:00Z"), "2026-03-30T00:30:00Z");
        assert!(Schedule::new("02:30".parse().unwrap(), "Mars/Olympus").is_err());
    }

    #[cfg(feature = "demo")]
    async fn system() -> crate::local::LocalSystem {
        use crate::local::{LocalSystem, Options};

        let world = simulators::World::new("my-store.myshopify.com".parse().unwrap());
        LocalSystem::start(Options::simulated(&world).unwrap()).await.unwrap()
    }

    #[cfg(feature = "demo")]
    #[tokio::test]
    async fn a_run_that_was_begun_is_due_the_next_day() {
        let (system, schedule) = (system().await, schedule("03:00", "UTC"));
        let (now, (_stop, mut stopping)) = (system.now(), watch::channel(false));
        let next = begin_if_due(&system, &schedule, Some(now), &mut stopping).await;
        assert_eq!(next, schedule.after(now));
        assert_eq!(last_begun(&system).await, Some(now));
    }

    #[cfg(feature = "demo")]
    #[tokio::test]
    async fn a_run_that_could_not_be_begun_stays_due() {
        let (system, schedule) = (system().await, schedule("03:00", "UTC"));
        let (now, (_stop, mut stopping)) = (system.now(), watch::channel(false));
        let runs = system.tables().runs;
        system.dynamodb().delete_table().table_name(runs).send().await.unwrap();
        let next = begin_if_due(&system, &schedule, Some(now), &mut stopping).await;
        assert_eq!(next, now);
    }
}
