//! The client: authorisation, our share of the limits, and pages.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{ACCEPT, HeaderValue};
use http::{Method, Response, StatusCode};
use jiff::Timestamp;
use outbound::{
    BaseUrl, Call, Credentials, Error, ErrorKind, ForeignAddress, Outbound, OwnUrl, Repeat,
};
use serde::de::DeserializeOwned;

use crate::budget::{Bucket, Budget, RateShare};
use crate::credentials::OktaCredentials;
use crate::{answer, link};

const SERVICE: &str = "okta";
/// More pages than any list we read has. Okta allows an org 2,000 rules, ten pages of them.
const MOST_PAGES: usize = 100;
/// What a list is that leads on for ever.
pub(crate) const ENDLESS: ErrorKind =
    ErrorKind::Unreadable { detail: "the pages of a list do not end" };

/// Okta, as one org. Clones share what is known of the org's limits.
#[derive(Clone)]
pub struct Okta {
    outbound: Outbound,
    base: BaseUrl,
    credentials: Arc<dyn Credentials<OktaCredentials>>,
    budget: Arc<Budget>,
}

/// Calls that share a deadline and a share of the limits.
#[derive(Clone, Copy)]
pub struct Session<'a> {
    okta: &'a Okta,
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
        Self { outbound, base, credentials, budget: Arc::default() }
    }

    /// How many requests this client and its clones have sent, repeats included.
    pub fn sent(&self) -> u64 {
        self.outbound.sent()
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
    /// with renewed credentials.
    pub(crate) async fn send(&self, bucket: Bucket, call: &Call) -> Result<Response<Bytes>, Error> {
        let Okta { outbound, credentials: source, budget, .. } = self.okta;
        let mut credentials = source.current().await?;
        let mut renewable = true;
        loop {
            self.wait_for(bucket, call).await?;
            let authorised = credentials.authorise(call.clone())?;
            let answer = outbound.send(&authorised, self.deadline).await?;
            let now = outbound.clock().now();
            match answer.status() {
                // It was not carried out, so it may be sent again whatever it does.
                StatusCode::TOO_MANY_REQUESTS => {
                    budget.refused(bucket, answer.headers(), now);
                    continue;
                }
                StatusCode::UNAUTHORIZED if renewable => {
                    let refused = credentials;
                    credentials = source.renewed(&refused).await?;
                    renewable = false;
                    if !Arc::ptr_eq(&credentials, &refused) {
                        continue;
                    }
                }
                _ => {}
            }
            budget.learn(bucket, answer.headers(), now);
            return answer::accepted(call, answer);
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
        let mut address = self.address(path).with_query(query);
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

fn call(operation: &'static str, method: Method, address: OwnUrl, repeat: Repeat) -> Call {
    Call::new(SERVICE, operation, method, address, repeat)
        .header(ACCEPT, HeaderValue::from_static("application/json"))
}
