//! A system in which something has happened, so that its tables hold something of each kind.

use aws_sdk_dynamodb::Client;
use resegment::Start;
use rules::{CustomerId, PinnedTo, UserId};
use rust_decimal::Decimal;
use segments::local::{LocalSystem, Options};
use simulators::okta::GroupKind;
use simulators::{NewCustomer, World};
use state::{ConfigTable, Customers, Pin, RunId, Runs};

use super::Tables;
use crate::targets::lines::book;
use crate::targets::shopify::shop_name;

pub(super) struct Played {
    pub(super) local: LocalSystem,
    customer: CustomerId,
    user: UserId,
    run: RunId,
}

impl Played {
    /// Its tables, over another client.
    pub(super) fn tables(&self, client: Client) -> Tables {
        let names = self.local.tables();
        Tables {
            config: ConfigTable::new(client.clone(), names.config),
            customers: Customers::new(client.clone(), names.customers),
            runs: Runs::new(client, names.runs),
            customer: self.customer,
            user: self.user.clone(),
            run: self.run.clone(),
        }
    }
}

/// A shop after its first full run, with a customer who was pinned.
#[expect(clippy::expect_used, reason = "in the simulated world nothing of this fails")]
pub(super) async fn system() -> Played {
    let world = World::new(shop_name());
    for segment in book().segments() {
        world.okta.add_group(segment.okta_group_name().as_str(), GroupKind::Okta);
    }
    let options = Options::simulated(&world).expect("addresses");
    let local = LocalSystem::start(options).await.expect("an engine");
    local.config_table().put_wanted(book()).await.expect("a table");
    local.refresh_groups().await.expect("groups");
    let new = NewCustomer::with_email("ann@example.com").with_totals(3, Decimal::from(231));
    let (customer, _) = world.shopify.add_customer(new);
    let user = world.okta.add_user("ann@example.com", "ann@example.com");
    let answer = local.run(Start::default(), |_| ()).await.expect("a run");
    local.settle().await.expect("a queue");
    let pin = Pin {
        to: PinnedTo::Outside,
        reason: "a reason".parse().expect("a reason"),
        since: world.clock.now(),
    };
    local.customers().pin(customer, Some(&pin), 1, world.clock.now()).await.expect("a table");
    Played { local, customer, user, run: answer.run_id.expect("a run") }
}
