//! Customers of a local store, and looks at them.

use std::collections::{BTreeMap, HashMap};
use std::process::Output;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use comparison::SegmentFigures;
use resegment::{EndedAs, Summary};
use rules::{Cohort, CustomerId, UserId};
use serde_json::Value;
use simulators::{NewCustomer, SimRandom};
use state::{Begun, Cause, Entry, Last, Message, Outcome, Outgoing, Queue, Record, RunId, Subject};

use crate::store::Store;

pub(crate) const NEW: &str = "Shopify New Customer";
pub(crate) const VIP: &str = "Shopify VIP Customer";

/// What a command printed as JSON.
pub(crate) fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stdout)))
}

impl Store {
    /// A customer who was there before anybody listened.
    pub(crate) fn customer(&self, email: &str, orders: u64, spent: u32) -> CustomerId {
        let new = NewCustomer::with_email(email).with_totals(orders, spent.into());
        let (customer, _) = self.world.shopify.add_customer(new);
        customer
    }

    /// The same, with an Okta user.
    pub(crate) fn person(&self, email: &str, orders: u64, spent: u32) -> (CustomerId, UserId) {
        (self.customer(email, orders, spent), self.world.okta.add_user(email, email))
    }

    /// Has the workers look at customers now, and work off all that is due.
    pub(crate) async fn look_at(&self, customers: &[CustomerId]) {
        let now = self.world.clock.now();
        let message = |customer: &CustomerId| {
            let message = Message::new(Subject::Customer(*customer), Cause::Customer, now);
            Outgoing { message, delay: Duration::ZERO }
        };
        self.system.queue().send(customers.iter().map(message).collect()).await.unwrap();
        self.work().await;
    }

    /// Works off all that is due.
    pub(crate) async fn work(&self) {
        while self.system.work_once().await.unwrap().is_some() {}
    }

    /// Keeps a customer whose last look ended in this way.
    pub(crate) async fn keep(&self, customer: u64, outcome: Outcome) {
        let last = Some(Last { outcome, at: self.world.clock.now(), book: 1 });
        let entry = Entry::Customer(Box::new(Record { last, ..Record::default() }));
        let customer = CustomerId::new(customer);
        let _ = self.system.customers().save(customer, &entry, None).await.unwrap();
    }

    /// Keeps the summary of a run that ended so long ago in this way, with one customer who is new.
    pub(crate) async fn keep_run(
        &self,
        ago: Duration,
        ended_as: EndedAs,
        message: Option<&str>,
    ) -> RunId {
        let at = self.world.clock.now() - ago;
        let run_id = RunId::new(at, &SimRandom::new(1));
        let cohort = Cohort::new(1, 1, 45.into()).unwrap();
        let summary = Summary {
            run_id: run_id.clone(),
            started_at: at,
            ended_at: at,
            ended_as,
            reason: None,
            message: message.map(str::to_owned),
            book: Some(1),
            dispatched: 1,
            outcomes: BTreeMap::from([(Outcome::Applied, 1)]),
            unanswered: 0,
            segments: vec![SegmentFigures { segment: "new".parse().unwrap(), cohort }],
            pinned: 0,
            pins_unknown: 0,
            shift: None,
        };
        let runs = self.system.runs();
        let begun = runs.begin(&run_id, &(), at, at).await.unwrap();
        let Begun::Ours(hold) = begun else { panic!("{begun:?}") };
        let _ = runs.end(&hold, &(), &summary, None::<&()>, at).await.unwrap();
        run_id
    }

    /// Makes what is kept of a customer something that nobody can read.
    pub(crate) async fn spoil(&self, customer: CustomerId) {
        self.system
            .dynamodb()
            .update_item()
            .table_name(self.system.tables().customers)
            .key("pk", AttributeValue::S(format!("customer#{customer}")))
            .key("sk", AttributeValue::S("state".to_owned()))
            .update_expression("REMOVE version")
            .send()
            .await
            .unwrap();
    }

    /// Makes what is kept under these keys of the table of runs something that nobody can read.
    pub(crate) async fn spoil_run(&self, pk: &str, sk: &str) {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let update = self.system.dynamodb().update_item().table_name(self.system.tables().runs);
        let update = update.key("pk", text(pk)).key("sk", text(sk));
        let update = update.update_expression("SET content = :broken");
        update.expression_attribute_values(":broken", text("broken")).send().await.unwrap();
    }

    /// Everything that is stored.
    pub(crate) async fn everything(&self) -> Vec<HashMap<String, AttributeValue>> {
        let tables = self.system.tables();
        let mut all = Vec::new();
        for table in [tables.config, tables.customers, tables.runs, tables.queue] {
            let read = self.system.dynamodb().scan().table_name(table).send().await.unwrap();
            all.extend(read.items.unwrap());
        }
        all.sort_by_key(|item| {
            format!("{:?} {:?} {:?}", item.get("pk"), item.get("sk"), item.get("kind"))
        });
        all
    }
}
