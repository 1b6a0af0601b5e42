//! What happens in the shop. Every change returns the webhook it is known for, and queues it in the
//! outbox together with the others that Shopify sends for the same change.

use jiff::Timestamp;
use rules::{CustomerId, OrderId};
use rust_decimal::Decimal;
use serde_json::Value;

use crate::clock::later;
use crate::shopify::ShopifySim;
use crate::shopify::payloads;
use crate::shopify::state::{Buyer, NewCustomer, NoSuch, Shop};
use crate::shopify::webhook::{Topic, Webhook};

impl ShopifySim {
    /// Adds a customer: `customers/create`.
    pub fn add_customer(&self, new: NewCustomer) -> (CustomerId, Webhook) {
        let (now, mut shop) = (self.now(), self.lock());
        let id = shop.add_customer(new, now);
        let event = shop.serial();
        let body = payloads::customer(&shop, id, now);
        (id, shop.queue(Topic::CustomersCreate, &body, now, event))
    }

    /// Adds many customers at once, each with the figures it is given: no webhooks, as if they had been
    /// there before anybody listened. `make` is told how many were made before. The ids are ascending.
    pub fn add_customers(
        &self,
        count: u64,
        mut make: impl FnMut(u64) -> NewCustomer,
    ) -> Vec<CustomerId> {
        let (now, mut shop) = (self.now(), self.lock());
        (0..count).map(|number| shop.add_customer(make(number), now)).collect()
    }

    /// Makes a customer's figures these, as if all webhooks about it had been lost. Later orders add
    /// to them. They show when the lag has passed.
    ///
    /// # Errors
    /// If there is no such customer.
    pub fn set_totals(
        &self,
        customer: CustomerId,
        orders: u64,
        spent: Decimal,
    ) -> Result<(), NoSuch> {
        let (now, mut shop) = (self.now(), self.lock());
        shop.set_figures(customer, orders, spent, now)
    }

    /// Lets something happen in the shop whose webhooks are all lost: none reaches the outbox.
    pub fn silently<T>(&self, change: impl FnOnce(&Self) -> T) -> T {
        let before = self.lock().outbox.len();
        let outcome = change(self);
        self.lock().outbox.truncate(before);
        outcome
    }

    /// Places a paid order: `orders/create`, then `orders/paid`, `orders/updated`, `customers/update`, and
    /// `customers/purchasing_summary` when the totals show.
    ///
    /// # Errors
    /// If the buyer is no customer of the shop.
    pub fn place_order(
        &self,
        buyer: impl Into<Buyer>,
        amount: Decimal,
    ) -> Result<(OrderId, Webhook), NoSuch> {
        let (now, mut shop) = (self.now(), self.lock());
        let buyer = buyer.into();
        if let Buyer::Customer(customer) = buyer {
            shop.customer(customer)?;
        }
        let id = shop.add_order(buyer, amount, now);
        let topics = [Topic::OrdersCreate, Topic::OrdersPaid, Topic::OrdersUpdated];
        let webhook = shop.order_changed(id, &topics, now)?;
        Ok((id, webhook))
    }

    /// Changes what an order comes to: `orders/updated`.
    ///
    /// # Errors
    /// If there is no such order.
    pub fn update_order(&self, order: OrderId, amount: Decimal) -> Result<Webhook, NoSuch> {
        let (now, mut shop) = (self.now(), self.lock());
        shop.order_mut(order)?.amount = amount;
        shop.order_changed(order, &[Topic::OrdersUpdated], now)
    }

    /// Edits an order's line items, which changes what it comes to: `orders/edited`, which names no
    /// customer, then `orders/updated`.
    ///
    /// # Errors
    /// If there is no such order.
    pub fn edit_order(&self, order: OrderId, amount: Decimal) -> Result<Webhook, NoSuch> {
        let (now, mut shop) = (self.now(), self.lock());
        shop.order_mut(order)?.amount = amount;
        let event = shop.serial();
        let body = payloads::order_edit(order, event, now);
        let webhook = shop.queue(Topic::OrdersEdited, &body, now, event);
        shop.order_changed(order, &[Topic::OrdersUpdated], now)?;
        Ok(webhook)
    }

    /// Cancels an order: `orders/cancelled`, then `orders/updated`.
    ///
    /// # Errors
    /// If there is no such order.
    pub fn cancel_order(&self, order: OrderId) -> Result<Webhook, NoSuch> {
        let (now, mut shop) = (self.now(), self.lock());
        shop.order_mut(order)?.cancelled = Some(now);
        shop.order_changed(order, &[Topic::OrdersCancelled, Topic::OrdersUpdated], now)
    }

    /// Pays some of an order back: `refunds/create`, which names no customer, then `orders/updated`.
    ///
    /// # Errors
    /// If there is no such order.
    pub fn refund_order(&self, order: OrderId, amount: Decimal) -> Result<Webhook, NoSuch> {
        let (now, mut shop) = (self.now(), self.lock());
        shop.order_mut(order)?.refunded += amount;
        let event = shop.serial();
        let body = payloads::refund(&shop, order, amount, event, now);
        let webhook = shop.queue(Topic::RefundsCreate, &body, now, event);
        shop.order_changed(order, &[Topic::OrdersUpdated], now)?;
        Ok(webhook)
    }

    /// Says whose order it is: `orders/updated`.
    ///
    /// # Errors
    /// If there is no such order or customer.
    pub fn set_order_customer(
        &self,
        order: OrderId,
        buyer: impl Into<Buyer>,
    ) -> Result<Webhook, NoSuch> {
        let (now, mut shop) = (self.now(), self.lock());
        let buyer = buyer.into();
        if let Buyer::Customer(customer) = buyer {
            shop.customer(customer)?;
        }
        let before = shop.give_order(order, buyer)?;
        let webhook = shop.order_changed(order, &[Topic::OrdersUpdated], now)?;
        if let Buyer::Customer(left) = before {
            let event = shop.serial();
            shop.figures_changed(left, now, event);
        }
        Ok(webhook)
    }

    /// Changes a customer's e-mail address: `customers/update`.
    ///
    /// # Errors
    /// If there is no such customer.
    pub fn change_email(
        &self,
        customer: CustomerId,
        email: Option<&str>,
    ) -> Result<Webhook, NoSuch> {
        let (now, mut shop) = (self.now(), self.lock());
        let changed = shop.customer_mut(customer)?;
        changed.email = email.map(str::to_owned);
        changed.updated = now;
        let event = shop.serial();
        let body = payloads::customer(&shop, customer, now);
        Ok(shop.queue(Topic::CustomersUpdate, &body, now, event))
    }

    /// Deletes a customer: `customers/delete`. The orders become nobody's.
    ///
    /// # Errors
    /// If there is no such customer.
    pub fn delete_customer(&self, customer: CustomerId) -> Result<Webhook, NoSuch> {
        let (now, mut shop) = (self.now(), self.lock());
        shop.remove_customer(customer, Buyer::Guest)?;
        let event = shop.serial();
        Ok(shop.queue(Topic::CustomersDelete, &payloads::deleted(customer), now, event))
    }

    /// Makes two customers one: `customers/merge`, then `customers/update` of the one that is kept.
    ///
    /// # Errors
    /// If either is no customer of the shop.
    pub fn merge(&self, kept: CustomerId, deleted: CustomerId) -> Result<Webhook, NoSuch> {
        let (now, mut shop) = (self.now(), self.lock());
        shop.customer(kept)?;
        shop.remove_customer(deleted, Buyer::Customer(kept))?;
        let event = shop.serial();
        let body = payloads::merge(kept, deleted, event);
        let webhook = shop.queue(Topic::CustomersMerge, &body, now, event);
        shop.customer_changed(kept, now, event);
        Ok(webhook)
    }

    /// Asks for a customer's data to be erased: `customers/redact`. The shop itself changes nothing.
    ///
    /// # Errors
    /// If there is no such customer.
    pub fn redact_customer(&self, customer: CustomerId) -> Result<Webhook, NoSuch> {
        self.request(Topic::CustomersRedact, customer, payloads::customer_redact)
    }

    /// Asks what is held about a customer: `customers/data_request`.
    ///
    /// # Errors
    /// If there is no such customer.
    pub fn request_data(&self, customer: CustomerId) -> Result<Webhook, NoSuch> {
        self.request(Topic::CustomersDataRequest, customer, payloads::data_request)
    }

    /// Asks for everything of the shop to be erased: `shop/redact`.
    pub fn redact_shop(&self) -> Webhook {
        let (now, mut shop) = (self.now(), self.lock());
        let event = shop.serial();
        let body = payloads::shop_redact(&shop);
        shop.queue(Topic::ShopRedact, &body, now, event)
    }

    fn request(
        &self,
        topic: Topic,
        customer: CustomerId,
        body: fn(&Shop, CustomerId) -> Value,
    ) -> Result<Webhook, NoSuch> {
        let (now, mut shop) = (self.now(), self.lock());
        shop.customer(customer)?;
        let event = shop.serial();
        let body = body(&shop, customer);
        Ok(shop.queue(topic, &body, now, event))
    }
}

impl Shop {
    /// Sends what an order's change causes; gives the first of it.
    fn order_changed(
        &mut self,
        id: OrderId,
        topics: &[Topic],
        now: Timestamp,
    ) -> Result<Webhook, NoSuch> {
        let order = self.order_mut(id)?;
        order.updated = now;
        let buyer = order.buyer;
        let event = self.serial();
        let body = payloads::order(self, id, now)?;
        let sent: Vec<Webhook> =
            topics.iter().map(|topic| self.queue(*topic, &body, now, event)).collect();
        if let Buyer::Customer(customer) = buyer {
            self.customer_changed(customer, now, event);
        }
        sent.into_iter().next().ok_or(NoSuch("topic"))
    }

    fn customer_changed(&mut self, id: CustomerId, now: Timestamp, event: u64) {
        self.figures_changed(id, now, event);
        let body = payloads::customer(self, id, now);
        self.queue(Topic::CustomersUpdate, &body, now, event);
    }

    /// Computes a customer's figures anew, and announces them for when they show.
    fn figures_changed(&mut self, id: CustomerId, now: Timestamp, event: u64) {
        if !self.recompute(id, now) {
            return;
        }
        let due = later(now, self.totals_lag);
        if let Some(body) = payloads::purchasing_summary(self, id, due) {
            self.queue(Topic::CustomersPurchasingSummary, &body, due, event);
        }
    }
}
