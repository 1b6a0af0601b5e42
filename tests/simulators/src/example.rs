//! The people that the invocations in `events/` speak of.

use std::error::Error;

use ::rules::{CustomerId, OrderId};
use rust_decimal::Decimal;

use crate::okta::UserStatus;
use crate::shopify::{Buyer, NewCustomer};
use crate::world::World;

/// The customers whose ids `events/` holds. They come first in their shop, so they have the same ids
/// every time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Example {
    /// Has ordered once, for 45.50, and is an Okta user by the login: `ann@example.com`.
    pub buyer: CustomerId,
    /// Has ordered, and has no e-mail address, so nobody can say which Okta user they are.
    pub nameless: CustomerId,
    /// Has ordered, and two Okta users have their e-mail address.
    pub twofold: CustomerId,
    /// Has ordered, and their Okta user is deactivated.
    pub inactive: CustomerId,
    /// Has ordered, and has the e-mail address of the first one's Okta user, who cannot be both.
    pub rival: CustomerId,
    /// Has ordered in euros, and is an Okta user.
    pub foreign: CustomerId,
    /// Has ordered, and their Okta user's profile holds an attribute that the schema no longer has, so that
    /// Okta takes no change of it.
    pub misfit: CustomerId,
    /// Has ordered, is an Okta user, and is to be pinned to a segment that no book has.
    pub pinned: CustomerId,
    /// Has spent 10,500, and is an Okta user.
    pub spent_10_500: CustomerId,
    /// Has spent 11,500, and is an Okta user.
    pub spent_11_500: CustomerId,
    /// Has spent 12,500, and is an Okta user.
    pub spent_12_500: CustomerId,
    /// The order of somebody who is no customer.
    pub guest_order: OrderId,
}

impl World {
    /// Puts the people of `events/` into an empty shop and its org. No webhook tells of them.
    ///
    /// # Errors
    /// None in a world that is new.
    pub fn add_people_of_events(&self) -> Result<Example, Box<dyn Error + Send + Sync>> {
        self.okta.add_user("ann@example.com", "ann@home.example.com");
        for login in ["bob.one@example.com", "bob.two@example.com"] {
            self.okta.add_user(login, "bob@example.com");
        }
        let left = self.okta.add_user("cy@example.com", "cy@example.com");
        self.okta.set_status(&left, UserStatus::Deprovisioned)?;
        for login in ["dan", "fay", "gus", "hal", "ida"].map(|name| format!("{name}@example.com")) {
            self.okta.add_user(&login, &login);
        }
        let misfit = self.okta.add_user("eve@example.com", "eve@example.com");
        self.okta.set_attribute(&misfit, "loyaltyCard", "gold".into())?;
        self.shopify.silently(|shop| {
            let buyer = shop.add_customer(NewCustomer::with_email("ann@example.com")).0;
            let ordered_before = |who: NewCustomer| who.with_totals(1, 30.into());
            let nameless = shop.add_customer(ordered_before(NewCustomer::default())).0;
            shop.place_order(buyer, Decimal::new(45_50, 2))?;
            let has_ordered = |email| ordered_before(NewCustomer::with_email(email));
            let twofold = shop.add_customer(has_ordered("bob@example.com")).0;
            let inactive = shop.add_customer(has_ordered("cy@example.com")).0;
            let rival = shop.add_customer(has_ordered("ann@home.example.com")).0;
            let foreign = shop.add_customer(has_ordered("dan@example.com")).0;
            shop.set_customer_currency(foreign, "EUR".parse()?)?;
            let misfit = shop.add_customer(has_ordered("eve@example.com")).0;
            let pinned = shop.add_customer(has_ordered("fay@example.com")).0;
            let has_spent = |email, spent: u32| {
                let who = NewCustomer::with_email(email).with_totals(1, spent.into());
                shop.add_customer(who).0
            };
            let spent_10_500 = has_spent("gus@example.com", 10_500);
            let spent_11_500 = has_spent("hal@example.com", 11_500);
            let spent_12_500 = has_spent("ida@example.com", 12_500);
            let guest_order = shop.place_order(Buyer::Guest, Decimal::TEN)?.0;
            Ok(Example {
                buyer,
                nameless,
                twofold,
                inactive,
                rival,
                foreign,
                misfit,
                pinned,
                spent_10_500,
                spent_11_500,
                spent_12_500,
                guest_order,
            })
        })
    }
}
