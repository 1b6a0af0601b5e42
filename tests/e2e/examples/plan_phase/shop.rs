//! The process that holds the shop and the tables.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use jiff::Timestamp;
use rules::{CustomerId, EmailAddress, RuleBook, UserId};
use segments::local::{LocalSystem, Options};
use simulators::okta::GroupKind;
use simulators::{NewCustomer, SimRandom, World};
use state::Salt;
use tokio::net::TcpListener;
use tokio::process::Command;

use crate::{Failure, RUN, SHOP};

const BOOK: &str = include_str!("../../../../segments.toml");
/// How many items one `BatchWriteItem` takes.
const BATCH: usize = 25;
/// One of so many customers has other totals since they were looked at.
const CHANGED: usize = 200;
/// Orders and spend of those who are there: one for each segment of the book.
const FIGURES: [(u64, &str); 3] = [(1, "42.50"), (4, "180.00"), (14, "2310.75")];

type Item = HashMap<String, AttributeValue>;

pub(crate) async fn measure(customers: usize) -> Result<(), Failure> {
    let world = World::new(SHOP.parse()?);
    // Everything happened within the last day, so that the run has no reason to read all groups again.
    world.clock.advance_to(Timestamp::now() - Duration::from_hours(24));
    let system = LocalSystem::start(Options::simulated(&world)?).await?;
    let samples = samples(&world, &system).await?;
    eprintln!("putting {customers} customers into shop and table");
    fill(&world, &system, &samples, customers).await?;
    world.clock.advance_to(Timestamp::now());
    world.clock.follow();

    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let simulators = format!("http://{}", listener.local_addr()?);
    let serving = tokio::spawn(simulators::serve(world, listener));
    let run = Command::new(std::env::current_exe()?)
        .args([RUN, &simulators, system.dynamodb_url()])
        .status()
        .await?;
    serving.abort();
    if run.success() { Ok(()) } else { Err("the run did not end well".into()) }
}

/// One customer for each segment, whom a real full run has put there.
async fn samples(world: &World, system: &LocalSystem) -> Result<Vec<[Item; 2]>, Failure> {
    let book = RuleBook::from_toml(BOOK)?;
    for segment in book.segments() {
        world.okta.add_group(segment.okta_group_name().as_str(), GroupKind::Okta);
    }
    system.config_table().put_wanted(&book).await?;
    system.refresh_groups().await?;
    let mut samples = Vec::new();
    for (number, (orders, spent)) in FIGURES.into_iter().enumerate() {
        let address = format!("sample-{number}@example.com");
        let user = world.okta.add_user(&address, &address);
        let new = NewCustomer::with_email(&address).with_totals(orders, spent.parse()?);
        samples.push((world.shopify.add_customer(new).0, user));
    }
    world.clock.advance(Duration::from_mins(1));
    let answer = system.run(resegment::Start::default(), |_| ()).await?;
    system.settle().await?;
    if answer.status != resegment::Status::Done {
        return Err(format!("the first run: {answer:?}").into());
    }
    let mut items = Vec::new();
    for (customer, user) in samples {
        let entry = item(system, &entry_key(customer), "state").await?;
        items.push([entry, item(system, &claim_key(&user), "claim").await?]);
    }
    Ok(items)
}

async fn item(system: &LocalSystem, pk: &str, sk: &str) -> Result<Item, Failure> {
    let get = system.dynamodb().get_item().table_name(system.tables().customers);
    let get = get.key("pk", AttributeValue::S(pk.to_owned()));
    let found = get.key("sk", AttributeValue::S(sk.to_owned())).send().await?.item;
    found.ok_or_else(|| format!("{pk} has no item").into())
}

/// Puts customers into the shop, and into the table as the samples are there.
async fn fill(
    world: &World,
    system: &LocalSystem,
    samples: &[[Item; 2]],
    customers: usize,
) -> Result<(), Failure> {
    let salt = system.config_table().for_run(&SimRandom::new(1), false).await?.salt;
    let spent: Vec<_> = FIGURES.iter().map(|(_, spent)| spent.parse()).collect::<Result<_, _>>()?;
    let address = |number: usize| format!("customer-{number}@example.com");
    let mut number = 0;
    let ids = world.shopify.add_customers(u64::try_from(customers)?, |_| {
        let kind = number % FIGURES.len();
        let new = NewCustomer::with_email(&address(number));
        number += 1;
        new.with_totals(FIGURES[kind].0, spent[kind])
    });
    let mut batch = Vec::with_capacity(BATCH + 1);
    for (number, customer) in ids.iter().enumerate() {
        let sample = &samples[number % samples.len()];
        batch.extend(copies(sample, *customer, number, &salt, &address(number).parse()?)?);
        if batch.len() + 2 > BATCH {
            write(system, std::mem::take(&mut batch)).await?;
        }
    }
    write(system, batch).await?;
    world.clock.advance(Duration::from_secs(1));
    for (number, customer) in ids.iter().enumerate().step_by(CHANGED) {
        let kind = (number + 1) % FIGURES.len();
        world.shopify.set_totals(*customer, FIGURES[kind].0, spent[kind])?;
    }
    Ok(())
}

/// A sample's entry and claim, as those of another customer and their user.
fn copies(
    [entry, claim]: &[Item; 2],
    customer: CustomerId,
    number: usize,
    salt: &Salt,
    address: &EmailAddress,
) -> Result<[WriteRequest; 2], Failure> {
    let user: UserId = format!("00ub{number:016}").parse()?;
    let (mut entry, mut claim) = (entry.clone(), claim.clone());
    let Some(AttributeValue::M(matched)) = entry.get_mut("matched") else {
        return Err("the sample has no match".into());
    };
    matched.insert("user".into(), AttributeValue::S(user.to_string()));
    let hash = serde_json::to_value(salt.hash(address))?;
    let hash = hash.as_str().unwrap_or_default().to_owned();
    matched.insert("address".into(), AttributeValue::S(hash));
    entry.insert("pk".into(), AttributeValue::S(entry_key(customer)));
    claim.insert("pk".into(), AttributeValue::S(claim_key(&user)));
    claim.insert("customer_id".into(), AttributeValue::S(customer.to_string()));
    Ok([put(entry)?, put(claim)?])
}

fn entry_key(customer: CustomerId) -> String {
    format!("customer#{customer}")
}

fn claim_key(user: &UserId) -> String {
    format!("user#{user}")
}

fn put(item: Item) -> Result<WriteRequest, Failure> {
    let put = PutRequest::builder().set_item(Some(item)).build()?;
    Ok(WriteRequest::builder().put_request(put).build())
}

async fn write(system: &LocalSystem, requests: Vec<WriteRequest>) -> Result<(), Failure> {
    if requests.is_empty() {
        return Ok(());
    }
    let (client, table): (&Client, _) = (system.dynamodb(), system.tables().customers);
    let answer = client.batch_write_item().request_items(table, requests).send().await?;
    let left_out = answer.unprocessed_items.is_some_and(|left| !left.is_empty());
    if left_out { Err("the engine left items out".into()) } else { Ok(()) }
}
