//! The client against the simulated account, which holds state.

use std::sync::Arc;
use std::time::Duration;

use mavera::{Created, Found, Mavera, Updated, is_out_of_credits};
use outbound::{BaseUrl, Error, Fixed, Outbound};
use rules::PersonaId;
use serde_json::{Map, json};
use simulators::mavera::{API_KEY, Duplicates, ListForm, NameFilter, PRICE};
use simulators::{Fault, Matching, Service, SimRandom, World};

use crate::account::{content, fields};

struct Simulated {
    world: World,
    mavera: Mavera,
}

impl Simulated {
    fn new() -> Self {
        let world = World::new("my-store.myshopify.com".parse().unwrap());
        let (clock, random) = (Arc::new(world.clock.clone()), Arc::new(SimRandom::new(1)));
        let outbound = Outbound::new(world.transport(), clock, random);
        let base = BaseUrl::configured(&world.mavera_url()).unwrap();
        let secret = json!({ "api_key": API_KEY }).to_string();
        let credentials = Arc::new(Fixed(Arc::new(secret.parse().unwrap())));
        Self { world, mavera: Mavera::new(outbound, base, credentials) }
    }

    fn in_a_minute(&self) -> jiff::Timestamp {
        self.world.clock.now() + Duration::from_mins(1)
    }

    async fn create(&self) -> Result<Created, Error> {
        let other = fields(r#"{"goals": ["save time"]}"#);
        self.mavera.create(&content(), &other, self.in_a_minute()).await
    }

    async fn find(&self) -> Found {
        self.mavera.find(content().name(), self.in_a_minute()).await.unwrap()
    }

    async fn update(&self, id: &PersonaId) -> Updated {
        let fields = Map::new();
        self.mavera.update(id, &content(), &fields, self.in_a_minute()).await.unwrap()
    }
}

fn id(id: &str) -> PersonaId {
    id.parse().unwrap()
}

#[tokio::test]
async fn a_persona_is_made_found_changed_and_gone() {
    let it = Simulated::new();
    assert_eq!(it.find().await, Found::None);
    let Created::Made(id) = it.create().await.unwrap() else { panic!("not made") };
    assert_eq!(it.find().await, Found::One(id.clone()));
    assert_eq!(it.update(&id).await, Updated::Done);
    let persona = it.world.mavera.persona(id.as_str()).unwrap();
    assert_eq!(persona.description, content().description());
    assert_eq!(
        persona.demographic,
        json!({ "custom_attributes": { "cohort": "vip", "avg_order_count": 9.3 } })
    );
    assert_eq!(persona.others["goals"], json!(["save time"]), "a change leaves it");
    it.world.mavera.delete_persona(id.as_str()).unwrap();
    assert_eq!(it.update(&id).await, Updated::Gone);
    assert_eq!(it.world.forbidden_calls(), []);
}

#[tokio::test]
async fn a_name_is_found_among_all_whatever_the_list_is_like() {
    for form in [ListForm::Array, ListForm::Pages] {
        for filter in [NameFilter::Contains, NameFilter::Ignored] {
            let it = Simulated::new();
            it.world.mavera.set_list_form(form);
            it.world.mavera.set_name_filter(filter);
            it.world.mavera.set_page_size(3);
            for number in 0..8 {
                it.world.mavera.add_persona(&format!("{} {number}", content().name()));
            }
            assert_eq!(it.find().await, Found::None);
            let ours = it.world.mavera.add_persona(content().name());
            assert_eq!(it.find().await, Found::One(id(&ours)), "{form:?} {filter:?}");
        }
    }
}

#[tokio::test]
async fn a_name_that_was_taken_meanwhile_is_told_and_found() {
    let it = Simulated::new();
    let theirs = it.world.mavera.add_persona(content().name());
    assert!(matches!(it.create().await, Ok(Created::NameTaken(_))));
    assert_eq!(it.find().await, Found::One(id(&theirs)));
}

#[tokio::test]
async fn a_lost_answer_is_unknown_and_nothing_is_made_twice() {
    for fault in [Fault::Timeout { done: true }, Fault::Broken { done: true }, Fault::TruncatedBody]
    {
        let it = Simulated::new();
        it.world.mavera.set_duplicates(Duplicates::Made);
        it.world.faults().next(Service::Mavera, Matching::any(), fault.clone());
        let outcome = it.create().await.unwrap();
        assert!(matches!(outcome, Created::Unknown(_)), "{fault:?}: {outcome:?}");
        let made = it.world.mavera.personas();
        assert_eq!(made.len(), 1, "{fault:?}");
        assert_eq!(it.find().await, Found::One(id(&made[0].id)));
    }
}

#[tokio::test]
async fn of_two_of_a_name_the_older_is_told() {
    let it = Simulated::new();
    it.world.mavera.set_list_form(ListForm::Pages);
    it.world.mavera.set_duplicates(Duplicates::Made);
    let Created::Made(first) = it.create().await.unwrap() else { panic!("not made") };
    it.world.clock.advance(Duration::from_secs(1));
    it.create().await.unwrap();
    it.world.mavera.add_global_persona(content().name());
    assert_eq!(it.find().await, Found::Several { oldest: first, count: 2 });
}

#[tokio::test]
async fn spent_credits_make_nothing() {
    let it = Simulated::new();
    it.world.mavera.set_credits(PRICE - 1);
    assert!(is_out_of_credits(&it.create().await.unwrap_err()));
    assert!(it.world.mavera.personas().is_empty());
}

#[tokio::test]
async fn a_limit_is_waited_for() {
    let it = Simulated::new();
    it.world.mavera.set_rate_limit(1);
    it.find().await;
    it.world.clock.advance(Duration::from_secs(30));
    assert!(matches!(it.create().await, Ok(Created::Made(_))));
    assert_eq!(it.world.mavera.personas().len(), 1);
}
