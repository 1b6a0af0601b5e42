//! What happens in the shop.

use std::collections::BTreeSet;

use rules::{CustomerId, OrderId};
use simulators::{Buyer, NewCustomer};

use crate::game::{Game, Order, Person, address, amount};
use crate::play::{NOBODY, pick};
use crate::step::Step;

/// All there is, in per cent.
const WHOLE: u32 = 100;

impl Game {
    /// What happens in the shop, and the luck of its webhooks.
    pub(crate) fn in_the_shop(&mut self, step: &Step) -> Option<(String, u64)> {
        let done = match step {
            Step::Arrive { address, orders, cents, euros, luck } => {
                (Some(self.arrive(*address, *orders, *cents, *euros)), *luck)
            }
            Step::Order { who, cents, luck } => (self.order(*who, *cents), *luck),
            Step::Update { order, cents, luck } => (self.reprice(*order, *cents, false), *luck),
            Step::Edit { order, cents, luck } => (self.reprice(*order, *cents, true), *luck),
            Step::Cancel { order, luck } => (self.cancel(*order), *luck),
            Step::Refund { order, percent, luck } => (self.refund(*order, *percent), *luck),
            Step::Reassign { order, to, luck } => (self.reassign(*order, *to), *luck),
            Step::Email { who, address, luck } => (self.email(*who, *address), *luck),
            Step::Merge { kept, gone, luck } => (self.merge(*kept, *gone), *luck),
            Step::Delete { who, luck } => (self.delete(*who), *luck),
            Step::Redact { who, luck } => (self.ask(*who, true), *luck),
            Step::AskForData { who, luck } => (self.ask(*who, false), *luck),
            _ => return None,
        };
        let (what, luck) = done;
        Some((what.unwrap_or_else(|| NOBODY.to_owned()), luck))
    }

    /// Somebody who is in the shop.
    pub(crate) fn somebody(&self, who: u8) -> Option<CustomerId> {
        let there: Vec<_> = self.people.iter().filter(|person| person.is_there).collect();
        pick(&there, who.into()).map(|person| person.id)
    }

    fn some_order(&self, order: u8) -> Option<OrderId> {
        pick(&self.orders, order.into()).map(|order| order.id)
    }

    fn arrive(&mut self, of: Option<u8>, orders: u8, cents: u32, has_euros: bool) -> String {
        let email = of.map(address);
        let new = NewCustomer { email: email.clone(), ..NewCustomer::default() };
        let new = new.with_totals(orders.into(), amount(cents).parse().unwrap());
        let (id, _) = self.world.shopify.add_customer(new);
        if has_euros {
            self.world.shopify.set_customer_currency(id, "EUR".parse().unwrap()).unwrap();
        }
        let folded = email.as_ref().map(|email| email.to_lowercase());
        let changed = (self.serial(), self.now());
        self.people.push(Person {
            id,
            borne: folded.iter().cloned().collect(),
            email: folded,
            is_there: true,
            has_euros,
            pin: None,
            was_pinned: false,
            redacted: None,
            changed,
            told: 0,
        });
        let (name, email) = (self.name(id), email.unwrap_or_else(|| "no address".to_owned()));
        let euros = if has_euros { ", in euros" } else { "" };
        format!("{name} comes, {email}, {orders} orders for {}{euros}", amount(cents))
    }

    fn order(&mut self, who: Option<u8>, cents: u32) -> Option<String> {
        let owner = match who {
            Some(who) => Some(self.somebody(who)?),
            None => None,
        };
        let buyer = owner.map_or(Buyer::Guest, Buyer::Customer);
        let price = amount(cents).parse().unwrap();
        let (id, _) = self.world.shopify.place_order(buyer, price).unwrap();
        let made = self.now();
        self.orders.push(Order { id, owner, made, cents, former: BTreeSet::new(), refunded: 0 });
        self.changed(owner);
        let name = owner.map_or_else(|| "a guest".to_owned(), |owner| self.name(owner));
        let number = self.orders.len() - 1;
        Some(format!("{name} places order {number} for {}", amount(cents)))
    }

    fn reprice(&mut self, order: u8, cents: u32, edited: bool) -> Option<String> {
        let id = self.some_order(order)?;
        let price = amount(cents).parse().unwrap();
        if edited {
            self.world.shopify.edit_order(id, price).unwrap();
        } else {
            self.world.shopify.update_order(id, price).unwrap();
        }
        let number = self.number(id);
        self.orders[number].cents = cents;
        self.changed(self.orders[number].owner);
        let how = if edited { "edited" } else { "changed" };
        Some(format!("order {number} is {how} to {}", amount(cents)))
    }

    fn number(&self, order: OrderId) -> usize {
        self.orders.iter().position(|it| it.id == order).unwrap()
    }

    fn cancel(&mut self, order: u8) -> Option<String> {
        let id = self.some_order(order)?;
        self.world.shopify.cancel_order(id).unwrap();
        let number = self.number(id);
        self.changed(self.orders[number].owner);
        Some(format!("order {number} is cancelled"))
    }

    fn refund(&mut self, order: u8, percent: u8) -> Option<String> {
        let id = self.some_order(order)?;
        let number = self.number(id);
        let order = &mut self.orders[number];
        let left = order.cents.saturating_sub(order.refunded);
        // A third of them pay back all there is.
        let percent = if percent.is_multiple_of(3) { WHOLE } else { u32::from(percent) };
        let back = left * percent / WHOLE;
        order.refunded += back;
        self.world.shopify.refund_order(id, amount(back).parse().unwrap()).unwrap();
        self.changed(self.orders[number].owner);
        Some(format!("of order {number}, {} is paid back", amount(back)))
    }

    fn reassign(&mut self, order: u8, to: u8) -> Option<String> {
        let (id, to) = (self.some_order(order)?, self.somebody(to)?);
        self.world.shopify.set_order_customer(id, to).unwrap();
        let number = self.number(id);
        let before = self.orders[number].owner.replace(to);
        self.orders[number].former.extend(before);
        self.changed(before.into_iter().chain([to]));
        Some(format!("order {number} becomes that of {}", self.name(to)))
    }

    fn email(&mut self, who: u8, to: Option<u8>) -> Option<String> {
        let id = self.somebody(who)?;
        let email = to.map(address);
        self.world.shopify.change_email(id, email.as_deref()).unwrap();
        let person = self.people.iter_mut().find(|person| person.id == id)?;
        person.email = email.as_ref().map(|email| email.to_lowercase());
        person.borne.extend(person.email.clone());
        self.changed([id]);
        let email = email.unwrap_or_else(|| "none".to_owned());
        Some(format!("the address of {} becomes {email}", self.name(id)))
    }

    fn merge(&mut self, kept: u8, gone: u8) -> Option<String> {
        let (kept, gone) = (self.somebody(kept)?, self.somebody(gone)?);
        if kept == gone {
            return None;
        }
        self.world.shopify.merge(kept, gone).unwrap();
        self.leave(gone, Some(kept));
        self.changed([kept, gone]);
        Some(format!("{} becomes one with {}", self.name(gone), self.name(kept)))
    }

    fn delete(&mut self, who: u8) -> Option<String> {
        let id = self.somebody(who)?;
        self.world.shopify.delete_customer(id).unwrap();
        self.leave(id, None);
        self.changed([id]);
        Some(format!("{} is deleted", self.name(id)))
    }

    fn leave(&mut self, gone: CustomerId, heir: Option<CustomerId>) {
        for order in self.orders.iter_mut().filter(|order| order.owner == Some(gone)) {
            order.former.extend(order.owner);
            order.owner = heir;
        }
        for person in self.people.iter_mut().filter(|person| person.id == gone) {
            person.is_there = false;
        }
    }

    fn ask(&mut self, who: u8, to_be_forgotten: bool) -> Option<String> {
        let id = self.somebody(who)?;
        let name = self.name(id);
        if to_be_forgotten {
            self.world.shopify.redact_customer(id).unwrap();
            return Some(format!("{name} asks to be forgotten"));
        }
        self.world.shopify.request_data(id).unwrap();
        Some(format!("{name} asks for their data"))
    }
}
