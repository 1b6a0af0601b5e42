//! Group names become ids, and only what changed is written.

use std::pin::pin;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use http::Method;
use rules::{GroupId, RuleBook};
use segments::local::{LocalSystem, Options};
use simulators::okta::GroupKind;
use simulators::{Fault, Matching, Moment, Service, World};
use state::GroupStatus;

const BOOK: &str = include_str!("../../../../segments.toml");
const VIP: &str = "Shopify VIP Customer";
const RETURNING: &str = "Shopify Returning Customer";
const NEW: &str = "Shopify New Customer";

struct Setup {
    world: World,
    system: LocalSystem,
}

impl Setup {
    /// The default book is wanted, and Okta has none of its groups.
    async fn without_groups() -> Self {
        let world = e2e::contracts::recorded(World::new("my-store.myshopify.com".parse().unwrap()));
        let system = LocalSystem::start(Options::simulated(&world).unwrap()).await.unwrap();
        let book = RuleBook::from_toml(BOOK).unwrap();
        system.config_table().put_wanted(&book).await.unwrap();
        Self { world, system }
    }

    /// The default book is wanted, and Okta has its groups.
    async fn with_groups() -> Self {
        let setup = Self::without_groups().await;
        for name in [VIP, RETURNING, NEW] {
            setup.group(name);
        }
        setup
    }

    /// The same, resolved once, with the calls of that forgotten.
    async fn resolved() -> Self {
        let setup = Self::with_groups().await;
        setup.run().await;
        setup.world.take_calls();
        setup
    }

    fn group(&self, name: &str) -> GroupId {
        self.world.okta.add_group(name, GroupKind::Okta)
    }

    fn id_of(&self, name: &str) -> GroupId {
        self.world.okta.groups_named(name).into_iter().next().unwrap()
    }

    async fn run(&self) -> refresh_groups::Summary {
        self.system.refresh_groups().await.unwrap()
    }

    /// What workers read of a group: its id and status.
    async fn row(&self, name: &str) -> (Option<GroupId>, GroupStatus) {
        let groups = self.system.config_table().groups().await.unwrap();
        let row = groups[&name.parse().unwrap()].clone();
        (row.id, row.status)
    }

    /// What people read in the segment's row.
    async fn shown(&self, segment: &str, attribute: &str) -> Option<String> {
        let item = self
            .system
            .dynamodb()
            .get_item()
            .table_name(self.system.tables().config)
            .key("kind", text("segment"))
            .key("name", text(segment))
            .send()
            .await
            .unwrap();
        item.item.unwrap().get(attribute).map(|value| value.as_s().unwrap().clone())
    }

    /// Edits a segment's row as a person would in the console.
    async fn edit(&self, segment: &str, attribute: &str, value: AttributeValue) {
        self.system
            .dynamodb()
            .update_item()
            .table_name(self.system.tables().config)
            .key("kind", text("segment"))
            .key("name", text(segment))
            .update_expression("SET #attribute = :value")
            .expression_attribute_names("#attribute", attribute)
            .expression_attribute_values(":value", value)
            .send()
            .await
            .unwrap();
    }

    async fn create_missing_groups(&self) {
        self.system.set("create_missing_groups", AttributeValue::Bool(true)).await.unwrap();
    }

    fn calls(&self) -> Vec<String> {
        self.world.take_calls().iter().map(ToString::to_string).collect()
    }
}

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

#[tokio::test]
async fn names_become_ids_for_workers_and_for_people() {
    let setup = Setup::with_groups().await;
    let summary = setup.run().await;
    assert_eq!(summary.count(GroupStatus::Found), 3);
    assert_eq!(summary.problems, [""; 0]);
    let vip = setup.id_of(VIP);
    assert_eq!(setup.row(VIP).await, (Some(vip.clone()), GroupStatus::Found));
    assert_eq!(setup.shown("vip", "okta_group_id").await, Some(vip.to_string()));
    assert_eq!(setup.shown("vip", "label").await.as_deref(), Some("VIP Customer"));
}

#[tokio::test]
async fn all_names_take_one_search_and_one_look_at_the_rules() {
    let setup = Setup::with_groups().await;
    setup.run().await;
    assert_eq!(setup.calls(), ["okta GET /api/v1/groups", "okta GET /api/v1/groups/rules"]);
}

#[tokio::test]
async fn a_second_run_writes_nothing() {
    let setup = Setup::resolved().await;
    setup.world.clock.advance(Duration::from_hours(1));
    let summary = setup.run().await;
    assert_eq!((summary.writes, summary.count(GroupStatus::Found)), (0, 3));
    assert!(summary.groups.iter().all(|group| !group.group_written));
}

#[tokio::test]
async fn a_group_renamed_in_okta_keeps_its_customers() {
    let setup = Setup::resolved().await;
    let vip = setup.id_of(VIP);
    setup.world.okta.rename_group(&vip, "Best customers").unwrap();
    let summary = setup.run().await;
    let report = summary.groups.iter().find(|group| group.name.as_str() == VIP).unwrap();
    assert_eq!(report.okta_name.as_ref().unwrap().as_str(), "Best customers");
    assert_eq!(setup.row(VIP).await, (Some(vip.clone()), GroupStatus::Renamed));
    assert_eq!(setup.shown("vip", "okta_group_id").await, Some(vip.to_string()));
    assert_eq!(setup.run().await.writes, 0);
}

#[tokio::test]
async fn two_segments_never_share_a_renamed_group() {
    let setup = Setup::resolved().await;
    let (vip, new) = (setup.id_of(VIP), setup.id_of(NEW));
    setup.world.okta.delete_group(&new).unwrap();
    setup.world.okta.rename_group(&vip, NEW).unwrap();
    setup.run().await;
    assert_eq!(setup.row(NEW).await, (Some(vip), GroupStatus::Found));
    assert_eq!(setup.row(VIP).await, (None, GroupStatus::Missing));
}

#[tokio::test]
async fn a_missing_group_is_told_and_not_made_unless_the_settings_say_so() {
    let setup = Setup::without_groups().await;
    setup.group(VIP);
    let summary = setup.run().await;
    assert_eq!(summary.count(GroupStatus::Missing), 2);
    assert_eq!(setup.row(NEW).await, (None, GroupStatus::Missing));
    assert!(setup.world.okta.groups_named(NEW).is_empty());

    setup.create_missing_groups().await;
    let summary = setup.run().await;
    assert_eq!(summary.count(GroupStatus::Found), 3);
    assert_eq!(summary.groups.iter().filter(|group| group.created).count(), 2);
    assert_eq!(setup.row(NEW).await, (Some(setup.id_of(NEW)), GroupStatus::Found));
}

#[tokio::test]
async fn a_group_that_may_have_been_made_is_looked_up_and_not_made_twice() {
    let setup = Setup::without_groups().await;
    setup.create_missing_groups().await;
    let create = Matching::call(Method::POST, "/api/v1/groups");
    let lost = Fault::Timeout { done: true };
    setup.world.faults().times(3, Service::Okta, create, lost);
    let summary = setup.run().await;
    assert_eq!(summary.count(GroupStatus::Missing), 3);
    assert_eq!(summary.problems.len(), 3, "{:?}", summary.problems);

    setup.world.okta.set_search_lag(Duration::from_hours(1));
    let summary = setup.run().await;
    assert_eq!(summary.count(GroupStatus::Found), 3);
    for name in [VIP, RETURNING, NEW] {
        assert_eq!(setup.world.okta.groups_named(name).len(), 1, "{name}");
    }
}

#[tokio::test]
async fn a_group_that_the_search_does_not_show_yet_is_not_missing() {
    let setup = Setup::without_groups().await;
    setup.world.okta.set_search_lag(Duration::from_hours(1));
    for name in [VIP, RETURNING, NEW] {
        setup.group(name);
    }
    assert_eq!(setup.run().await.count(GroupStatus::Found), 3);
    setup.world.take_calls();
    assert_eq!(setup.run().await.writes, 0);
    let by_id = setup.calls().iter().filter(|call| *call == "okta GET /api/v1/groups/{id}").count();
    assert_eq!(by_id, 3, "known ids are asked for by themselves");
}

#[tokio::test]
async fn a_deleted_group_loses_its_id() {
    let setup = Setup::resolved().await;
    setup.world.okta.delete_group(&setup.id_of(VIP)).unwrap();
    let summary = setup.run().await;
    assert_eq!(summary.count(GroupStatus::Missing), 1);
    assert_eq!(setup.row(VIP).await, (None, GroupStatus::Missing));
    assert_eq!(setup.shown("vip", "okta_group_id").await, None);
}

#[tokio::test]
async fn of_two_groups_with_one_name_neither_is_guessed() {
    let setup = Setup::with_groups().await;
    setup.group(VIP);
    assert_eq!(setup.run().await.count(GroupStatus::Ambiguous), 1);
    assert_eq!(setup.row(VIP).await, (None, GroupStatus::Ambiguous));
}

#[tokio::test]
async fn a_second_group_of_the_name_does_not_unseat_the_first() {
    let setup = Setup::resolved().await;
    let vip = setup.id_of(VIP);
    setup.group(VIP);
    assert_eq!(setup.run().await.writes, 0);
    assert_eq!(setup.row(VIP).await, (Some(vip), GroupStatus::Found));
}

#[tokio::test]
async fn an_applications_group_takes_no_members() {
    let setup = Setup::without_groups().await;
    setup.world.okta.add_group(VIP, GroupKind::App);
    assert_eq!(setup.run().await.count(GroupStatus::NotOktaGroup), 1);
    assert_eq!(setup.row(VIP).await, (None, GroupStatus::NotOktaGroup));

    let own = setup.group(VIP);
    setup.run().await;
    assert_eq!(setup.row(VIP).await, (Some(own), GroupStatus::Found));
}

#[tokio::test]
async fn a_group_that_an_active_rule_fills_is_refused() {
    let setup = Setup::resolved().await;
    let (vip, new) = (setup.id_of(VIP), setup.id_of(NEW));
    setup.world.okta.add_rule("by department", std::slice::from_ref(&vip), true);
    setup.world.okta.add_rule("not in force", std::slice::from_ref(&new), false);
    setup.run().await;
    assert_eq!(setup.row(VIP).await, (Some(vip), GroupStatus::RuleManaged));
    assert_eq!(setup.shown("vip", "okta_group_id").await, None);
    assert_eq!(setup.row(NEW).await, (Some(new), GroupStatus::Found));
}

/// Seed 860 of the simulation: whoever was in such a group stayed in it for ever.
#[tokio::test]
async fn of_a_group_that_no_segment_names_any_more_it_is_seen_whether_a_rule_fills_it() {
    let setup = Setup::resolved().await;
    let vip = setup.id_of(VIP);
    let rule = setup.world.okta.add_rule("by department", std::slice::from_ref(&vip), true);
    setup.run().await;
    setup.group("Another group");
    setup.edit("vip", "okta_group_name", text("Another group")).await;
    for (is_active, status) in [(false, GroupStatus::Found), (true, GroupStatus::RuleManaged)] {
        setup.world.okta.set_rule_active(&rule, is_active);
        setup.calls();
        setup.run().await;
        assert_eq!(setup.row(VIP).await, (Some(vip.clone()), status));
        assert_eq!(setup.calls(), ["okta GET /api/v1/groups", "okta GET /api/v1/groups/rules"]);
        assert_eq!(setup.run().await.writes, 0);
    }
}

#[tokio::test]
async fn an_invalid_wanted_book_does_not_stop_the_accepted_one() {
    let setup = Setup::with_groups().await;
    setup.system.worker().config.current().await.unwrap();
    setup.edit("vip", "priority", text("first")).await;
    setup.edit("new", "okta_group_name", text("Another group")).await;
    setup.group("Another group");

    let summary = setup.run().await;
    assert_eq!(summary.problems.len(), 1);
    assert!(summary.problems[0].contains("segment \"vip\": priority"), "{}", summary.problems[0]);
    assert_eq!(summary.count(GroupStatus::Found), 4, "the wanted groups and the accepted ones");
    let other = setup.id_of("Another group").to_string();
    assert_eq!(setup.shown("new", "okta_group_id").await, Some(other));
}

#[tokio::test]
async fn a_row_that_cannot_be_read_is_written_anew() {
    let setup = Setup::resolved().await;
    setup
        .system
        .dynamodb()
        .put_item()
        .table_name(setup.system.tables().config)
        .item("kind", text("group"))
        .item("name", text(VIP))
        .item("status", text("splendid"))
        .send()
        .await
        .unwrap();
    assert!(setup.system.config_table().groups().await.is_err());
    assert_eq!(setup.run().await.problems.len(), 1);
    assert_eq!(setup.row(VIP).await, (Some(setup.id_of(VIP)), GroupStatus::Found));
    assert_eq!(setup.run().await.problems, [""; 0]);
}

#[tokio::test]
async fn an_id_somebody_typed_is_put_right() {
    let setup = Setup::resolved().await;
    setup.edit("vip", "okta_group_id", text("not an id")).await;
    assert_eq!(setup.run().await.writes, 1);
    let vip = setup.id_of(VIP).to_string();
    assert_eq!(setup.shown("vip", "okta_group_id").await, Some(vip));
}

#[tokio::test]
async fn nothing_is_written_if_okta_does_not_tell_its_rules() {
    let setup = Setup::with_groups().await;
    let rules = Matching::call(Method::GET, "/api/v1/groups/rules");
    setup.world.faults().always(Service::Okta, rules, Fault::Status(403));
    let error = setup.system.refresh_groups().await.unwrap_err().to_string();
    assert!(error.contains("list group rules") && error.contains("rights"), "{error}");
    assert!(setup.system.config_table().groups().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_group_that_cannot_be_looked_up_keeps_what_is_known_of_it() {
    let setup = Setup::resolved().await;
    let vip = setup.id_of(VIP);
    setup.world.okta.rename_group(&vip, "Best customers").unwrap();
    let by_id = Matching::call(Method::GET, "/api/v1/groups/{id}");
    setup.world.faults().always(Service::Okta, by_id, Fault::Status(500));
    let summary = setup.run().await;
    assert_eq!((summary.counts["unchecked"], summary.writes), (1, 0));
    assert_eq!(setup.row(VIP).await, (Some(vip), GroupStatus::Found));
}

#[tokio::test]
async fn an_empty_table_is_a_problem_and_costs_no_call() {
    let world = e2e::contracts::recorded(World::new("my-store.myshopify.com".parse().unwrap()));
    let system = LocalSystem::start(Options::simulated(&world).unwrap()).await.unwrap();
    let summary = system.refresh_groups().await.unwrap();
    assert!(summary.problems[0].contains("needs at least one segment"));
    assert!(world.calls().is_empty());
}

#[tokio::test]
async fn what_another_run_has_found_meanwhile_is_not_overwritten() {
    let setup = Setup::without_groups().await;
    // The search, the rules, and a look for each name that the search did not find; the last is VIP's.
    setup.world.suspend_at(5, Moment::After);
    let mut first = pin!(setup.run());
    tokio::select! {
        biased;
        () = setup.world.suspended() => {}
        summary = &mut first => panic!("{summary:?}"),
    }
    let vip = setup.group(VIP);
    assert_eq!(setup.run().await.count(GroupStatus::Found), 1);
    setup.world.let_go_on();
    let summary = first.await;
    let problem = format!("the row of group \"{VIP}\" was changed during the run");
    assert!(summary.problems[0].contains(&problem), "{:?}", summary.problems);
    assert_eq!(setup.row(VIP).await, (Some(vip.clone()), GroupStatus::Found));
    assert_eq!(setup.shown("vip", "okta_group_id").await, Some(vip.to_string()));
}
