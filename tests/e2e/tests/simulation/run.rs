//! A history from its beginning to its end.

use std::any::Any;
use std::cell::Cell;
use std::collections::BTreeSet;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;
use std::time::Duration;

use resegment::{Start, Status};
use rust_decimal::Decimal;
use simulators::Buyer;
use state::{Cause, MOST_RECEIVES, Message, Outgoing, Queue};
use tokio::runtime::Builder;

use crate::between::Fate;
use crate::book::in_a_line;
use crate::game::{Game, Order, Problem};
use crate::history::History;
use crate::oracle::Promise;
use crate::step::Death;
use crate::tally::Tally;

/// Longer than anything lags, is put off, or is leased.
const CALM: Duration = Duration::from_hours(1);
/// Longer than any history takes, by the clock on the wall.
const LONGEST: Duration = Duration::from_mins(3);
/// What everybody orders for in the end, and what some of these orders are changed to.
const PRICE: Decimal = Decimal::from_parts(999, 0, 0, false, 2);
const OTHER_PRICE: Decimal = Decimal::from_parts(60_099, 0, 0, false, 2);

/// What came of a history.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Played {
    /// What each step came to.
    pub(crate) told: Vec<String>,
    /// Everything that was done.
    pub(crate) transcript: Vec<String>,
    pub(crate) tally: Tally,
    pub(crate) problems: Vec<Problem>,
}

thread_local! {
    static PLAYING: Cell<bool> = const { Cell::new(false) };
}

/// Plays a history. A panic is a problem like others.
pub(crate) fn play(history: &History) -> Played {
    keep_panics_quiet();
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let mut played = Played::default();
    PLAYING.set(true);
    let all =
        AssertUnwindSafe(|| runtime.block_on(Box::pin(play_to_the_end(history, &mut played))));
    let panicked = panic::catch_unwind(all);
    PLAYING.set(false);
    if let Err(panicked) = panicked {
        let what = in_words(&*panicked);
        played.problems.push(Problem { kind: "panic", what });
    }
    played
}

fn keep_panics_quiet() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let shown = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !PLAYING.get() {
                shown(info);
            }
        }));
    });
}

fn in_words(panicked: &(dyn Any + Send)) -> String {
    let text = panicked.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panicked.downcast_ref::<&str>().copied());
    text.unwrap_or("something else than text").to_owned()
}

/// Plays a history, and says so if there is no end to it.
async fn play_to_the_end(history: &History, played: &mut Played) {
    let end = tokio::time::timeout(LONGEST, Box::pin(play_all(history, played))).await;
    if end.is_err() {
        let what = format!("not over after {} s", LONGEST.as_secs());
        played.problems.push(Problem { kind: "endless", what });
    }
}

async fn play_all(history: &History, played: &mut Played) {
    let mut game = Game::open(history).await;
    for step in &history.steps {
        let what = game.happen(step).await;
        game.take_calls();
        game.wait(Duration::from_secs(1), false).await;
        game.note(what.clone());
        played.told.push(what);
        if !game.problems.is_empty() {
            break;
        }
    }
    if game.problems.is_empty() {
        Box::pin(game.end(played)).await;
    }
    for (what, times) in game.system.aws.faults.take_met() {
        game.tally.add(format!("fault: {what}"), times);
    }
    played.tally = std::mem::take(&mut game.tally);
    played.transcript = std::mem::take(&mut game.transcript);
    played.problems = std::mem::take(&mut game.problems);
    if !game.listener.wrong().is_empty() {
        // It would panic, and the problems say what it has to say.
        std::mem::forget(game.listener);
    }
}

impl Game {
    /// The faults end; then everything that is promised is looked at.
    async fn end(&mut self, played: &mut Played) {
        self.mend();
        self.restore_groups();
        self.set_paused(false).await;
        self.come_to_rest().await;
        self.check(Promise::Events).await;
        if self.shape.all_order && self.problems.is_empty() {
            played.told.push("everybody orders once more".to_owned());
            self.everybody_orders().await;
            self.check(Promise::Events).await;
        }
        for promise in [Promise::Run, Promise::NextRun] {
            if !self.problems.is_empty() {
                return;
            }
            played.told.push("a full run reads all groups".to_owned());
            Box::pin(self.full_run()).await;
            if self.problems.is_empty() {
                self.check(promise).await;
            }
        }
        if self.shape.ends && self.problems.is_empty() {
            played.told.push("the shop asks to be forgotten".to_owned());
            self.shop_ends().await;
        }
    }

    /// The shop asks to be forgotten: nothing is kept, and nobody at Okta is touched.
    async fn shop_ends(&mut self) {
        let log = self.world.okta.membership_log().len();
        self.is_over = true;
        let webhook = self.world.shopify.redact_shop();
        self.world.shopify.take_webhooks();
        self.deliver(webhook.clone(), 0).await;
        self.pass_until_due();
        self.batch(Some(Death::Call { fate: Fate::KilledAfter, nth: 2, apart: None })).await;
        self.deliver(webhook, 0).await;
        self.come_to_rest().await;
        let kept = self.system.customers_kept().await;
        if kept > 0 {
            self.wrong("shop/redact", format!("{kept} items are kept"));
        }
        if self.world.okta.membership_log().len() > log {
            self.wrong("shop/redact", "memberships at Okta changed");
        }
    }

    /// Lets everything end that is under way, and puts dead letters back.
    async fn come_to_rest(&mut self) {
        self.wait(CALM, true).await;
        self.settle().await;
        self.replay_dead_letters().await;
        self.settle().await;
        let waiting = self.system.queue().depth();
        if waiting > 0 && self.problems.is_empty() {
            self.wrong("messages", format!("{waiting} messages are left"));
        }
        let dead = self.system.queue().dead_letters();
        if dead.len() > self.replayed {
            self.wrong("messages", format!("{:?} are dead letters", &dead[self.replayed..]));
        }
    }

    /// A message that five workers in a row did not survive is a dead letter, and no other. An operator
    /// has its customer looked at again.
    async fn replay_dead_letters(&mut self) {
        let dead = self.system.queue().dead_letters();
        let now = self.now();
        for body in dead.iter().skip(self.replayed) {
            if self.spared.get(body).is_none_or(|times| *times < MOST_RECEIVES) {
                self.wrong("messages", format!("{body} is a dead letter for no reason"));
            }
            let letter = Message::from_json(body).unwrap();
            let message = match letter.cause {
                Cause::Redact | Cause::DataRequest => {
                    Message::new(letter.subject, letter.cause, letter.as_of)
                }
                _ => Message::new(letter.subject, Cause::Replay, now),
            };
            let look = Outgoing { message, delay: Duration::ZERO };
            self.tally.count("dead letters put back");
            Queue::send(self.system.queue(), vec![look]).await.unwrap();
        }
        self.replayed = dead.len();
    }

    /// Everybody orders, and one webhook tells of it: that of the order, or of a change to it. Some orders are
    /// changed once more while the second look of the first change is about to be made, and one webhook tells
    /// of that.
    async fn everybody_orders(&mut self) {
        let there = self.people.iter().filter(|person| person.is_there);
        let there: Vec<_> = there.map(|person| person.id).collect();
        for (place, customer) in there.into_iter().enumerate() {
            let shop = self.world.shopify.clone();
            let placed = shop.silently(|shop| shop.place_order(Buyer::Customer(customer), PRICE));
            let (order, created) = placed.unwrap();
            let change = |price| shop.silently(|shop| shop.update_order(order, price)).unwrap();
            let made = self.now();
            let owner = Some(customer);
            let former = BTreeSet::new();
            self.orders.push(Order { id: order, owner, made, cents: 999, former, refunded: 0 });
            self.changed([customer]);
            let webhook = if place % 3 == 0 { created } else { change(PRICE) };
            self.deliver(webhook, 0).await;
            let until_second = self.shape.settle + self.shape.second_look;
            if place % 3 == 2 && self.shape.settle > 5 {
                self.wait(Duration::from_secs(until_second - 5), true).await;
                let webhook = change(OTHER_PRICE);
                self.changed([customer]);
                self.deliver(webhook, 0).await;
            }
            self.wait(Duration::from_secs(1), true).await;
        }
        self.come_to_rest().await;
    }

    async fn full_run(&mut self) {
        self.wait(CALM, true).await;
        let refreshed = Box::pin(self.refresh(None)).await;
        self.note(refreshed);
        self.wait(Duration::from_mins(2), true).await;
        self.finish_run(None).await;
        if !self.problems.is_empty() {
            return;
        }
        let start = Start { verify: true, ..Start::default() };
        let answer = self.finish_run(Some(start)).await;
        if !self.problems.is_empty() {
            return;
        }
        let is_done = answer.as_ref().is_some_and(|answer| answer.status == Status::Done);
        if !is_done {
            self.wrong("run", format!("the full run is not done: {answer:?}"));
        }
        self.come_to_rest().await;
    }
}

/// A history as people read it.
pub(crate) fn told(history: &History, played: &Played) -> String {
    use std::fmt::Write as _;

    let mut text = format!("seed {}: {:?}\n", history.seed, history.shape);
    let _ = writeln!(text, "the book: {}", in_a_line(&history.books[0]));
    for (number, what) in played.told.iter().enumerate() {
        let _ = writeln!(text, "{:3}. {what}", number + 1);
    }
    for Problem { kind, what } in &played.problems {
        let _ = writeln!(text, "WRONG ({kind}): {what}");
    }
    text
}
