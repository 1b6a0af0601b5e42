//! The second act: what a full run does about a shop that was there before anybody listened.

use std::collections::BTreeMap;
use std::time::Duration;

use resegment::{Start, Status};
use rules::{GroupName, Refusal, RuleBook, Segment, UserId};
use simulators::{CallRecord, NewCustomer, Service};
use state::Outcome;

use super::people::{self, PEOPLE};
use super::stage::BOOK;
use super::{DemoError, Scene, Stage};
use crate::run::{Driven, Seen, Site, View, drive, of_dry_run, of_run};
use crate::style;
use crate::words::count;

/// One run, played.
pub(super) struct Chapter {
    /// What was called, and what was not as it must be.
    pub(super) scene: Scene,
    /// What the operator reads.
    pub(super) text: String,
}

/// The shop, and who of it has an Okta user.
struct Shop<'a> {
    stage: &'a Stage,
    /// By the customers' numbers.
    users: BTreeMap<u64, UserId>,
    /// The groups' names, by segment.
    groups: BTreeMap<String, GroupName>,
}

/// What was as it is before a run.
struct Before {
    memberships: usize,
}

/// Plays all of it; each chapter is handed over as it ends.
pub(super) async fn all(
    stage: &Stage,
    mut read: impl FnMut(&Chapter),
) -> Result<Vec<Chapter>, DemoError> {
    let shop = Shop::fill(stage)?;
    let mut chapters = Vec::new();
    let mut next = |chapter: Chapter| {
        read(&chapter);
        chapters.push(chapter);
    };
    next(shop.first_run().await?);
    next(shop.preview().await?);
    next(shop.slip().await?);
    next(shop.sensible_change().await?);
    next(shop.quiet_night().await?);
    Ok(chapters)
}

impl<'a> Shop<'a> {
    /// Adds the customers, and nobody hears of it.
    fn fill(stage: &'a Stage) -> Result<Self, DemoError> {
        let world = &stage.world;
        world.shopify.add_customers(PEOPLE, |number| {
            let (orders, spent) = people::figures(number);
            NewCustomer::with_email(&people::email(number)).with_totals(orders, spent)
        });
        let numbers: Vec<u64> = (0..PEOPLE).filter(|number| people::has_user(*number)).collect();
        let names = |place: usize| {
            let email = people::email(numbers.get(place).copied().unwrap_or(PEOPLE));
            (email.clone(), email)
        };
        let made = world.okta.add_users(numbers.len(), names);
        let users = numbers.iter().copied().zip(made).collect();
        let book = RuleBook::from_toml(BOOK)?;
        let group = |it: &Segment| (it.name().to_string(), it.okta_group_name().clone());
        world.clock.advance(Duration::from_mins(1));
        Ok(Self { stage, users, groups: book.segments().iter().map(group).collect() })
    }

    /// Each run begins an hour after the last one.
    fn begin(&self, title: &'static str) -> (Scene, Before) {
        self.stage.world.clock.advance(Duration::from_hours(1));
        self.stage.world.take_calls();
        let memberships = self.stage.world.okta.membership_log().len();
        (Scene::begin(title, self.stage.now()), Before { memberships })
    }

    /// A run from its start to its end, with a bar on a terminal.
    async fn run(&self, start: Start) -> Result<Driven, DemoError> {
        let mut view = View::bar();
        if let Some(view) = &mut view {
            view.begin("start");
        }
        let mut look = |seen: &Seen<'_>| {
            if let Some(view) = &mut view {
                view.show(seen);
            }
        };
        Ok(drive(Site::Local(&self.stage.system), &start, &mut look).await?)
    }

    fn end(&self, mut scene: Scene, text: &str) -> Chapter {
        let forbidden = self.stage.world.forbidden_calls();
        scene.must(forbidden.is_empty(), "nothing is called that must never be");
        scene.calls = self.stage.world.take_calls();
        scene.must(self.stage.system.queue().depth() == 0, "the queue is empty");
        let dead = self.stage.system.queue().dead_letters();
        scene.must(dead.is_empty(), "there are no dead letters");
        let text = format!("{text}\n{}", calls(&scene));
        Chapter { scene, text }
    }

    async fn first_run(&self) -> Result<Chapter, DemoError> {
        let (mut scene, _) = self.begin("The first full run");
        let driven = self.run(Start::default()).await?;
        let record = driven.record.ok_or("the run has no record")?;
        scene.must(driven.answer.status == Status::Done, "the run is done");
        let in_a_segment = |number: &u64| segment(*number, 500).is_some();
        let (matched, unmatched): (Vec<u64>, Vec<u64>) =
            (0..PEOPLE).filter(in_a_segment).partition(|number| people::has_user(*number));
        let outcome = |outcome| record.outcomes.get(&outcome).copied().unwrap_or(0);
        let applied = usize::try_from(outcome(Outcome::Applied))?;
        scene.must(applied == matched.len(), "it is applied for everybody who is in a segment");
        let nobody = usize::try_from(outcome(Outcome::Unmatched))?;
        scene.must(nobody == unmatched.len(), "whom Okta does not know is counted as that");
        self.must_be_placed(&mut scene, 500);
        let personas = self.stage.world.mavera.personas();
        scene.must(personas.len() == 3, "there is one persona for each segment");
        let shown: Vec<&str> = personas.iter().map(|it| it.description.as_str()).collect();
        let mavera = style::facts(&[("At Mavera", shown.join("\n"))]);
        Ok(self.end(scene, &format!("{}\n{mavera}", of_run(&record))))
    }

    async fn preview(&self) -> Result<Chapter, DemoError> {
        let (mut scene, before) = self.begin("What if 400 spent made a VIP, not 500? A dry run");
        let book = vip_from(400)?;
        let currency = book.currency();
        let start = Start { dry_run: true, rules: Some(book), ..Start::default() };
        let driven = self.run(start).await?;
        let answer = driven.answer;
        scene.must(answer.status == Status::Done, "the dry run is done");
        scene.must(answer.message.is_none(), "the guard would let it pass");
        let moved = answer.report.as_ref().map(|report| report.shift.moved);
        scene.must(moved == Some(self.risen()), "it tells how many would move");
        self.must_touch_nobody(&mut scene, &before);
        Ok(self.end(scene, &of_dry_run(&answer, Some(currency))))
    }

    async fn slip(&self) -> Result<Chapter, DemoError> {
        let (mut scene, before) = self.begin("A slip: 5 instead of 500, written and run");
        self.stage.system.config_table().put_wanted(&vip_from(5)?).await?;
        let driven = self.run(Start::default()).await?;
        let record = driven.record.ok_or("the run has no record")?;
        scene.must(driven.answer.status == Status::Refused, "the run is refused");
        let moved = matches!(record.refusal, Some(Refusal::Moved { .. }));
        scene.must(moved, "it is refused for whom it would move");
        self.must_touch_nobody(&mut scene, &before);
        let accepted = self.stage.system.config_table().group_names().await?.accepted;
        let version = accepted.map(|book| book.version);
        scene.must(version == Some(1), "workers go on with the book they have");
        let message = record.message.unwrap_or_default();
        Ok(self.end(scene, &style::facts(&[("Refused", message)])))
    }

    async fn sensible_change(&self) -> Result<Chapter, DemoError> {
        let (mut scene, before) = self.begin("400, as it was meant");
        self.stage.system.config_table().put_wanted(&vip_from(400)?).await?;
        let driven = self.run(Start::default()).await?;
        let record = driven.record.ok_or("the run has no record")?;
        scene.must(driven.answer.status == Status::Done, "the run is done");
        scene.must(record.dispatched == self.risen(), "those of the preview are looked at");
        let changes = self.stage.world.okta.membership_log().len() - before.memberships;
        let twice = usize::try_from(2 * self.risen())?;
        scene.must(changes == twice, "each joins a group and leaves one");
        self.must_be_placed(&mut scene, 400);
        Ok(self.end(scene, &of_run(&record)))
    }

    async fn quiet_night(&self) -> Result<Chapter, DemoError> {
        self.stage.world.clock.advance(Duration::from_hours(24));
        let (mut scene, before) = self.begin("The next night, nothing has changed");
        let driven = self.run(Start::default()).await?;
        let record = driven.record.ok_or("the run has no record")?;
        scene.must(driven.answer.status == Status::Done, "the run is done");
        scene.must(record.dispatched == 0, "nobody is looked at");
        let changes = self.stage.world.okta.membership_log().len() - before.memberships;
        scene.must(changes == 0, "no membership is touched");
        let mut chapter = self.end(scene, &style::facts(&[("To look at", "nobody".to_owned())]));
        let calls = chapter.scene.calls.len();
        chapter.scene.must(calls == 5, "four calls to the shop and one to Okta are made");
        Ok(chapter)
    }

    /// How many are VIPs from 400 on, were none before, and have an Okta user.
    fn risen(&self) -> u64 {
        let rises = |number: &&u64| segment(**number, 400) != segment(**number, 500);
        u64::try_from(self.users.keys().filter(rises).count()).unwrap_or(u64::MAX)
    }

    /// Everybody with an Okta user must be in their segment's group and in no other.
    fn must_be_placed(&self, scene: &mut Scene, vip_from: u32) {
        let is_placed = |(number, user): (&u64, &UserId)| {
            let segment = segment(*number, vip_from);
            let group = segment.and_then(|segment| self.groups.get(segment));
            let groups = self.stage.world.okta.group_names_of(user);
            groups.iter().map(String::as_str).eq(group.map(GroupName::as_str))
        };
        let misplaced = self.users.iter().filter(|person| !is_placed(*person)).count();
        scene.must(misplaced == 0, "everybody is in their segment's group and in no other");
    }

    fn must_touch_nobody(&self, scene: &mut Scene, before: &Before) {
        let log = self.stage.world.okta.membership_log();
        scene.must(log.len() == before.memberships, "no membership is touched");
        let calls = self.stage.world.calls();
        let writes =
            |call: &CallRecord| call.service == Service::Okta && call.method != http::Method::GET;
        scene.must(!calls.iter().any(writes), "nothing is written to Okta");
    }
}

fn segment(number: u64, vip_from: u32) -> Option<&'static str> {
    people::segment(people::figures(number), vip_from)
}

/// The default book with another threshold.
fn vip_from(amount: u32) -> Result<RuleBook, DemoError> {
    let text = BOOK.replace("spend_at_least = \"500\"", &format!("spend_at_least = \"{amount}\""));
    Ok(RuleBook::from_toml(&text)?)
}

/// The calls made, beside those of the obvious way: read pages of 100 customers, and for each one look
/// up the user, read the groups, leave the old one, join the new one.
fn calls(scene: &Scene) -> String {
    let services = [Service::Shopify, Service::Storage, Service::Okta, Service::Mavera];
    let made: Vec<String> = services
        .into_iter()
        .map(|service| (service, scene.calls_to(service) as u64))
        .filter(|(_, calls)| *calls > 0)
        .map(|(service, calls)| format!("{} {service}", count(calls)))
        .collect();
    // Two more have been there since the first act.
    let customers = PEOPLE + 2;
    let other_way = format!(
        "{} shopify, {} okta: pages of 100, and 4 calls for each customer",
        count(customers.div_ceil(100)),
        count(4 * customers)
    );
    style::facts(&[("All calls", made.join(", ")), ("One by one", other_way)])
}
