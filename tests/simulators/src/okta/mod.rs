//! The simulated Okta org: users, groups, memberships and group rules behind the management API.

mod admin;
mod answers;
mod api;
mod apps;
mod control;
mod directory;
mod groups;
mod limits;
mod names;
mod paging;
mod rules;
mod schema;
mod search;
mod switches;
mod user;
mod users;

use std::sync::{Arc, Mutex, MutexGuard};

use jiff::Timestamp;

use crate::clock::SimClock;
use crate::lock::lock;
use directory::Directory;

pub use answers::CausesForm;
pub(crate) use api::template;
pub use apps::{KeyForm, NewServiceApp, ProofOfPossession, ServiceApp};
pub use control::{NoSuch, UserProfile};
pub use directory::{GroupKind, MembershipChange, MembershipEvent};
pub use limits::Bucket;
pub use paging::LinkForm;
pub use user::UserStatus;

/// The host of the simulated org.
pub(crate) const HOST: &str = "sim.okta.example";
/// The API token the org takes. Not a secret.
pub const API_TOKEN: &str = "simulated-okta-token";

/// The simulated Okta org. Clones are the same org.
///
/// It answers as the contract says, and decides what Okta leaves undocumented: a deactivated user
/// keeps its groups, can leave them, and can neither join one nor be updated.
#[derive(Clone)]
pub struct OktaSim {
    clock: SimClock,
    directory: Arc<Mutex<Directory>>,
}

impl OktaSim {
    /// An org without users, with its one built-in group and the two attributes for Shopify's figures.
    pub(crate) fn new(clock: SimClock) -> Self {
        let directory = Arc::new(Mutex::new(Directory::new(clock.now())));
        Self { clock, directory }
    }

    fn lock(&self) -> MutexGuard<'_, Directory> {
        lock(&self.directory)
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }
}
