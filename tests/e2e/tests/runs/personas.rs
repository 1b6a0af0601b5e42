//! One persona for each segment with customers.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use http::Method;
use resegment::{PersonaEnd, Record, Status};
use segments::local::{LocalSecrets, MAVERA_SECRET, Options};
use serde_json::json;
use simulators::{Fault, Matching, Moment, Service, World};

use crate::shop::{NEW, Shop, VIP, wait_of};

const PERSONAS: &str = "/api/v1/personas";

async fn shop() -> Shop {
    shop_with(|_, _| ()).await
}

/// The same, with a system that is made of other parts.
async fn shop_with(change: impl FnOnce(&World, &mut Options)) -> Shop {
    let shop = Shop::open_with(change).await;
    shop.people(3, 1, "45.50");
    shop.people(47, 9, "812");
    shop
}

fn end<'a>(record: &'a Record, segment: &str) -> &'a PersonaEnd {
    &record.personas[&segment.parse().unwrap()]
}

fn create() -> Matching {
    Matching::call(Method::POST, PERSONAS)
}

fn names(shop: &Shop) -> Vec<String> {
    let mut names: Vec<_> =
        shop.world.mavera.personas().into_iter().map(|persona| persona.name).collect();
    names.sort();
    names
}

#[tokio::test]
async fn each_segment_with_customers_gets_the_persona_the_cookbook_prints() {
    let shop = shop().await;
    let record = shop.full_run().await;
    assert_eq!(names(&shop), ["Shopify New Buyer", "Shopify VIP Customer"]);
    let personas = shop.world.mavera.personas();
    let vip = personas.iter().find(|persona| persona.name == "Shopify VIP Customer").unwrap();
    assert_eq!(vip.description, "VIP Customer: 47 customers, avg 9.0 orders, avg $812 spend.");
    assert_eq!(end(&record, "vip"), &PersonaEnd::Created);
    assert_eq!(end(&record, "returning"), &PersonaEnd::Empty);
}

#[tokio::test]
async fn a_persona_that_says_what_it_should_costs_no_call() {
    let shop = shop().await;
    shop.full_run().await;
    shop.world.take_calls();
    let record = shop.full_run().await;
    assert_eq!(end(&record, "vip"), &PersonaEnd::Unchanged);
    assert_eq!(shop.take_counts()[3], 0);
}

#[tokio::test]
async fn a_persona_whose_figures_changed_is_patched_and_not_created_again() {
    let shop = shop().await;
    shop.full_run().await;
    let credits = shop.world.mavera.credits();
    shop.people(3, 9, "12");
    let record = shop.full_run().await;
    assert_eq!(end(&record, "vip"), &PersonaEnd::Updated);
    assert_eq!(names(&shop).len(), 2);
    assert_eq!(shop.world.mavera.credits(), credits);
}

#[tokio::test]
async fn a_persona_that_somebody_made_before_is_adopted() {
    let shop = shop().await;
    shop.world.mavera.add_persona("Shopify VIP Customer");
    let record = shop.full_run().await;
    assert_eq!(end(&record, "vip"), &PersonaEnd::Updated);
    assert_eq!(names(&shop).len(), 2);
}

#[tokio::test]
async fn a_creation_of_unknown_outcome_is_looked_up_and_never_repeated() {
    for done in [true, false] {
        let shop = shop().await;
        shop.world.faults().times(2, Service::Mavera, create(), Fault::Broken { done });
        let record = shop.full_run().await;
        assert!(matches!(end(&record, "vip"), PersonaEnd::Failed { .. }));
        let made = names(&shop).len();
        let record = shop.full_run().await;
        assert_eq!(names(&shop).len(), made, "nothing was created again");
        match (done, end(&record, "vip")) {
            (true, PersonaEnd::Updated) => {}
            (false, PersonaEnd::Failed { detail }) => {
                assert!(detail.contains("persona_create_begun"), "{detail}");
            }
            (_, end) => panic!("{end:?}"),
        }
    }
}

#[tokio::test]
async fn a_refused_creation_is_tried_again_by_the_next_run() {
    let shop = shop().await;
    shop.world.mavera.set_credits(0);
    let record = shop.full_run().await;
    let PersonaEnd::Failed { detail } = end(&record, "vip") else { panic!("{record:?}") };
    assert!(detail.contains("credits"), "{detail}");
    shop.world.mavera.set_credits(1_000);
    assert_eq!(end(&shop.full_run().await, "vip"), &PersonaEnd::Created);
}

#[tokio::test]
async fn one_personas_failure_stops_nothing_else() {
    let shop = shop().await;
    shop.world.faults().next(Service::Mavera, create(), Fault::Status(400));
    let record = shop.full_run().await;
    assert!(matches!(end(&record, "vip"), PersonaEnd::Failed { .. }));
    assert_eq!(end(&record, "new"), &PersonaEnd::Created);
    assert_eq!(record.dispatched, 50);
}

#[tokio::test]
async fn a_throttled_mavera_is_waited_for() {
    let shop = shop().await;
    let fault = Fault::MaveraThrottled { retry_after: Duration::from_secs(20) };
    shop.world.faults().next(Service::Mavera, create(), fault);
    assert_eq!(end(&shop.full_run().await, "vip"), &PersonaEnd::Created);
}

#[tokio::test]
async fn a_persona_deleted_at_mavera_is_not_paid_for_again_unasked() {
    let shop = shop().await;
    shop.full_run().await;
    let vip = shop.world.mavera.personas().into_iter().find(|it| it.name.contains("VIP")).unwrap();
    shop.world.mavera.delete_persona(&vip.id).unwrap();
    shop.people(1, 9, "12");
    let record = shop.full_run().await;
    let PersonaEnd::Failed { detail } = end(&record, "vip") else { panic!("{record:?}") };
    assert!(detail.contains("persona_id"), "{detail}");
    assert_eq!(names(&shop), ["Shopify New Buyer"]);
}

/// Replaces the secret that is known of Mavera; none takes it away.
fn put_secret(world: &World, options: &mut Options, text: Option<&str>) {
    let secrets = LocalSecrets::simulated(world);
    match text {
        Some(text) => secrets.put(MAVERA_SECRET, text),
        None => secrets.remove(MAVERA_SECRET),
    }
    options.secrets = Arc::new(secrets);
}

#[tokio::test]
async fn without_a_secret_no_persona_is_kept_and_the_record_says_so() {
    let parts: [fn(&World, &mut Options); 3] = [
        |_, options| options.mavera_url = None,
        |world, options| put_secret(world, options, None),
        |world, options| put_secret(world, options, Some("{}")),
    ];
    for part in parts {
        let shop = shop_with(part).await;
        let record = shop.full_run().await;
        for segment in ["vip", "new"] {
            let PersonaEnd::Skipped { detail } = end(&record, segment) else {
                panic!("{record:?}")
            };
            assert!(!detail.is_empty());
        }
        assert_eq!(shop.take_counts()[3], 0);
        assert_eq!(shop.world.okta.members(&shop.group(VIP)).len(), 47);
    }
}

/// Somebody makes the persona between our look and our request.
#[tokio::test]
async fn a_name_that_was_taken_meanwhile_is_looked_up_and_updated() {
    let shop = shop().await;
    let credits = shop.world.mavera.credits();
    // Preflight, three groups' members, who has changed, and the look for the persona.
    shop.world.suspend_at(6, Moment::After);
    let mut run = pin!(shop.begin());
    tokio::select! {
        biased;
        () = shop.world.suspended() => {}
        answer = &mut run => panic!("{answer:?}"),
    }
    assert_eq!(shop.world.calls().last().unwrap().path, PERSONAS);
    let made = shop.world.mavera.add_persona("Shopify VIP Customer");
    shop.world.take_calls();
    shop.world.let_go_on();
    let answer = run.await;
    let calls = shop.take_calls_of(Service::Mavera);
    let of_vip: Vec<_> = calls.iter().take(3).map(ToString::to_string).collect();
    let [post, get] = ["POST", "GET"].map(|method| format!("mavera {method} {PERSONAS}"));
    assert_eq!(of_vip, [post, get, format!("mavera PATCH {PERSONAS}/{{id}}")]);
    let answer = shop.finish(answer).await;
    let record = shop.record(answer.run_id.as_ref().unwrap()).await;
    assert_eq!(end(&record, "vip"), &PersonaEnd::Updated);
    assert_eq!(names(&shop), ["Shopify New Buyer", "Shopify VIP Customer"]);
    let vip = shop.world.mavera.persona(&made).unwrap();
    assert!(vip.description.contains("47 customers"), "{}", vip.description);
    let price = simulators::mavera::PRICE;
    assert_eq!(shop.world.mavera.credits(), credits - price, "the other persona's alone");
    let rows = shop.system.config_table().personas().await.unwrap();
    let row = &rows[&"vip".parse().unwrap()];
    assert_eq!((row.id.as_ref(), row.create_begun.as_ref()), (Some(&made), None));
}

#[tokio::test]
async fn an_outage_of_mavera_fails_the_personas_and_nothing_else() {
    let shop = shop().await;
    shop.full_run().await;
    let [new, vip] = [shop.people(2, 1, "45.50"), shop.people(2, 9, "812")];
    shop.world.faults().always(Service::Mavera, Matching::any(), Fault::Status(503));
    let record = shop.full_run().await;
    for segment in ["vip", "new"] {
        assert!(matches!(end(&record, segment), PersonaEnd::Failed { .. }), "{record:?}");
    }
    assert_eq!(
        (shop.groups_of(&new[0]), shop.groups_of(&vip[0])),
        (vec![NEW.into()], vec![VIP.into()])
    );

    shop.world.faults().clear();
    shop.world.take_calls();
    let record = shop.full_run().await;
    assert_eq!(
        (end(&record, "vip"), end(&record, "new")),
        (&PersonaEnd::Updated, &PersonaEnd::Updated)
    );
    let calls = shop.take_calls_of(Service::Mavera);
    assert!(calls.len() == 2 && calls.iter().all(|call| call.method == Method::PATCH), "{calls:?}");
}

#[tokio::test]
async fn what_an_operator_wrote_for_the_creation_is_in_the_persona() {
    let shop = shop().await;
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let demographic = HashMap::from([("country".to_owned(), text("US"))]);
    let fields = HashMap::from([
        ("persona_type".to_owned(), text("customer")),
        ("name".to_owned(), text("Somebody Else")),
        ("demographic".to_owned(), AttributeValue::M(demographic)),
    ]);
    let update = shop.system.dynamodb().update_item().table_name(shop.system.tables().config);
    update
        .key("kind", text("segment"))
        .key("name", text("vip"))
        .update_expression("SET persona_fields = :fields")
        .expression_attribute_values(":fields", AttributeValue::M(fields))
        .send()
        .await
        .unwrap();
    assert_eq!(end(&shop.full_run().await, "vip"), &PersonaEnd::Created);
    let personas = shop.world.mavera.personas();
    let vip = personas.iter().find(|persona| persona.name == "Shopify VIP Customer").unwrap();
    assert_eq!(vip.others.get("persona_type"), Some(&json!("customer")));
    let attributes = json!({ "cohort": "vip", "avg_order_count": 9.0 });
    assert_eq!(vip.demographic, json!({ "country": "US", "custom_attributes": attributes }));
    let new = personas.iter().find(|persona| persona.name == "Shopify New Buyer").unwrap();
    assert!(new.others.is_empty(), "{new:?}");
}

#[tokio::test]
async fn a_mavera_that_goes_on_refusing_keeps_no_run_from_ending() {
    for seconds in [30, 1] {
        let shop = shop().await;
        let fault = Fault::MaveraThrottled { retry_after: Duration::from_secs(seconds) };
        shop.world.faults().always(Service::Mavera, Matching::any(), fault);
        let begun = shop.world.clock.now();
        let mut answer = shop.begin().await;
        while matches!(answer.status, Status::Wait | Status::Continue) {
            assert!(shop.world.clock.now() < begun + Duration::from_hours(48), "{answer:?}");
            shop.settle().await;
            shop.world.clock.advance(wait_of(&answer).max(Duration::from_mins(1)));
            answer = shop.tick().await;
        }
        assert_eq!(answer.status, Status::Done, "{answer:?}");
        let record = shop.record(answer.run_id.as_ref().unwrap()).await;
        for segment in ["vip", "new"] {
            let PersonaEnd::Failed { detail } = end(&record, segment) else { panic!("{record:?}") };
            assert!(detail.contains("next run"), "{detail}");
        }
        let calls = shop.take_counts()[3];
        assert!(calls < 100, "{calls} calls");
        assert_ne!(shop.begin().await.status, Status::Skipped);
    }
}
