//! Dry runs: the same steps with notes in memory, in one call.

use jiff::Timestamp;
use shopify::ExportId;

use crate::book;
use crate::event::{Answer, Start, Status};
use crate::record::Phase;
use crate::run::{LEAST_TIME, Next, Run};
use crate::trouble::Trouble;

impl Run<'_> {
    /// Finds out, writes nothing, and answers with the report.
    pub(crate) async fn dry(mut self, start: Start) -> Answer {
        self.tried = start.rules;
        self.record.verify = start.verify;
        if let Some(id) = start.export {
            match self.go_on_dry(id).await {
                Ok(None) => {}
                Ok(Some(why)) => {
                    let refused = Answer { message: Some(why), ..Answer::new(Status::Refused) };
                    return self.describe(refused);
                }
                Err(trouble) => return self.describe(trouble.into()),
            }
        }
        loop {
            let answer = match self.step().await {
                Ok(Next::Step) if matches!(self.record.phase, Phase::Accept) => {
                    let report = self.record.report.take();
                    let message = self.record.refusal.as_ref().map(ToString::to_string);
                    return Answer { message, report, ..self.describe(Answer::new(Status::Done)) };
                }
                Ok(Next::Step) => continue,
                Ok(Next::Wait { until, .. }) if self.sleep(until).await => continue,
                Ok(Next::Wait { until, why }) => Answer { message: Some(why), ..self.wait(until) },
                Ok(Next::Done) => Answer::new(Status::Done),
                Ok(Next::Refuse { why, .. }) => {
                    Answer { message: Some(why), ..Answer::new(Status::Refused) }
                }
                Err(Trouble::Later { at, why }) => match self.put_off(at, why) {
                    Some(until) if self.sleep(until).await => continue,
                    Some(until) => self.wait(until),
                    None => Answer::new(Status::Failed),
                },
                Err(trouble) => trouble.into(),
            };
            let export = self.export_id();
            return Answer { export, ..self.describe(answer) };
        }
    }

    /// Takes up a dry run with its export; says why, if it cannot decide by any book.
    async fn go_on_dry(&mut self, export: ExportId) -> Result<Option<String>, Trouble> {
        let tried = self.tried.clone();
        match book::to_decide_by(self.config().await?, tried) {
            Ok(book) => self.record.book = Some(book),
            Err(why) => return Ok(Some(why)),
        }
        let lists = self.lists().await?;
        self.record.phase = Phase::ReadOkta { lists, from: None, export: Some(export) };
        Ok(None)
    }

    /// Waits, if there is time for it.
    async fn sleep(&self, until: Timestamp) -> bool {
        let in_time = until + LEAST_TIME <= self.until;
        if let (true, Ok(wait)) = (in_time, until.duration_since(self.now()).try_into()) {
            self.me.clock.sleep(wait).await;
        }
        in_time
    }

    fn export_id(&self) -> Option<ExportId> {
        match &self.record.phase {
            Phase::Export(export) => export.id.clone(),
            Phase::ReadOkta { export, .. } | Phase::Plan { export, .. } => export.clone(),
            _ => None,
        }
    }
}
