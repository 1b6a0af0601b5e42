//! Credentials that change when they are refused, for the services' clients' tests.

use std::fmt::Debug;
use std::str::FromStr;
use std::sync::{Arc, Mutex};

use outbound::{BoxFuture, Credentials, Error};

/// Credentials, one after another; each is kept until it is refused.
pub(crate) struct Rotating<C>(Mutex<Vec<Arc<C>>>);

impl<C: FromStr<Err: Debug>> Rotating<C> {
    /// The credentials in these secrets.
    pub(crate) fn new<S: AsRef<str>>(secrets: impl IntoIterator<Item = S>) -> Self {
        let parsed = secrets.into_iter().map(|secret| Arc::new(secret.as_ref().parse().unwrap()));
        let mut parsed: Vec<_> = parsed.collect();
        parsed.reverse();
        Self(Mutex::new(parsed))
    }
}

impl<C: Send + Sync> Credentials<C> for Rotating<C> {
    fn current(&self) -> BoxFuture<'_, Result<Arc<C>, Error>> {
        let current = self.0.lock().unwrap().last().cloned().unwrap();
        Box::pin(async move { Ok(current) })
    }

    fn renewed<'a>(&'a self, refused: &'a Arc<C>) -> BoxFuture<'a, Result<Arc<C>, Error>> {
        let mut left = self.0.lock().unwrap();
        if left.len() > 1 && Arc::ptr_eq(left.last().unwrap(), refused) {
            left.pop();
        }
        drop(left);
        self.current()
    }
}
