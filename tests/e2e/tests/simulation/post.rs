//! Webhooks on their way: lost, late, twice, and again.

use std::time::Duration;

use http::Method;
use rules::{CustomerId, OrderId};
use serde_json::Value;
use simulators::Webhook;
use simulators::shopify::Topic;
use webhook::Answer;

use crate::chance::Chance;
use crate::game::Game;

/// After how many seconds Shopify sends again what was not taken: first, and at most.
const AGAIN: (u64, u64) = (60, 3_600);

impl Game {
    /// Sends what the shop has caused on its way. Says how.
    pub(crate) async fn send(&mut self, luck: u64) -> String {
        let chance = Chance::new(luck);
        let mut fates = Vec::new();
        for webhook in self.world.shopify.take_webhooks() {
            let topic = webhook.topic;
            if luck == 0 || chance.percent(self.shape.loss) {
                self.tally.count("webhooks lost");
                fates.push(format!("{topic} is lost"));
                continue;
            }
            let later = *chance.one(&[5, 40, 300, 7_200]);
            let fate = match chance.below(10) {
                0..6 => {
                    self.deliver(webhook, 0).await;
                    format!("{topic} comes")
                }
                6..8 => {
                    self.tally.count("webhooks late");
                    self.mail(webhook, later, 0);
                    format!("{topic} comes {later} s later")
                }
                _ => {
                    self.tally.count("webhooks twice");
                    self.deliver(webhook.clone(), 0).await;
                    self.mail(webhook, later, 0);
                    format!("{topic} comes, and {later} s later again")
                }
            };
            fates.push(fate);
        }
        fates.join(", ")
    }

    /// Sends what the shop tells by itself as time passes.
    pub(crate) async fn send_late(&mut self) {
        let luck = self.chance.luck();
        let fates = self.send(luck).await;
        if !fates.is_empty() {
            self.note(fates);
        }
    }

    fn mail(&mut self, webhook: Webhook, seconds: u64, refused: u32) {
        let due = self.now() + Duration::from_secs(seconds);
        let serial = self.serial();
        self.post.insert((due, serial), (webhook, refused));
    }

    /// Delivers a webhook of the shop, which sends it again if it is not taken.
    pub(crate) async fn deliver(&mut self, webhook: Webhook, refused: u32) {
        let waiting = self.system.queue().depth();
        let answer = self.knock(&webhook).await;
        if let Answer::Queued(count) = answer
            && self.system.queue().depth() < waiting + count
        {
            self.wrong("lost", format!("{} was taken, and nothing is queued", webhook.topic));
        }
        self.tally.count(format!("webhooks answered {}", answer.as_str()));
        let may_be_refused = self.now() < self.rotated_until;
        if answer == Answer::Unavailable || answer == Answer::Unauthorized && may_be_refused {
            let again = (AGAIN.0 << refused.min(10)).min(AGAIN.1);
            return self.mail(webhook, again, refused + 1);
        }
        if !matches!(answer, Answer::Queued(_) | Answer::Guest) {
            let what = format!("{} of the shop was answered {answer:?}", webhook.topic);
            self.wrong("webhook", what);
        }
        if let Answer::Queued(_) = answer {
            self.told(&webhook);
        }
        self.archive.push(webhook);
    }

    /// Posts anything.
    pub(crate) async fn knock(&self, webhook: &Webhook) -> Answer {
        let (method, path) = (Method::POST, webhook::PATH);
        self.system.webhook.handle(&method, path, &webhook.headers, &webhook.body).await
    }

    /// Notes whom an event that was taken will have looked at, if that look sees everything up to now.
    fn told(&mut self, webhook: &Webhook) {
        let (serial, now, lag) =
            (self.serial(), self.now(), Duration::from_secs(self.shape.totals_lag));
        let is_followed =
            is_followed(webhook.topic) && self.shape.totals_lag < self.shape.second_look;
        let is_new = webhook.topic == Topic::OrdersCreate;
        for id in self.concerned(webhook) {
            let Some(person) = self.people.iter_mut().find(|person| person.id == id) else {
                continue;
            };
            if webhook.topic == Topic::CustomersRedact {
                person.redacted = Some(now);
                person.pin = None;
                person.changed = (serial, now);
            }
            // Until an order shows that an event named, it is looked for, however long that takes.
            let is_named = is_new
                && self
                    .orders
                    .last()
                    .is_some_and(|order| order.owner == Some(id) && order.made == person.changed.1);
            let is_seen = is_followed || is_named || now >= person.changed.1 + lag;
            if is_seen && now >= self.unsure_until {
                person.told = serial;
            }
        }
    }

    /// Whom a webhook is about.
    fn concerned(&self, webhook: &Webhook) -> Vec<CustomerId> {
        let body: Value = serde_json::from_slice(&webhook.body).unwrap();
        let number = |value: &Value| value.as_u64().map(CustomerId::new);
        let global = |value: &Value| CustomerId::from_gid(value.as_str()?).ok();
        let owner = |value: &Value| {
            let order = value.as_u64().map(OrderId::new);
            self.orders.iter().find(|it| Some(it.id) == order)?.owner
        };
        let found = match webhook.topic {
            Topic::OrdersEdited => vec![owner(&body["order_edit"]["order_id"])],
            Topic::RefundsCreate => vec![owner(&body["order_id"])],
            Topic::CustomersCreate | Topic::CustomersUpdate | Topic::CustomersDelete => {
                vec![number(&body["id"])]
            }
            Topic::CustomersMerge => ["kept", "deleted"]
                .map(|which| global(&body[format!("admin_graphql_api_customer_{which}_id")]))
                .into(),
            Topic::CustomersPurchasingSummary => vec![global(&body["customerId"])],
            Topic::CustomersDataRequest | Topic::ShopRedact => vec![],
            _ => vec![number(&body["customer"]["id"])],
        };
        found.into_iter().flatten().collect()
    }

    /// Posts an old webhook in a way in which only somebody who is not Shopify does.
    pub(crate) async fn forge(&mut self, webhook: Webhook, how: u8) -> String {
        let topics = [
            "customers/redact",
            "shop/redact",
            "customers/data_request",
            "customers/delete",
            "orders/create",
            "customers/merge",
        ];
        let refused = match how {
            0 => Some(webhook.clone().with_wrong_signature()),
            1 => Some(webhook.clone().tampered()),
            2 => Some(webhook.clone().from_shop("other.myshopify.com")),
            _ => None,
        };
        let topic = webhook.topic;
        if let Some(forged) = refused {
            let answer = self.knock(&forged).await;
            self.tally.count("webhooks forged");
            if !matches!(answer, Answer::Unauthorized | Answer::Unavailable) {
                self.wrong("forgery", format!("a forged {topic} was answered {answer:?}"));
            }
            return format!("a forged {topic} comes ({how})");
        }
        let said = topics[usize::from(how - 3) % topics.len()];
        let answer = self.knock(&webhook.clone().with_topic(said)).await;
        self.tally.count("webhooks with another topic");
        let is_demand = said.ends_with("/redact") || said == "customers/data_request";
        if is_demand && said != topic.as_str() && !is_refused(answer) {
            self.wrong("forgery", format!("{topic} posted as {said} was answered {answer:?}"));
        }
        if said == topic.as_str() && matches!(answer, Answer::Queued(_)) {
            // Nothing tells it from a replay.
            self.told(&webhook);
        }
        format!("an old {topic} is posted as {said}: {answer:?}")
    }
}

fn is_refused(answer: Answer) -> bool {
    matches!(answer, Answer::Mismatched | Answer::Unauthorized | Answer::Unavailable)
}

/// Whether a second look follows, for totals that lag.
fn is_followed(topic: Topic) -> bool {
    matches!(
        topic,
        Topic::OrdersCreate
            | Topic::OrdersUpdated
            | Topic::OrdersPaid
            | Topic::OrdersCancelled
            | Topic::OrdersEdited
            | Topic::RefundsCreate
    )
}
