//! One persona for each segment with customers, saying what its customers are like.
//!
//! Creating a persona costs its owner money, so that is done at most once ever: the intent is written
//! down first, and an intent whose outcome is unknown is never followed by another. What fails for one
//! persona keeps no other from being kept.

use std::collections::BTreeMap;

use mavera::{Created, Found, Mavera, Updated, is_out_of_credits};
use outbound::{Error, ErrorKind};
use rules::{PersonaContent, PersonaId, Segment, SegmentName};
use serde_json::json;
use state::PersonaRow;

use crate::record::{PersonaEnd, Phase, Place};
use crate::run::{Next, Run};
use crate::trouble::Trouble;

/// How often in a row Mavera may let a run wait. The next run comes to the personas again, and none of it
/// could begin before.
const MOST_WAITS: u32 = 10;

/// One segment's persona, with what is known of it.
struct Keeping<'a> {
    mavera: &'a Mavera,
    segment: &'a SegmentName,
    content: &'a PersonaContent,
    row: &'a PersonaRow,
    /// What the content is compared by with what was written last.
    shown: String,
}

impl Run<'_> {
    /// Keeps the personas one after the other. Each result is written down, so a step that is killed
    /// goes on with the next one.
    pub(crate) async fn keep_personas(&mut self) -> Result<Next, Trouble> {
        let book = self.book()?.content.clone();
        let rows = self.me.config.personas().await?;
        for segment in book.segments() {
            if self.record.personas.contains_key(segment.name()) {
                continue;
            }
            if self.is_short_of_time() {
                return Err(Trouble::OutOfTime);
            }
            self.keep_up().await?;
            let end = self.keep_persona(segment, book.currency(), &rows).await?;
            if let PersonaEnd::Failed { detail } = &end {
                tracing::error!(segment = %segment.name(), detail, "a persona could not be kept");
            }
            if matches!(end, PersonaEnd::Created | PersonaEnd::Updated) {
                self.record.come_further();
            }
            self.record.personas.insert(segment.name().clone(), end);
            let now = self.now();
            self.notes.save(&self.record, now).await?;
        }
        let place = Place::default();
        self.enter(Phase::Settle { place, missing: None }).await
    }

    async fn keep_persona(
        &mut self,
        segment: &Segment,
        currency: rules::Currency,
        rows: &BTreeMap<SegmentName, PersonaRow>,
    ) -> Result<PersonaEnd, Trouble> {
        let me = self.me;
        let Some(mavera) = &me.mavera else { return Ok(PersonaEnd::without_secret()) };
        let figures = self.record.report.as_ref().and_then(|report| report.cohort(segment.name()));
        let content = figures.and_then(|cohort| PersonaContent::new(segment, currency, &cohort));
        let Some(content) = content else { return Ok(PersonaEnd::Empty) };
        let Some(row) = rows.get(segment.name()) else {
            let detail = "its segment is no longer in the configuration".to_owned();
            return Ok(PersonaEnd::Failed { detail });
        };
        let (segment, shown) = (segment.name(), shown(&content));
        let keeping = Keeping { mavera, segment, content: &content, row, shown };
        self.keep_one(&keeping).await
    }

    async fn keep_one(&mut self, keeping: &Keeping<'_>) -> Result<PersonaEnd, Trouble> {
        let ended = match keeping.known_id() {
            Some(Ok(_)) if keeping.row.shown.as_ref() == Some(&keeping.shown) => {
                Ok(PersonaEnd::Unchanged)
            }
            Some(Ok(id)) => self.update(keeping, &id).await?,
            Some(Err(end)) => Ok(end),
            None => self.look_up(keeping).await?,
        };
        match ended {
            Ok(end) => Ok(end),
            // Not its fault: the next step goes on with it.
            Err(error) if error.kind == ErrorKind::OutOfTime && self.may_wait() => {
                self.record.setbacks += 1;
                Err(error.into())
            }
            Err(error) if error.retry_at().is_some() && self.may_wait() => Err(error.into()),
            Err(error) => Ok(PersonaEnd::from(&error)),
        }
    }

    /// Whether Mavera may let the run wait once more.
    fn may_wait(&self) -> bool {
        self.record.setbacks < MOST_WAITS
    }

    /// Finds a persona of this name, or creates it.
    async fn look_up(
        &mut self,
        keeping: &Keeping<'_>,
    ) -> Result<Result<PersonaEnd, Error>, Trouble> {
        let found = keeping.mavera.find(keeping.content.name(), self.soon()).await;
        match found {
            Ok(Found::One(id)) => self.update(keeping, &id).await,
            Ok(Found::Several { .. }) => Ok(Ok(PersonaEnd::failed(
                "several personas at Mavera have its name: delete all but one, or write the id of \
                 one into persona_id of the segment's row",
            ))),
            Ok(Found::None) if keeping.row.create_begun.is_some() => Ok(Ok(PersonaEnd::failed(
                "it was begun to be created and is not to be found; creating it costs credits, so \
                 look at Mavera, and remove persona_create_begun from the segment's row to have it \
                 created again",
            ))),
            Ok(Found::None) => self.create(keeping).await,
            Err(error) => Ok(Err(error)),
        }
    }

    async fn create(
        &mut self,
        keeping: &Keeping<'_>,
    ) -> Result<Result<PersonaEnd, Error>, Trouble> {
        self.keep_up_at_once().await?;
        let config = &self.me.config;
        if !config.begin_persona(keeping.segment, self.now()).await? {
            return Ok(Ok(PersonaEnd::failed("another run is creating it")));
        }
        let fields = &keeping.row.fields;
        match keeping.mavera.create(keeping.content, fields, self.soon()).await {
            Ok(Created::Made(id)) => {
                config.put_persona(keeping.segment, id.as_str(), &keeping.shown).await?;
                Ok(Ok(PersonaEnd::Created))
            }
            Ok(Created::NameTaken(error)) => {
                config.abandon_persona(keeping.segment).await?;
                match keeping.mavera.find(keeping.content.name(), self.soon()).await {
                    Ok(Found::One(id)) => self.update(keeping, &id).await,
                    _ => Ok(Err(error)),
                }
            }
            // The intent stays: nobody creates it again before it is found, or a person has looked.
            Ok(Created::Unknown(error)) => Ok(Err(error)),
            Err(error) => {
                config.abandon_persona(keeping.segment).await?;
                Ok(Err(error))
            }
        }
    }

    async fn update(
        &self,
        keeping: &Keeping<'_>,
        id: &PersonaId,
    ) -> Result<Result<PersonaEnd, Error>, Trouble> {
        let Keeping { mavera, segment, content, row, shown } = keeping;
        match mavera.update(id, content, &row.fields, self.soon()).await {
            Ok(Updated::Done) => {
                self.me.config.put_persona(segment, id.as_str(), shown).await?;
                Ok(Ok(PersonaEnd::Updated))
            }
            Ok(Updated::Gone) => Ok(Ok(PersonaEnd::failed(
                "it was deleted at Mavera; remove persona_id from the segment's row to have it \
                 created again, which costs credits",
            ))),
            Err(error) => Ok(Err(error)),
        }
    }
}

impl Keeping<'_> {
    fn known_id(&self) -> Option<Result<PersonaId, PersonaEnd>> {
        let id = self.row.id.as_ref()?;
        Some(id.parse().map_err(|_| {
            PersonaEnd::failed(
                "persona_id of the segment's row is no persona's id: mend or remove it",
            )
        }))
    }
}

impl PersonaEnd {
    fn failed(detail: &str) -> Self {
        Self::Failed { detail: detail.to_owned() }
    }

    fn without_secret() -> Self {
        Self::Skipped { detail: "there is no secret for Mavera".to_owned() }
    }
}

impl From<&Error> for PersonaEnd {
    fn from(error: &Error) -> Self {
        match error.kind {
            ErrorKind::Throttled { .. } => {
                Self::failed("Mavera goes on refusing calls as too many: the next run tries again")
            }
            ErrorKind::Credentials { detail } => Self::Skipped { detail: detail.to_owned() },
            _ if is_out_of_credits(error) => {
                Self::failed("Mavera has no credits left for it: buy some, or create it by hand")
            }
            _ => Self::Failed { detail: error.to_string() },
        }
    }
}

fn shown(content: &PersonaContent) -> String {
    json!({
        "name": content.name(),
        "description": content.description(),
        "cohort": content.cohort(),
        "avg_order_count": content.avg_order_count(),
    })
    .to_string()
}
