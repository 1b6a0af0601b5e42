//! How long a message waits before it is looked at again.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use outbound::Randomness;
use state::{LONGEST_DELAY, Message};

use crate::failure::{Failure, Setback};

/// The waits for Shopify's figures to catch up. After the last one, what is there is taken.
const LOOKS: [Duration; 5] = [
    Duration::from_secs(15),
    Duration::from_secs(30),
    Duration::from_mins(1),
    Duration::from_mins(2),
    Duration::from_mins(4),
];
/// The first wait for something that was not to be had; it doubles up to the longest delay.
const FIRST: Duration = Duration::from_secs(10);
/// How long another worker takes with a customer, as a rule.
const BUSY: Duration = Duration::from_secs(5);
/// How long what there was no time for waits for the next worker.
const SOON: Duration = Duration::from_secs(1);
/// How long a paused worker's messages wait.
const PAUSED: Duration = Duration::from_mins(1);
/// How long the present holder of a contested user is given to let go.
const CONTESTED: Duration = Duration::from_mins(1);

/// Whether another look may be waited for.
pub(crate) fn may_look_again(message: &Message) -> bool {
    usize::try_from(message.looks).is_ok_and(|looks| looks < LOOKS.len())
}

/// The message that takes the work up again, and how long it waits; none if it never will work.
pub(crate) fn put_off(
    mut message: Message,
    setback: &Setback,
    now: Timestamp,
    random: &dyn Randomness,
) -> Option<(Message, Duration)> {
    let delay = match setback {
        Setback::Lagging => {
            let wait = usize::try_from(message.looks).ok().and_then(|looks| LOOKS.get(looks));
            message.looks += 1;
            wait.copied().unwrap_or(LONGEST_DELAY)
        }
        Setback::Contested => {
            message.holder_asked = true;
            message.event_at = Some(message.event_moment());
            // A read before the holder was asked must not cover this look.
            message.as_of = now + CONTESTED;
            CONTESTED
        }
        Setback::Busy { until } => {
            let wait = until.map_or(BUSY, |until| left(now, until).min(BUSY));
            spread(wait, wait + BUSY, random)
        }
        Setback::OutOfTime => SOON,
        Setback::Paused => PAUSED,
        Setback::Unsettled { until } | Setback::GivesWay { until } => left(now, *until),
        Setback::Unavailable(failure) => {
            let growing = FIRST.saturating_mul(1 << message.deferrals.min(10)).min(LONGEST_DELAY);
            message.deferrals = message.deferrals.saturating_add(1);
            match failure {
                Failure::Call(error) => error.retry_at().map_or_else(
                    || spread(growing / 2, growing, random),
                    |at| spread(left(now, at), left(now, at) + FIRST, random),
                ),
                _ => spread(growing / 2, growing, random),
            }
        }
        Setback::Permanent(_) => return None,
    };
    Some((message, delay.min(LONGEST_DELAY)))
}

/// When the messages of a batch come back that have to wait for a limit: all at one moment, so that they
/// share their reads again, and each batch at another one.
pub(crate) fn back_at(limited_until: Timestamp, random: &dyn Randomness) -> Timestamp {
    limited_until + spread(Duration::ZERO, FIRST, random)
}

/// The time left until a moment, in whole seconds, rounded up: the queue knows no others.
fn left(now: Timestamp, until: Timestamp) -> Duration {
    let left = until.duration_since(now).max(SignedDuration::ZERO);
    let seconds = u64::try_from(left.as_secs()).unwrap_or(0);
    Duration::from_secs(seconds + u64::from(left.subsec_nanos() > 0))
}

/// A wait between two, by chance, so that what failed together does not come back together.
fn spread(least: Duration, most: Duration, random: &dyn Randomness) -> Duration {
    least + Duration::from_secs(random.below(most.saturating_sub(least).as_secs() + 1))
}

#[cfg(test)]
mod tests {
    use outbound::{Error, ErrorKind};
    use rules::CustomerId;
    use state::{Cause, Subject};

    use super::*;

    struct Chance(u8);

    impl Randomness for Chance {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(self.0);
        }
    }

    fn now() -> Timestamp {
        "2026-11-21T12:00:00Z".parse().unwrap()
    }

    fn message() -> Message {
        Message::new(Subject::Customer(CustomerId::new(1)), Cause::Order, now())
    }

    fn unavailable(kind: ErrorKind) -> Setback {
        Setback::Unavailable(Error::new("okta", "join group", kind).into())
    }

    #[test]
    fn looks_for_lagging_figures_grow_apart_and_end_after_five() {
        let mut message = message();
        let mut waits = Vec::new();
        while may_look_again(&message) {
            let (next, wait) = put_off(message, &Setback::Lagging, now(), &Chance(0)).unwrap();
            waits.push(wait.as_secs());
            message = next;
        }
        assert_eq!(waits, [15, 30, 60, 120, 240]);
    }

    #[test]
    fn outages_are_waited_out_for_as_long_as_they_last() {
        let mut message = message();
        for _ in 0..1_000 {
            let setback = unavailable(ErrorKind::Connect);
            let (next, wait) = put_off(message, &setback, now(), &Chance(255)).unwrap();
            assert!((Duration::from_secs(5)..=LONGEST_DELAY).contains(&wait), "{wait:?}");
            message = next;
        }
        assert_eq!(message.deferrals, 1_000);
    }

    #[test]
    fn a_throttle_is_waited_out_until_the_service_said() {
        let retry_at = "2026-11-21T12:00:41.5Z".parse().unwrap();
        let setback = unavailable(ErrorKind::Throttled { retry_at });
        let (_, wait) = put_off(message(), &setback, now(), &Chance(0)).unwrap();
        assert_eq!(wait, Duration::from_secs(42));
    }

    #[test]
    fn batches_that_wait_for_a_limit_come_back_one_after_the_other() {
        let moments = [Chance(0), Chance(255)].map(|chance| back_at(now(), &chance));
        assert_eq!(moments[0], now());
        assert!(now() < moments[1] && moments[1] <= now() + FIRST, "{}", moments[1]);
        let setback = Setback::GivesWay { until: moments[1] };
        let (message, wait) = put_off(message(), &setback, now(), &Chance(0)).unwrap();
        assert_eq!((now() + wait, message.deferrals), (moments[1], 0));
    }

    #[test]
    fn a_contested_look_is_covered_by_no_read_from_before_the_holder_was_asked() {
        let (later, wait) = put_off(message(), &Setback::Contested, now(), &Chance(0)).unwrap();
        assert_eq!((later.holder_asked, wait), (true, CONTESTED));
        assert_eq!(later.as_of, now() + CONTESTED);
    }

    #[test]
    fn what_will_never_work_is_not_put_off() {
        let kind = ErrorKind::Rejected { status: 400, code: None };
        let setback = Setback::from(Error::new("okta", "set attributes", kind));
        assert!(put_off(message(), &setback, now(), &Chance(0)).is_none());
    }
}
