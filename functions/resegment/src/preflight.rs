//! The first look at the shop.

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use shopify::{Preflight, SubscriptionTopic};
use state::RunConfig;

use crate::book;
use crate::record::{Export, List, Memory, Phase, Shop};
use crate::run::{Next, Page, Run};
use crate::trouble::Trouble;

impl Run<'_> {
    /// Looks at the shop, and takes its customers along if they fit into one page.
    pub(crate) async fn preflight(&mut self) -> Result<Next, Trouble> {
        let tried = self.tried.clone();
        let config = self.config().await?;
        let book = match book::to_decide_by(config, tried) {
            Ok(book) => book,
            Err(why) => return Ok(Next::Refuse { refusal: None, why }),
        };
        self.record.book = Some(book);
        let fits = self.look_at_the_shop().await?;
        if fits {
            let lists = self.lists().await?;
            return self.enter(Phase::ReadOkta { lists, from: None, export: None }).await;
        }
        let export = Export::intended(self.now());
        self.enter(Phase::Export(export.clone())).await?;
        // Written down a moment ago, so nobody can have begun one since.
        self.begin_export(export).await
    }

    /// Asks Shopify about the shop; true if all customers came along.
    pub(crate) async fn look_at_the_shop(&mut self) -> Result<bool, Trouble> {
        let read_at = self.now();
        let preflight = self.me.shopify.preflight(self.soon()).await?;
        let missing_subscriptions = missing(&preflight);
        if !missing_subscriptions.is_empty() {
            tracing::warn!(?missing_subscriptions, "the shop does not tell of these changes");
        }
        self.record.shop =
            Some(Shop { customers: preflight.customers.count, missing_subscriptions });
        if preflight.fits {
            let nodes = preflight.first.iter().map(|node| [node.get(), "\n"]);
            let lines = Bytes::from(nodes.flatten().collect::<String>());
            self.page = Some(Page { lines, read_at });
        }
        Ok(preflight.fits)
    }

    /// The lists of Okta's users to be read before the plan.
    pub(crate) async fn lists(&mut self) -> Result<Vec<List>, Trouble> {
        let now = self.now();
        let verify = self.record.verify;
        if self.notes.is_dry() && !verify {
            return Ok(Vec::new());
        }
        let memory = self.memory().await?;
        let days = self.config().await?.settings.verify_every_days;
        // Half a day early: last week's run may have come to it a little later than tonight's.
        let hours = i64::from(days) * 24 - 12;
        let read_at = memory.members_read_at;
        let due = read_at.is_none_or(|at| now.duration_since(at).as_hours() >= hours);
        let mut lists = Vec::new();
        if verify || due {
            lists.extend(self.managed_groups().await?);
        }
        lists.push(changed_since(&memory, now));
        Ok(lists)
    }

    async fn managed_groups(&mut self) -> Result<Vec<List>, Trouble> {
        let book = self.record.book.clone();
        let config: &RunConfig = self.config().await?;
        let segments = book.iter().flat_map(|book| book.content.segments());
        let usable = segments.filter_map(|segment| {
            let name = segment.okta_group_name();
            let row = config.groups.get(name).filter(|row| row.status.is_usable())?;
            Some(List::Members { name: name.clone(), id: row.id.clone()? })
        });
        Ok(usable.collect())
    }
}

/// How far back the first run asks which users have changed. If a customer was looked at before that,
/// their user may have changed unnoticed, and all users are listed.
pub(crate) const FIRST_SWEEP: SignedDuration = SignedDuration::from_hours(48);

/// Users who changed since the last run asked. Okta may show a change a little late, so the time before
/// is asked about once more.
fn changed_since(memory: &Memory, now: Timestamp) -> List {
    const OVERLAP: SignedDuration = SignedDuration::from_mins(10);
    let since = memory.swept_at.map_or(now - FIRST_SWEEP, |at| at - OVERLAP);
    List::ChangedSince(since)
}

fn missing(preflight: &Preflight) -> Vec<String> {
    if preflight.more_subscriptions {
        return Vec::new();
    }
    let has = |topic: &str| {
        preflight.subscriptions.iter().any(|subscription| subscription.topic.as_str() == topic)
    };
    let needed = SubscriptionTopic::ALL.into_iter().filter(|topic| topic.is_needed());
    let needed = needed.map(SubscriptionTopic::as_str);
    needed.filter(|topic| !has(topic)).map(str::to_owned).collect()
}
