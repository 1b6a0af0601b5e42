//! `segments pin` and `segments unpin`: a person decides for one customer.

use std::time::Duration;

use clap::Args;
use jiff::Timestamp;
use rules::{CustomerId, InvalidId, PinReason, PinnedTo};
use serde::Serialize;
use shopify::Truth;
use state::{Cause, End, Message, Outgoing, Pin, Pinned, Subject};

use crate::customer::Asked;
use crate::look::{PinView, Pinnable};
use crate::private::Private;
use crate::report::Report;
use crate::target::{Target, TargetOptions};

pub(crate) const PIN_HELP: &str = "\
The pin wins over every rule and stays through orders, full runs and changes of the rules, until it is taken
back. It ends with its customer: when Shopify deletes them, merges them into another one, or they ask to be
forgotten. While the rule book does not have the segment, the rules decide, and `segments pins` says so.
The reason is kept with the customer, and is in no log.

Exit codes:
  0  the customer is pinned, and queued to be put there
  2  nothing was done, or the customer could not be queued: it says which; run it again, which does no harm

Examples:
  segments pin 706405506930370084 vip --reason \"press, asked for by marketing\"
  segments pin ann@example.com none --reason \"wants no offers\" --stack segments";

pub(crate) const UNPIN_HELP: &str = "\
Exit codes:
  0  the customer is not pinned, and is queued to be put where the rules say, unless nothing is kept of them
  2  nothing was done, or the customer could not be queued: it says which; run it again, which does no harm

Examples:
  segments unpin 706405506930370084
  segments unpin ann@example.com --stack segments";

/// What stands for no segment on the command line.
const NONE: &str = "none";
/// How long services are asked.
const TIME: Duration = Duration::from_mins(1);
/// The pause before a customer is tried again whom a worker has in hand.
const PAUSE: Duration = Duration::from_secs(1);
/// How often that is done. A worker takes a second or two; one that died keeps a customer for 70.
const MOST_PAUSES: u32 = 90;

#[derive(Debug, Args)]
pub(crate) struct PinOptions {
    /// The customer: a numeric id, `gid://shopify/Customer/…` or an e-mail address
    customer: Private,
    /// The segment's name in the rule book; `none` for no segment
    #[arg(value_name = "SEGMENT")]
    to: Private,
    /// Why, in one line of up to 200 characters, to be read by whoever asks
    #[arg(long, value_name = "TEXT")]
    reason: Private,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    target: TargetOptions,
}

#[derive(Debug, Args)]
pub(crate) struct UnpinOptions {
    /// The customer: a numeric id, `gid://shopify/Customer/…` or an e-mail address
    customer: Private,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    target: TargetOptions,
}

/// What somebody asks for. The complaints do not repeat what was given: the customer's address may stand where
/// the segment belongs, and the reason is nobody else's business.
fn read(options: &PinOptions) -> Result<(Asked, PinnedTo, PinReason), String> {
    let asked = Asked::read(options.customer.as_str());
    let to = match options.to.as_str() {
        NONE => Ok(PinnedTo::Outside),
        text => text.parse().map(PinnedTo::Segment),
    };
    let to = to.map_err(|error: InvalidId| {
        format!("what stands for the segment is {error}, nor {NONE}: give the customer first, then the segment")
    });
    let reason = options.reason.as_str().parse();
    let reason = reason.map_err(|error: InvalidId| format!("what is given as --reason is {error}"));
    match (asked, to, reason) {
        (Ok(asked), Ok(to), Ok(reason)) => Ok((asked, to, reason)),
        (asked, to, reason) => {
            let wrong = [asked.err(), to.err(), reason.err()].into_iter().flatten();
            Err(wrong.collect::<Vec<_>>().join("\n"))
        }
    }
}

/// What was done, as it is written as JSON.
#[derive(Debug, Serialize)]
struct Answer {
    /// The customer.
    customer_id: CustomerId,
    /// The pin there is now; none if the rules decide.
    pin: Option<PinView>,
    /// Whether that is otherwise than before.
    changed: bool,
    /// The pin there was before; none if there was none.
    before: Option<PinView>,
    /// Whether the customer is queued to be looked at. Who was never looked at and never pinned is not, when
    /// nothing is to be taken back.
    queued: bool,
    /// Whether work is paused, so that nobody looks at the customer before it goes on.
    paused: bool,
    /// See [`Target::again`].
    #[serde(skip)]
    again: String,
}

/// `pin`.
pub(crate) async fn pin(options: &PinOptions) -> Report {
    report(Box::pin(pinned(options)).await, options.json)
}

/// `unpin`.
pub(crate) async fn unpin(options: &UnpinOptions) -> Report {
    report(Box::pin(unpinned(options)).await, options.json)
}

fn report(answer: Result<Answer, String>, as_json: bool) -> Report {
    match answer {
        Ok(answer) if as_json => Report::good(crate::rules_command::pretty(&answer)),
        Ok(answer) => Report::good(answer.in_words()),
        Err(complaint) => Report::failed(complaint),
    }
}

async fn pinned(options: &PinOptions) -> Result<Answer, String> {
    let (asked, to, reason) = read(options)?;
    let target = options.target.find().await.map_err(|error| error.to_string())?;
    let pinnable = Pinnable::of(&target).await?;
    match to.segment() {
        Some(segment) if !pinnable.includes(&to) => return Err(pinnable.complaint(segment)),
        None if pinnable.includes(&PinnedTo::Segment(none_segment()?)) => {
            return Err(format!(
                "the rule book has a segment called {NONE}, so it is not clear what is meant: give the \
                 segment another name"
            ));
        }
        _ => {}
    }
    let since = Timestamp::now();
    let customer = customer_of_the_shop(&asked, &target, since + TIME).await?;
    let pin = Pin { to, reason, since };
    carry_out(&target, customer, Some(pin), &pinnable).await
}

fn none_segment() -> Result<rules::SegmentName, String> {
    NONE.parse().map_err(|error: InvalidId| error.to_string())
}

async fn unpinned(options: &UnpinOptions) -> Result<Answer, String> {
    let asked = Asked::read(options.customer.as_str())?;
    let target = options.target.find().await.map_err(|error| error.to_string())?;
    let pinnable = Pinnable::of(&target).await?;
    let customer = asked.find(|| target.shopify(), Timestamp::now() + TIME).await?;
    if !is_kept(&target, customer).await? {
        return Ok(Answer::nothing_kept(customer, &target, pinnable.is_paused));
    }
    carry_out(&target, customer, None, &pinnable).await
}

/// Whether anything is kept of a customer. A pin that was taken back leaves their entry, so a command that was
/// interrupted after that is carried out when it is run again.
async fn is_kept(target: &Target, customer: CustomerId) -> Result<bool, String> {
    let found = target.customers().load(&[customer]).await;
    let found = found.map_err(|error| format!("{error}; {}", target.table_hint()))?;
    Ok(found.contains_key(&customer))
}

/// The customer, if the shop has them: a slip in an id would be pinned for good.
async fn customer_of_the_shop(
    asked: &Asked,
    target: &Target,
    deadline: Timestamp,
) -> Result<CustomerId, String> {
    let shopify = target.shopify().map_err(|error| error.to_string())?;
    let customer = asked.find(|| Ok(shopify.clone()), deadline).await?;
    let truth = shopify.customers(&[customer], deadline).await;
    match truth.map_err(|error| error.to_string())?.remove(&customer) {
        Some(Truth::Present(_) | Truth::Unreadable { .. }) => Ok(customer),
        Some(Truth::Gone) | None => Err(format!("the shop has no customer {customer}")),
    }
}

/// Keeps the pin, and has the customer looked at. What was done before by a command that was interrupted
/// is not done again, but for the look.
async fn carry_out(
    target: &Target,
    customer: CustomerId,
    pin: Option<Pin>,
    pinnable: &Pinnable,
) -> Result<Answer, String> {
    let (changed, before, now) = keep(target, customer, pin, pinnable.book).await?;
    let message = Message::new(Subject::Customer(customer), Cause::Pin, Timestamp::now());
    let look = Outgoing { message, delay: Duration::ZERO };
    target.queue().send(vec![look]).await.map_err(|error| {
        format!(
            "it is kept, but customer {customer} could not be queued ({error}), so it is not applied \
             before the next order or full run; {}, and run it again",
            target.table_hint()
        )
    })?;
    let view = |pin: Option<&Pin>| pin.map(PinView::of);
    let (pin, before) = (view(now.as_ref()), view(before.as_ref()));
    let again = target.again().to_owned();
    let paused = pinnable.is_paused;
    Ok(Answer { customer_id: customer, pin, changed, before, queued: true, paused, again })
}

/// Whether anything was written, the pin before, and the pin now.
async fn keep(
    target: &Target,
    customer: CustomerId,
    pin: Option<Pin>,
    book: u64,
) -> Result<(bool, Option<Pin>, Option<Pin>), String> {
    let failed = |error: state::Error| format!("{error}; {}", target.table_hint());
    for _ in 0..MOST_PAUSES {
        let now = Timestamp::now();
        match target.customers().pin(customer, pin.as_ref(), book, now).await.map_err(failed)? {
            Pinned::Done { before } => return Ok((true, before, pin)),
            Pinned::Already(pin) => return Ok((false, pin.clone(), pin)),
            Pinned::Ended(why) => return Err(ended(customer, why)),
            Pinned::InHand { .. } => tokio::time::sleep(PAUSE).await,
        }
    }
    Err(format!("workers have customer {customer} in hand all the time: try again in a minute"))
}

fn ended(customer: CustomerId, why: End) -> String {
    match why {
        End::Gone => format!(
            "customer {customer} was gone from the shop when they were last looked at: there is nobody to \
             pin or unpin"
        ),
        End::Redacted => format!(
            "customer {customer} asked to be forgotten, and is: nothing is kept of them but that, until \
             they order again"
        ),
    }
}

impl Answer {
    /// There is no pin to be taken back, and was none.
    fn nothing_kept(customer_id: CustomerId, target: &Target, paused: bool) -> Self {
        let again = target.again().to_owned();
        let (pin, before) = (None, None);
        Self { customer_id, pin, changed: false, before, queued: false, paused, again }
    }

    fn in_words(&self) -> String {
        let customer = self.customer_id;
        if !self.queued {
            return format!(
                "Nothing is kept of customer {customer}, so no pin either: nothing was done, and nobody is \
                 queued. If that is who you mean: segments explain {customer}{}",
                self.again
            );
        }
        let so = match (&self.pin, self.changed) {
            (Some(pin), true) => format!("Customer {customer} is pinned to {}.", name(pin)),
            (Some(pin), false) => format!(
                "Customer {customer} was pinned to {} already, since {:.0}.",
                name(pin),
                pin.since
            ),
            (None, true) => {
                format!("Customer {customer} is no longer pinned: the rules decide again.")
            }
            (None, false) => format!("Customer {customer} was not pinned: the rules decide."),
        };
        let before = self.before.as_ref().filter(|_| self.changed).map(|before| {
            format!("\nUntil now: pinned to {}, {}", name(before), before.reason.as_str())
        });
        let again = &self.again;
        let queued = if self.paused {
            format!(
                "\nThe customer is queued, and everything is paused: it is applied after segments \
                 resume{again}"
            )
        } else {
            "\nThe customer is queued: the workers apply it next.".to_owned()
        };
        let follow = format!("\nTo follow it: segments explain {customer}{again}");
        format!("{so}{}{queued}{follow}", before.unwrap_or_default())
    }
}

fn name(pin: &PinView) -> &str {
    pin.segment.as_ref().map_or("no segment", rules::SegmentName::as_str)
}
