//! Finding out what there is.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use okta::{AttributeKind, AttributeName, AttributeNames, RateShare, UserSchema};
use outbound::{Error, ErrorKind};
use refresh_groups::{RefreshError, Seen};
use rules::{GroupName, RuleBook};
use shopify::{Installation, SubscriptionTopic};
use state::{ConfigError, WantedRows};

use super::parts::{Parts, groups_of};
use crate::rules_command;
use crate::webhook_url::WebhookUrl;

/// The rule book's file if none is named.
const RULES: &str = "segments.toml";

/// What there is of a system, and of what it needs elsewhere.
pub(crate) struct Found {
    /// The folder of a store that is yet to be made.
    pub(super) unmade: Option<PathBuf>,
    /// Whether nothing was set up before: no rule book was stored.
    pub(super) is_first: bool,
    pub(super) book: Book,
    /// None if the credentials may not look at the user schema.
    pub(super) attributes: Option<Vec<Attribute>>,
    pub(super) groups: BTreeMap<GroupName, Seen>,
    pub(super) webhooks: Webhooks,
    pub(super) share: RateShare,
}

/// The rule book of the configuration table.
pub(super) enum Book {
    /// There is none: this one is to be written.
    Unwritten { file: PathBuf, book: RuleBook, rows: WantedRows },
    /// There is one: the file's, or there is no file.
    Stored { segments: usize },
    /// There is one, and it is another than the file's.
    Other { file: PathBuf },
    /// What is there is no valid book.
    Invalid { problems: Vec<String> },
}

/// An attribute of Okta's user schema.
pub(crate) struct Attribute {
    pub(crate) name: AttributeName,
    pub(crate) title: &'static str,
    /// What it holds; none if there is none.
    pub(crate) kind: Option<AttributeKind>,
    /// Whether it can hold what it is for.
    pub(crate) fits: bool,
}

/// The webhooks that this app subscribed.
pub(crate) struct Webhooks {
    /// Where they are to go.
    pub(crate) url: Option<WebhookUrl>,
    /// What is to be heard of, and whether it is.
    pub(crate) topics: BTreeMap<SubscriptionTopic, Heard>,
}

/// Whether webhooks of a topic come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Heard {
    /// They do.
    Here,
    /// They go somewhere else, and do not come.
    Elsewhere,
    /// Nobody has subscribed to them.
    Nowhere,
    /// The app may not subscribe to them.
    NotGranted,
}

/// What cannot be found out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LookError {
    #[error(transparent)]
    Call(#[from] outbound::Error),
    #[error("{0}")]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Groups(#[from] RefreshError),
    #[error("{0}")]
    Book(String),
}

impl Parts {
    /// Looks at everything.
    pub(crate) async fn look(&self, rules: Option<&Path>) -> Result<Found, LookError> {
        let deadline = self.deadline();
        let names = self.config.group_names().await?;
        let share = names.settings.okta_rate_share;
        let book = self.book(rules).await?;
        let mut groups: BTreeSet<&GroupName> = names.wanted.iter().map(|it| &it.group).collect();
        groups.extend(names.accepted.iter().flat_map(|accepted| groups_of(&accepted.book)));
        if let Book::Unwritten { book, .. } = &book {
            groups.extend(groups_of(book));
        }
        let schema = match self.okta.before(deadline, share).user_schema().await {
            Ok(schema) => Some(schema),
            Err(Error { kind: ErrorKind::Forbidden { .. }, .. }) => None,
            Err(error) => return Err(error.into()),
        };
        let installation = self.shopify.installation(deadline).await?;
        let subscriptions = self.shopify.subscriptions(deadline).await?;
        Ok(Found {
            unmade: None,
            is_first: matches!(book, Book::Unwritten { .. }),
            groups: self.groups().look(&groups, deadline).await?,
            attributes: schema.map(|schema| attributes(&names.settings.attributes, &schema)),
            webhooks: Webhooks::of(self.webhook_url.as_ref(), &installation, &subscriptions),
            book,
            share,
        })
    }

    async fn book(&self, rules: Option<&Path>) -> Result<Book, LookError> {
        let rows = self.config.wanted_rows().await.map_err(ConfigError::from)?;
        let file = rules.unwrap_or(Path::new(RULES)).to_owned();
        if rules.is_none() && !rows.is_empty() && !file.exists() {
            return Ok(stored(&rows));
        }
        let book = rules_command::read(&file).map_err(|none| LookError::Book(none.told(&file)))?;
        Ok(match stored(&rows) {
            _ if rows.is_empty() => Book::Unwritten { file, book, rows },
            Book::Stored { .. } if rows.book().is_ok_and(|stored| stored != book) => {
                Book::Other { file }
            }
            stored => stored,
        })
    }
}

fn stored(rows: &WantedRows) -> Book {
    match rows.book() {
        Ok(book) => Book::Stored { segments: book.segments().len() },
        Err(errors) => {
            Book::Invalid { problems: errors.into_iter().map(|one| one.to_string()).collect() }
        }
    }
}

/// The two attributes as the schema has them. An integer can hold a number of orders, and no amount.
pub(crate) fn attributes(names: &AttributeNames, schema: &UserSchema) -> Vec<Attribute> {
    let attribute = |name: &AttributeName, title, kinds: &[AttributeKind]| {
        let kind = schema.kind(name);
        let fits = kind.is_some_and(|kind| kinds.contains(&kind));
        Attribute { name: name.clone(), title, kind, fits }
    };
    let (number, integer) = (AttributeKind::Number, AttributeKind::Integer);
    vec![
        attribute(names.total_spent(), "Shopify total spent", &[number]),
        attribute(names.orders_count(), "Shopify orders count", &[number, integer]),
    ]
}

impl Webhooks {
    pub(crate) fn of(
        url: Option<&WebhookUrl>,
        installation: &Installation,
        subscriptions: &[shopify::Subscription],
    ) -> Self {
        let heard = |topic: SubscriptionTopic| {
            let uris =
                || subscriptions.iter().filter(move |it| it.topic.as_str() == topic.as_str());
            let is_ours = |uri: &str| url.is_some_and(|url| url.as_str() == uri);
            if uris().any(|it| is_ours(&it.uri)) {
                Heard::Here
            } else if !installation.grants(topic.scope()) {
                Heard::NotGranted
            } else if uris().next().is_some() {
                Heard::Elsewhere
            } else {
                Heard::Nowhere
            }
        };
        let topics = SubscriptionTopic::ALL.map(|topic| (topic, heard(topic)));
        Self { url: url.cloned(), topics: topics.into() }
    }

    /// The topics of which this is true.
    pub(crate) fn topics(&self, which: Heard) -> impl Iterator<Item = SubscriptionTopic> + '_ {
        self.topics.iter().filter(move |(_, heard)| **heard == which).map(|(topic, _)| *topic)
    }

    /// The topics to subscribe to.
    pub(crate) fn missing(&self) -> Vec<SubscriptionTopic> {
        self.topics(Heard::Nowhere).chain(self.topics(Heard::Elsewhere)).collect()
    }
}
