//! A shop that is set up, with the default book, a member of staff, and whatever lies on the way to services.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response};
use okta::{Okta, OktaCredentials};
use outbound::{BaseUrl, BoxFuture, Chunks, Fixed, Outbound, Transport, TransportFailure};
use rules::{CustomerId, RuleBook, UserId};
use segments::local::{LocalSecrets, LocalSystem, Options, Settled, WEBHOOK_SECRET};
use serde_json::json;
use shopify::{ApiVersion, Shopify, ShopifyCredentials};
use simulators::okta::{API_TOKEN, GroupKind};
use simulators::shopify::ACCESS_TOKEN;
use simulators::{NewCustomer, SimRandom, SimTransport, Webhook, World};
use state::Record;
use webhook::Answer;

pub(crate) const NEW: &str = "Shopify New Customer";
const BOOK: &str = include_str!("../../../../segments.toml");

pub(crate) struct Stage {
    pub(crate) world: World,
    pub(crate) system: LocalSystem,
    secrets: Arc<LocalSecrets>,
    /// How many logins were given.
    logins: AtomicU64,
}

/// A customer with an Okta user.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) customer: CustomerId,
    pub(crate) user: UserId,
}

/// All that Okta holds for a user: the groups, and both attributes.
pub(crate) type Held = (Vec<String>, Option<String>, Option<u64>);

pub(crate) fn empty_world() -> World {
    World::new("my-store.myshopify.com".parse().unwrap())
}

impl Stage {
    pub(crate) async fn set() -> Self {
        Self::with(|_| ()).await
    }

    /// A stage whose answers on the way to the system are changed.
    pub(crate) async fn misled_by(
        change: impl Fn(&Asked, &mut Answered) + Send + Sync + 'static,
    ) -> Self {
        Self::with(|options| {
            let inner = Arc::clone(&options.transport);
            options.transport = Arc::new(Misleading { inner, change: Box::new(change) });
        })
        .await
    }

    async fn with(change: impl FnOnce(&mut Options)) -> Self {
        let world = empty_world();
        let book = RuleBook::from_toml(BOOK).unwrap();
        for segment in book.segments() {
            world.okta.add_group(segment.okta_group_name().as_str(), GroupKind::Okta);
        }
        let secrets = Arc::new(LocalSecrets::simulated(&world));
        let mut options = Options::simulated(&world).unwrap();
        options.secrets = Arc::clone(&secrets) as _;
        change(&mut options);
        let system = LocalSystem::start(options).await.unwrap();
        system.config_table().put_wanted(&book).await.unwrap();
        system.refresh_groups().await.unwrap();
        // Workers see it when their copy of the configuration is a minute old.
        world.clock.advance(Duration::from_mins(1));
        world.take_calls();
        Self { world, system, secrets, logins: AtomicU64::default() }
    }

    /// Stores what webhooks may be signed with.
    pub(crate) fn store_secrets(&self, secrets: &[&str]) {
        self.secrets.put(WEBHOOK_SECRET, json!({ "secrets": secrets }).to_string());
    }

    /// A customer whose user's login is not their address.
    pub(crate) fn person(&self, email: &str) -> Person {
        let login = format!("login-{}@staff.example", self.logins.fetch_add(1, Ordering::Relaxed));
        let user = self.world.okta.add_user(&login, email);
        Person { customer: self.stranger(email), user }
    }

    /// A customer without a user.
    pub(crate) fn stranger(&self, email: &str) -> CustomerId {
        let (customer, _) = self.world.shopify.add_customer(NewCustomer::with_email(email));
        self.world.shopify.take_webhooks();
        customer
    }

    /// Places an order; nobody is told of it yet.
    pub(crate) fn order(&self, customer: CustomerId, amount: &str) -> Webhook {
        self.world.shopify.place_order(customer, amount.parse().unwrap()).unwrap().1
    }

    /// A person in the segment `new`, and the webhook of their order.
    pub(crate) async fn customer_with_an_order(&self) -> (Person, Webhook) {
        let person = self.person("ann@example.com");
        let webhook = self.order(person.customer, "45.50");
        assert_eq!(self.post(&webhook).await, Answer::Queued(1));
        self.settle().await;
        assert_eq!(self.held(&person.user).0, [NEW]);
        self.world.take_calls();
        (person, webhook)
    }

    pub(crate) async fn post(&self, webhook: &Webhook) -> Answer {
        let (method, path) = (Method::POST, webhook::PATH);
        self.system.deliver(&method, path, &webhook.headers, &webhook.body).await
    }

    /// Works until the queue is empty.
    pub(crate) async fn settle(&self) -> Settled {
        self.system.settle().await.unwrap()
    }

    /// Whether nothing waits.
    pub(crate) fn is_idle(&self) -> bool {
        self.system.queue().next_due().is_none()
    }

    pub(crate) fn held(&self, user: &UserId) -> Held {
        let (spent, orders) = self.world.okta.attributes_of(user);
        let spent = spent.map(|spent| spent.normalize().to_string());
        (self.world.okta.group_names_of(user), spent, orders)
    }

    /// What we keep of a customer.
    pub(crate) async fn record(&self, customer: CustomerId) -> Record {
        let mut found = self.system.customers().load(&[customer]).await.unwrap();
        match found.remove(&customer).unwrap().unwrap().entry {
            state::Entry::Customer(record) => *record,
            state::Entry::Tombstone(stone) => panic!("no record: {stone:?}"),
        }
    }

    /// The calls since they were last taken that changed something at Okta.
    pub(crate) fn take_writes(&self) -> Vec<String> {
        let calls = self.world.take_calls().into_iter();
        let writes = calls
            .filter(|call| call.service == simulators::Service::Okta && call.method != Method::GET);
        writes.map(|call| call.to_string()).collect()
    }
}

/// A request on its way.
pub(crate) type Asked = Request<()>;
/// An answer on its way, whose body can be changed.
pub(crate) type Answered = Response<Bytes>;
type Change = Box<dyn Fn(&Asked, &mut Answered) + Send + Sync>;

/// Changes what services answer. What it makes of a file is without its content.
pub(crate) struct Misleading {
    inner: Arc<dyn Transport>,
    change: Change,
}

impl Misleading {
    pub(crate) fn new(
        inner: Arc<SimTransport>,
        change: impl Fn(&Asked, &mut Answered) + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self { inner, change: Box::new(change) })
    }
}

fn head(request: &Request<Bytes>) -> Asked {
    let mut head = Request::new(());
    *head.uri_mut() = request.uri().clone();
    *head.method_mut() = request.method().clone();
    head
}

impl Transport for Misleading {
    fn send(
        &self,
        request: Request<Bytes>,
        timeout: Duration,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportFailure>> {
        Box::pin(async move {
            let asked = head(&request);
            let mut answer = self.inner.send(request, timeout).await?;
            (self.change)(&asked, &mut answer);
            Ok(answer)
        })
    }

    fn open(
        &self,
        request: Request<Bytes>,
        timeout: Duration,
    ) -> BoxFuture<'_, Result<Response<Box<dyn Chunks>>, TransportFailure>> {
        Box::pin(async move {
            let asked = head(&request);
            let answer = self.inner.open(request, timeout).await?;
            let (head, body) = answer.into_parts();
            let mut changed = Response::from_parts(head, Bytes::new());
            (self.change)(&asked, &mut changed);
            Ok(changed.map(|_| body))
        })
    }
}

/// The product's client of a world's shop, over a transport.
pub(crate) fn shop(world: &World, transport: Arc<dyn Transport>) -> Shopify {
    let credentials = json!({ "access_token": ACCESS_TOKEN }).to_string();
    let credentials: ShopifyCredentials = credentials.parse().unwrap();
    let base = BaseUrl::configured(&world.shopify_url()).unwrap();
    let (shop, version) = (world.shopify.domain(), ApiVersion::default());
    let credentials = Arc::new(Fixed(Arc::new(credentials)));
    Shopify::new(outbound(world, transport), base, shop, version, credentials)
}

/// The product's client of a world's org, over a transport.
pub(crate) fn org(world: &World, transport: Arc<dyn Transport>) -> Okta {
    let credentials = json!({ "api_token": API_TOKEN }).to_string();
    let credentials: OktaCredentials = credentials.parse().unwrap();
    let base = BaseUrl::configured(&world.okta_url()).unwrap();
    Okta::new(outbound(world, transport), base, Arc::new(Fixed(Arc::new(credentials))))
}

fn outbound(world: &World, transport: Arc<dyn Transport>) -> Outbound {
    Outbound::new(transport, Arc::new(world.clock.clone()), Arc::new(SimRandom::new(1)))
}
