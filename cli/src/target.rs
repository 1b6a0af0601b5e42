//! What a command works on: a deployed stack, or the local store.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use announcements::EventBus;
use clap::Args;
use jiff::{SignedDuration, Timestamp};
use mavera::Mavera;
use okta::Okta;
use outbound::Credentials;
use rules::ShopDomain;
use shopify::Shopify;
use state::{ConfigTable, Customers, DeadLetters, Depth, Receive, Runs, StoredQueue};
use webhook::SigningSecrets;

use crate::local::{EngineError, InvalidFile, LocalSystem, Options, environment};
use crate::run::Site;
use crate::stack::{Stack, StackError, StackName};
use crate::webhook_url::WebhookUrl;

/// The variable that says where the shop's webhooks are to go.
pub(crate) const WEBHOOK_URL: &str = "WEBHOOK_URL";
/// Where the local store is if nothing else is said.
const STORE: &str = ".segments";

/// Says which system a command works on.
#[derive(Debug, Clone, Args)]
pub(crate) struct TargetOptions {
    /// The deployed stack; if none is named, the local store
    #[arg(long, value_name = "NAME", conflicts_with = "store")]
    pub(crate) stack: Option<StackName>,
    #[command(flatten)]
    pub(crate) store: StoreOptions,
}

/// Says where the local store is.
#[derive(Debug, Clone, Args)]
pub(crate) struct StoreOptions {
    /// The folder of the local store
    #[arg(long, value_name = "DIR", default_value = STORE)]
    pub(crate) store: PathBuf,
}

impl StoreOptions {
    /// What a command needs besides to be about this store: " --store DIR", or nothing.
    pub(crate) fn again(&self) -> String {
        let is_usual = self.store == Path::new(STORE);
        if is_usual { String::new() } else { format!(" --store {}", self.store.display()) }
    }
}

/// A system that a command works on.
pub(crate) struct Target {
    kind: Kind,
    /// What a command needs besides to be about this system: " --stack segments", or nothing.
    again: String,
    /// Where the shop's webhooks are to go, if the system's environment says so.
    webhook_url: Option<String>,
}

enum Kind {
    Stack(Box<Stack>),
    Local(Box<LocalSystem<StoredQueue>>),
}

/// A system that cannot be worked with.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TargetError {
    #[error(transparent)]
    Stack(#[from] StackError),
    #[error("there is no local store in {}: make one with `segments setup`, or name a stack with --stack", .0.display())]
    NoStore(PathBuf),
    #[error(transparent)]
    Environment(#[from] InvalidFile),
    #[error("{0}; set it in the environment or in {env_file}, or name a stack with --stack", env_file = env_file().display())]
    Settings(#[from] runtime::StartError),
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error(transparent)]
    Store(#[from] state::Error),
}

/// Where settings are looked for that the environment does not have.
fn env_file() -> PathBuf {
    std::env::current_dir().unwrap_or_default().join(".env")
}

impl TargetOptions {
    /// The system, which has to be there.
    pub(crate) async fn find(&self) -> Result<Target, TargetError> {
        let store = &self.store.store;
        if self.stack.is_none() && !crate::local::is_store(store) {
            return Err(TargetError::NoStore(store.clone()));
        }
        self.find_or_make().await
    }

    /// The system; a local store is made if there is none.
    pub(crate) async fn find_or_make(&self) -> Result<Target, TargetError> {
        let (kind, again) = if let Some(name) = &self.stack {
            (Kind::Stack(Box::new(Stack::find(name).await?)), format!(" --stack {name}"))
        } else {
            let system = self.store.local_system().await?;
            (Kind::Local(Box::new(system)), self.store.again())
        };
        let webhook_url = match &kind {
            Kind::Stack(stack) => stack.services().env().optional(WEBHOOK_URL),
            Kind::Local(_) => environment(Path::new("."))?.optional(WEBHOOK_URL),
        };
        Ok(Target { kind, again, webhook_url })
    }
}

impl StoreOptions {
    /// The system in the local store, which is made if there is none.
    pub(crate) async fn local_system(&self) -> Result<LocalSystem<StoredQueue>, TargetError> {
        let options = Options::from_environment(environment(Path::new("."))?)?;
        Ok(LocalSystem::open(options, &self.store).await?)
    }
}

impl Target {
    /// The rule book, the settings, the groups.
    pub(crate) fn config(&self) -> &ConfigTable {
        match &self.kind {
            Kind::Stack(stack) => &stack.config,
            Kind::Local(system) => system.config_table(),
        }
    }

    /// The applied state.
    pub(crate) fn customers(&self) -> &Customers {
        match &self.kind {
            Kind::Stack(stack) => &stack.customers,
            Kind::Local(system) => system.customers(),
        }
    }

    /// The full runs.
    pub(crate) fn runs(&self) -> &Runs {
        match &self.kind {
            Kind::Stack(stack) => &stack.runs,
            Kind::Local(system) => system.runs(),
        }
    }

    /// What the workers work off.
    pub(crate) fn queue(&self) -> &dyn Depth {
        match &self.kind {
            Kind::Stack(stack) => &stack.queue,
            Kind::Local(system) => system.queue(),
        }
    }

    /// What the workers could not work off.
    pub(crate) async fn dead_letters(&self) -> Result<Box<dyn DeadLetters>, state::Error> {
        Ok(match &self.kind {
            Kind::Stack(stack) => Box::new(stack.queue.dead_letters().await?),
            Kind::Local(system) => Box::new(system.queue().clone()),
        })
    }

    /// Which shop it is.
    pub(crate) fn shop(&self) -> Result<ShopDomain, TargetError> {
        match &self.kind {
            Kind::Stack(stack) => {
                Ok(stack.services().env().shop().map_err(runtime::StartError::from)?)
            }
            Kind::Local(system) => Ok(system.shop().clone()),
        }
    }

    /// The shop, by the system's own credentials.
    pub(crate) fn shopify(&self) -> Result<Shopify, TargetError> {
        match &self.kind {
            Kind::Stack(stack) => Ok(stack.services().shopify()?),
            Kind::Local(system) => Ok(system.worker().shopify.clone()),
        }
    }

    /// The org, by the system's own credentials.
    pub(crate) fn okta(&self) -> Result<Okta, TargetError> {
        match &self.kind {
            Kind::Stack(stack) => Ok(stack.services().okta()?),
            Kind::Local(system) => Ok(system.worker().okta.clone()),
        }
    }

    /// Mavera, by the system's own credentials; none if there is no secret for it.
    pub(crate) fn mavera(&self) -> Result<Option<Mavera>, TargetError> {
        match &self.kind {
            Kind::Stack(stack) => Ok(stack.services().mavera()?),
            Kind::Local(system) => Ok(system.resegmenter().mavera.clone()),
        }
    }

    /// What webhooks may be signed with.
    pub(crate) fn signing_secrets(
        &self,
    ) -> Result<Arc<dyn Credentials<SigningSecrets>>, TargetError> {
        match &self.kind {
            Kind::Stack(stack) => {
                let secrets =
                    stack.services().secret("WEBHOOK_SECRET_ID", SigningSecrets::from_json);
                Ok(secrets.map_err(runtime::StartError::from)?)
            }
            Kind::Local(system) => Ok(Arc::clone(system.signing_secrets())),
        }
    }

    /// Where the shop's webhooks are to go, if the system knows.
    pub(crate) fn webhook_url(&self) -> Result<Option<WebhookUrl>, TargetError> {
        read_webhook_url(self.webhook_url.as_deref())
    }

    /// For how long the message that has waited longest has, if one waits: of a stack since it was sent,
    /// of the local store since it was due.
    pub(crate) async fn longest_wait(
        &self,
        now: Timestamp,
    ) -> Result<Option<SignedDuration>, TargetError> {
        match &self.kind {
            Kind::Stack(stack) => Ok(stack.queue_age(now).await?),
            Kind::Local(system) => {
                let due = system.queue().next_due().await?.filter(|due| *due <= now);
                Ok(due.map(|due| now.duration_since(due)))
            }
        }
    }

    /// The event bus that workers tell of changes of segment; none if they tell nobody.
    pub(crate) fn event_bus(&self) -> Option<EventBus> {
        match &self.kind {
            Kind::Stack(stack) => stack.services().event_bus(),
            Kind::Local(system) => system.worker().event_bus.clone(),
        }
    }

    /// Whether it is a deployed stack.
    pub(crate) fn is_stack(&self) -> bool {
        matches!(self.kind, Kind::Stack(_))
    }

    /// Where full runs are made.
    pub(crate) fn site(&self) -> Site<'_> {
        match &self.kind {
            Kind::Stack(stack) => Site::Stack(stack),
            Kind::Local(system) => Site::Local(&**system),
        }
    }

    /// What may be wrong if a table does not answer.
    pub(crate) fn table_hint(&self) -> &'static str {
        match &self.kind {
            Kind::Stack(_) => "check the AWS credentials and region in use",
            Kind::Local(_) => "check the local store's folder, and that there is room on its disk",
        }
    }

    /// What a command line has to end with to be about this system again.
    pub(crate) fn again(&self) -> &str {
        &self.again
    }
}

/// Reads the variable [`WEBHOOK_URL`].
pub(crate) fn read_webhook_url(text: Option<&str>) -> Result<Option<WebhookUrl>, TargetError> {
    let unusable = |error| runtime::EnvError {
        variable: WEBHOOK_URL,
        problem: format!("is unusable: {error}"),
    };
    let url = text.map(|text| text.parse().map_err(unusable)).transpose();
    Ok(url.map_err(runtime::StartError::from)?)
}

/// As people call it: "stack segments", "the local store".
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.kind, self.again.strip_prefix(" --stack ")) {
            (Kind::Stack(_), Some(name)) => write!(f, "stack {name}"),
            _ => f.write_str("the local store"),
        }
    }
}
