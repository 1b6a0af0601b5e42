//! `segments doctor`: whether the bus is there that changes of segment are told to.

use crate::doctor::{assert_found, examined, states};
use crate::site::{Kind, Site};

#[tokio::test]
async fn an_event_bus_that_is_there_and_that_always_is() {
    let site = Site::set_up(Kind::Stack).await;
    for (bus, words) in [
        ("customer-changes", "changes of segment are told to customer-changes"),
        ("default", "changes of segment are told to default"),
    ] {
        site.set_variable("EVENT_BUS_NAME", bus);
        assert_found(&site, "event_bus", "ok", words).await;
    }
    site.remove_variable("EVENT_BUS_NAME");
    assert_found(&site, "event_bus", "ok", "changes of segment are told nobody").await;
}

#[tokio::test]
async fn an_event_bus_that_is_not_there() {
    let site = Site::set_up(Kind::Stack).await;
    site.set_variable("EVENT_BUS_NAME", "deleted");
    assert_found(&site, "event_bus", "wrong", "there is no event bus deleted").await;
}

#[tokio::test]
async fn an_event_bus_that_nobody_may_look_at() {
    let site = Site::set_up(Kind::Stack).await;
    site.deny_events();
    assert_found(&site, "event_bus", "unknown", "allow events:DescribeEventBus").await;
}

#[tokio::test]
async fn a_local_system_tells_nobody() {
    let (found, _) = examined(&Site::set_up(Kind::Local).await, &[]).await;
    assert_eq!(states(&found, "event_bus"), ["ok"]);
}
