//! Putting the wanted book into use.

use std::sync::Arc;

use crate::record::{Phase, Place};
use crate::run::{Next, Run};
use crate::trouble::Trouble;

impl Run<'_> {
    /// Puts the planned book into use, if it is not yet.
    pub(crate) async fn accept(&mut self) -> Result<Next, Trouble> {
        let mut book = self.book()?.clone();
        if book.version.is_none() {
            let now = self.now();
            let config = self.config().await?;
            let accepted = config.accepted.clone();
            let is_wanted = config.wanted.as_ref().is_ok_and(|wanted| *wanted == book.content);
            let version = match accepted {
                // A step before this one accepted it and was killed. What the rows say by now is for
                // the next run.
                Some(accepted) if *accepted.book == book.content => Some(accepted.version),
                _ if !is_wanted => {
                    let why = "the rows were changed while the run was planned: run again";
                    return Ok(Next::Refuse { refusal: None, why: why.to_owned() });
                }
                accepted if accepted.as_ref().map(|book| book.version) == book.instead_of => {
                    let content = Arc::new(book.content.clone());
                    let run = Some(&self.record.run_id);
                    let accepted =
                        self.me.config.accept(content, book.instead_of, run, now).await?;
                    accepted.map(|book| book.version)
                }
                _ => None,
            };
            let Some(version) = version else {
                let why = "another rule book was accepted meanwhile: run again".to_owned();
                return Err(Trouble::Fatal(why));
            };
            book.version = Some(version);
            self.record.book = Some(book);
        }
        self.enter(Phase::Dispatch(Place::default())).await
    }
}
