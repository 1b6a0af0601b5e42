//! Making what is missing. Everything may be made again, and what was made is found the next time, so
//! it can be stopped anywhere.

use okta::NumberAttribute;
use refresh_groups::Seen;
use shopify::Subscribed;
use state::{GroupStatus, Replaced};

use super::look::{Book, Found, Webhooks};
use super::parts::Parts;

impl Parts {
    /// Makes what is missing, as far as it can be made; tells what could not be, a line each. Webhooks
    /// come last, when everything is there that they need.
    pub(super) async fn make(&self, found: &Found) -> Vec<String> {
        let made = [self.write_book(&found.book).await, self.add_attributes(found).await];
        let mut problems: Vec<String> = made.into_iter().filter_map(Result::err).collect();
        problems.extend(self.make_groups(found).await);
        problems.extend(self.subscribe(&found.webhooks).await);
        problems
    }

    async fn write_book(&self, book: &Book) -> Result<(), String> {
        let Book::Unwritten { book, rows, .. } = book else { return Ok(()) };
        match self.config.replace_wanted(rows, book).await {
            Ok(Replaced::Yes) => Ok(()),
            Ok(Replaced::No(changes)) => {
                Err(format!("the rule book was not written: {}", changes.join(", ")))
            }
            Err(error) => Err(format!("configuration table: {error}")),
        }
    }

    async fn add_attributes(&self, found: &Found) -> Result<(), String> {
        let missing: Vec<NumberAttribute<'_>> = found
            .attributes
            .iter()
            .flatten()
            .filter(|attribute| attribute.kind.is_none())
            .map(|attribute| NumberAttribute { name: &attribute.name, title: attribute.title })
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        let session = self.okta.before(self.deadline(), found.share);
        let added = session.add_number_attributes(&missing).await;
        added.map_err(|error| match error.kind {
            outbound::ErrorKind::Forbidden { .. } => format!(
                "{error}: set up with a token whose administrator may edit the profile, or with an app \
                 that was granted okta.schemas.manage; or add the attributes in Okta's console \
                 (docs/okta.md)"
            ),
            _ => error.to_string(),
        })
    }

    async fn make_groups(&self, found: &Found) -> Vec<String> {
        let is_to_make = |seen: &Seen| match seen.row.status {
            GroupStatus::Missing => true,
            status => !seen.is_known && status.is_usable(),
        };
        if !found.groups.values().any(is_to_make) {
            return Vec::new();
        }
        match self.groups().run_and_make(self.deadline()).await {
            Ok(summary) => summary.problems,
            Err(error) => vec![error.to_string()],
        }
    }

    /// Subscribes to what is missing; tells what could not be, a line each.
    pub(crate) async fn subscribe(&self, webhooks: &Webhooks) -> Vec<String> {
        let Some(url) = &webhooks.url else { return Vec::new() };
        let mut problems = Vec::new();
        for topic in webhooks.missing() {
            match self.shopify.subscribe(topic, url.as_str(), self.deadline()).await {
                Ok(Subscribed::Done) => {}
                Ok(Subscribed::Refused(why)) => {
                    problems.push(format!("webhooks {topic}: Shopify refuses: {why}"));
                }
                Err(error) => {
                    problems.push(format!("webhooks {topic}: {error}"));
                    break;
                }
            }
        }
        problems
    }
}
