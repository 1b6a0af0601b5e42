//! Reading all that is known of a customer. Nothing is written.

use std::time::Duration;

use jiff::Timestamp;
use okta::{AttributeNames, Found, ListedUser, Session};
use outbound::{ErrorKind, SystemRandom};
use rules::{CustomerId, EmailAddress, Group, RuleBook, UserId};
use shopify::{Customer, Shopify, Truth};
use state::{AcceptedBook, Config, Customers, Entry, Record};
use std::sync::Arc;
use sync_customer::Bearer;

use super::super::{Complaint, table_error};
use super::asked::Asked;
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
    pub(super) truth: Truth,
    /// What is kept; an error if it cannot be read.
    pub(super) entry: Result<Option<Entry>, String>,
    pub(super) bearer: Bearer,
    /// The user whom the customer is matched with, or else the one who has the address.
    pub(super) user: Option<HeldUser>,
    pub(super) now: Timestamp,
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
    let customer = match asked {
        Asked::Id(customer) => *customer,
        Asked::Address(address) => find(&shopify, address, deadline).await?,
    };
    let (config, is_accepted, wanted) = config(&target).await?;
    let entry = entry(&target, customer).await?;
    let truth =
        shopify.customers(&[customer], deadline).await.map_err(|error| error.to_string())?;
    let truth = truth.into_values().next().unwrap_or(Truth::Gone);
    let okta = target.okta().map_err(|error| error.to_string())?;
    let asking = Asking {
        okta: okta.before(deadline, config.settings.okta_rate_share),
        names: &config.settings.attributes,
        customers: target.customers(),
    };
    let (bearer, user) =
        asking.about(&config, entry.as_ref().ok().and_then(Option::as_ref), &truth).await?;
    Ok(Gathered { customer, config, is_accepted, wanted, truth, entry, bearer, user, now })
}

/// The one customer with an address.
async fn find(
    shopify: &Shopify,
    address: &EmailAddress,
    deadline: Timestamp,
) -> Result<CustomerId, Complaint> {
    let found = shopify.customers_with_email(address, deadline).await;
    match found.map_err(|error| error.to_string())?.as_slice() {
        [one] => Ok(*one),
        [] => Err(
            "Shopify's search finds no customer with that address; it takes a while to know of \
                   new ones: try again later, or give the customer's id"
                .to_owned(),
        ),
        several => {
            let ids: Vec<String> = several.iter().map(ToString::to_string).collect();
            Err(format!(
                "{} customers have that address: {}; explain one of them by id",
                several.len(),
                ids.join(", ")
            ))
        }
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
        truth: &Truth,
    ) -> Result<(Bearer, Option<HeldUser>), Complaint> {
        let record = match entry {
            Some(Entry::Customer(record)) => Some(&**record),
            _ => None,
        };
        let matched = record.and_then(|record| record.matched.as_ref()).map(|it| &it.user);
        let held = match matched {
            Some(user) => self.held(user).await.map_err(|error| error.to_string())?,
            None => None,
        };
        let address = match truth {
            Truth::Present(customer) => seeks(config, record, customer),
            Truth::Gone | Truth::Unreadable { .. } => None,
        };
        let Some(address) = address else { return Ok((Bearer::Nobody, held)) };
        let bearer = self.bearer(matched, address).await?;
        match (held, &bearer) {
            (None, Bearer::User { id, .. }) => {
                let held = self.held(id).await.map_err(|error| error.to_string())?;
                Ok((bearer, held))
            }
            (held, _) => Ok((bearer, held)),
        }
    }

    async fn bearer(
        &self,
        matched: Option<&UserId>,
        address: &EmailAddress,
    ) -> Result<Bearer, Complaint> {
        let failed = |error: outbound::Error| error.to_string();
        let kept = match matched {
            Some(user) => self.okta.user_named(user, address).await.map_err(failed)?,
            None => None,
        };
        let found = match kept {
            Some(user) => Found::One(user),
            None => self.okta.find_user(address).await.map_err(failed)?,
        };
        let user = match found {
            Found::None => return Ok(Bearer::Nobody),
            Found::Several => return Ok(Bearer::Several),
            Found::One(user) if !user.can_be_written() => return Ok(Bearer::Deactivated),
            Found::One(user) => user.id,
        };
        let groups = self.okta.groups_of(&user).await.map_err(failed)?;
        let holder = self.customers.holder(&user).await.map_err(|error| error.to_string())?;
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
