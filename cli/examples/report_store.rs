//! Makes a local store for `segments report` to be tried on: a shop, and the full runs it has seen.
//!
//! `cargo run --package segments --example report_store -- shop FOLDER`, and then
//! `segments report --store FOLDER`, with `SHOPIFY_SHOP` and `OKTA_ORG_URL` set to anything that is valid.
//! The same shop every time. Besides `shop` there are `many` (thirty segments with long names, amounts of
//! a currency worth little), `start` (a rule book, and no run yet) and `bare` (nothing at all).

use std::error::Error;
use std::path::Path;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use resegment::{Start, Status};
use rules::{CustomerId, Decision, Money, RuleBook, Totals};
use rust_decimal::Decimal;
use segments::local::{LocalSystem, Options};
use serde_json::json;
use simulators::okta::GroupKind;
use simulators::{NewCustomer, World};
use state::StoredQueue;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// A shop, and what it goes through.
struct Scene {
    /// The rule book; none leaves the store without one.
    book: Option<String>,
    /// How many customers there are.
    people: u64,
    /// What one order comes to, in whole units of the currency, on average.
    order: u64,
    /// How many full runs there are, a day apart.
    runs: u64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [scene, folder] = arguments.as_slice() else {
        return Err("say which scene, and into which folder: shop | many | start | bare".into());
    };
    let default = include_str!("../../segments.toml").to_owned();
    let scene = match scene.as_str() {
        "shop" => Scene { book: Some(default), people: 360, order: 60, runs: 6 },
        "many" => Scene { book: Some(many()), people: 300, order: 9_000, runs: 2 },
        "start" => Scene { book: Some(default), people: 0, order: 0, runs: 0 },
        "bare" => Scene { book: None, people: 0, order: 0, runs: 0 },
        other => return Err(format!("there is no scene {other}").into()),
    };
    scene.play(Path::new(folder)).await
}

/// Thirty segments with names as long and as odd as names may be; two for each amount.
fn many() -> String {
    let segment = |number: u64| {
        let label = match number {
            30 => r#"<script>alert(1)</script> & \"friends\""#.to_owned(),
            29 => format!("Unusually{}", "long".repeat(22)),
            _ => format!("Customers of step {number}, who have come quite far by now"),
        };
        let step = number.div_ceil(2);
        let least = step * step * 5_000;
        let orders = if number.is_multiple_of(2) { ", orders_at_least = 3" } else { "" };
        format!(
            "[[segment]]\nname = \"step-{number}\"\nlabel = \"{label}\"\n\
             okta_group_name = \"Group {number}\"\npersona_name = \"Persona {number}\"\n\
             when = [{{ spend_at_least = \"{least}\"{orders} }}]\n"
        )
    };
    // The highest first: the first that matches wins.
    let segments: String = (1..=30).rev().map(segment).collect();
    format!("currency = \"JPY\"\n{segments}")
}

impl Scene {
    async fn play(&self, folder: &Path) -> Outcome<()> {
        let world = World::new("my-store.myshopify.com".parse()?);
        let options = Options::simulated(&world)?;
        let system: LocalSystem<StoredQueue> = LocalSystem::open(options, folder).await?;
        let Some(book) = &self.book else { return Ok(()) };
        let book = RuleBook::from_toml(book)?;
        world.shopify.set_currency(book.currency());
        for segment in book.segments() {
            world.okta.add_group(segment.okta_group_name().as_str(), GroupKind::Okta);
        }
        system.set("currency", AttributeValue::S(book.currency().code().to_owned())).await?;
        system.set("guard_max_moved_percent", AttributeValue::N("100".to_owned())).await?;
        system.config_table().put_wanted(&book).await?;
        system.refresh_groups().await?;
        let people = self.people(&world)?;
        for run in 0..self.runs {
            self.go_on(&world, &people, run)?;
            world.clock.advance(Duration::from_hours(24));
            let answer = system.run(Start::default(), |_| {}).await?;
            if answer.status != Status::Done {
                return Err(format!("run {run}: {:?}", answer.message).into());
            }
        }
        self.tell(&book, &people);
        Ok(())
    }

    /// Everybody who ever had a segment, with their figures as they were last, in lines of JSON: for whoever
    /// checks the page.
    fn tell(&self, book: &RuleBook, people: &[CustomerId]) {
        let last = self.runs.saturating_sub(1);
        let had_segment = |number: u64| {
            let totals = |day| {
                let (orders, spent) = self.figures(number, day);
                Totals { orders, spent: Money::new(spent, book.currency()) }
            };
            let is_in_one = |day| matches!(book.decide(&totals(day)), Decision::Segment { .. });
            !is_foreign(number) && (0..self.runs).any(is_in_one)
        };
        let all = (0..).zip(people).filter(|(number, _)| had_segment(*number));
        for (number, customer) in all {
            let (orders, spent) = self.figures(number, last);
            println!("{}", json!({ "customer_id": customer, "orders": orders, "spent": spent }));
        }
    }

    /// Everybody, as they are before the first run. Nine in ten have an Okta user.
    fn people(&self, world: &World) -> Outcome<Vec<CustomerId>> {
        let people = world.shopify.add_customers(self.people, |number| {
            let (orders, spent) = self.figures(number, 0);
            NewCustomer::with_email(&email(number)).with_totals(orders, spent)
        });
        for number in (0..self.people).filter(|number| has_user(*number)) {
            world.okta.add_user(&email(number), &email(number));
        }
        let foreign = (0..).zip(&people).filter(|(number, _)| is_foreign(*number));
        for (_, customer) in foreign {
            world.shopify.set_customer_currency(*customer, "CHF".parse()?)?;
        }
        Ok(people)
    }

    /// What one of them has ordered, and what that came to: two in five nothing yet, a few much at once.
    fn figures(&self, number: u64, day: u64) -> (u64, Decimal) {
        let roll = number * 7_919 % 1_000;
        let at_first = match roll {
            0..350 => 0,
            350..780 => 1,
            780..950 => 2 + roll % 4,
            _ => 6 + roll % 17,
        };
        // Some come again, each on days of their own. They have an Okta user: a full run does not look at
        // those again whom it could not match.
        let again = if number % 4 == 1 && has_user(number) { (day + number % 3) / 3 } else { 0 };
        let orders = at_first + again;
        let hundredths = 20 + number * 104_729 % 160;
        let hundredths = if roll % 40 == 7 { 7 * hundredths } else { hundredths };
        let spent = Decimal::from(orders * self.order * hundredths) / Decimal::ONE_HUNDRED;
        // And some send half of it back, and buy it anew.
        let is_back = number % 16 == 3 && has_user(number) && day % 2 == 1;
        (orders, if is_back { spent / Decimal::TWO } else { spent })
    }

    fn go_on(&self, world: &World, people: &[CustomerId], day: u64) -> Outcome<()> {
        for (number, customer) in (0..).zip(people) {
            let (orders, spent) = self.figures(number, day);
            world.shopify.set_totals(*customer, orders, spent)?;
        }
        Ok(())
    }
}

fn has_user(number: u64) -> bool {
    number % 10 != 9
}

/// Whether their money is in another currency than the book's.
fn is_foreign(number: u64) -> bool {
    number % 150 == 7
}

fn email(number: u64) -> String {
    format!("person-{number}@example.com")
}
