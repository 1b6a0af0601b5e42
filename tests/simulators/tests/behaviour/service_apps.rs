//! What the org refuses to service apps: each check on its own, with claims made by hand.

use std::time::Duration;

use aws_lc_rs::digest;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use serde_json::{Value, json};
use simulators::World;
use simulators::okta::{NewServiceApp, ProofOfPossession, ServiceApp};
use url::form_urlencoded::Serializer;

use crate::calling::{json_of, send, world};

/// A key that signs what a test says.
struct Key(EcdsaKeyPair);

impl Key {
    fn new() -> Self {
        Self(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
    }

    fn of(app: &ServiceApp) -> Self {
        let number =
            |name: &str| BASE64.decode(app.secret["private_key"][name].as_str().unwrap()).unwrap();
        let point = [vec![4], number("x"), number("y")].concat();
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let key = EcdsaKeyPair::from_private_key_and_public_key(algorithm, &number("d"), &point);
        Self(key.unwrap())
    }

    fn public(&self) -> Value {
        let (x, y) = self.0.public_key().as_ref()[1..].split_at(32);
        json!({ "kty": "EC", "crv": "P-256", "x": BASE64.encode(x), "y": BASE64.encode(y) })
    }

    fn signed(&self, header: &Value, claims: &Value) -> String {
        let message = [header, claims].map(|part| BASE64.encode(part.to_string())).join(".");
        let signature = self.0.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
        format!("{message}.{}", BASE64.encode(signature.as_ref()))
    }
}

/// An app in an org, and what it would send.
struct Scene {
    world: World,
    app: ServiceApp,
    key: Key,
    proof_key: Key,
}

/// A header and claims, before they are signed.
type Draft = (Value, Value);

impl Scene {
    fn new(proof: ProofOfPossession) -> Self {
        let world = world();
        let app = world.okta.add_service_app(&NewServiceApp { proof, ..NewServiceApp::default() });
        let key = Key::of(&app);
        Self { world, app, key, proof_key: Key::new() }
    }

    fn now(&self) -> i64 {
        self.world.clock.now().as_second()
    }

    fn token_url(&self) -> String {
        format!("{}/oauth2/v1/token", self.world.okta_url())
    }

    fn users_url(&self) -> String {
        format!("{}/api/v1/users", self.world.okta_url())
    }

    fn assertion(&self, jti: &str) -> Draft {
        let (id, now) = (&self.app.client_id, self.now());
        let header = json!({ "alg": "ES256", "kid": self.app.secret["private_key"]["kid"] });
        let claims = json!({
            "iss": id, "sub": id, "aud": self.token_url(), "iat": now, "exp": now + 300, "jti": jti,
        });
        (header, claims)
    }

    fn proof(&self, method: &str, url: &str, jti: &str) -> Draft {
        let header = json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": self.proof_key.public() });
        (header, json!({ "htm": method, "htu": url, "iat": self.now(), "jti": jti }))
    }

    async fn ask(&self, assertion: &str, proof: Option<&str>, scope: &str) -> Response<Bytes> {
        let form = Serializer::new(String::new())
            .append_pair("grant_type", "client_credentials")
            .append_pair("scope", scope)
            .append_pair(
                "client_assertion_type",
                "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            )
            .append_pair("client_assertion", assertion)
            .finish();
        let request = Request::post(self.token_url());
        let request = proof.into_iter().fold(request, |it, proof| it.header("dpop", proof));
        send(&self.world, request.body(form.into()).unwrap()).await.unwrap()
    }

    /// Asks with an assertion that is as it should be but for this change.
    async fn ask_with(&self, change: impl FnOnce(&mut Draft)) -> Response<Bytes> {
        let mut draft = self.assertion("a");
        change(&mut draft);
        self.ask(&self.key.signed(&draft.0, &draft.1), None, "okta.users.read").await
    }

    /// A token bound to the proof key, and the nonce it was granted with.
    async fn bound_token(&self) -> String {
        let sign = |draft: &Draft| self.proof_key.signed(&draft.0, &draft.1);
        let assertion = |jti| {
            let draft = self.assertion(jti);
            self.key.signed(&draft.0, &draft.1)
        };
        let mut proof = self.proof("POST", &self.token_url(), "p1");
        let asked = self.ask(&assertion("a1"), Some(&sign(&proof)), "okta.users.read").await;
        proof.1["nonce"] = asked.headers()["dpop-nonce"].to_str().unwrap().into();
        proof.1["jti"] = "p2".into();
        let granted = self.ask(&assertion("a2"), Some(&sign(&proof)), "okta.users.read").await;
        let granted = json_of(&granted);
        assert_eq!(granted["token_type"], "DPoP");
        granted["access_token"].as_str().unwrap().to_owned()
    }

    async fn users(&self, scheme: &str, token: &str, proof: Option<&str>) -> Response<Bytes> {
        let request = Request::get(format!("{}?limit=1", self.users_url()));
        let request = request.header(header::AUTHORIZATION, format!("{scheme} {token}"));
        let request = proof.into_iter().fold(request, |it, proof| it.header("dpop", proof));
        send(&self.world, request.body(Bytes::new()).unwrap()).await.unwrap()
    }

    /// Reads users with a proof that is as it should be but for this change.
    async fn users_with(
        &self,
        token: &str,
        jti: &str,
        change: impl FnOnce(&mut Draft),
    ) -> Response<Bytes> {
        let mut draft = self.proof("GET", &self.users_url(), jti);
        draft.1["ath"] = ath(token).into();
        change(&mut draft);
        let proof = self.proof_key.signed(&draft.0, &draft.1);
        self.users("DPoP", token, Some(&proof)).await
    }
}

fn ath(token: &str) -> String {
    BASE64.encode(digest::digest(&digest::SHA256, token.as_bytes()).as_ref())
}

fn error(answer: &Response<Bytes>) -> (u16, String) {
    let error = json_of(answer)["error"].as_str().unwrap_or_default().to_owned();
    (answer.status().as_u16(), error)
}

fn challenge(answer: &Response<Bytes>) -> &str {
    answer.headers()[header::WWW_AUTHENTICATE].to_str().unwrap()
}

#[tokio::test]
async fn an_assertion_as_it_should_be_is_granted_a_token_that_opens_what_its_scopes_say() {
    let scene = Scene::new(ProofOfPossession::Ignored);
    let granted = json_of(&scene.ask_with(|_| ()).await);
    assert_eq!((&granted["token_type"], &granted["expires_in"]), (&json!("Bearer"), &json!(3_600)));
    let token = granted["access_token"].as_str().unwrap();
    assert_eq!(scene.users("Bearer", token, None).await.status(), StatusCode::OK);
    let groups = Request::get(format!("{}/api/v1/groups", scene.world.okta_url()))
        .header(header::AUTHORIZATION, format!("Bearer {token}"));
    let refused = send(&scene.world, groups.body(Bytes::new()).unwrap()).await.unwrap();
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    assert!(challenge(&refused).contains("insufficient_scope"));
    scene.world.clock.advance(Duration::from_hours(1));
    assert_eq!(scene.users("Bearer", token, None).await.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn an_assertion_with_anything_wrong_in_it_is_refused() {
    let scene = Scene::new(ProofOfPossession::Ignored);
    let now = scene.now();
    let wrong: [(&str, Value); 15] = [
        ("iss", json!("0oaother")),
        ("iss", Value::Null),
        ("sub", json!("0oaother")),
        ("sub", Value::Null),
        ("aud", json!(scene.world.okta_url())),
        ("aud", json!(format!("{}/", scene.token_url()))),
        ("aud", Value::Null),
        ("exp", json!(now)),
        ("exp", json!(now - 1)),
        ("exp", json!(now + 3_601)),
        ("exp", json!("soon")),
        ("exp", Value::Null),
        ("iat", json!(now + 301)),
        ("sub", json!(7)),
        ("aud", json!(["https://other.example"])),
    ];
    let refused = (401, "invalid_client".to_owned());
    for (claim, value) in wrong {
        let place = format!("{claim} {value}");
        let answer = scene.ask_with(|(_, claims)| claims[claim] = value).await;
        assert_eq!(error(&answer), refused, "{place}");
    }
    for (name, value) in
        [("alg", "none"), ("alg", "HS256"), ("alg", "RS256"), ("kid", "other"), ("kid", "")]
    {
        let answer = scene.ask_with(|(header, _)| header[name] = value.into()).await;
        assert_eq!(error(&answer), refused, "{name} {value}");
    }
    assert_eq!(error(&scene.ask_with(|_| ()).await).0, 200, "nothing wrong was taken for used");
}

#[tokio::test]
async fn an_assertion_that_another_key_or_nobody_signed_is_refused() {
    let scene = Scene::new(ProofOfPossession::Ignored);
    let (header, claims) = scene.assertion("a");
    let good = scene.key.signed(&header, &claims);
    let unsigned = &good[..=good.rfind('.').unwrap()];
    let none = json!({ "alg": "none", "kid": header["kid"] });
    let bare = [&none, &claims].map(|part| BASE64.encode(part.to_string())).join(".") + ".";
    for forged in [&Key::new().signed(&header, &claims), unsigned, &bare, "x", "a.b.c", ""] {
        let answer = scene.ask(forged, None, "okta.users.read").await;
        assert_eq!(error(&answer), (401, "invalid_client".to_owned()), "{forged}");
    }
}

#[tokio::test]
async fn an_assertion_is_taken_once() {
    let scene = Scene::new(ProofOfPossession::Ignored);
    assert_eq!(scene.ask_with(|_| ()).await.status(), StatusCode::OK);
    let replayed = scene.ask_with(|_| ()).await;
    assert_eq!(error(&replayed), (401, "invalid_client".to_owned()));
}

#[tokio::test]
async fn without_a_proof_or_its_nonce_no_token_is_granted_to_an_app_that_needs_them() {
    let scene = Scene::new(ProofOfPossession::Required);
    let refused = scene.ask_with(|_| ()).await;
    assert_eq!(error(&refused), (400, "invalid_dpop_proof".to_owned()));
    let (header, claims) = scene.assertion("b");
    let assertion = scene.key.signed(&header, &claims);
    let (header, claims) = scene.proof("POST", &scene.token_url(), "p");
    let proof = scene.proof_key.signed(&header, &claims);
    let refused = scene.ask(&assertion, Some(&proof), "okta.users.read").await;
    assert_eq!(error(&refused), (400, "use_dpop_nonce".to_owned()));
    let nonce = refused.headers()["dpop-nonce"].clone();
    let replayed = scene.ask(&assertion, Some(&proof), "okta.users.read").await;
    assert_eq!(error(&replayed), (401, "invalid_client".to_owned()), "the assertion is used up");

    // A nonce is taken for three days.
    scene.world.clock.advance(Duration::from_hours(72));
    let (header, claims) = scene.assertion("c");
    let assertion = scene.key.signed(&header, &claims);
    let (header, mut claims) = scene.proof("POST", &scene.token_url(), "q");
    claims["nonce"] = nonce.to_str().unwrap().into();
    let proof = scene.proof_key.signed(&header, &claims);
    let refused = scene.ask(&assertion, Some(&proof), "okta.users.read").await;
    assert_eq!(error(&refused), (400, "use_dpop_nonce".to_owned()));
}

#[tokio::test]
async fn a_bound_token_opens_nothing_without_its_proof() {
    let scene = Scene::new(ProofOfPossession::Required);
    let token = scene.bound_token().await;
    assert_eq!(scene.users_with(&token, "1", |_| ()).await.status(), StatusCode::OK);

    let bearer = scene.users("Bearer", &token, None).await;
    assert_eq!(bearer.status(), StatusCode::UNAUTHORIZED);
    let bare = scene.users("DPoP", &token, None).await;
    assert_eq!(bare.status(), StatusCode::BAD_REQUEST);
    assert!(challenge(&bare).contains("invalid_dpop_proof"));
    let other = Key::new();
    let (mut header, mut claims) = scene.proof("GET", &scene.users_url(), "2");
    (header["jwk"], claims["ath"]) = (other.public(), ath(&token).into());
    let stolen = scene.users("DPoP", &token, Some(&other.signed(&header, &claims))).await;
    assert!(challenge(&stolen).contains("another key"), "{}", challenge(&stolen));
}

#[tokio::test]
async fn a_proof_with_anything_wrong_in_it_is_refused() {
    let scene = Scene::new(ProofOfPossession::Required);
    let token = scene.bound_token().await;
    let now = scene.now();
    let wrong: [(&str, Value); 12] = [
        ("ath", Value::Null),
        ("ath", json!(ath("another token"))),
        ("htm", json!("POST")),
        ("htm", Value::Null),
        ("htu", json!(format!("{}?limit=1", scene.users_url()))),
        ("htu", json!(scene.token_url())),
        ("htu", Value::Null),
        ("iat", json!(now - 301)),
        ("iat", json!(now + 301)),
        ("iat", Value::Null),
        ("jti", json!("")),
        ("jti", Value::Null),
    ];
    for (number, (claim, value)) in wrong.into_iter().enumerate() {
        let place = format!("{claim} {value}");
        let change = |(_, claims): &mut Draft| claims[claim] = value;
        let answer = scene.users_with(&token, &format!("w{number}"), change).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{place}");
        assert!(challenge(&answer).contains("invalid_dpop_proof"), "{place}");
    }
    for (name, value) in [
        ("typ", json!("JWT")),
        ("alg", json!("none")),
        ("jwk", Value::Null),
        ("jwk", Key::new().public()),
        ("jwk", scene.app.secret["private_key"].clone()),
    ] {
        let change = |(header, _): &mut Draft| header[name] = value;
        let answer = scene.users_with(&token, &format!("h{name}"), change).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{name}");
    }
    assert_eq!(scene.users_with(&token, "ok", |_| ()).await.status(), StatusCode::OK);
    let replayed = scene.users_with(&token, "ok", |_| ()).await;
    assert!(challenge(&replayed).contains("already been used"), "{}", challenge(&replayed));
}

#[tokio::test]
async fn a_role_and_a_scope_are_both_needed() {
    let scene = Scene::new(ProofOfPossession::Ignored);
    let token = json_of(&scene.ask_with(|_| ()).await)["access_token"].clone();
    let token = token.as_str().unwrap();
    scene.world.okta.set_app_roles(&scene.app.client_id, &[]);
    assert_eq!(scene.users("Bearer", token, None).await.status(), StatusCode::FORBIDDEN);
    scene.world.okta.set_app_active(&scene.app.client_id, false);
    assert_eq!(scene.users("Bearer", token, None).await.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn scopes_that_were_not_granted_are_left_out_or_refused() {
    let scene = Scene::new(ProofOfPossession::Ignored);
    let ask = async |jti: &str, scope: &str| {
        let (header, claims) = scene.assertion(jti);
        scene.ask(&scene.key.signed(&header, &claims), None, scope).await
    };
    let some = ask("1", "okta.users.read okta.schemas.manage").await;
    assert_eq!(json_of(&some)["scope"], "okta.users.read");
    assert_eq!(error(&ask("2", "okta.schemas.manage").await).1, "consent_required");
    assert_eq!(error(&ask("3", "").await).1, "invalid_scope");
    scene.world.okta.refuse_partial_grants(true);
    let refused = ask("4", "okta.users.read okta.schemas.manage").await;
    assert_eq!(error(&refused).1, "invalid_scope");
}
