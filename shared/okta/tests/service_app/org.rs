//! The simulated org, a service app in it, and the client as that app.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use jiff::SignedDuration;
use okta::{Okta, OktaCredentials, RateShare, Session};
use outbound::{BaseUrl, BoxFuture, Credentials, Error, Outbound};
use rules::{GroupId, UserId};
use serde_json::Value;
use simulators::okta::{GroupKind, NewServiceApp, ServiceApp};
use simulators::{Outcome, RecordedExchange, SimRandom, World};

pub(crate) const TOKEN: &str = "/oauth2/v1/token";
pub(crate) const JOIN: &str = "/api/v1/groups/{id}/users/{id}";

pub(crate) struct Org {
    pub(crate) world: World,
    pub(crate) app: ServiceApp,
    pub(crate) secret: Arc<Stored>,
    pub(crate) okta: Okta,
    group: GroupId,
    pub(crate) user: UserId,
}

/// The secret as its store has it. It is read anew when it is refused.
pub(crate) struct Stored {
    credentials: Mutex<Arc<OktaCredentials>>,
    pub(crate) renewals: AtomicU64,
}

impl Stored {
    pub(crate) fn new(secret: &Value) -> Self {
        Self { credentials: Mutex::new(read(secret)), renewals: AtomicU64::new(0) }
    }

    pub(crate) fn put(&self, secret: &Value) {
        *self.credentials.lock().unwrap() = read(secret);
    }
}

fn read(secret: &Value) -> Arc<OktaCredentials> {
    Arc::new(secret.to_string().parse().unwrap())
}

impl Credentials<OktaCredentials> for Stored {
    fn current(&self) -> BoxFuture<'_, Result<Arc<OktaCredentials>, Error>> {
        let current = Arc::clone(&self.credentials.lock().unwrap());
        Box::pin(async { Ok(current) })
    }

    fn renewed<'a>(
        &'a self,
        _: &'a Arc<OktaCredentials>,
    ) -> BoxFuture<'a, Result<Arc<OktaCredentials>, Error>> {
        self.renewals.fetch_add(1, Ordering::Relaxed);
        self.current()
    }
}

impl Org {
    /// With an app that Okta made as it makes them by default: its tokens need proofs.
    pub(crate) fn new() -> Self {
        Self::with(&NewServiceApp::default())
    }

    pub(crate) fn with(app: &NewServiceApp<'_>) -> Self {
        let world = World::new("my-store.myshopify.com".parse().unwrap());
        let group = world.okta.add_group("Shopify VIP Customer", GroupKind::Okta);
        let user = world.okta.add_user("ann@example.com", "ann@example.com");
        let app = world.okta.add_service_app(app);
        let outbound = Outbound::new(
            world.transport(),
            Arc::new(world.clock.clone()),
            Arc::new(SimRandom::new(1)),
        );
        let base = BaseUrl::configured(&world.okta_url()).unwrap();
        let secret = Arc::new(Stored::new(&app.secret));
        let okta = Okta::new(outbound, base, secret.clone());
        Self { world, app, secret, okta, group, user }
    }

    /// A session with half of the limits and ten minutes.
    pub(crate) fn session(&self) -> Session<'_> {
        let deadline = self.world.clock.now() + SignedDuration::from_mins(10);
        self.okta.before(deadline, RateShare::default())
    }

    /// Puts the user into the group.
    pub(crate) async fn join(&self) -> Result<(), Error> {
        self.session().join(&self.group, &self.user).await
    }

    pub(crate) fn has_joined(&self) -> bool {
        self.world.okta.group_names_of(&self.user).contains(&"Shopify VIP Customer".to_owned())
    }

    /// The statuses of the calls at a path, in order; 0 if there was no answer.
    pub(crate) fn statuses(&self, path: &str) -> Vec<u16> {
        let calls = self.world.calls().into_iter().filter(|call| call.path == path);
        let status = |outcome| match outcome {
            Outcome::Answered(status) => status,
            _ => 0,
        };
        calls.map(|call| status(call.outcome)).collect()
    }

    pub(crate) fn exchanges(&self, path: &str) -> Vec<RecordedExchange> {
        self.world.exchanges().into_iter().filter(|it| it.call.path == path).collect()
    }
}

/// A field of a token request's form.
pub(crate) fn field(exchange: &RecordedExchange, name: &str) -> String {
    let form: BTreeMap<String, String> =
        url::form_urlencoded::parse(exchange.request.body()).into_owned().collect();
    form[name].clone()
}

/// How a request was authorised, such as "Bearer".
pub(crate) fn scheme(exchange: &RecordedExchange) -> &str {
    let value = exchange.request.headers()["authorization"].to_str().unwrap();
    value.split_once(' ').unwrap().0
}
