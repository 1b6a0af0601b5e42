//! What is set up: a system, or one that is yet to be made.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use okta::Okta;
use outbound::{Clock, SystemClock};
use refresh_groups::RefreshGroups;
use rules::RuleBook;
use shopify::Shopify;
use state::ConfigTable;

use crate::local::{LocalSystem, Options, environment, is_store};
use crate::target::{Target, TargetError, TargetOptions, WEBHOOK_URL};
use crate::webhook_url::WebhookUrl;

/// How long all calls together may take.
const PATIENCE: SignedDuration = SignedDuration::from_mins(5);

/// The parts of a system that are set up or looked at.
pub(crate) struct Parts {
    pub(crate) config: ConfigTable,
    pub(crate) shopify: Shopify,
    pub(crate) okta: Okta,
    pub(crate) clock: Arc<dyn Clock>,
    /// Where the shop's webhooks are to go, if that is known.
    pub(crate) webhook_url: Option<WebhookUrl>,
}

impl Parts {
    /// Those of a system.
    pub(crate) fn of(target: &Target, url: Option<&WebhookUrl>) -> Result<Self, TargetError> {
        let webhook_url = match url {
            Some(url) => Some(url.clone()),
            None => target.webhook_url()?,
        };
        Ok(Self {
            config: target.config().clone(),
            shopify: target.shopify()?,
            okta: target.okta()?,
            clock: Arc::new(SystemClock),
            webhook_url,
        })
    }

    /// When calls that begin now have to have ended.
    pub(crate) fn deadline(&self) -> Timestamp {
        self.clock.now().saturating_add(PATIENCE).unwrap_or(Timestamp::MAX)
    }

    /// What resolves the names of groups.
    pub(crate) fn groups(&self) -> RefreshGroups {
        let (config, okta) = (self.config.clone(), self.okta.clone());
        RefreshGroups { config, okta, clock: Arc::clone(&self.clock) }
    }
}

/// A system, or the place where one is to be made.
pub(super) enum Place {
    /// A system.
    Made(Box<Target>),
    /// A folder without a store. Empty tables in memory stand for those that it will have.
    Unmade(Box<LocalSystem>),
}

impl Place {
    /// Looks whether there is a system, and makes none.
    pub(super) async fn find(options: &TargetOptions) -> Result<Self, TargetError> {
        if options.stack.is_some() || is_store(&options.store.store) {
            return Ok(Self::Made(Box::new(options.find().await?)));
        }
        let stand_in = Options::from_environment(environment(".".as_ref())?)?;
        Ok(Self::Unmade(Box::new(LocalSystem::start(stand_in).await?)))
    }

    pub(super) fn parts(&self, url: Option<&WebhookUrl>) -> Result<Parts, TargetError> {
        match self {
            Self::Made(target) => Parts::of(target, url),
            Self::Unmade(system) => Ok(Parts {
                config: system.config_table().clone(),
                shopify: system.worker().shopify.clone(),
                okta: system.worker().okta.clone(),
                clock: Arc::new(SystemClock),
                webhook_url: match url {
                    Some(url) => Some(url.clone()),
                    None => crate::target::read_webhook_url(
                        environment(".".as_ref())?.optional(WEBHOOK_URL).as_deref(),
                    )?,
                },
            }),
        }
    }
}

/// The names of a book's groups.
pub(super) fn groups_of(book: &RuleBook) -> BTreeSet<&rules::GroupName> {
    book.segments().iter().map(rules::Segment::okta_group_name).collect()
}
