//! Comparing the whole shop with the applied state, and judging what would follow.

use comparison::{
    AddressTag, Comparison, Findings, OktaRead, OktaReadBuilder, Options, UserTag, Why,
};
use jiff::Timestamp;
use outbound::ErrorKind;
use rules::{EmailAddress, Refusal, RuleBook};
use shopify::{ExportFile, ExportId, ExportState};

use crate::export;
use crate::known::{Profiles, Read};
use crate::read_okta::{KeptPage, PAGES};
use crate::record::{Chunks, Export, List, Phase, Place, Record};
use crate::report::Report;
use crate::run::{Next, Run};
use crate::trouble::Trouble;

/// What the ids of those who differ are kept as.
pub(crate) const IDS: &str = "ids";
/// How often a plan may be begun. It is one piece of work, so it has to fit into one call.
const MOST_TRIES: u32 = 5;
/// With more customers than this whom nobody has looked up, listing all of Okta's users is cheaper than
/// asking for them one by one.
const MANY: u64 = 1_000;
/// How many movements the record holds, the largest first: an item of the table has its limits.
const MOST_MOVEMENTS: usize = 500;
/// How many movements a refusal tells of.
const LARGEST: usize = 5;

/// Where the shop's customers come from.
enum Source {
    /// A page, read at this moment.
    Page(Timestamp),
    /// A file, of an export that began at this moment; none if it is empty.
    File(ExportId, Timestamp, Option<ExportFile>),
    /// There is no such source any more: this is what to do instead.
    Gone(Phase),
}

impl Run<'_> {
    /// Finds out who differs, and has the guard judge it.
    pub(crate) async fn plan(
        &mut self,
        export: Option<ExportId>,
        tries: u32,
    ) -> Result<Next, Trouble> {
        if tries >= MOST_TRIES {
            let why = format!(
                "the plan was begun {tries} times and never ended within the function's time: give \
                 the function more memory, or more time"
            );
            return Err(Trouble::Fatal(why));
        }
        self.enter(Phase::Plan { export: export.clone(), tries: tries + 1 }).await?;
        let source = match self.source(export.clone()).await? {
            Source::Gone(instead) => return self.enter(instead).await,
            source => source,
        };
        let Some(book) = self.record.book.as_ref().map(|book| book.content.clone()) else {
            return Err(Trouble::Fatal("the run has no book".to_owned()));
        };
        let began = source.began();
        let (okta, profiles) = self.okta_read(&book).await?;
        let read = self.read_known(&book, began, &profiles).await?;
        let salt = self.config().await?.salt.clone();
        let tag = |address: &EmailAddress| AddressTag::new(salt.address_tag(address));
        let options = Options { okta: okta.as_ref(), tagger: Some(&tag), ..Options::default() };
        let comparison = Comparison::new(&book, &read.known, options);
        let findings = match self.compare(comparison, source).await? {
            Ok(findings) => findings,
            Err(instead) => return self.enter(instead).await,
        };
        if self.is_worth_listing(&findings) {
            let lists = vec![List::Everybody];
            return self.enter(Phase::ReadOkta { lists, from: None, export }).await;
        }
        self.judge(&findings, &read).await
    }

    /// The customers, where they are now.
    async fn source(&mut self, export: Option<ExportId>) -> Result<Source, Trouble> {
        let Some(id) = export else {
            if self.page.is_none() && !self.look_at_the_shop().await? {
                return Ok(Source::Gone(Phase::Export(Export::intended(self.now()))));
            }
            let read_at = self.page.as_ref().map(|page| page.read_at);
            return Ok(Source::Page(read_at.unwrap_or_else(|| self.now())));
        };
        match &self.file {
            Some((known, began, file)) if *known == id => {
                Ok(Source::File(id, *began, file.clone()))
            }
            _ => self.find_file(id).await,
        }
    }

    async fn find_file(&mut self, id: ExportId) -> Result<Source, Trouble> {
        let found = self.me.shopify.export(&id, self.until).await?;
        match found.map(|found| (found.created_at, found.state)) {
            Some((began, ExportState::Completed { file, .. })) => {
                self.file = Some((id.clone(), began, file.clone()));
                Ok(Source::File(id, began, file))
            }
            Some((_, ExportState::Running { .. })) => {
                let export = Export { id: Some(id), ..Export::intended(self.now()) };
                Ok(Source::Gone(Phase::Export(export)))
            }
            _ => {
                let fresh = self.after_lost(Some(id), "the export is no longer to be had")?;
                Ok(Source::Gone(Phase::Export(fresh)))
            }
        }
    }

    /// Streams the customers through the comparison; what to do instead, if they are gone.
    async fn compare<'c>(
        &mut self,
        mut comparison: Comparison<'c>,
        source: Source,
    ) -> Result<Result<Findings<'c>, Phase>, Trouble> {
        match source {
            Source::Page(_) => {
                let lines = self.page.as_ref().map(|page| page.lines.clone());
                comparison.feed(&lines.unwrap_or_default());
            }
            Source::File(_, _, None) => {}
            Source::File(id, _, Some(file)) => {
                let mut stream = match self.me.shopify.open_export(&file, self.until).await {
                    Ok(stream) => stream,
                    Err(error) if error.kind == ErrorKind::NotFound => {
                        self.file = None;
                        let why = "the export's file is refused";
                        return Ok(Err(Phase::Export(self.after_lost(Some(id), why)?)));
                    }
                    Err(error) => return Err(error.into()),
                };
                while let Some(chunk) = stream.next().await? {
                    comparison.feed(&chunk);
                    let now = self.now();
                    self.notes.renew(&self.record, now).await?;
                }
            }
            Source::Gone(instead) => return Ok(Err(instead)),
        }
        Ok(Ok(comparison.finish()))
    }

    /// What was read of Okta, out of the chunks.
    async fn okta_read(
        &mut self,
        book: &RuleBook,
    ) -> Result<(Option<OktaRead>, Profiles), Trouble> {
        let Chunks { fence, count } = self.record.okta.pages;
        let mut profiles = Profiles::new();
        if count == 0 && !self.record.okta.members {
            return Ok((None, profiles));
        }
        let salt = self.config().await?.salt.clone();
        let mut builder = OktaReadBuilder::new(book);
        let group = |builder: &OktaReadBuilder<'_>, name: &rules::GroupName| {
            let mut segments = book.segments().iter();
            let segment = segments.find(|segment| segment.okta_group_name() == name);
            segment.map(|segment| builder.group(segment.name()))
        };
        for number in 0..count {
            let now = self.now();
            self.notes.renew(&self.record, now).await?;
            let content = self.notes.get(PAGES, &self.record.run_id, fence, number).await?;
            let page: KeptPage = serde_json::from_slice(&content).map_err(|_| {
                Trouble::Fatal("a page read from Okta was not kept whole: run again".to_owned())
            })?;
            let groups = match &page.list {
                List::Members { name, .. } => group(&builder, name).unwrap_or_default(),
                List::ChangedSince(_) | List::Everybody => comparison::Groups::NONE,
            };
            for user in &page.users {
                let addresses: Vec<_> = user.tags.iter().copied().map(AddressTag::new).collect();
                let addresses = if user.usable { addresses.as_slice() } else { &[] };
                let tag = UserTag::new(salt.user_tag(&user.id));
                builder.push(&user.id, tag, addresses, groups);
                profiles.insert(tag, user.held);
            }
        }
        for name in &self.record.okta.whole {
            builder.whole(group(&builder, name).unwrap_or_default());
        }
        Ok((Some(builder.finish()), profiles))
    }

    fn is_worth_listing(&self, findings: &Findings<'_>) -> bool {
        let new = findings.figures.differing.get(&Why::New).copied().unwrap_or(0);
        let unknown = new.saturating_sub(findings.figures.users_found);
        unknown > MANY && !self.record.okta.everybody && !self.notes.is_dry()
    }

    /// Has the guard judge what was found, and keeps it if it passes.
    async fn judge(&mut self, findings: &Findings<'_>, read: &Read) -> Result<Next, Trouble> {
        let memory = self.memory().await?;
        let shift = findings.figures.shift(memory.customers);
        let mut figures = findings.figures.clone();
        figures.movements.truncate(MOST_MOVEMENTS);
        let report = Report { figures, shift, unreadable_entries: read.unreadable };
        let guard = self.config().await?.settings.guard;
        self.record.report = Some(Box::new(report));
        if let Some(refusal) = guard.refuses(&shift) {
            if self.notes.is_dry() {
                self.record.refusal = Some(refusal);
            } else if let Err(why) = self.is_accepted(&refusal).await? {
                return Ok(Next::Refuse { refusal: Some(refusal), why });
            }
        }
        if !self.notes.is_dry() {
            self.keep_ids(findings, read).await?;
        }
        self.enter(Phase::Accept).await
    }

    /// Whether an operator has seen what is refused; why not, and what to do, otherwise.
    async fn is_accepted(&mut self, refusal: &Refusal) -> Result<Result<(), String>, Trouble> {
        let Some(seen) = self.record.accept.clone() else {
            return Ok(Err(self.explain(refusal)));
        };
        let other: Option<Record> = self.me.runs.record(&seen).await?;
        let Some(other) = other.filter(|other| other.refusal.is_some()) else {
            return Ok(Err(format!("{refusal}; {seen} is no refused run, so it accepts nothing")));
        };
        let same_book = |record: &Record| record.book.as_ref().map(|book| book.hash.clone());
        let shift = |record: &Record| record.report.as_ref().map(|report| report.shift);
        let within = match (shift(&self.record), shift(&other)) {
            (Some(now), Some(seen)) => now.is_within(&seen),
            _ => false,
        };
        if !refusal.can_be_accepted() {
            Ok(Err(format!("{refusal}; what cannot be read cannot be accepted")))
        } else if same_book(&self.record) != same_book(&other) {
            Ok(Err(format!(
                "{refusal}; the rule book is another than the one {seen} was refused by"
            )))
        } else if within {
            Ok(Ok(()))
        } else {
            Ok(Err(format!("{refusal}; that is more than {seen} has shown")))
        }
    }

    /// What is refused, the largest movements, and how to accept it.
    fn explain(&self, refusal: &Refusal) -> String {
        use std::fmt::Write as _;

        let mut text = refusal.to_string();
        let report = self.record.report.as_ref();
        let movements = report.into_iter().flat_map(|report| &report.figures.movements);
        for (index, movement) in movements.take(LARGEST).enumerate() {
            let separator = if index == 0 { "; most: " } else { ", " };
            let _ = write!(
                text,
                "{separator}{} from {} to {}",
                movement.customers, movement.from, movement.to
            );
        }
        if refusal.can_be_accepted() {
            let _ = write!(
                text,
                ". Nothing was written. If this is meant: segments run --accept {}",
                self.record.run_id
            );
        }
        text
    }

    async fn keep_ids(&mut self, findings: &Findings<'_>, read: &Read) -> Result<(), Trouble> {
        self.record.ids = Chunks { fence: self.notes.fence(), count: 0 };
        let differing = findings.differences.iter().map(|mut differing| {
            differing.recheck |= read.doubted.contains(&differing.id);
            differing
        });
        for content in comparison::chunks(differing) {
            let now = self.now();
            self.notes.put(IDS, self.record.ids, content, now).await?;
            self.record.ids.count += 1;
            self.notes.renew(&self.record, now).await?;
        }
        Ok(())
    }

    /// Puts the planned book into use, if it is not yet.
    pub(crate) async fn accept(&mut self) -> Result<Next, Trouble> {
        let Some(mut book) = self.record.book.clone() else {
            return Err(Trouble::Fatal("the run has no book".to_owned()));
        };
        if book.version.is_none() {
            let now = self.now();
            let config = self.config().await?;
            let accepted = config.accepted.clone();
            let is_wanted = config.wanted.as_ref().is_ok_and(|wanted| *wanted == book.content);
            if !is_wanted {
                let why = "the rows were changed while the run was planned: run again".to_owned();
                return Ok(Next::Refuse { refusal: None, why });
            }
            let version = match accepted {
                // A step before this one accepted it and was killed.
                Some(accepted) if *accepted.book == book.content => Some(accepted.version),
                accepted if accepted.as_ref().map(|book| book.version) == book.instead_of => {
                    let content = std::sync::Arc::new(book.content.clone());
                    let accepted = self.me.config.accept(content, book.instead_of, now).await?;
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

impl Source {
    /// When the customers were read, at the earliest.
    fn began(&self) -> Timestamp {
        match self {
            Self::Page(read_at) => *read_at,
            Self::File(_, created_at, _) => export::began(*created_at),
            Self::Gone(_) => Timestamp::MAX,
        }
    }
}
