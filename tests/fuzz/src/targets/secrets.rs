//! What people store as secrets.

use mavera::MaveraCredentials;
use okta::OktaCredentials;
use serde_json::json;
use shopify::ShopifyCredentials;
use simulators::World;
use simulators::okta::{KeyForm, NewServiceApp};
use webhook::SigningSecrets;

use super::{Play, Target};
use crate::input::{Part, Sample};

const OKTA: usize = 0;
const SHOPIFY: usize = 1;
const MAVERA: usize = 2;
const WEBHOOK: usize = 3;

pub(super) fn target() -> Target {
    let world = World::new(super::shopify::shop_name());
    let app = |key| world.okta.add_service_app(&NewServiceApp { key, ..NewServiceApp::default() });
    let mut samples: Vec<_> = [KeyForm::Jwk, KeyForm::Pem]
        .into_iter()
        .map(|form| (OKTA, app(form).secret))
        .chain([
            (OKTA, json!({ "api_token": "00token" })),
            (SHOPIFY, json!({ "access_token": "shpat_token" })),
            (SHOPIFY, json!({ "client_id": "id", "client_secret": "shpss_secret" })),
            (MAVERA, json!({ "api_key": "key" })),
            (WEBHOOK, json!({ "secrets": ["one", "two"] })),
        ])
        .map(|(way, secret)| Sample { way, parts: vec![Part::of(secret.to_string())] })
        .collect();
    samples.reverse();
    let play = |way, parts: Vec<Part>| {
        Box::pin(async move {
            for text in parts.iter().map(Part::text) {
                match way {
                    OKTA => drop(text.parse::<OktaCredentials>()),
                    SHOPIFY => drop(text.parse::<ShopifyCredentials>()),
                    MAVERA => drop(text.parse::<MaveraCredentials>()),
                    _ => drop(SigningSecrets::from_json(&text)),
                }
            }
        }) as Play<'static>
    };
    Target { name: "secrets", samples, play: Box::new(play) }
}
