//! A local store, and services for the tool to call.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};

use aws_sdk_dynamodb::types::AttributeValue;
use rules::RuleBook;
use segments::local::{LocalSystem, Options};
use serde_json::json;
use simulators::okta::GroupKind;
use simulators::{SimClock, World, mavera, okta, shopify};
use state::StoredQueue;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::support::{BOOK, run, segments};

/// A shop that is set up in a local store of its own. The simulated world keeps real time.
pub(crate) struct Store {
    pub(crate) world: World,
    /// The store, as this process has it; the tool has it, too.
    pub(crate) system: LocalSystem<StoredQueue>,
    pub(crate) folder: PathBuf,
    services: String,
    serving: JoinHandle<()>,
}

impl Drop for Store {
    fn drop(&mut self) {
        self.serving.abort();
        // What cannot be removed is in the build's own folder.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Store {
    /// A store with the default book, its groups, and no customers.
    pub(crate) async fn set_up() -> Self {
        let clock = SimClock::following_real_time();
        let world =
            e2e::contracts::recorded(World::at(clock, "my-store.myshopify.com".parse().unwrap()));
        let book = RuleBook::from_toml(BOOK).unwrap();
        for segment in book.segments() {
            world.okta.add_group(segment.okta_group_name().as_str(), GroupKind::Okta);
        }
        let folder = new_folder();
        let options = Options::simulated(&world).unwrap();
        let system = LocalSystem::open(options, &folder).await.unwrap();
        system.config_table().put_wanted(&book).await.unwrap();
        system.set("settle_seconds", AttributeValue::N("0".to_owned())).await.unwrap();
        system.refresh_groups().await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let services = format!("http://{}", listener.local_addr().unwrap());
        let served = simulators::serve(world.clone(), listener);
        let serving = tokio::spawn(async move { served.await.unwrap() });
        Self { world, system, folder, services, serving }
    }

    /// The tool with this store, and the settings of its shop.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = segments(arguments);
        let at = |service: &str| format!("{}/{service}", self.services);
        command.arg("--store").arg(&self.folder).current_dir(&self.folder).envs([
            ("SHOPIFY_SHOP", self.world.shopify.domain().to_string()),
            ("SHOPIFY_API_URL", at("shopify")),
            ("OKTA_ORG_URL", at("okta")),
            ("MAVERA_API_URL", at("mavera")),
            ("SETTLE_SECONDS", "0".to_owned()),
            ("WEBHOOK_SECRET", json!({ "secrets": [shopify::WEBHOOK_SECRET] }).to_string()),
            ("SHOPIFY_SECRET", json!({ "access_token": shopify::ACCESS_TOKEN }).to_string()),
            ("OKTA_SECRET", json!({ "api_token": okta::API_TOKEN }).to_string()),
            ("MAVERA_SECRET", json!({ "api_key": mavera::API_KEY }).to_string()),
        ]);
        command
    }

    /// Runs the tool with this store.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Output {
        run(self.command(arguments)).await
    }
}

/// A folder that nobody else has. It is made by whoever first writes into it.
pub(crate) fn new_folder() -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = format!("store-{}-{number}", std::process::id());
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}
