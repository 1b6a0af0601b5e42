//! Reading lists of Okta's users, a page at a time.
//!
//! Each page is kept as a chunk before the next one is asked for, so a step that is killed loses one
//! page. No address is kept, only the tags that stand for addresses.

use okta::{HeldAttributes, ListedUser, PageError};
use outbound::{Error, ErrorKind};
use rules::UserId;
use serde::{Deserialize, Serialize};
use shopify::ExportId;
use state::{Salt, Settings};

use crate::record::{Chunks, List, Phase};
use crate::run::{Next, Run};
use crate::trouble::Trouble;

/// What pages are kept as.
pub(crate) const PAGES: &str = "okta";

/// How often lists may be begun anew: one may be longer than its cursors live.
const MOST_RESTARTS: u32 = 5;

/// A user on a kept page.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct KeptUser {
    pub(crate) id: UserId,
    /// The tags of login and e-mail.
    pub(crate) tags: Vec<[u8; 16]>,
    /// Whether the user can be written to.
    pub(crate) usable: bool,
    /// What the two attributes hold.
    pub(crate) held: HeldAttributes,
}

/// A kept page.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct KeptPage {
    pub(crate) list: List,
    pub(crate) users: Vec<KeptUser>,
}

impl Run<'_> {
    /// Reads the next page, or goes on to the plan.
    pub(crate) async fn read_okta(
        &mut self,
        mut lists: Vec<List>,
        from: Option<okta::Cursor>,
        export: Option<ExportId>,
    ) -> Result<Next, Trouble> {
        let Some(list) = lists.first().cloned() else {
            self.record.okta.begun_at.get_or_insert(self.me.clock.now());
            return self.enter(Phase::Plan { export, tries: 0 }).await;
        };
        if self.record.okta.begun_at.is_none() {
            self.record.okta.begun_at = Some(self.now());
            let fence = self.notes.fence();
            self.record.okta.pages = Chunks { fence, count: 0 };
        }
        let settings = self.config().await?.settings.clone();
        let page = match self.page(&list, &settings, from.as_ref()).await {
            Ok(page) => page,
            Err(PageError::Cursor(error))
                if from.is_some() && self.record.okta.restarts < MOST_RESTARTS =>
            {
                tracing::warn!(error = %error, "a list of Okta's is read anew");
                self.record.okta.restarts += 1;
                return self.enter(Phase::ReadOkta { lists, from: None, export }).await;
            }
            Err(PageError::Call(Error { kind: ErrorKind::NotFound, .. }))
                if is_of_members(&lists[..1]) =>
            {
                if let List::Members { name, .. } = lists.remove(0) {
                    self.record.okta.gone.push(name);
                }
                self.record.okta.members |= !is_of_members(&lists);
                return self.enter(Phase::ReadOkta { lists, from: None, export }).await;
            }
            Err(PageError::Cursor(error) | PageError::Call(error)) => return Err(error.into()),
        };
        let next = page.next.clone();
        self.keep(list, page).await?;
        if next.is_none() {
            let okta = &mut self.record.okta;
            match lists.remove(0) {
                List::Members { name, .. } => {
                    okta.whole.push(name);
                    okta.members |= !is_of_members(&lists);
                }
                List::Everybody => okta.everybody = true,
                List::ChangedSince(_) => {}
            }
        }
        self.enter(Phase::ReadOkta { lists, from: next, export }).await
    }

    async fn page(
        &self,
        list: &List,
        settings: &Settings,
        from: Option<&okta::Cursor>,
    ) -> Result<okta::Page, PageError> {
        let share = settings.okta_rate_share.for_runs();
        let session = self.me.okta.before(self.soon(), share).impatient();
        match list {
            List::Members { id, .. } => session.members(id, &settings.attributes, from).await,
            List::ChangedSince(moment) => {
                session.users_changed_since(*moment, &settings.attributes, from).await
            }
            List::Everybody => session.all_users(&settings.attributes, from).await,
        }
    }

    async fn keep(&mut self, list: List, page: okta::Page) -> Result<(), Trouble> {
        let now = self.now();
        let salt = self.config().await?.salt.clone();
        let users = page.users.iter().map(|user| KeptUser::new(user, &salt)).collect();
        let kept = KeptPage { list, users };
        // Ids, numbers and flags: nothing that could fail to be written.
        let content = serde_json::to_vec(&kept).unwrap_or_default();
        self.notes.put(PAGES, self.record.okta.pages, content, now).await?;
        // A page that could not be kept is read again, and counts then.
        let okta = &mut self.record.okta;
        okta.pages.count += 1;
        okta.users += u64::try_from(page.users.len()).unwrap_or(u64::MAX);
        okta.unreadable += u64::try_from(page.unreadable).unwrap_or(u64::MAX);
        Ok(())
    }
}

/// Whether members of a group are still to be read.
fn is_of_members(lists: &[List]) -> bool {
    lists.iter().any(|list| matches!(list, List::Members { .. }))
}

impl KeptUser {
    fn new(user: &ListedUser, salt: &Salt) -> Self {
        let mut tags: Vec<_> = [&user.login, &user.email]
            .into_iter()
            .flatten()
            .map(|address| salt.address_tag(address))
            .collect();
        tags.dedup();
        Self { id: user.id.clone(), tags, usable: user.can_be_written(), held: user.attributes }
    }
}
