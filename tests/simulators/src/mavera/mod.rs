//! The simulated Mavera account: personas, what they cost, and how often one may call.

mod answers;
mod api;
mod control;
mod limits;
mod personas;
mod state;
mod switches;

use std::sync::{Arc, Mutex, MutexGuard};

use jiff::Timestamp;

use crate::clock::SimClock;
use crate::lock::lock;
use state::Account;

pub(crate) use api::template;
pub use state::{Duplicates, ListForm, NameFilter, NoSuch, Persona};

/// The host of the simulated account.
pub(crate) const HOST: &str = "sim.mavera.example";
/// The API key the account takes. Not a secret.
pub const API_KEY: &str = "mvra_live_simulated";
/// What making a persona costs, in credits.
pub const PRICE: u64 = 300;

/// The simulated Mavera account. Clones are the same account.
///
/// It answers as the [cookbook](https://docs.mavera.io/integrations/shopify/customer-cohort-personas) says,
/// or, for a test to choose, as the vendor's reference does where the two differ.
#[derive(Clone)]
pub struct MaveraSim {
    clock: SimClock,
    account: Arc<Mutex<Account>>,
}

impl MaveraSim {
    /// An account with credits and without personas.
    pub(crate) fn new(clock: SimClock) -> Self {
        Self { clock, account: Arc::new(Mutex::new(Account::new())) }
    }

    fn lock(&self) -> MutexGuard<'_, Account> {
        lock(&self.account)
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }
}
