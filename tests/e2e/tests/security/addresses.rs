//! Answers that point to where nobody should be called.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderValue, StatusCode, header};
use jiff::Timestamp;
use okta::{AttributeNames, RateShare};
use outbound::ErrorKind;
use resegment::{Start, Status};
use serde_json::Value;
use shopify::{ExportState, Started};
use simulators::okta::GroupKind;
use simulators::{NewCustomer, Service, World};

use crate::stage::{Answered, Misleading, Stage, empty_world, org, shop};

/// Addresses inside: this machine, a private network, the metadata of a cloud; in all the ways to write them.
const INSIDE: [&str; 45] = [
    "https://localhost/file",
    "https://LOCALHOST./file",
    "https://files.localhost/file",
    "https://127.0.0.1/file",
    "https://127.1/file",
    "https://127.255.255.254/file",
    "https://2130706433/file",
    "https://0x7f000001/file",
    "https://0x7f.0.0.1/file",
    "https://017700000001/file",
    "https://0177.0.0.01/file",
    "https://127%2e0%2e0%2e1/file",
    "https://１２７.０.０.１/file",
    "https://①②⑦.⓪.⓪.①/file",
    "https://127。0。0。1/file",
    "https://0.0.0.0/file",
    "https://0/file",
    "https://10.0.0.1/file",
    "https://172.16.0.1/file",
    "https://172.31.255.255/file",
    "https://192.168.0.1/file",
    "https://100.64.0.1/file",
    "https://198.18.0.1/file",
    "https://224.0.0.1/file",
    "https://255.255.255.255/file",
    "https://169.254.169.254/latest/meta-data/iam/security-credentials",
    "https://2852039166/latest/meta-data",
    "https://0xa9fea9fe/latest/meta-data",
    "https://0251.0376.0251.0376/latest/meta-data",
    "https://169.254.170.2/v2/credentials",
    "https://[::1]/file",
    "https://[::]/file",
    "https://[0:0:0:0:0:ffff:7f00:1]/file",
    "https://[::ffff:169.254.169.254]/latest/meta-data",
    "https://[::127.0.0.1]/file",
    "https://[64:ff9b::a9fe:a9fe]/latest/meta-data",
    "https://[2002:a9fe:a9fe::]/latest/meta-data",
    "https://[2001::a9fe:a9fe]/latest/meta-data",
    "https://[fd00:ec2::254]/latest/meta-data",
    "https://[fe80::1]/file",
    "https://[fec0::1]/file",
    "https://[ff02::1]/file",
    "https://storage.example@169.254.169.254/file",
    "https://storage.example:pw@10.0.0.1/file",
    "https://169.254.169.254\\@storage.example/file",
];

/// Addresses that nobody has to call, whatever host they name.
const ODD: [&str; 12] = [
    "http://storage.example/file",
    "https://storage.example:8443/file",
    "https://storage.example:22/file",
    "https://me@storage.example/file",
    "https://:pw@storage.example/file",
    "ftp://storage.example/file",
    "file:///etc/passwd",
    "gopher://storage.example:6379/_FLUSHALL",
    "data:text/plain,{}",
    "//storage.example/file",
    "/file",
    "",
];

fn later(world: &World) -> Timestamp {
    world.clock.now() + Duration::from_hours(1)
}

/// Puts another address in the place of an export's file.
fn with_file_at(address: &'static str) -> impl Fn(&http::Request<()>, &mut Answered) + Send + Sync {
    move |_, answer| {
        let Ok(mut body) = serde_json::from_slice::<Value>(answer.body()) else { return };
        for operation in ["/data/bulkOperation/url", "/data/node/url"] {
            if let Some(url) = body.pointer_mut(operation).filter(|url| url.is_string()) {
                *url = address.into();
            }
        }
        *answer.body_mut() = body.to_string().into();
    }
}

/// How reading an export ends whose file is at this address, and whether anybody but the shop was called.
async fn export_with_file_at(address: &'static str) -> (Result<ExportState, ErrorKind>, bool) {
    let world = empty_world();
    world.shopify.add_customer(NewCustomer::with_email("ann@example.com"));
    let shopify = shop(&world, Misleading::new(world.transport(), with_file_at(address)));
    let Ok(Started::Begun(id)) = shopify.start_export(later(&world)).await else { panic!() };
    world.clock.advance(Duration::from_hours(1));
    let deadline = later(&world);
    let state = match shopify.export(&id, deadline).await {
        Ok(export) => Ok(export.unwrap().state),
        Err(error) => Err(error.kind),
    };
    if let Ok(ExportState::Completed { file: Some(file), .. }) = &state {
        // Nobody is there: what matters is where it goes.
        let _ = shopify.open_export(file, deadline).await;
    }
    let others = world.calls().into_iter().any(|call| call.service != Service::Shopify);
    (state, others)
}

#[tokio::test]
async fn a_bulk_operation_s_file_inside_is_not_fetched() {
    for address in INSIDE.into_iter().chain(ODD) {
        let (state, others) = export_with_file_at(address).await;
        assert_eq!(state, Err(ErrorKind::ForeignAddress), "{address}");
        assert!(!others, "{address}");
    }
    for address in ["https://storage.example/file?sig=x", "https://203.0.114.1/file"] {
        let (state, others) = export_with_file_at(address).await;
        assert!(state.is_ok() && others, "{address}");
    }
}

#[tokio::test]
async fn a_full_run_whose_file_is_inside_ends_without_a_call() {
    let stage = Stage::misled_by(with_file_at("https://169.254.169.254/latest/meta-data")).await;
    let one_order = |number: u64| {
        NewCustomer::with_email(&format!("person-{number}@example.com")).with_totals(1, 45.into())
    };
    stage.world.shopify.add_customers(300, one_order);
    let answer = stage.system.run(Start::default(), |_| ()).await.unwrap();
    assert_eq!(answer.status, Status::Failed);
    let said = answer.message.unwrap();
    assert!(!said.contains("169.254"), "{said}");
    assert_eq!(stage.world.forbidden_calls(), []);
    assert!(stage.world.calls().iter().all(|call| call.service != Service::Storage));
}

#[tokio::test]
async fn a_file_that_redirects_is_not_followed() {
    let world = empty_world();
    world.shopify.add_customer(NewCustomer::with_email("ann@example.com"));
    let redirect = |asked: &http::Request<()>, answer: &mut Answered| {
        if asked.method() == http::Method::GET {
            *answer.status_mut() = StatusCode::FOUND;
            let inside = HeaderValue::from_static("https://169.254.169.254/latest/meta-data");
            answer.headers_mut().insert(header::LOCATION, inside);
        }
    };
    let shopify = shop(&world, Misleading::new(world.transport(), redirect));
    let Ok(Started::Begun(id)) = shopify.start_export(later(&world)).await else { panic!() };
    world.clock.advance(Duration::from_hours(1));
    let deadline = later(&world);
    let export = shopify.export(&id, deadline).await.unwrap().unwrap();
    let ExportState::Completed { file: Some(file), .. } = export.state else { panic!() };
    let opened = shopify.open_export(&file, deadline).await;
    assert!(matches!(opened.err().unwrap().kind, ErrorKind::Unreadable { .. }));
    assert_eq!(world.forbidden_calls(), []);
    assert_eq!(world.calls().iter().filter(|it| it.service == Service::Storage).count(), 1);
}

/// Ways to make another host's address look like one of ours.
fn disguised(own: &str) -> Vec<String> {
    let host = own.strip_prefix("https://").unwrap();
    vec![
        format!("https://{host}@evil.example/api/v1/users?after=x"),
        format!("https://{host}.evil.example/api/v1/users?after=x"),
        format!("https://evil.example\\@{host}/api/v1/users?after=x"),
        format!("https://evil.example/{own}/api/v1/users?after=x"),
        format!("https://evil.example#{own}/api/v1/users?after=x"),
        format!("https://evil.example?{own}/api/v1/users?after=x"),
        format!("https://me:pw@{host}/api/v1/users?after=x"),
        format!("https://{host}:8443/api/v1/users?after=x"),
        format!("http://{host}/api/v1/users?after=x"),
        format!("//{host}/api/v1/users?after=x"),
        "/api/v1/users?after=x".to_owned(),
    ]
}

/// How reading each kind of list ends, if its next page is said to be there.
async fn lists_leading_to(address: &str) -> (Vec<&'static str>, World) {
    let world = empty_world();
    let vip = world.okta.add_group("VIP", GroupKind::Okta);
    world.okta.add_user("ann", "ann@example.com");
    let link: Option<HeaderValue> = format!("<{address}>; rel=\"next\"").parse().ok();
    let okta = org(
        &world,
        Misleading::new(world.transport(), move |asked, answer| {
            if let Some(link) = link.clone().filter(|_| asked.uri().path().starts_with("/api/v1")) {
                answer.headers_mut().insert(header::LINK, link);
            }
        }),
    );
    let session = okta.before(later(&world), RateShare::default());
    let names = AttributeNames::default();
    let (ann, vip_name) = ("ann@example.com".parse().unwrap(), "VIP".parse().unwrap());
    let since = world.clock.now() - Duration::from_hours(1);
    let ends = vec![
        session.find_user(&ann).await.err().map(|error| error.code()),
        session.groups_by_names([&vip_name]).await.err().map(|error| error.code()),
        session.active_rule_targets().await.err().map(|error| error.code()),
        session.members(&vip, &names, None).await.err().map(|error| error.error().code()),
        session.users_changed_since(since, &names, None).await.err().map(|it| it.error().code()),
        session.all_users(&names, None).await.err().map(|error| error.error().code()),
    ];
    (ends.into_iter().map(|end| end.unwrap_or("no error")).collect(), world)
}

#[tokio::test]
async fn a_next_page_that_is_not_the_org_s_own_is_not_asked_for() {
    let disguised = disguised(&empty_world().okta_url());
    let inside = INSIDE.into_iter().filter(|address| address.is_ascii()).map(str::to_owned);
    for address in inside.chain(ODD.map(str::to_owned)).chain(disguised) {
        let (ends, world) = lists_leading_to(&address).await;
        assert_eq!(ends, ["foreign_address"; 6], "{address}");
        assert_eq!(world.forbidden_calls(), [], "{address}");
        // One call for each list, and none with the token to anybody else.
        assert!(world.calls().iter().all(|call| call.service == Service::Okta), "{address}");
    }
}

#[tokio::test]
async fn a_full_run_whose_lists_lead_elsewhere_calls_nobody_there() {
    let elsewhere = Arc::new("https://169.254.169.254/api/v1/users?after=x".to_owned());
    let stage = Stage::misled_by(move |asked, answer| {
        let is_list = asked.method() == http::Method::GET && asked.uri().path().ends_with("/users");
        if is_list && asked.uri().path().starts_with("/api/v1") {
            let link = format!("<{elsewhere}>; rel=\"next\"").parse().unwrap();
            answer.headers_mut().insert(header::LINK, link);
        }
    })
    .await;
    let (person, one) = (stage.person("ann@example.com"), "45".parse().unwrap());
    stage.world.shopify.set_totals(person.customer, 1, one).unwrap();
    let answer = stage.system.run(Start { verify: true, ..Start::default() }, |_| ()).await;
    assert_eq!(answer.unwrap().status, Status::Failed);
    assert_eq!(stage.world.forbidden_calls(), []);
}
