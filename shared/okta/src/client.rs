//! The client: authorisation, our share of the limits, and pages.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{ACCEPT, HeaderValue};
use http::{Method, Response, StatusCode};
use jiff::Timestamp;
use outbound::{
    BaseUrl, Call, Credentials, Error, ErrorKind, ForeignAddress, Outbound, OwnUrl, Repeat, Traffic,
};
use serde::de::DeserializeOwned;

use crate::budget::{Bucket, Budget, RateShare};
use crate::credentials::OktaCredentials;
use crate::scopes::Scopes;
use crate::tokens::{Access, Tokens};
use crate::{answer, link};

pub(crate) const SERVICE: &str = "okta";
/// More pages than any list we read has. Okta allows an org 2,000 rules, ten pages of them.
const MOST_PAGES: usize = 100;
/// What a list is that leads on for ever.
pub(crate) const ENDLESS: ErrorKind =
    ErrorKind::Unreadable { detail: "the pages of a list do not end" };

/// Okta, as one org. Clones share what is known of the org's limits, and the tokens.
#[derive(Clone)]
pub struct Okta {
    pub(crate) outbound: Outbound,
    pub(crate) base: BaseUrl,
    pub(crate) credentials: Arc<dyn Credentials<OktaCredentials>>,
    budget: Arc<Budget>,
    pub(crate) tokens: Arc<Tokens>,
}

/// Calls that share a deadline and a share of the limits.
#[derive(Clone, Copy)]
pub struct Session<'a> {
    pub(crate) okta: &'a Okta,
    deadline: Timestamp,
    share: RateShare,
    patience: Patience,
}

/// What a call does while its share of a limit is spent.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Patience {
    /// Waits for the limit to start anew, if there is time for it.
    Waits,
    /// Gives up at once.
    GivesWay,
}

/// One page of a list, before it is read.
pub(crate) struct RawPage {
    /// What brought it, for errors.
    pub(crate) call: Call,
    pub(crate) body: Bytes,
    /// The address of the next page as the answer has it, unchecked.
    pub(crate) next: Option<String>,
}

impl Okta {
    /// The org at `base`, such as `https://example.okta.com`.
    pub fn new(
        outbound: Outbound,
        base: BaseUrl,
        credentials: Arc<dyn Credentials<OktaCredentials>>,
    ) -> Self {
        Self { outbound, base, credentials, budget: Arc::default(), tokens: Arc::default() }
    }

    /// What this client and its clones have sent.
    pub fn traffic(&self) -> Traffic {
        self.outbound.traffic()
    }

    /// Calls that begin and end before `deadline` and leave the rest of the limits to others. A call
    /// waits for the limits while there is time for it, unless the session is made
    /// [`impatient`](Session::impatient).
    pub fn before(&self, deadline: Timestamp, share: RateShare) -> Session<'_> {
        Session { okta: self, deadline, share, patience: Patience::Waits }
    }
}

impl Session<'_> {
    /// The same session, but a call whose share of the limit is spent does not wait: it fails at once
    /// with [`BudgetSpent`](ErrorKind::BudgetSpent) or [`Throttled`](ErrorKind::Throttled), which say
    /// until when. For work that can go on later, beside work that somebody waits for.
    #[must_use]
    pub fn impatient(self) -> Self {
        Self { patience: Patience::GivesWay, ..self }
    }

    /// Until when this session's share of a limit is spent that work on a user counts against, by what
    /// the answers told; none if all have room. Costs no call.
    pub fn limited_until(&self) -> Option<Timestamp> {
        let Okta { outbound, budget, .. } = self.okta;
        let now = outbound.clock().now();
        let held =
            Bucket::OF_ONE_USER.iter().filter_map(|bucket| budget.held(*bucket, self.share, now));
        held.map(|(retry_at, _)| retry_at).max()
    }

    /// A call to `/api/v1` and the path below it.
    pub(crate) fn call(
        &self,
        operation: &'static str,
        method: Method,
        path: &[&str],
        repeat: Repeat,
    ) -> Call {
        call(operation, method, self.address(path), repeat)
    }

    pub(crate) fn address(&self, path: &[&str]) -> OwnUrl {
        self.okta.base.resource(&[&["api", "v1"], path].concat())
    }

    /// Sends the call once the bucket allows it, and again after a 429 while there is time, and once
    /// with another token.
    pub(crate) async fn send(&self, bucket: Bucket, call: &Call) -> Result<Response<Bytes>, Error> {
        let scopes = Scopes::of(bucket, call.method());
        let access = self.access(scopes).await?;
        let mut answer = self.send_with(&access, bucket, call).await?;
        if answer.status() == StatusCode::UNAUTHORIZED
            && let Some(other) = self.instead_of(&access, scopes).await?
        {
            answer = self.send_with(&other, bucket, call).await?;
        }
        answer::accepted(call, answer)
    }

    /// Sends the call with this authorisation, and once more if Okta asks for a nonce in the proof.
    async fn send_with(
        &self,
        access: &Access,
        bucket: Bucket,
        call: &Call,
    ) -> Result<Response<Bytes>, Error> {
        let Okta { outbound, tokens, .. } = self.okta;
        let authorised = |call: Call| access.authorise(call, tokens, outbound);
        let answer = self.exchange(bucket, call, authorised).await?;
        if tokens.learn_nonce(&answer) {
            return self.exchange(bucket, call, authorised).await;
        }
        Ok(answer)
    }

    /// Sends the call once the bucket allows it, and again after a 429 while there is time.
    pub(crate) async fn exchange(
        &self,
        bucket: Bucket,
        call: &Call,
        authorised: impl Fn(Call) -> Result<Call, Error>,
    ) -> Result<Response<Bytes>, Error> {
        let Okta { outbound, budget, .. } = self.okta;
        loop {
            self.wait_for(bucket, call).await?;
            let answer = outbound.send_anew(call, self.deadline, &authorised).await?;
            let now = self.now();
            if answer.status() != StatusCode::TOO_MANY_REQUESTS {
                budget.learn(bucket, answer.headers(), now);
                return Ok(answer);
            }
            // It was not carried out, so it may be sent again whatever it does.
            budget.refused(bucket, answer.headers(), now);
        }
    }

    async fn wait_for(&self, bucket: Bucket, call: &Call) -> Result<(), Error> {
        let Okta { outbound, budget, .. } = self.okta;
        while let Some((retry_at, why)) = budget.held(bucket, self.share, outbound.clock().now()) {
            let spent = call.error(why);
            if self.patience == Patience::GivesWay {
                return Err(spent);
            }
            outbound.wait_until(retry_at, self.deadline, spent).await?;
        }
        Ok(())
    }

    /// A read of one thing; none if Okta says it does not exist.
    pub(crate) async fn one<T: DeserializeOwned>(
        &self,
        bucket: Bucket,
        operation: &'static str,
        path: &[&str],
    ) -> Result<Option<T>, Error> {
        let call = self.call(operation, Method::GET, path, Repeat::Safe);
        match self.send(bucket, &call).await {
            Ok(answer) => answer::json(&call, answer.body()).map(Some),
            Err(Error { kind: ErrorKind::NotFound, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// A read of a list, to its last page.
    pub(crate) async fn list<T: DeserializeOwned>(
        &self,
        bucket: Bucket,
        operation: &'static str,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<Vec<T>, Error> {
        self.list_at(bucket, operation, self.address(path).with_query(query)).await
    }

    /// A read of the list at an address, to its last page.
    pub(crate) async fn list_at<T: DeserializeOwned>(
        &self,
        bucket: Bucket,
        operation: &'static str,
        mut address: OwnUrl,
    ) -> Result<Vec<T>, Error> {
        let mut items = Vec::new();
        for _ in 0..MOST_PAGES {
            let page = self.page(bucket, operation, address).await?;
            items.extend(answer::json::<Vec<T>>(&page.call, &page.body)?);
            let Some(next) = page.next else { return Ok(items) };
            address = self
                .continuation(&next)
                .map_err(|ForeignAddress| page.call.error(ErrorKind::ForeignAddress))?;
        }
        Err(Error::new(SERVICE, operation, ENDLESS))
    }

    /// A read of one page of a list.
    pub(crate) async fn page(
        &self,
        bucket: Bucket,
        operation: &'static str,
        address: OwnUrl,
    ) -> Result<RawPage, Error> {
        let call = call(operation, Method::GET, address, Repeat::Safe);
        let answer = self.send(bucket, &call).await?;
        let next = link::next(answer.headers()).map_err(|_| {
            call.error(ErrorKind::Unreadable { detail: "a Link header that cannot be read" })
        })?;
        Ok(RawPage { call, body: answer.into_body(), next })
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.okta.outbound.clock().now()
    }

    /// An address that an earlier answer gave for what follows it, if it is one of this org's.
    pub(crate) fn continuation(&self, found: &str) -> Result<OwnUrl, ForeignAddress> {
        self.okta.base.continuation(found)
    }
}

/// A call to an address of the org.
pub(crate) fn call(
    operation: &'static str,
    method: Method,
    address: OwnUrl,
    repeat: Repeat,
) -> Call {
    Call::new(SERVICE, operation, method, address, repeat)
        .header(ACCEPT, HeaderValue::from_static("application/json"))
}
