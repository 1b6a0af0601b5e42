//! Reading all that is known of a customer. Nothing is written.

use std::time::Duration;

use jiff::Timestamp;
use okta::{AttributeNames, Found, ListedUser, Session};
use outbound::{ErrorKind, SystemRandom};
use rules::{CustomerId, EmailAddress, Group, RuleBook, UserId};
use shopify::{Customer, Truth};
use state::{AcceptedBook, Config, Customers, Entry, Record};
use std::sync::Arc;
use sync_customer::Bearer;

use super::super::{Complaint, table_error};
use super::answer::NotReached;
use crate::customer::Asked;
use crate::target::{Target, TargetOptions};

/// How long services are asked, their limits included.
const TIME: Duration = Duration::from_mins(1);

/// All that is known of a customer.
pub(super) struct Gathered {
    pub(super) customer: CustomerId,
    pub(super) config: Config,
    /// Whether the book that decides is accepted; if none is yet, it is the wanted one.
    pub(super) is_accepted: bool,
    /// The wanted book, if it is another one and valid.
    pub(super) wanted: Option<RuleBook>,
    /// What Shopify says; none if it was not reached.
    pub(super) truth: Option<Truth>,
    /// What is kept; an error if it cannot be read.
    pub(super) entry: Result<Option<Entry>, String>,
    /// What Okta has; none if it was not reached.
    pub(super) okta: Option<FromOkta>,
    /// The services that gave no answer.
    pub(super) not_reached: Vec<NotReached>,
    pub(super) now: Timestamp,
}

/// What Okta has of a customer.
pub(super) struct FromOkta {
    pub(super) bearer: Bearer,
    /// The user whom the customer is matched with, or else the one who has the address.
    pub(super) user: Option<HeldUser>,
}

/// An Okta user with what they hold.
pub(super) struct HeldUser {
    pub(super) listed: ListedUser,
    /// All groups they are in.
    pub(super) groups: Vec<Group>,
}

pub(super) async fn gather(asked: &Asked, options: &TargetOptions) -> Result<Gathered, Complaint> {
    let target = options.find().await.map_err(|error| error.to_string())?;
    let now = Timestamp::now();
    let deadline = now + TIME;
    let shopify = target.shopify().map_err(|error| error.to_string())?;
    let customer = asked.find(|| Ok(shopify.clone()), deadline).await?;
    let (config, is_accepted, wanted) = config(&target).await?;
    let entry = entry(&target, customer).await?;
    let mut not_reached = Vec::new();
    let truth = shopify.customers(&[customer], deadline).await;
    let truth = truth.map(|truth| truth.into_values().next().unwrap_or(Truth::Gone));
    let truth = reached(truth, "shopify", &mut not_reached);
    let okta = target.okta().map_err(|error| error.to_string())?;
    let asking = Asking {
        okta: okta.before(deadline, config.settings.okta_rate_share),
        names: &config.settings.attributes,
        customers: target.customers(),
    };
    let kept = entry.as_ref().ok().and_then(Option::as_ref);
    let okta = asking.about(&config, kept, truth.as_ref()).await;
    let okta = match okta {
        Err(Unasked::Table(error)) => return Err(table_error(&target, &error)),
        Err(Unasked::Okta(error)) => reached(Err(error), "okta", &mut not_reached),
        Ok(okta) => Some(okta),
    };
    Ok(Gathered { customer, config, is_accepted, wanted, truth, entry, okta, not_reached, now })
}

/// An answer; none if there is none, which is noted.
fn reached<T>(
    answer: Result<T, outbound::Error>,
    service: &'static str,
    not_reached: &mut Vec<NotReached>,
) -> Option<T> {
    let noted = |error: outbound::Error| NotReached { service, detail: error.to_string() };
    answer.map_err(|error| not_reached.push(noted(error))).ok()
}

/// Why it is not known what Okta has.
#[derive(Debug)]
enum Unasked {
    Okta(outbound::Error),
    Table(state::Error),
}

impl From<outbound::Error> for Unasked {
    fn from(error: outbound::Error) -> Self {
        Self::Okta(error)
    }
}

impl From<state::Error> for Unasked {
    fn from(error: state::Error) -> Self {
        Self::Table(error)
    }
}

/// The configuration as a worker would have it, without accepting anything.
async fn config(target: &Target) -> Result<(Config, bool, Option<RuleBook>), Complaint> {
    let read = target.config().for_run(&SystemRandom, false).await;
    let read = read.map_err(|error| table_error(target, &error))?;
    let wanted = match (read.accepted.as_ref(), read.wanted) {
        (None, Err(errors)) => {
            return Err(format!(
                "no rule book is accepted, and the wanted one is not valid:\n{errors}"
            ));
        }
        (_, wanted) => wanted.ok(),
    };
    let is_accepted = read.accepted.is_some();
    let other = wanted
        .clone()
        .filter(|wanted| read.accepted.as_ref().is_some_and(|accepted| *accepted.book != *wanted));
    let first = wanted.map(|wanted| AcceptedBook { version: 0, book: Arc::new(wanted) });
    let Some(book) = read.accepted.or(first) else {
        return Err("there is no rule book yet".to_owned());
    };
    let (settings, groups, salt, cancelled) =
        (read.settings, read.groups, read.salt, read.cancelled);
    Ok((Config { settings, book, groups, salt, cancelled }, is_accepted, other))
}

async fn entry(
    target: &Target,
    customer: CustomerId,
) -> Result<Result<Option<Entry>, String>, Complaint> {
    let found = target.customers().load(&[customer]).await;
    let mut found = found.map_err(|error| table_error(target, &error))?;
    Ok(match found.remove(&customer) {
        None => Ok(None),
        Some(Ok(found)) => Ok(Some(found.entry)),
        Some(Err(error)) => Err(error.to_string()),
    })
}

/// Asks Okta.
struct Asking<'a> {
    okta: Session<'a>,
    names: &'a AttributeNames,
    customers: &'a Customers,
}

impl Asking<'_> {
    /// Who has the customer's address, if that matters, and the user there is to show.
    async fn about(
        &self,
        config: &Config,
        entry: Option<&Entry>,
        truth: Option<&Truth>,
    ) -> Result<FromOkta, Unasked> {
        let record = match entry {
            Some(Entry::Customer(record)) => Some(&**record),
            _ => None,
        };
        let matched = record.and_then(|record| record.matched.as_ref()).map(|it| &it.user);
        let held = match matched {
            Some(user) => self.held(user).await?,
            None => None,
        };
        let address = match truth {
            Some(Truth::Present(customer)) => seeks(config, record, customer),
            Some(Truth::Gone | Truth::Unreadable { .. }) | None => None,
        };
        let Some(address) = address else {
            return Ok(FromOkta { bearer: Bearer::Nobody, user: held });
        };
        let bearer = self.bearer(matched, address).await?;
        let user = match (held, &bearer) {
            (None, Bearer::User { id, .. }) => self.held(id).await?,
            (held, _) => held,
        };
        Ok(FromOkta { bearer, user })
    }

    async fn bearer(
        &self,
        matched: Option<&UserId>,
        address: &EmailAddress,
    ) -> Result<Bearer, Unasked> {
        let kept = match matched {
            Some(user) => self.okta.user_named(user, address).await?,
            None => None,
        };
        let found = match kept {
            Some(user) => Found::One(user),
            None => self.okta.find_user(address).await?,
        };
        let user = match found {
            Found::None => return Ok(Bearer::Nobody),
            Found::Several => return Ok(Bearer::Several),
            Found::One(user) if !user.can_be_written() => return Ok(Bearer::Deactivated),
            Found::One(user) => user.id,
        };
        let groups = self.okta.groups_of(&user).await?;
        let holder = self.customers.holder(&user).await?;
        Ok(Bearer::User { id: user, groups, holder })
    }

    async fn held(&self, user: &UserId) -> Result<Option<HeldUser>, outbound::Error> {
        let Some(listed) = self.okta.user_with_attributes(user, self.names).await? else {
            return Ok(None);
        };
        match self.okta.groups_of(user).await {
            Ok(groups) => Ok(Some(HeldUser { listed, groups })),
            Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// The address that a look would search Okta for; none if the user is known by it.
fn seeks<'a>(
    config: &Config,
    record: Option<&Record>,
    customer: &'a Customer,
) -> Option<&'a EmailAddress> {
    let matched = record.and_then(|record| record.matched.as_ref());
    let address = customer.email.as_ref()?;
    let is_known = matched.is_some_and(|matched| matched.address == config.salt.hash(address));
    (!is_known).then_some(address)
}
