//! Full runs, left alone, killed, and two at once.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use resegment::{Answer, Event, ResegmentError, Start, Status};
use simulators::Moment;

use crate::between::Calls;
use crate::book::Book;
use crate::game::Game;
use crate::step::{Death, Step};
use crate::system::System;
use crate::work::{Local, MOST_BATCHES, WORKER_TIMEOUT};

/// How long a step may take, as in `template.yaml`.
const TIMEOUT: Duration = Duration::from_mins(15);
/// For how long workers may go by a book that is no longer the accepted one.
const UNSURE: Duration = Duration::from_secs(61);
/// How often the schedule goes on with a run while time passes.
const TICKS: u32 = 3;

impl Game {
    /// Calls the function that advances runs, and may kill it.
    pub(crate) async fn advance_run(
        &mut self,
        start: Option<Start>,
        death: Option<Death>,
    ) -> String {
        self.note_book().await;
        let deadline = self.now() + TIMEOUT;
        let system = Arc::clone(&self.system);
        let answer = match death {
            None => Some(call(system, None, start, deadline).await),
            Some(Death::Service { nth, moment }) => {
                self.world.suspend_at(nth.into(), moment);
                let reached = self.world.suspended();
                let answer = tokio::select! {
                    biased;
                    () = reached => None,
                    answer = call(system, None, start, deadline) => Some(answer),
                };
                self.world.cancel_suspension();
                answer
            }
            Some(Death::Call { fate, nth, apart }) => {
                let calls = Calls::new(fate, nth.into(), apart.map(usize::from));
                calls.until_killed(call(system, Some(calls.clone()), start, deadline)).await
            }
        };
        self.tally.count(if answer.is_some() { "run steps" } else { "run steps killed" });
        self.note_book().await;
        answer.map_or_else(|| "killed".to_owned(), in_words)
    }

    /// Notes the book that workers decide by. If it is another one than before, whoever was decided by that may
    /// be anywhere until they are looked at again.
    async fn note_book(&mut self) {
        let random = &*self.system.worker.random;
        let config = self.system.config.for_run(random, false).await.unwrap();
        let accepted = config.accepted.map(|accepted| {
            let same = |book: &&Book| book.parsed() == *accepted.book;
            self.books.iter().find(same).unwrap().clone()
        });
        let before = std::mem::replace(&mut self.accepted, accepted);
        if before.is_some() && before != self.accepted {
            let everybody: Vec<_> = self.people.iter().map(|person| person.id).collect();
            self.changed(everybody);
            self.unsure_until = self.now() + UNSURE;
        }
    }

    /// Lets time pass. The schedule goes on with a run that is under way.
    pub(crate) async fn pass(&mut self, time: Duration, working: bool) {
        let ticks = if self.shape.runs { TICKS } else { 0 };
        for _ in 0..ticks {
            self.wait(time / (ticks + 1), working).await;
            let answer = Box::pin(self.advance_run(None, None)).await;
            self.note(format!("the run's tick: {answer}"));
        }
        self.wait(time / (ticks + 1), working).await;
    }

    /// Has groups looked up, and may kill the function that does it.
    pub(crate) async fn refresh(&mut self, death: Option<Death>) -> String {
        let deadline = self.now() + WORKER_TIMEOUT;
        let system = Arc::clone(&self.system);
        let summary = match death {
            None => Some(system.refresh.run(deadline).await),
            Some(Death::Service { nth, moment }) => {
                self.world.suspend_at(nth.into(), moment);
                let reached = self.world.suspended();
                let summary = tokio::select! {
                    biased;
                    () = reached => None,
                    summary = system.refresh.run(deadline) => Some(summary),
                };
                self.world.cancel_suspension();
                summary
            }
            Some(Death::Call { fate, nth, apart }) => {
                let calls = Calls::new(fate, nth.into(), apart.map(usize::from));
                calls.until_killed(system.refresh_behind(&calls).run(deadline)).await
            }
        };
        match summary {
            Some(Ok(_)) => "groups are refreshed".to_owned(),
            Some(Err(error)) => format!("groups cannot be refreshed: {error}"),
            None => "whoever refreshes groups is killed".to_owned(),
        }
    }

    /// Has a step of a run stand still in the middle of a call while another is asked for.
    pub(crate) async fn run_slowly(
        &mut self,
        start: Option<Start>,
        (nth, moment): (u8, Moment),
        seconds: u16,
        meanwhile: &Step,
    ) -> String {
        let deadline = self.now() + TIMEOUT;
        self.world.suspend_at(nth.into(), moment);
        let reached = self.world.suspended();
        let mut first = call(Arc::clone(&self.system), None, start.clone(), deadline);
        let early = tokio::select! {
            biased;
            () = reached => None,
            answer = &mut first => Some(answer),
        };
        if let Some(answer) = early {
            self.world.cancel_suspension();
            return format!("{}; {}", in_words(answer), self.happen(meanwhile).await);
        }
        self.note_book().await;
        let what = self.happen(meanwhile).await;
        self.wait(Duration::from_secs(seconds.into()), true).await;
        let second = self.advance_run(start, None).await;
        self.tally.count("run steps side by side");
        if self.now() >= deadline {
            self.world.cancel_suspension();
            return format!(
                "stood still {moment:?} call {nth} for {seconds} s; {what}; another one: {second}"
            );
        }
        self.world.let_go_on();
        let first = in_words(first.await);
        self.note_book().await;
        format!(
            "stood still {moment:?} call {nth} for {seconds} s; {what}; another one: {second}; then: \
             {first}"
        )
    }

    /// Takes the active run to its end, with the workers at work. Gives the last answer.
    pub(crate) async fn finish_run(&mut self, start: Option<Start>) -> Option<Answer> {
        let mut event = start;
        for _ in 0..MOST_BATCHES {
            let deadline = self.now() + TIMEOUT;
            let answer = call(Arc::clone(&self.system), None, event.take(), deadline).await;
            let answer = match answer {
                Ok(answer) => answer,
                Err(error) => {
                    self.wrong("run", format!("a call of a run failed: {error}"));
                    return None;
                }
            };
            if !matches!(answer.status, Status::Wait | Status::Continue) {
                return Some(answer);
            }
            self.wait(Duration::from_secs(answer.wait_seconds.unwrap_or(0)), true).await;
            if !self.problems.is_empty() {
                return None;
            }
        }
        self.wrong("endless", "a run does not end");
        None
    }
}

/// Calls the function that advances runs, some of whose calls something may befall.
fn call(
    system: Arc<System>,
    calls: Option<Calls>,
    start: Option<Start>,
    deadline: Timestamp,
) -> Local<Result<Answer, ResegmentError>> {
    Box::pin(async move {
        let event = Event { start };
        match calls {
            None => Box::pin(system.resegment.handle(event, deadline)).await,
            Some(calls) => Box::pin(system.resegment_behind(&calls).handle(event, deadline)).await,
        }
    })
}

fn in_words(answer: Result<Answer, ResegmentError>) -> String {
    match answer {
        Ok(answer) => {
            let phase = answer.phase.map(|phase| format!("{phase:?} "));
            let message = answer.message.unwrap_or_default();
            format!("{}{:?} {message}", phase.unwrap_or_default(), answer.status)
        }
        Err(error) => format!("no answer: {error}"),
    }
}
