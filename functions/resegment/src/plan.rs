//! Comparing the whole shop with the applied state.

use std::collections::HashMap;

use comparison::{AddressTag, Comparison, Findings, OktaRead, OktaReadBuilder, Options, UserTag};
use jiff::Timestamp;
use outbound::ErrorKind;
use rules::{EmailAddress, RuleBook};
use shopify::{ExportFile, ExportId, ExportState};

use crate::known::{Doubts, Profile, Read};
use crate::preflight::FIRST_SWEEP;
use crate::read_okta::{KeptPage, PAGES};
use crate::record::{Chunks, Export, List, Phase};
use crate::run::{Next, Run};
use crate::trouble::Trouble;

/// How often a plan may be begun. It is one piece of work, so it has to fit into one call.
const MOST_TRIES: u32 = 5;
/// With more customers than this whom nobody has looked up, listing all of Okta's users is cheaper than
/// asking for them one by one.
const MANY: u64 = 1_000;

/// Where the shop's customers come from.
enum Source {
    /// A page, read at this moment.
    Page(Timestamp),
    /// A file, of an export that began at this moment, at the earliest; none if it is empty.
    File(ExportId, Timestamp, Option<ExportFile>),
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
            Ok(source) => source,
            Err(instead) => return self.enter(instead).await,
        };
        let book = self.book()?.content.clone();
        let began = source.began();
        let (okta, profiles) = self.okta_read(&book).await?;
        let lost = self.memory().await?.lost.into_iter().collect();
        let read = self.read_known(&book, began, &Doubts { profiles, lost }).await?;
        let salt = self.config().await?.salt.clone();
        let tag = |address: &EmailAddress| AddressTag::new(salt.address_tag(address));
        let options = Options { okta: okta.as_ref(), tagger: Some(&tag), ..Options::default() };
        let comparison = Comparison::new(&book, &read.known, options);
        let findings = match self.compare(comparison, source).await? {
            Ok(findings) => findings,
            Err(instead) => return self.enter(instead).await,
        };
        if self.is_worth_listing(&findings, &read).await? {
            let lists = vec![List::Everybody];
            return self.enter(Phase::ReadOkta { lists, from: None, export }).await;
        }
        self.judge(&findings, &read).await
    }

    /// The customers, where they are now; what to do instead, if they are gone.
    async fn source(&mut self, export: Option<ExportId>) -> Result<Result<Source, Phase>, Trouble> {
        let Some(id) = export else {
            if self.page.is_none() && !self.look_at_the_shop().await? {
                return Ok(Err(Phase::Export(Export::intended(self.now()))));
            }
            let read_at = self.page.as_ref().map(|page| page.read_at);
            return Ok(Ok(Source::Page(read_at.unwrap_or_else(|| self.now()))));
        };
        match &self.file {
            Some((known, began, file)) if *known == id => {
                Ok(Ok(Source::File(id, *began, file.clone())))
            }
            _ => self.find_file(id).await,
        }
    }

    async fn find_file(&mut self, id: ExportId) -> Result<Result<Source, Phase>, Trouble> {
        let found = self.me.shopify.export(&id, self.until).await?;
        match found.map(|found| (found.began(), found.state)) {
            Some((began, ExportState::Completed { file, .. })) => {
                self.file = Some((id.clone(), began, file.clone()));
                Ok(Ok(Source::File(id, began, file)))
            }
            Some((_, ExportState::Running { .. })) => {
                let export = Export { id: Some(id), ..Export::intended(self.now()) };
                Ok(Err(Phase::Export(export)))
            }
            _ => {
                let fresh = self.after_lost(Some(id), "the export is no longer to be had")?;
                Ok(Err(Phase::Export(fresh)))
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
                    self.keep_up().await?;
                }
            }
        }
        Ok(Ok(comparison.finish()))
    }

    /// What was read of Okta, out of the chunks.
    async fn okta_read(
        &mut self,
        book: &RuleBook,
    ) -> Result<(Option<OktaRead>, HashMap<UserTag, Profile>), Trouble> {
        let Chunks { fence, count } = self.record.okta.pages;
        let mut profiles = HashMap::new();
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
            self.keep_up().await?;
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
                profiles.insert(tag, Profile { held: user.held, usable: user.usable });
            }
        }
        for name in &self.record.okta.whole {
            builder.whole(group(&builder, name).unwrap_or_default());
        }
        Ok((Some(builder.finish()), profiles))
    }

    /// Whether all of Okta's users are to be listed: many would have to be searched for, or users may
    /// have changed after a look at their customer and before the time that was asked about.
    async fn is_worth_listing(
        &mut self,
        findings: &Findings<'_>,
        read: &Read,
    ) -> Result<bool, Trouble> {
        if self.record.okta.everybody || self.notes.is_dry() {
            return Ok(false);
        }
        let is_first = self.memory().await?.swept_at.is_none();
        let asked_about = self.record.okta.begun_at.filter(|_| is_first).map(|at| at - FIRST_SWEEP);
        let is_before = |(look, since): (Timestamp, Timestamp)| look < since;
        let is_unasked = read.oldest_look.zip(asked_about).is_some_and(is_before);
        Ok(is_unasked || findings.differences.to_be_searched() > MANY)
    }
}

impl Source {
    /// When the customers were read, at the earliest.
    fn began(&self) -> Timestamp {
        match self {
            Self::Page(moment) | Self::File(_, moment, _) => *moment,
        }
    }
}
