//! How the shop behaves, for a test to choose; and its outbox.

use std::time::Duration;

use rules::{Currency, CustomerId, OrderId, Totals};
use serde_json::Value;

use crate::shopify::state::NoSuch;
use crate::shopify::webhook::{Topic, Webhook, sign};
use crate::shopify::{ShopifySim, budget::Budget};

impl ShopifySim {
    /// From now on, after a change of a customer's orders, `numberOfOrders`, `amountSpent`,
    /// `lastOrder` and `updatedAt` show the old values for so long. `orders` shows the change at once.
    pub fn set_totals_lag(&self, lag: Duration) {
        self.lock().totals_lag = lag;
    }

    /// Counts the shop's money in another currency from now on.
    pub fn set_currency(&self, currency: Currency) {
        self.lock().currency = currency;
    }

    /// Counts one customer's money in another currency.
    ///
    /// # Errors
    /// If there is no such customer.
    pub fn set_customer_currency(
        &self,
        customer: CustomerId,
        currency: Currency,
    ) -> Result<(), NoSuch> {
        self.lock().customer_mut(customer)?.currency = Some(currency);
        Ok(())
    }

    /// Shows this as what a customer has spent, amount or not, whatever it came to. None: the truth.
    ///
    /// # Errors
    /// If there is no such customer.
    pub fn show_amount(&self, customer: CustomerId, amount: Option<&str>) -> Result<(), NoSuch> {
        self.lock().customer_mut(customer)?.shown_amount = amount.map(str::to_owned);
        Ok(())
    }

    /// Answers as if the API belonged to another shop.
    pub fn answer_as_shop(&self, domain: &str) {
        domain.clone_into(&mut self.lock().shown_domain);
    }

    /// Answers with another API version than the one asked for, as Shopify does for a version that
    /// is no longer supported. None: with the one asked for.
    pub fn fall_forward_to(&self, version: Option<&str>) {
        self.lock().answering_version = version.map(str::to_owned);
    }

    /// Sets the size of the cost bucket in points and how many come back each second; it starts full.
    pub fn set_cost_bucket(&self, capacity: u32, restored_per_second: u32) {
        let now = self.now();
        self.lock().budget = Budget::of(capacity, restored_per_second, now);
    }

    /// Writes the numbers of `throttleStatus` as 2000.0 rather than 2000: Shopify has done both.
    pub fn write_cost_as_floats(&self, floats: bool) {
        self.lock().budget.floats = floats;
    }

    /// Signs webhooks with another secret from now on.
    pub fn rotate_webhook_secret(&self, secret: &str) {
        secret.clone_into(&mut self.lock().secret);
    }

    /// The secret that signs webhooks now.
    pub fn webhook_secret(&self) -> String {
        self.lock().secret.clone()
    }

    /// The signature of a body by the shop's secret, as its header has it.
    pub fn sign(&self, body: &[u8]) -> String {
        sign(&self.lock().secret, body)
    }

    /// A signed webhook of any content, which the shop did not cause. Not in the outbox.
    pub fn webhook(&self, topic: Topic, body: &Value) -> Webhook {
        let (now, mut shop) = (self.now(), self.lock());
        let event = shop.serial();
        Webhook::signed(&mut shop, topic, body, now, event)
    }

    /// The webhooks that are due by now and were not taken yet, in the order in which they were
    /// caused.
    pub fn take_webhooks(&self) -> Vec<Webhook> {
        let (now, mut shop) = (self.now(), self.lock());
        let (due, rest) =
            std::mem::take(&mut shop.outbox).into_iter().partition(|webhook| webhook.due <= now);
        shop.outbox = rest;
        Vec::from_iter::<std::collections::VecDeque<_>>(due)
    }

    /// What the shop knows of a customer's orders, whether it shows yet or not.
    ///
    /// # Errors
    /// If there is no such customer.
    pub fn totals(&self, customer: CustomerId) -> Result<Totals, NoSuch> {
        let shop = self.lock();
        let customer = shop.customer(customer)?;
        let figures = customer.figures.latest().ok_or(NoSuch("customer"))?;
        let spent = rules::Money::new(figures.spent, shop.currency_of(customer));
        Ok(Totals { orders: figures.orders, spent })
    }

    /// The orders of a customer, oldest first.
    pub fn orders(&self, customer: CustomerId) -> Vec<OrderId> {
        self.lock().orders_of(customer).map(|order| order.id).collect()
    }
}
