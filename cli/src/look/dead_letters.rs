//! `segments dead-letters`: messages that nobody could work off, and another try.

mod answer;

use std::collections::HashMap;
use std::time::Duration;

use clap::Args;
use jiff::Timestamp;
use state::{Cause, DeadLetter, DeadLetters, Message, Outgoing, Subject};

use super::{Complaint, in_json, table_error, told};
use crate::report::Report;
use crate::target::{Target, TargetOptions};
use crate::words::count;
use answer::{Answer, Letter, Now};

pub(crate) const DEAD_LETTERS_HELP: &str = "\
A message becomes a dead letter when it was tried five times and nobody finished it; the log of
sync-customer says why. A replay queues the customer again and removes the letter. It carries nothing of the
letter but whom it is about, and what is read then is what Shopify says then; so a replay too many is
harmless. A redaction stays a redaction.

Exit codes:
  0  there are none left
  1  there are some left, or out of sight for up to two minutes, as after a command that was interrupted
  2  the queue cannot be read, or did not take everything: run it again, which does no harm

Examples:
  segments dead-letters
  segments dead-letters --stack segments --replay
  segments dead-letters --discard
  segments dead-letters --json | jq -r '.letters[].customer_id'";

/// How many letters are worked with at once; SQS lets so many be out of sight and more.
const MOST: usize = 10_000;
/// How many letters are queued again before they are removed: what an interruption repeats.
const BATCH: usize = 100;

#[derive(Debug, Args)]
pub(crate) struct DeadLettersOptions {
    /// Queue the customers again, and remove their letters
    #[arg(long)]
    replay: bool,
    /// Remove the letters that are no messages of this product
    #[arg(long)]
    discard: bool,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    target: TargetOptions,
}

/// A letter with what it says.
struct Read {
    letter: DeadLetter,
    message: Result<Message, String>,
}

/// `dead-letters`.
pub(crate) async fn dead_letters(options: &DeadLettersOptions) -> Report {
    match worked(options).await {
        Ok((answer, complaint)) => {
            let text = if options.json { in_json(&answer) } else { answer.in_words() };
            let is_to_look_at = answer.left > 0 || answer.more || answer.out_of_sight > 0;
            Report { complaint, ..told(text, is_to_look_at) }
        }
        Err(complaint) => Report::failed(complaint),
    }
}

/// The answer, and what is to be said besides.
async fn worked(options: &DeadLettersOptions) -> Result<(Answer, Complaint), Complaint> {
    let target = options.target.find().await.map_err(|error| error.to_string())?;
    let failed = |error: state::Error| table_error(&target, &error);
    let dead = target.dead_letters().await.map_err(failed)?;
    // Before any is removed: SQS goes on counting those for a while.
    let counted = dead.count().await.map_err(failed)?;
    let mut letters = dead.letters(MOST).await.map_err(failed)?;
    let read = u64::try_from(letters.len()).unwrap_or(u64::MAX);
    let more = letters.len() >= MOST;
    letters.sort_by_key(|letter| std::cmp::Reverse(letter.at));
    let letters: Vec<Read> = letters.into_iter().map(Read::of).collect();
    let removed = remove(options, &target, &*dead, &letters).await;
    let now = |read: &Read| match read.message {
        Ok(_) if options.replay => Now::Replayed,
        Err(_) if options.discard => Now::Discarded,
        _ => Now::Left,
    };
    // After an error nobody knows which were removed. To give those back does nothing.
    let is_left = |read: &&Read| removed.is_err() || now(read) == Now::Left;
    let left: Vec<&Read> = letters.iter().filter(is_left).collect();
    let given_back = dead.give_back(&only(&left)).await;
    removed?;
    let complaint = given_back.err().map(|error| {
        format!("the letters that are left stay out of sight for up to two minutes: {error}")
    });
    let letters: Vec<Letter> = letters.iter().map(|read| read.shown(now(read))).collect();
    let of = |now| letters.iter().filter(|letter| letter.now == now).count();
    let (replayed, discarded, left) = (of(Now::Replayed), of(Now::Discarded), of(Now::Left));
    let out_of_sight = if more { 0 } else { counted.saturating_sub(read) };
    let answer = Answer { letters, replayed, discarded, left, out_of_sight, more };
    Ok((answer, complaint.unwrap_or_default()))
}

/// Does with the letters what is asked for.
async fn remove(
    options: &DeadLettersOptions,
    target: &Target,
    dead: &dyn DeadLetters,
    letters: &[Read],
) -> Result<(), Complaint> {
    let (ours, foreign): (Vec<&Read>, Vec<&Read>) =
        letters.iter().partition(|read| read.message.is_ok());
    if options.replay {
        replay(target, dead, &ours).await?;
    }
    if options.discard {
        let discarded = dead.discard(&only(&foreign)).await;
        discarded.map_err(|error| table_error(target, &error))?;
    }
    Ok(())
}

/// Queues first and removes then: an interruption loses nobody.
async fn replay(target: &Target, dead: &dyn DeadLetters, ours: &[&Read]) -> Result<(), Complaint> {
    let now = Timestamp::now();
    for (done, batch) in ours.chunks(BATCH).enumerate() {
        let failed = |error: state::Error| {
            let done = count(u64::try_from(done * BATCH).unwrap_or(u64::MAX));
            let cause = table_error(target, &error);
            format!("after {done} letters: {cause}\nRun it again: to replay twice does no harm.")
        };
        let messages = batch.iter().filter_map(|read| read.message.as_ref().ok());
        target.queue().send(again(messages, now)).await.map_err(failed)?;
        dead.discard(&only(batch)).await.map_err(failed)?;
    }
    Ok(())
}

/// The messages that stand for these letters, one for each look that is asked for.
fn again<'a>(letters: impl Iterator<Item = &'a Message>, now: Timestamp) -> Vec<Outgoing> {
    let mut messages: HashMap<(Subject, Cause), Message> = HashMap::new();
    for message in letters.map(|letter| replayed(letter, now)) {
        let key = (message.subject, message.cause);
        let as_of = message.as_of;
        let kept = messages.entry(key).or_insert(message);
        kept.as_of = kept.as_of.max(as_of);
    }
    messages.into_values().map(|message| Outgoing { message, delay: Duration::ZERO }).collect()
}

/// A look at whom the letter is about. Who asked to be forgotten, or what is held about them, asks so
/// still, and as of then: an order placed since lifts a redaction.
fn replayed(letter: &Message, now: Timestamp) -> Message {
    match letter.cause {
        Cause::Redact | Cause::DataRequest => {
            Message::new(letter.subject, letter.cause, letter.as_of)
        }
        _ => Message::new(letter.subject, Cause::Replay, now),
    }
}

fn only(letters: &[&Read]) -> Vec<DeadLetter> {
    letters.iter().map(|read| read.letter.clone()).collect()
}

impl Read {
    fn of(letter: DeadLetter) -> Self {
        let bytes = letter.body.len();
        let message = Message::from_json(&letter.body)
            .map_err(|error| format!("{error} ({})", words_of_bytes(bytes)));
        Self { letter, message }
    }

    fn shown(&self, now: Now) -> Letter {
        let at = self.letter.at;
        let message = self.message.as_ref().ok();
        let subject = message.map(|message| message.subject);
        Letter {
            customer_id: subject.and_then(Subject::customer),
            order_id: match subject {
                Some(Subject::Order(order)) => Some(order),
                _ => None,
            },
            cause: message.map(|message| message.cause),
            as_of: message.map(|message| message.as_of),
            at,
            run_id: message.and_then(|message| message.run.as_ref()).map(|run| run.id.clone()),
            problem: self.message.as_ref().err().cloned(),
            now,
        }
    }
}

fn words_of_bytes(bytes: usize) -> String {
    format!("{} bytes", count(u64::try_from(bytes).unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use rules::CustomerId;
    use state::{ByRun, Hint};

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn letter(customer: u64, cause: Cause, second: i64) -> Message {
        let mut letter =
            Message::new(Subject::Customer(CustomerId::new(customer)), cause, at(second));
        let id = "20261121T120000Z-1".parse().unwrap();
        letter.run = Some(ByRun { id, book: 1, recheck: true, user: Hint::Nobody });
        (letter.looks, letter.deferrals, letter.followed_up) = (5, 9, true);
        letter
    }

    #[test]
    fn a_replay_carries_nothing_of_the_letter_but_whom_it_is_about() {
        let replayed = replayed(&letter(1, Cause::Order, 5), at(100));
        let subject = Subject::Customer(CustomerId::new(1));
        assert_eq!(replayed, Message::new(subject, Cause::Replay, at(100)));
    }

    #[test]
    fn who_asked_to_be_forgotten_asks_so_still_and_as_of_then() {
        for cause in [Cause::Redact, Cause::DataRequest] {
            let replayed = replayed(&letter(1, cause, 5), at(100));
            assert_eq!((replayed.cause, replayed.as_of, replayed.run), (cause, at(5), None));
        }
    }

    #[test]
    fn several_letters_of_one_customer_are_one_look_and_a_redaction_besides() {
        let letters = [
            letter(1, Cause::Order, 5),
            letter(1, Cause::Schedule, 6),
            letter(1, Cause::Redact, 7),
            letter(1, Cause::Redact, 9),
            letter(2, Cause::Order, 8),
        ];
        let sent = again(letters.iter(), at(100));
        let mut sent: Vec<_> = sent
            .iter()
            .map(|sent| {
                (
                    sent.message.subject.customer().unwrap().get(),
                    sent.message.cause,
                    sent.message.as_of,
                )
            })
            .collect();
        sent.sort();
        let expected =
            [(1, Cause::Replay, at(100)), (1, Cause::Redact, at(9)), (2, Cause::Replay, at(100))];
        assert_eq!(sent, expected);
    }
}
