//! Having Shopify write out all customers.

use std::time::Duration;

use shopify::{ExportId, ExportState, Started};

use crate::record::{Export, Phase};
use crate::run::{Next, Run};
use crate::trouble::Trouble;

/// The waits between looks at an export; the last one from then on.
const POLLS: [Duration; 4] = [
    Duration::from_secs(10),
    Duration::from_secs(15),
    Duration::from_secs(30),
    Duration::from_mins(1),
];
/// How long to wait while other bulk queries are in the way.
const IN_THE_WAY: Duration = Duration::from_mins(1);
/// How long an export may take. A shop of millions takes minutes.
const LONGEST: jiff::SignedDuration = jiff::SignedDuration::from_hours(6);
/// How many exports may come to nothing.
const MOST_LOST: u32 = 3;

impl Run<'_> {
    /// Goes on with the export: finds it, begins it, or looks how far it is.
    pub(crate) async fn export(&mut self, mut export: Export) -> Result<Next, Trouble> {
        let now = self.now();
        if let Some(until) = export.poll_at.filter(|at| *at > now) {
            return Ok(Next::Wait { until, why: "Shopify writes out the customers".into() });
        }
        let found = match &export.id {
            Some(id) => self.me.shopify.export(id, self.soon()).await?,
            // The answer to the request may have been lost.
            None => self.me.shopify.export_since(export.intent, self.soon()).await?,
        };
        let found = found.filter(|found| Some(&found.id) != export.lost_id.as_ref());
        // Asked first: the run may have been paused, or Shopify away, while the export was made.
        let state = found.as_ref().map(|found| &found.state);
        let is_awaited = matches!(state, None | Some(ExportState::Running { .. }));
        if is_awaited && now.duration_since(export.intent) > LONGEST {
            let why = "Shopify has not written out the customers in 6 hours: look at the bulk \
                       operations of the app, and run again";
            return Err(Trouble::Fatal(why.into()));
        }
        let Some(found) = found else {
            return if export.id.is_some() {
                self.export_lost(export, "Shopify no longer has the export").await
            } else {
                self.begin_export(export).await
            };
        };
        export.id = Some(found.id.clone());
        let began = found.began();
        match found.state {
            ExportState::Running { objects } => {
                let why = format!("Shopify writes out the customers: {objects} so far");
                self.poll_later(export, why).await
            }
            ExportState::Completed { file, .. } => {
                self.file = Some((found.id.clone(), began, file));
                let lists = self.lists().await?;
                let export = Some(found.id);
                self.enter(Phase::ReadOkta { lists, from: None, export }).await
            }
            ExportState::Failed { code: Some(code) } if code.as_str() == "ACCESS_DENIED" => {
                let why = "Shopify denies the app the customers: grant it read_customers";
                Err(Trouble::Fatal(why.into()))
            }
            ExportState::Failed { code } => {
                let code = code.as_ref().map_or("no code", |code| code.as_str());
                self.export_lost(export, &format!("the export failed ({code})")).await
            }
            ExportState::Canceled => {
                self.export_lost(export, "somebody cancelled the export").await
            }
            ExportState::Expired => self.export_lost(export, "the export has expired").await,
        }
    }

    /// Has the export begun. The intent is written down already.
    pub(crate) async fn begin_export(&mut self, mut export: Export) -> Result<Next, Trouble> {
        match self.me.shopify.start_export(self.soon()).await? {
            Started::Begun(id) => {
                export.id = Some(id);
                self.poll_later(export, "Shopify writes out the customers".into()).await
            }
            Started::InTheWay => {
                export.poll_at = Some(self.now() + IN_THE_WAY);
                let why = "five other bulk queries of this app are running at Shopify";
                self.note_export(export, why.into()).await
            }
            Started::Refused { code } => {
                let code = code.as_ref().map_or("no code", |code| code.as_str());
                Err(Trouble::Fatal(format!("Shopify refuses the export ({code})")))
            }
        }
    }

    async fn poll_later(&mut self, mut export: Export, why: String) -> Result<Next, Trouble> {
        let polls = usize::try_from(export.polls).unwrap_or(usize::MAX).min(POLLS.len() - 1);
        export.polls += 1;
        export.poll_at = Some(self.now() + POLLS[polls]);
        self.note_export(export, why).await
    }

    async fn note_export(&mut self, export: Export, why: String) -> Result<Next, Trouble> {
        let until = export.poll_at.unwrap_or_else(|| self.now());
        self.enter(Phase::Export(export)).await?;
        Ok(Next::Wait { until, why })
    }

    /// Begins again after an export that came to nothing.
    async fn export_lost(&mut self, export: Export, why: &str) -> Result<Next, Trouble> {
        let fresh = self.after_lost(export.id, why)?;
        self.enter(Phase::Export(fresh.clone())).await?;
        self.begin_export(fresh).await
    }

    /// The export that takes the place of one that came to nothing.
    pub(crate) fn after_lost(
        &mut self,
        lost_id: Option<ExportId>,
        why: &str,
    ) -> Result<Export, Trouble> {
        self.record.exports_lost += 1;
        let lost = self.record.exports_lost;
        if lost >= MOST_LOST {
            return Err(Trouble::Fatal(format!("{why}, as {} before it", lost - 1)));
        }
        tracing::warn!(why, lost, "another export is begun");
        Ok(Export { lost_id, ..Export::intended(self.now()) })
    }
}
