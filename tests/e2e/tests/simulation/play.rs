//! Letting one thing happen.

use std::future::Future;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use http::Method;
use resegment::Start;
use rules::PinnedTo;
use simulators::{Fault, Matching, Service};
use state::{Cause, Message, Outgoing, Pin, Pinned, Queue, Subject};

use crate::aws_faults::{AwsFault, Part};
use crate::book::{NAMES, in_a_line};
use crate::game::Game;
use crate::step::{Kind, Lasts, Only, Step, Trouble, Who};

/// How long a function may know an older set of secrets, at most.
const ROTATION: Duration = Duration::from_mins(6);
/// A user in a group, at Okta.
const MEMBERSHIP: &str = "/api/v1/groups/{id}/users/{id}";
/// A step whose subject is not there.
pub(crate) const NOBODY: &str = "nothing happens";

impl Game {
    /// Lets a step happen. Says what it came to.
    pub(crate) fn happen<'a>(
        &'a mut self,
        step: &'a Step,
    ) -> std::pin::Pin<Box<dyn Future<Output = String> + 'a>> {
        Box::pin(async move {
            self.tally.count(format!("step: {}", step.name()));
            if let Some((what, luck)) = self.in_the_shop(step) {
                let fates = self.send(luck).await;
                return format!("{what}: {fates}");
            }
            let log = self.world.okta.membership_log().len();
            if let Some(what) = self.at_okta(step) {
                self.by_hand.extend(log..self.world.okta.membership_log().len());
                return what;
            }
            Box::pin(self.otherwise(step)).await
        })
    }

    async fn otherwise(&mut self, step: &Step) -> String {
        match step {
            Step::Pin { who, to, queued } => {
                let to = NAMES.get(usize::from(*to));
                let to =
                    to.map_or(PinnedTo::Outside, |name| PinnedTo::Segment(name.parse().unwrap()));
                self.pin(*who, Some(to), *queued).await
            }
            Step::Unpin { who, queued } => self.pin(*who, None, *queued).await,
            Step::Want { book } => self.want(usize::from(*book) % self.books.len()).await,
            Step::RefreshGroups => Box::pin(self.refresh(None)).await,
            Step::RefreshAndDie { at } => {
                let refreshed = Box::pin(self.refresh(Some(*at))).await;
                format!("{at:?}: {refreshed}")
            }
            Step::Rotate => self.rotate(),
            Step::Pause => self.set_paused(true).await,
            Step::Resume => self.set_paused(false).await,
            Step::Replay { which } => {
                let Some(webhook) = pick(&self.archive, (*which).into()).cloned() else {
                    return NOBODY.to_owned();
                };
                let topic = webhook.topic;
                self.deliver(webhook, 0).await;
                format!("an old {topic} comes again")
            }
            Step::Forge { which, how } => {
                let Some(webhook) = pick(&self.archive, (*which).into()).cloned() else {
                    return NOBODY.to_owned();
                };
                self.forge(webhook, *how).await
            }
            Step::Wait { seconds, working } => {
                self.pass(Duration::from_secs((*seconds).into()), *working).await;
                let how = if *working { "" } else { ", and nobody works" };
                format!("{seconds} s pass{how}")
            }
            Step::Work => {
                self.pass_until_due();
                let worked = self.batch(None).await;
                if worked { "a worker works" } else { "no message is due" }.to_owned()
            }
            Step::WorkAndDie { at } => {
                self.pass_until_due();
                let worked = self.batch(Some(*at)).await;
                if worked { format!("a worker meets {at:?}") } else { NOBODY.to_owned() }
            }
            Step::WorkSlowly { nth, moment, seconds, meanwhile } => {
                self.pass_until_due();
                self.work_slowly((*nth, *moment), *seconds, meanwhile).await
            }
            Step::StartRun { verify } => {
                let start = Start { verify: *verify, ..Start::default() };
                let answer = self.advance_run(Some(start), None).await;
                format!("a full run is asked for (verify: {verify}): {answer}")
            }
            Step::Tick => {
                let answer = self.advance_run(None, None).await;
                format!("the run's tick: {answer}")
            }
            Step::TickAndDie { start, at } => {
                let event = start.then(Start::default);
                let answer = self.advance_run(event, Some(*at)).await;
                format!("a run (start: {start}) meets {at:?}: {answer}")
            }
            Step::TickSlowly { start, nth, moment, seconds, meanwhile } => {
                let event = start.then(Start::default);
                let what = self.run_slowly(event, (*nth, *moment), *seconds, meanwhile).await;
                format!("a run (start: {start}) {what}")
            }
            Step::Trouble(trouble) => self.trouble(*trouble),
            Step::Calm => {
                self.mend();
                "all is well with the services".to_owned()
            }
            _ => NOBODY.to_owned(),
        }
    }

    async fn pin(&mut self, who: u8, to: Option<PinnedTo>, queued: bool) -> String {
        let Some(id) = self.somebody(who) else { return NOBODY.to_owned() };
        let since = self.now();
        let reason = "as was asked".parse().unwrap();
        let pin = to.clone().map(|to| Pin { to, reason, since });
        let random = &*self.system.worker.random;
        let config = self.system.config.load(None, since, random).await.unwrap();
        let (customers, book) = (&self.system.customers, config.book.version);
        let answer = customers.pin(id, pin.as_ref(), book, since).await.unwrap();
        let name = self.name(id);
        let place =
            to.as_ref().map_or_else(|| "not pinned".to_owned(), |to| format!("pinned to {to}"));
        let changed_before = self.person(id).map(|person| person.changed.1);
        if let Pinned::Done { .. } = answer {
            self.changed([id]);
            if let Some(person) = self.people.iter_mut().find(|person| person.id == id) {
                person.was_pinned |= to.is_some();
                person.pin = to;
            }
        }
        let is_so = matches!(answer, Pinned::Done { .. } | Pinned::Already(_));
        if is_so && queued {
            let message = Message::new(Subject::Customer(id), Cause::Pin, since);
            let look = Outgoing { message, delay: Duration::ZERO };
            Queue::send(self.system.queue(), vec![look]).await.unwrap();
            let (serial, lag) = (self.serial(), Duration::from_secs(self.shape.totals_lag));
            // Its own change is no figure, and shows at once.
            let is_seen = changed_before.is_some_and(|at| since >= at + lag);
            let person = self.people.iter_mut().find(|person| person.id == id);
            if let Some(person) = person.filter(|_| is_seen && since >= self.unsure_until) {
                person.told = serial;
            }
        }
        format!("{name} is {place}, queued: {queued}: {answer:?}")
    }

    async fn want(&mut self, book: usize) -> String {
        self.wanted = book;
        self.system.config.put_wanted(&self.books[book].parsed()).await.unwrap();
        format!("the wanted book is now: {}", in_a_line(&self.books[book]))
    }

    pub(crate) async fn set_paused(&mut self, paused: bool) -> String {
        self.paused = paused;
        let value = AttributeValue::Bool(paused);
        self.system.config.put_setting("paused", value).await.unwrap();
        if paused { "an operator pauses" } else { "an operator resumes" }.to_owned()
    }

    /// All services are well again.
    pub(crate) fn mend(&mut self) {
        self.world.faults().clear();
        self.system.aws.faults.clear();
        self.system.vault.shut_until(self.now());
    }

    fn trouble(&mut self, trouble: Trouble) -> String {
        let Trouble { service, kind, done, after, only, lasts } = trouble;
        let fault = fault(service, kind, done);
        let service = match service {
            Who::Shopify => Service::Shopify,
            Who::Storage => Service::Storage,
            Who::Okta => Service::Okta,
            Who::Mavera => Service::Mavera,
            Who::Tables => return self.trouble_at_aws(Part::Tables, trouble),
            Who::Queue => return self.trouble_at_aws(Part::Queue, trouble),
            Who::Secrets => {
                let time = match lasts {
                    Lasts::Calls(minutes) => Duration::from_mins(minutes.into()),
                    Lasts::Seconds(seconds) => Duration::from_secs(seconds.into()),
                };
                self.system.vault.shut_until(self.now() + time);
                return format!("no secret can be read for {} s", time.as_secs());
            }
        };
        let matching = match only {
            Only::Every => Matching::any(),
            Only::Joins => Matching::call(Method::PUT, MEMBERSHIP),
            Only::Leaves => Matching::call(Method::DELETE, MEMBERSHIP),
            Only::Profiles => Matching::call(Method::POST, "/api/v1/users/{id}"),
        };
        let matching = matching.after(after.into());
        let faults = self.world.faults();
        let what = format!("{service}, {only:?}, after {after} calls: {fault:?}");
        match lasts {
            Lasts::Calls(calls) => {
                faults.times(calls.into(), service, matching, fault);
                format!("{what}, {calls} times")
            }
            Lasts::Seconds(seconds) => {
                let time = Duration::from_secs(seconds.into());
                faults.during(time, service, matching, fault);
                format!("{what}, for {seconds} s")
            }
        }
    }
}

impl Game {
    fn trouble_at_aws(&mut self, part: Part, trouble: Trouble) -> String {
        let Trouble { kind, done, after, lasts, .. } = trouble;
        let (fault, after) = (aws_fault(kind, done), after.into());
        let faults = &self.system.aws.faults;
        match lasts {
            Lasts::Calls(calls) => faults.times(calls.into(), part, after, fault),
            Lasts::Seconds(seconds) => {
                faults.during(Duration::from_secs(seconds.into()), part, after, fault);
            }
        }
        format!("{part:?}, after {after} calls: {fault:?}, {lasts:?}")
    }

    /// Shopify signs with a new secret, and the operator stores it beside the old one.
    fn rotate(&mut self) -> String {
        let secret = format!("a new secret, {}", self.serial());
        self.world.shopify.rotate_webhook_secret(&secret);
        self.system.vault.add_signing_secret(&secret);
        self.rotated_until = self.now() + ROTATION;
        "webhooks are signed with a new secret".to_owned()
    }
}

fn aws_fault(kind: Kind, done: bool) -> AwsFault {
    match kind {
        Kind::Status(_) | Kind::Page(_) => AwsFault::Status(if done { 500 } else { 503 }),
        Kind::Throttled => AwsFault::Throttled,
        Kind::ManyAtOnce => AwsFault::Conflict,
        Kind::ErrorsAs200 | Kind::InPart => AwsFault::InPart,
        Kind::Timeout | Kind::Broken => AwsFault::Lost { done },
        Kind::NoConnection => AwsFault::Lost { done: false },
        Kind::Truncated => AwsFault::Cut,
        Kind::Slow => AwsFault::Slow(7),
    }
}

pub(crate) fn pick<T>(of: &[T], number: usize) -> Option<&T> {
    of.get(number.checked_rem(of.len())?)
}

fn fault(service: Who, kind: Kind, done: bool) -> Fault {
    let soon = Duration::from_secs(20);
    match (kind, service) {
        (Kind::Status(status), _) => Fault::Status(status),
        (Kind::Throttled, Who::Okta) => Fault::Okta429 { reset_after: soon },
        (Kind::Throttled, Who::Shopify) => Fault::ShopifyThrottled,
        (Kind::Throttled | Kind::ManyAtOnce, Who::Mavera) => {
            Fault::MaveraThrottled { retry_after: soon }
        }
        (Kind::ManyAtOnce, Who::Okta) => Fault::ConcurrencyLimit429,
        (Kind::ManyAtOnce, Who::Shopify) => Fault::ShopifyError("INTERNAL_SERVER_ERROR"),
        (Kind::ErrorsAs200, Who::Shopify) => Fault::GraphqlErrorsWithData,
        (Kind::InPart, Who::Storage) => Fault::BreaksAfter(700),
        (Kind::Throttled | Kind::ManyAtOnce | Kind::ErrorsAs200 | Kind::InPart, _) => {
            Fault::Status(502)
        }
        (Kind::Timeout, _) => Fault::Timeout { done },
        (Kind::Broken, _) => Fault::Broken { done },
        (Kind::Truncated, _) => Fault::TruncatedBody,
        (Kind::Page(200), _) => Fault::NotJson,
        (Kind::Page(status), _) => Fault::Page(status),
        (Kind::NoConnection, _) => Fault::Connect,
        (Kind::Slow, _) => Fault::Slow(Duration::from_secs(7)),
    }
}
