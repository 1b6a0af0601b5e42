//! A run that is killed at any call to the tables or the queue, or that loses the call's answer, ends as
//! one that nothing befell.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use resegment::{Event, PersonaEnd, Phase, Record, Resegment, Start, Status, Summary};
use state::{ConfigTable, Customers, Entry, Runs};

use crate::between::{Calls, Fate, at_each_call};
use crate::shop::{NEW, PAGE, RETURNING, Shop, VIP};

/// Longer than a lease lives.
const LEASE: Duration = Duration::from_mins(3);
/// How long a call may take, as in `template.yaml`.
const TIMEOUT: Duration = Duration::from_mins(15);

/// More than befalls any run.
const MOST_TRIALS: usize = 300;

/// How many calls later the next one of a step is befallen: more than a step makes before it comes on.
const MORE: usize = 8;

/// What a run leaves behind, without moments and what chance made.
#[derive(Debug, PartialEq, Eq)]
struct Left {
    okta: BTreeMap<String, Vec<String>>,
    personas: Vec<String>,
    customers: Vec<String>,
    config: Vec<String>,
    counts: String,
}

/// A shop on the day after its first run: one customer has risen, one is gone, one has left all segments,
/// one has come, and one has only other figures.
async fn shop(size: u64) -> Shop {
    let shop = Shop::open().await;
    let people = shop.people(4, 1, "10");
    shop.people(1, 6, "60");
    shop.strangers(size - 5, 0, "0");
    shop.full_run().await;
    shop.now_has(&people[0], 6, "600");
    shop.now_has(&people[1], 1, "11");
    shop.now_has(&people[2], 0, "0");
    shop.world.shopify.delete_customer(people[3].customer).unwrap();
    shop.people(1, 1, "10");
    shop
}

/// The full run's function, with its calls to the tables and the queue among `calls`.
pub(crate) fn function(shop: &Shop, calls: &Calls) -> Resegment {
    let (system, tables) = (&shop.system, shop.system.tables());
    let (whole, client) = (system.resegmenter(), calls.of(system.dynamodb()));
    Resegment {
        shopify: whole.shopify.clone(),
        okta: whole.okta.clone(),
        mavera: whole.mavera.clone(),
        config: ConfigTable::new(client.clone(), tables.config),
        customers: Customers::new(client.clone(), tables.customers),
        runs: Runs::new(client, tables.runs),
        queue: calls.to(system.queue()),
        clock: whole.clock.clone(),
        random: whole.random.clone(),
    }
}

/// A run that something befalls again and again.
struct Trial<'a> {
    shop: &'a Shop,
    /// What befell it so far, and where it had come to.
    befell: Vec<String>,
    /// How many runs had ended before.
    earlier: usize,
}

impl<'a> Trial<'a> {
    async fn of(shop: &'a Shop) -> Self {
        Self { shop, befell: Vec::new(), earlier: ended(shop).await.len() }
    }

    /// Calls the function until the run has ended. In each call one call of its own is befallen: the
    /// first, then the second, and so on until the run has come on, and then the first again.
    async fn befall(&mut self, fate: Fate) -> Record {
        let (mut nth, mut place) = (1, self.place().await);
        while self.befell.len() < MOST_TRIALS {
            // What a step gets over keeps it from nothing, so something more befalls it.
            let calls = Calls::new(fate, nth, Some(MORE));
            let function = function(self.shop, &calls);
            let wait = calls.until_killed(self.call(&function)).await.unwrap_or(LEASE);
            self.shop.settle().await;
            self.shop.world.clock.advance(wait);
            if let Some(record) = self.ended().await {
                return record;
            }
            if calls.is_befallen() {
                nth += 1;
                self.befell.push(format!("{place}: {}", calls.place()));
            }
            let before = std::mem::replace(&mut place, self.place().await);
            if place != before {
                nth = 1;
            }
        }
        panic!("there is no end to it: {:#?}", self.befell);
    }

    /// Takes the run to its end. One of the first function's calls is befallen; if that is killed, another
    /// one goes on.
    async fn befall_once(&self, calls: &Calls) -> Record {
        let first = function(self.shop, calls);
        let mut killed = false;
        for _ in 0..MOST_TRIALS {
            let wait = if killed {
                self.call(self.shop.system.resegmenter()).await
            } else {
                let wait = calls.until_killed(self.call(&first)).await;
                killed = wait.is_none();
                wait.unwrap_or(LEASE)
            };
            self.shop.settle().await;
            self.shop.world.clock.advance(wait);
            if let Some(record) = self.ended().await {
                return record;
            }
        }
        panic!("there is no end to it: {}", calls.place());
    }

    /// Goes on with the run, or begins it. Gives how long to wait.
    async fn call(&self, function: &Resegment) -> Duration {
        let is_begun = self.shop.system.runs().active().await.unwrap().is_some();
        let start = (!is_begun).then(Start::default);
        let deadline = self.shop.world.clock.now() + TIMEOUT;
        match Box::pin(function.handle(Event { start }, deadline)).await {
            Ok(answer) => {
                let failed = matches!(answer.status, Status::Failed | Status::Refused);
                assert!(!failed, "{answer:?} {:#?}", self.befell);
                Duration::from_secs(answer.wait_seconds.unwrap_or(0))
            }
            // The schedule's next tick.
            Err(_) => Duration::from_mins(1),
        }
    }

    /// How far the run has come.
    async fn place(&self) -> String {
        let runs = self.shop.system.runs();
        let Some(run) = runs.active().await.unwrap() else { return "not begun".to_owned() };
        let record = self.shop.record(&run).await;
        match &record.phase {
            Phase::Plan { .. } => "plan".to_owned(),
            Phase::Settle { place, .. } => format!("settle {place:?}"),
            phase => format!("{phase:?}, {} personas", record.personas.len()),
        }
    }

    async fn ended(&self) -> Option<Record> {
        let ended = ended(self.shop).await;
        let newest = ended.first().filter(|_| ended.len() > self.earlier)?;
        assert_eq!(ended.len(), self.earlier + 1, "a run too many: {:#?}", self.befell);
        Some(self.shop.record(&newest.run_id).await)
    }
}

/// The runs that have ended, the newest first.
async fn ended(shop: &Shop) -> Vec<Summary> {
    shop.system.runs().summaries(9).await.unwrap()
}

async fn left(shop: &Shop, record: &Record) -> Left {
    let okta = &shop.world.okta;
    let held = |name: &str| {
        let members = okta.members(&shop.group(name)).into_iter();
        members.map(|user| format!("{user} {:?}", okta.attributes_of(&user))).collect()
    };
    let personas = shop.world.mavera.personas().into_iter();
    let mut personas: Vec<_> =
        personas.map(|persona| format!("{} {}", persona.name, persona.description)).collect();
    personas.sort();
    Left {
        okta: [NEW, RETURNING, VIP].map(|name| (name.to_owned(), held(name))).into(),
        personas,
        customers: customers(shop).await,
        config: config(shop).await,
        counts: format!("{} {:?} {}", record.dispatched, record.outcomes, record.unanswered),
    }
}
/// The customers' entries.
async fn customers(shop: &Shop) -> Vec<String> {
    let customers = shop.system.customers();
    let page = customers.scan(0, 1, None).await.unwrap();
    let ids: Vec<_> = page.customers.into_iter().map(|(customer, _)| customer).collect();
    let now = shop.world.clock.now();
    let entries = customers.load(&ids).await.unwrap().into_iter();
    entries
        .map(|(customer, found)| format!("{customer} {}", entry(found.unwrap().entry, now)))
        .collect()
}

fn entry(entry: Entry, now: Timestamp) -> String {
    let record = match entry {
        Entry::Customer(record) => record,
        Entry::Tombstone(stone) => {
            return format!("{:?} {:?}", stone.why, stone.answered.map(|mark| mark.outcome));
        }
    };
    assert!(!record.is_leased(now));
    let transitions = record.transitions.iter();
    let transitions: Vec<_> = transitions
        .map(|transition| (&transition.from, &transition.to, transition.cause, transition.totals))
        .collect();
    format!(
        "{:?} {:?} {:?} {:?} {:?} {transitions:?}",
        record.segment,
        record.matched.map(|matched| matched.user),
        record.applied,
        record.last.map(|last| (last.outcome, last.book)),
        record.answered.map(|mark| mark.outcome),
    )
}

/// What runs write into the configuration: the books, and the segments' personas.
async fn config(shop: &Shop) -> Vec<String> {
    const WRITTEN: [&str; 4] = ["version", "persona_id", "persona_shown", "persona_create_begun"];
    let scan = shop.system.dynamodb().scan().table_name(shop.system.tables().config);
    let rows = scan.send().await.unwrap().items.unwrap_or_default();
    let text = |row: &HashMap<_, AttributeValue>, name| row[name].as_s().unwrap().clone();
    let mut rows: Vec<_> = rows
        .iter()
        .map(|row| {
            let written = WRITTEN.map(|name| row.get(name));
            format!("{} {} {written:?}", text(row, "kind"), text(row, "name"))
        })
        .collect();
    rows.sort();
    rows
}

async fn a_run_ends_the_same_whatever_befalls_it(size: u64, fates: &[Fate]) {
    let whole = shop(size).await;
    let record = whole.full_run().await;
    let expected = left(&whole, &record).await;
    for fate in fates {
        let shop = shop(size).await;
        let mut trial = Trial::of(&shop).await;
        let record = trial.befall(*fate).await;
        assert_eq!(left(&shop, &record).await, expected, "{:#?}", trial.befell);
        assert_eq!(shop.world.forbidden_calls(), []);
        assert!(trial.befell.len() >= 20, "{:#?}", trial.befell);
    }
    // The SDK makes up for a lost answer, so a run bears many of them; but while a lease whose answer was
    // lost runs out, the run is asked for twice more.
    for first in 1..=3 {
        let shop = shop(size).await;
        let calls = Calls::new(Fate::AnswerLost, first, Some(3));
        let record = Trial::of(&shop).await.befall_once(&calls).await;
        assert_eq!(left(&shop, &record).await, expected, "{}", calls.place());
        assert_eq!(shop.world.forbidden_calls(), []);
        assert!(calls.is_befallen());
    }
}

#[tokio::test]
async fn a_run_of_a_small_shop_ends_the_same_whatever_befalls_its_calls() {
    let fates = [Fate::KilledBefore, Fate::KilledAfter];
    Box::pin(a_run_ends_the_same_whatever_befalls_it(5, &fates)).await;
}

#[tokio::test]
async fn a_run_with_an_export_ends_the_same_whatever_befalls_its_calls() {
    // What errors lead to is the same with an export and without.
    let fates = [Fate::KilledBefore, Fate::KilledAfter, Fate::EveryAnswerLost];
    Box::pin(a_run_ends_the_same_whatever_befalls_it(PAGE + 10, &fates)).await;
}

/// An intent of a creation that nobody was seen to carry out is not repeated: a person has to look. So it is
/// that, or the persona; and always the persona where the SDK makes up for what was lost.
#[tokio::test]
async fn whatever_befalls_the_notes_on_a_persona_it_is_made_once_or_a_person_is_told() {
    for fate in [Fate::KilledAfter, Fate::AnswerLost, Fate::EveryAnswerLost] {
        let updates = at_each_call(fate, Some("UpdateItem"), async |calls| {
            let shop = Shop::open().await;
            shop.people(1, 6, "60");
            let credits = shop.world.mavera.credits();
            let record = Trial::of(&shop).await.befall_once(&calls).await;
            let made = shop.world.mavera.personas().len();
            let end = &record.personas[&"vip".parse().unwrap()];
            let place = format!("{}: {end:?}", calls.place());
            let is_told = matches!(end, PersonaEnd::Failed { .. });
            assert!(!is_told || fate != Fate::AnswerLost, "{place}");
            assert_eq!(made, usize::from(!is_told), "{place}");
            assert_eq!(shop.world.mavera.credits() < credits, !is_told, "{place}");
        });
        assert!(updates.await >= 2, "{fate:?}");
    }
}
