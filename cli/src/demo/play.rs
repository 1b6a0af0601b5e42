//! The scenarios, in the order in which they build on each other.

use http::Method;
use rules::OrderId;
use rust_decimal::Decimal;
use simulators::{Buyer, Service, Webhook};
use state::Outcome;
use webhook::Answer;

use super::stage::Person;
use super::{DemoError, Scene, Stage};

/// Plays all of them.
pub(super) async fn all(stage: &Stage) -> Result<Vec<Scene>, DemoError> {
    let ann = Story { stage, person: &stage.ann };
    let ben = Story { stage, person: &stage.ben };
    let (first, genuine, placed) = ann.first_order().await?;
    let updated = ann.order_updated(first).await?;
    let (second, risen) = ann.rise().await?;
    let fallen = ann.cancellation(second).await?;
    let guest = ann.guest_order().await?;
    let forged = ann.forged_signature(&genuine).await?;
    let duplicate = ann.duplicate(&genuine).await?;
    let out_of_order = ben.out_of_order().await?;
    let redact = ann.forged_topic(&genuine).await?;
    Ok(vec![placed, updated, risen, fallen, guest, forged, duplicate, out_of_order, redact])
}

/// Scenarios about one person.
struct Story<'a> {
    stage: &'a Stage,
    person: &'a Person,
}

impl Story<'_> {
    fn begin(&self, title: &'static str) -> Scene {
        self.stage.world.take_calls();
        Scene::begin(title, self.stage.now())
    }

    async fn end(&self, mut scene: Scene) -> Result<Scene, DemoError> {
        scene.calls = self.stage.world.take_calls();
        scene.holding = Some(self.stage.holding(self.person).await?);
        let queue = self.stage.system.queue();
        scene.must(queue.depth() == 0, "the queue is empty");
        scene.must(queue.dead_letters().is_empty(), "there are no dead letters");
        Ok(scene)
    }

    /// Has everything delivered that the shop sent.
    async fn play(&self, mut scene: Scene) -> Result<Scene, DemoError> {
        self.stage.take(&mut scene, &self.stage.sent()).await?;
        self.end(scene).await
    }

    async fn must_hold(
        &self,
        scene: &mut Scene,
        segment: &str,
        attributes: &str,
    ) -> Result<(), DemoError> {
        let group = self.stage.group_of(segment).await?;
        scene.must_hold(segment, group.as_str(), attributes);
        Ok(())
    }

    /// The first scenario of Okta's template.
    async fn first_order(&self) -> Result<(OrderId, Webhook, Scene), DemoError> {
        let scene = self.begin("Ann places her first order: 45.50 USD");
        let (order, webhook) =
            self.stage.world.shopify.place_order(self.person.customer, cents(4_550))?;
        let mut scene = self.play(scene).await?;
        scene.must_answer(Answer::Queued(1));
        scene.must_end(Outcome::Applied);
        scene.must(scene.memberships() == [Method::PUT], "one group is joined, and none is left");
        self.must_hold(&mut scene, "new", "45.50 spent, 1 order").await?;
        Ok((order, webhook, scene))
    }

    /// The second scenario of Okta's template.
    async fn order_updated(&self, order: OrderId) -> Result<Scene, DemoError> {
        let scene = self.begin("The order is changed to 25.50 USD");
        self.stage.world.shopify.update_order(order, cents(2_550))?;
        let mut scene = self.play(scene).await?;
        scene.must_answer(Answer::Queued(1));
        scene.must_end(Outcome::Applied);
        scene.must(scene.memberships().is_empty(), "no membership is touched");
        self.must_hold(&mut scene, "new", "25.50 spent, 1 order").await?;
        Ok(scene)
    }

    async fn rise(&self) -> Result<(OrderId, Scene), DemoError> {
        let scene = self.begin("Ann orders again: 600.00 USD");
        let (order, _) =
            self.stage.world.shopify.place_order(self.person.customer, cents(60_000))?;
        let mut scene = self.play(scene).await?;
        scene.must_answer(Answer::Queued(1));
        let joined_first = scene.memberships() == [Method::PUT, Method::DELETE];
        scene.must(joined_first, "the new group is joined before the old one is left");
        self.must_hold(&mut scene, "vip", "625.50 spent, 2 orders").await?;
        Ok((order, scene))
    }

    async fn cancellation(&self, order: OrderId) -> Result<Scene, DemoError> {
        let scene = self.begin("That order is cancelled");
        self.stage.world.shopify.cancel_order(order)?;
        let mut scene = self.play(scene).await?;
        scene.must_answer(Answer::Queued(1));
        scene.must_end(Outcome::Applied);
        self.must_hold(&mut scene, "new", "25.50 spent, 1 order").await?;
        Ok(scene)
    }

    async fn guest_order(&self) -> Result<Scene, DemoError> {
        let scene = self.begin("A guest orders: 80.00 USD");
        self.stage.world.shopify.place_order(Buyer::Guest, cents(8_000))?;
        let mut scene = self.play(scene).await?;
        scene.holding = None;
        scene.must_answer(Answer::Guest);
        scene.must_do_nothing();
        Ok(scene)
    }

    /// Ben's order is placed at 80 and raised to 520; the shop's webhooks arrive the other way round.
    async fn out_of_order(&self) -> Result<Scene, DemoError> {
        let mut scene = self.begin(
            "Ben orders for 80.00 USD, which becomes 520.00; what was sent first arrives last",
        );
        let shopify = &self.stage.world.shopify;
        let (order, placed) = shopify.place_order(self.person.customer, cents(8_000))?;
        let raised = shopify.update_order(order, cents(52_000))?;
        self.stage.sent();
        self.stage.take(&mut scene, &[raised]).await?;
        self.stage.take(&mut scene, &[placed]).await?;
        let mut scene = self.end(scene).await?;
        scene.must_answer(Answer::Queued(1));
        self.must_hold(&mut scene, "vip", "520.00 spent, 1 order").await?;
        let left = scene.memberships().contains(&Method::DELETE);
        scene.must(!left, "no group is left on the way");
        Ok(scene)
    }

    async fn forged_signature(&self, genuine: &Webhook) -> Result<Scene, DemoError> {
        let mut scene = self.begin("Somebody without the secret posts an order");
        let forged = [genuine.clone().with_wrong_signature(), genuine.clone().tampered()];
        self.stage.take(&mut scene, &forged).await?;
        let mut scene = self.end(scene).await?;
        scene.holding = None;
        scene.must_answer(Answer::Unauthorized);
        scene.must_do_nothing();
        Ok(scene)
    }

    async fn duplicate(&self, genuine: &Webhook) -> Result<Scene, DemoError> {
        let mut scene = self.begin("Shopify delivers the first webhook three times more");
        let copies = [genuine.clone(), genuine.clone(), genuine.clone()];
        self.stage.take(&mut scene, &copies).await?;
        let mut scene = self.end(scene).await?;
        scene.must_answer(Answer::Queued(1));
        scene.must(scene.calls_to(Service::Okta) == 0, "Okta is not called");
        scene.must_end(Outcome::Unchanged);
        self.must_hold(&mut scene, "new", "25.50 spent, 1 order").await?;
        Ok(scene)
    }

    /// Topic headers are not signed: a replayed body under another topic must not erase anybody.
    async fn forged_topic(&self, genuine: &Webhook) -> Result<Scene, DemoError> {
        let mut scene = self.begin("The first webhook is replayed as a request to erase Ann");
        let forged = genuine.clone().with_topic("customers/redact");
        self.stage.take(&mut scene, &[forged]).await?;
        let mut scene = self.end(scene).await?;
        scene.must_answer(Answer::Mismatched);
        scene.must_do_nothing();
        self.must_hold(&mut scene, "new", "25.50 spent, 1 order").await?;
        Ok(scene)
    }
}

/// An amount in hundredths.
fn cents(amount: i64) -> Decimal {
    Decimal::new(amount, 2)
}
