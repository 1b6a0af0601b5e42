//! Mavera's answers, to each call that the client makes.

use std::sync::Arc;

use jiff::SignedDuration;
use mavera::{Created, Found, Mavera};
use outbound::{BaseUrl, Fixed, Transport};
use rules::{Cohort, PersonaContent};
use rust_decimal::Decimal;
use serde_json::{Map, json};
use simulators::mavera::{API_KEY, ListForm};
use simulators::{SimClock, World};

use super::lines::book;
use super::script::{Script, answered, outbound};
use super::{Play, Target};

#[expect(clippy::expect_used, reason = "these are an address and a secret")]
fn client(transport: Arc<dyn Transport>, clock: &SimClock, url: &str) -> Mavera {
    let base = BaseUrl::configured(url).expect("an address");
    let secret = json!({ "api_key": API_KEY }).to_string().parse().expect("a secret");
    Mavera::new(outbound(transport, clock), base, Arc::new(Fixed(Arc::new(secret))))
}

/// Finds a persona, makes it, changes it.
async fn call(mavera: &Mavera, clock: &SimClock, content: &PersonaContent) {
    let deadline = clock.now() + SignedDuration::from_mins(1);
    let found = mavera.find(content.name(), deadline).await;
    let fields = Map::new();
    let made = mavera.create(content, &fields, deadline).await;
    let ((Ok(Found::One(id)), _) | (_, Ok(Created::Made(id)))) = (found, made) else { return };
    drop(mavera.update(&id, content, &fields, deadline).await);
}

#[expect(clippy::expect_used, reason = "a segment with customers has something to tell")]
fn content() -> PersonaContent {
    let cohort = Cohort::new(47, 437, Decimal::from(38_164)).expect("customers");
    let segment = book().segments().first().expect("a segment");
    PersonaContent::new(segment, book().currency(), &cohort).expect("content")
}

pub(super) async fn target() -> Target {
    let mut samples = Vec::new();
    for form in [ListForm::Array, ListForm::Pages] {
        let world = World::new(super::shopify::shop_name());
        world.mavera.set_list_form(form);
        for _ in 0..2 {
            world.take_calls();
            let mavera = client(world.transport(), &world.clock, &world.mavera_url());
            call(&mavera, &world.clock, &content()).await;
            samples.push(answered(&world, 0));
        }
    }
    let play = |_, parts| {
        Box::pin(async move {
            let clock = SimClock::new();
            call(&client(Script::new(parts), &clock, "https://mavera.example"), &clock, &content())
                .await;
        }) as Play<'static>
    };
    Target { name: "mavera", samples, play: Box::new(play) }
}
