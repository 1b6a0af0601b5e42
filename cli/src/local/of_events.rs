//! The stack that the invocations in `events/` find.

use std::error::Error;

use rules::{PinnedTo, RuleBook, Segment};
use simulators::World;
use simulators::okta::GroupKind;
use state::{Pin, Pinned, RunId};

use super::{LocalSystem, Options};

/// The default book, and a segment for each way in which a group is not as a book has it.
const BOOK: &str = include_str!("../../../events/segments.toml");
/// A full run that an operator has cancelled.
const CANCELLED: &str = "20261005T020000Z-0ca9ce";

impl LocalSystem {
    /// A stack in a new world, to which the people of `events/` are added. The rule book of
    /// `events/segments.toml` is the accepted one, and Okta has its groups, whose ids are known; since then one
    /// of them was deleted and one renamed. A customer is pinned to a segment that the book does not have, and a
    /// full run is cancelled.
    ///
    /// # Errors
    /// If the embedded engine cannot start; none else in a world that is new.
    pub async fn of_events(world: &World) -> Result<Self, Box<dyn Error + Send + Sync>> {
        let people = world.add_people_of_events()?;
        let book = RuleBook::from_toml(BOOK)?;
        add_groups(&book, world);
        let system = Self::start(Options::simulated(world)?).await?;
        system.config_table().put_wanted(&book).await?;
        system.refresh_groups().await?;
        system.config_table().cancel_run(&CANCELLED.parse::<RunId>()?).await?;
        let book = system.worker().config.current().await?.book.version;
        for deleted in world.okta.groups_named("Shopify Deleted") {
            world.okta.delete_group(&deleted)?;
        }
        for renamed in world.okta.groups_named("Shopify Renamed") {
            world.okta.rename_group(&renamed, "Shopify of Another Name")?;
        }
        let pin = Pin {
            to: PinnedTo::Segment("wholesale".parse()?),
            reason: "Buys for a chain of shops".parse()?,
            since: system.clock.now(),
        };
        let Pinned::Done { .. } =
            system.customers().pin(people.pinned, Some(&pin), book, pin.since).await?
        else {
            return Err("the people of events/ are not new to the table".into());
        };
        world.take_calls();
        Ok(system)
    }
}

/// Has Okta have the groups that a book names.
fn add_groups(book: &RuleBook, world: &World) {
    for name in book.segments().iter().map(Segment::okta_group_name) {
        let add = |kind| world.okta.add_group(name.as_str(), kind);
        match name.as_str() {
            "Shopify Ambiguous" => drop([add(GroupKind::Okta), add(GroupKind::Okta)]),
            "Shopify of an Application" => drop(add(GroupKind::App)),
            "Shopify by Rule" => {
                world.okta.add_rule("Large accounts", &[add(GroupKind::Okta)], true);
            }
            _ => drop(add(GroupKind::Okta)),
        }
    }
}
