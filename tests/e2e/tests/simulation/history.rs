//! A seed's history: what the shop is like, and what happens.

use simulators::Moment;

use crate::between::Fate;
use crate::book::Book;
use crate::chance::Chance;
use crate::step::{Death, Kind, Lasts, OnGroup, Only, Step, Trouble, Who};

/// How many addresses there are; some more are the same in capitals.
pub(crate) const ADDRESSES: u8 = 16;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct History {
    pub(crate) seed: u64,
    pub(crate) shape: Shape,
    /// The first is the wanted one from the beginning.
    pub(crate) books: Vec<Book>,
    pub(crate) steps: Vec<Step>,
}

/// What stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a thing of its own")]
pub(crate) struct Shape {
    /// How long Shopify's totals show what was before, in seconds.
    pub(crate) totals_lag: u64,
    /// How long Okta's searches show what was before, in seconds.
    pub(crate) search_lag: u64,
    pub(crate) settle: u64,
    pub(crate) second_look: u64,
    /// How many webhooks of a hundred are lost.
    pub(crate) loss: u64,
    /// How many customers there are besides who never order; many enough make the run export.
    pub(crate) bystanders: u64,
    /// Whether people change anything at Okta by hand. Of whom they do nothing is promised before the
    /// full run.
    pub(crate) hands: bool,
    /// Whether people at Okta do things to groups. Nothing is promised before the full run then.
    pub(crate) groups: bool,
    /// Whether the shop asks to be forgotten in the end.
    pub(crate) ends: bool,
    /// Whether everybody orders once more, after the faults have ended and before the full run.
    pub(crate) all_order: bool,
    /// Whether there are full runs before the end. Where there are none, nothing but events mends anything.
    pub(crate) runs: bool,
    /// How many of a hundred messages the queue hands out again that were deleted.
    pub(crate) again: u64,
}

impl History {
    pub(crate) fn of(seed: u64) -> Self {
        let chance = Chance::new(seed);
        let shape = Shape::random(&chance, seed);
        let books = (0..3).map(|_| Book::random(&chance)).collect();
        let mut steps = opening(&chance);
        let count = 15 + chance.below(45);
        steps.extend((0..count).map(|_| step(&chance, shape)));
        Self { seed, shape, books, steps }
    }
}

impl Shape {
    fn random(chance: &Chance, seed: u64) -> Self {
        Self {
            totals_lag: *chance.one(&[0, 0, 5, 20, 45, 150]),
            search_lag: *chance.one(&[0, 0, 0, 30, 120]),
            settle: *chance.one(&[10, 10, 0, 30]),
            second_look: *chance.one(&[60, 60, 90]),
            loss: *chance.one(&[0, 30, 30, 30, 60]),
            bystanders: if seed % 16 == 5 { 250 } else { 0 },
            hands: seed % 3 != 1,
            groups: seed % 6 == 2,
            ends: seed % 8 == 3,
            all_order: seed.is_multiple_of(2),
            runs: seed % 4 < 2,
            again: *chance.one(&[0, 0, 3, 10]),
        }
    }
}

/// Who is there before anybody listens.
fn opening(chance: &Chance) -> Vec<Step> {
    let mut steps = Vec::new();
    for number in 0..5 + chance.small::<u8>(8) {
        let address = match chance.below(20) {
            0 => None,
            // Somebody else's, perhaps in capitals.
            1 | 2 => Some(chance.small(2 * u64::from(ADDRESSES))),
            _ => Some(number),
        };
        let (orders, cents) = (chance.small::<u8>(4), chance.small::<u32>(50_000));
        let cents = if orders == 0 { 0 } else { cents };
        let euros = chance.percent(6);
        steps.push(Step::Arrive { address, orders, cents, euros, luck: 0 });
        if chance.percent(90) {
            let email = if chance.percent(15) { chance.small(ADDRESSES.into()) } else { number };
            steps.push(Step::SignUp { login: number, email, staff: chance.percent(40) });
        }
    }
    steps
}

fn step(chance: &Chance, shape: Shape) -> Step {
    let hands = shape.hands;
    match chance.below(100) {
        30..34 if shape.groups => of_groups(chance),
        30..42 if hands => of_okta(chance),
        0..42 => of_the_shop(chance),
        42..50 => of_operators(chance),
        50..55 => of_webhooks(chance),
        55..70 => {
            let seconds = *chance.one(&[1, 11, 11, 61, 61, 75, 300, 900, 3_600, 90_000]);
            Step::Wait { seconds, working: chance.percent(75) }
        }
        70..84 => of_workers(chance, hands),
        84..91 if shape.runs => of_runs(chance, hands),
        84..98 => Step::Trouble(trouble(chance)),
        _ => Step::Calm,
    }
}

/// Somebody who is there, as a number. To some people much happens: one thing comes upon another.
fn anybody(chance: &Chance) -> u8 {
    if chance.percent(40) { chance.small(2) } else { chance.small(12) }
}

fn cents(chance: &Chance) -> u32 {
    *chance.one(&[1, 999, 2_000, 2_001, 4_550, 5_450, 10_000, 25_000, 60_000])
}

fn address(chance: &Chance) -> Option<u8> {
    (!chance.percent(15)).then(|| chance.small(2 * u64::from(ADDRESSES)))
}

fn of_the_shop(chance: &Chance) -> Step {
    let (who, order, luck) = (anybody(chance), chance.small(30), chance.luck());
    match chance.below(30) {
        0..11 => {
            Step::Order { who: (!chance.percent(5)).then_some(who), cents: cents(chance), luck }
        }
        11..13 => Step::Update { order, cents: cents(chance), luck },
        13..15 => Step::Edit { order, cents: cents(chance), luck },
        15..18 => Step::Cancel { order, luck },
        18..20 => Step::Refund { order, percent: chance.small(101), luck },
        20 => Step::Reassign { order, to: who, luck },
        21..24 => Step::Email { who, address: address(chance), luck },
        24 => Step::Merge { kept: who, gone: anybody(chance), luck },
        25 => Step::Delete { who, luck },
        26 => Step::Redact { who, luck },
        27 => Step::AskForData { who, luck },
        _ => {
            let (address, orders) = (address(chance), chance.small::<u8>(2));
            let cents = if orders == 0 { 0 } else { cents(chance) };
            Step::Arrive { address, orders, cents, euros: chance.percent(5), luck }
        }
    }
}

fn of_okta(chance: &Chance) -> Step {
    let (user, group) = (anybody(chance), chance.small(5));
    let login = chance.small(ADDRESSES.into());
    let email = if chance.percent(30) { chance.small(ADDRESSES.into()) } else { login };
    match chance.below(12) {
        0..3 => Step::SignUp { login, email, staff: chance.percent(40) },
        3 => Step::Rename { user, login, email },
        4 => Step::Deactivate { user },
        5 => Step::Activate { user },
        6 => Step::DeleteUser { user },
        7..9 => Step::PutInto { user, group },
        9..11 => Step::TakeOut { user, group },
        _ => Step::WriteProfile { user, cents: chance.percent(70).then(|| cents(chance)) },
    }
}

fn of_groups(chance: &Chance) -> Step {
    let how = [OnGroup::Rename, OnGroup::Delete, OnGroup::Rule, OnGroup::Restore];
    Step::Group { which: chance.small(5), how: *chance.one(&how) }
}

fn of_operators(chance: &Chance) -> Step {
    let (who, queued) = (anybody(chance), chance.percent(70));
    match chance.below(10) {
        8 => Step::Rotate,
        9 => Step::RefreshAndDie { at: death(chance, 8) },
        0..2 => Step::Pin { who, to: chance.small(5), queued },
        2 => Step::Unpin { who, queued },
        3..5 => Step::Want { book: chance.small(3) },
        5 => Step::RefreshGroups,
        6 => Step::Pause,
        _ => Step::Resume,
    }
}

fn of_webhooks(chance: &Chance) -> Step {
    let which = chance.small(1_000);
    if chance.percent(50) {
        Step::Replay { which }
    } else {
        Step::Forge { which, how: chance.small(9) }
    }
}

fn moment(chance: &Chance) -> Moment {
    if chance.percent(50) { Moment::Before } else { Moment::After }
}

fn death(chance: &Chance, most: u64) -> Death {
    let most = if chance.percent(25) { 4 * most } else { most };
    let nth = 1 + chance.small::<u8>(most);
    if chance.percent(50) {
        return Death::Service { nth, moment: moment(chance) };
    }
    let fates = [Fate::KilledBefore, Fate::KilledAfter, Fate::AnswerLost, Fate::EveryAnswerLost];
    let apart = chance.percent(30).then(|| 1 + chance.small::<u8>(4));
    Death::Call { fate: *chance.one(&fates), nth, apart }
}

fn of_workers(chance: &Chance, hands: bool) -> Step {
    match chance.below(10) {
        0..3 => Step::Work,
        3..7 => Step::WorkAndDie { at: death(chance, 10) },
        _ => Step::WorkSlowly {
            nth: 1 + chance.small::<u8>(6),
            moment: moment(chance),
            seconds: chance.small(50),
            meanwhile: Box::new(meanwhile(chance, hands)),
        },
    }
}

fn meanwhile(chance: &Chance, hands: bool) -> Step {
    match chance.below(4) {
        0 if hands => of_okta(chance),
        1 => match of_operators(chance) {
            // One function stands still at a time.
            Step::RefreshAndDie { .. } => Step::RefreshGroups,
            step => step,
        },
        _ => of_the_shop(chance),
    }
}

fn of_runs(chance: &Chance, hands: bool) -> Step {
    let start = chance.percent(40);
    match chance.below(10) {
        0..3 => Step::StartRun { verify: chance.percent(40) },
        3..6 => Step::Tick,
        6..9 => Step::TickAndDie { start, at: death(chance, 14) },
        _ => {
            let seconds = *chance.one(&[1, 100, 200, 400]);
            let nth = 1 + chance.small::<u8>(8);
            let meanwhile = Box::new(meanwhile(chance, hands));
            Step::TickSlowly { start, nth, moment: moment(chance), seconds, meanwhile }
        }
    }
}

fn trouble(chance: &Chance) -> Trouble {
    let service = *chance.one(&[
        Who::Shopify,
        Who::Shopify,
        Who::Okta,
        Who::Okta,
        Who::Okta,
        Who::Tables,
        Who::Tables,
        Who::Queue,
        Who::Secrets,
        Who::Mavera,
        Who::Storage,
    ]);
    let kind = *chance.one(&[
        Kind::Status(500),
        Kind::Status(503),
        Kind::Status(*chance.one(&[401, 403, 429, 502])),
        Kind::InPart,
        Kind::Throttled,
        Kind::ManyAtOnce,
        Kind::ErrorsAs200,
        Kind::Timeout,
        Kind::Broken,
        Kind::Truncated,
        Kind::Page(*chance.one(&[200, 404, 403])),
        Kind::NoConnection,
        Kind::Slow,
    ]);
    let lasts = if chance.percent(50) {
        Lasts::Calls(1 + chance.small::<u8>(6))
    } else {
        Lasts::Seconds(*chance.one(&[60, 600, 3_600]))
    };
    let only = match service {
        Who::Okta if chance.percent(60) => {
            *chance.one(&[Only::Joins, Only::Leaves, Only::Profiles])
        }
        _ => Only::Every,
    };
    let after = if only == Only::Every { chance.small(4) } else { 0 };
    // What a service says least often is what is believed most easily.
    let kind = match (service, only) {
        (Who::Queue, _) if chance.percent(40) => Kind::InPart,
        (_, Only::Joins | Only::Leaves) if chance.percent(40) => Kind::Page(200),
        _ => kind,
    };
    let is_refused =
        matches!(kind, Kind::Status(_) | Kind::Page(_) | Kind::Throttled | Kind::NoConnection);
    let lasts = match (service, lasts) {
        // While the queue takes messages and does not say so, or keeps those that were worked off, whatever is
        // put off becomes more.
        (Who::Queue, Lasts::Seconds(_)) if !is_refused => Lasts::Seconds(60),
        (_, lasts) => lasts,
    };
    Trouble { service, kind, done: chance.percent(60), after, only, lasts }
}
