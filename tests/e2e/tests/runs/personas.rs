//! One persona for each segment with customers.

use std::time::Duration;

use http::Method;
use resegment::{PersonaEnd, Record};
use simulators::{Fault, Matching, Service};

use crate::shop::Shop;

const PERSONAS: &str = "/api/v1/personas";

async fn shop() -> Shop {
    let shop = Shop::open().await;
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
