//! How tokens are come by, kept and renewed.

use std::time::Duration;

use futures_util::future::{join, join_all};
use okta::{AttributeNames, NumberAttribute};
use outbound::ErrorKind;
use simulators::okta::{KeyForm, NewServiceApp, ProofOfPossession};
use simulators::{Fault, Matching, Moment, Service};

use crate::org::{JOIN, Org, TOKEN, field, scheme};

/// The token endpoint alone.
fn at_the_token_endpoint() -> Matching {
    Matching::call(http::Method::POST, TOKEN)
}

fn without_proofs() -> NewServiceApp<'static> {
    NewServiceApp { proof: ProofOfPossession::Ignored, ..NewServiceApp::default() }
}

#[tokio::test]
async fn nobody_has_to_say_whether_the_app_requires_proofs() {
    for (proof, schemes, asked) in [
        (ProofOfPossession::Required, "DPoP", vec![400, 200]),
        (ProofOfPossession::IfOffered, "DPoP", vec![400, 200]),
        (ProofOfPossession::Ignored, "Bearer", vec![200]),
    ] {
        let org = Org::with(&NewServiceApp { proof, ..NewServiceApp::default() });
        org.join().await.unwrap();
        assert!(org.has_joined());
        assert_eq!(org.statuses(TOKEN), asked, "{proof:?}");
        assert_eq!(scheme(&org.exchanges(JOIN)[0]), schemes);
    }
}

#[tokio::test]
async fn one_token_serves_many_calls() {
    let org = Org::with(&without_proofs());
    for _ in 0..20 {
        org.join().await.unwrap();
    }
    assert_eq!((org.statuses(TOKEN).len(), org.statuses(JOIN).len()), (1, 20));
}

#[tokio::test]
async fn clones_of_a_client_share_its_tokens() {
    let mut org = Org::with(&without_proofs());
    org.join().await.unwrap();
    org.okta = org.okta.clone();
    org.join().await.unwrap();
    assert_eq!(org.statuses(TOKEN), [200]);
}

#[tokio::test]
async fn a_token_is_renewed_before_its_end_and_no_call_is_refused() {
    let org = Org::new();
    org.join().await.unwrap();
    org.world.clock.advance(Duration::from_mins(54));
    org.join().await.unwrap();
    assert_eq!(org.statuses(TOKEN), [400, 200], "it holds for six more minutes");
    org.world.clock.advance(Duration::from_mins(2));
    org.join().await.unwrap();
    assert_eq!(org.statuses(TOKEN), [400, 200, 200], "the nonce is known now");
    assert_eq!(org.statuses(JOIN), [204; 3]);
}

#[tokio::test]
async fn a_token_that_cannot_be_renewed_for_a_while_serves_to_its_end() {
    let org = Org::with(&without_proofs());
    org.join().await.unwrap();
    org.world.faults().always(Service::Okta, at_the_token_endpoint(), Fault::Status(503));
    org.world.clock.advance(Duration::from_mins(56));
    org.join().await.unwrap();
    let asked = org.statuses(TOKEN).len();
    org.join().await.unwrap();
    assert_eq!(org.statuses(TOKEN).len(), asked, "a moment ago there was none");
    org.world.clock.advance(Duration::from_mins(1));
    org.join().await.unwrap();
    assert!(org.statuses(TOKEN).len() > asked);
    org.world.clock.advance(Duration::from_mins(3));
    assert_eq!(org.join().await.unwrap_err().code(), "unavailable");

    org.world.faults().clear();
    org.world.clock.advance(Duration::from_secs(1));
    org.join().await.unwrap();
    assert_eq!(org.statuses(JOIN), [204; 5]);
}

#[tokio::test]
async fn a_token_that_holds_is_not_used_on_once_another_is_refused() {
    let org = Org::with(&without_proofs());
    org.join().await.unwrap();
    org.world.okta.set_app_scopes(&org.app.client_id, &[]);
    org.world.clock.advance(Duration::from_mins(56));
    assert_eq!(org.join().await.unwrap_err().code(), "forbidden");
}

#[tokio::test]
async fn those_who_need_a_token_at_once_share_one() {
    for (app, requests) in [(NewServiceApp::default(), 2), (without_proofs(), 1)] {
        let org = Org::with(&app);
        org.world.suspend_at(1, Moment::Before);
        let reached = org.world.suspended();
        let others_wait = async {
            reached.await;
            assert_eq!(org.world.calls().len(), 1);
            org.world.let_go_on();
        };
        let (outcomes, ()) = join(join_all((0..10).map(|_| org.join())), others_wait).await;
        assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
        assert_eq!((org.statuses(TOKEN).len(), org.statuses(JOIN).len()), (requests, 10));
    }
}

#[tokio::test]
async fn a_revoked_token_is_replaced_and_the_call_repeated_once() {
    let org = Org::new();
    org.join().await.unwrap();
    org.world.okta.revoke_granted_tokens();
    org.join().await.unwrap();
    assert_eq!(org.statuses(TOKEN), [400, 200, 200]);
    assert_eq!(org.statuses(JOIN), [204, 401, 204]);
}

#[tokio::test]
async fn a_revoked_token_that_many_calls_carry_is_replaced_once() {
    let org = Org::with(&without_proofs());
    org.join().await.unwrap();
    org.world.okta.revoke_granted_tokens();
    let outcomes = join_all((0..10).map(|_| org.join())).await;
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    assert_eq!(org.statuses(TOKEN), [200, 200]);
}

#[tokio::test]
async fn a_new_token_that_is_refused_too_ends_it_and_is_not_replaced_for_a_minute() {
    let org = Org::with(&without_proofs());
    org.join().await.unwrap();
    let refused = Matching::call(http::Method::PUT, JOIN);
    org.world.faults().always(Service::Okta, refused, Fault::Status(401));
    for _ in 0..5 {
        assert_eq!(org.join().await.unwrap_err().kind, ErrorKind::Unauthorized);
    }
    assert_eq!(org.statuses(TOKEN), [200, 200]);
    assert_eq!(org.statuses(JOIN).len(), 1 + 2 + 4);
    org.world.clock.advance(Duration::from_mins(1));
    assert_eq!(org.join().await.unwrap_err().kind, ErrorKind::Unauthorized);
    assert_eq!(org.statuses(TOKEN), [200, 200, 200]);
}

#[tokio::test]
async fn a_request_for_a_token_whose_answer_is_lost_is_signed_anew() {
    let org = Org::with(&without_proofs());
    org.world.faults().next(Service::Okta, at_the_token_endpoint(), Fault::Broken { done: true });
    org.join().await.unwrap();
    let asked = org.exchanges(TOKEN);
    assert_eq!(org.statuses(TOKEN), [0, 200]);
    assert_ne!(field(&asked[0], "client_assertion"), field(&asked[1], "client_assertion"));
}

#[tokio::test]
async fn a_token_endpoint_that_is_away_for_a_moment_is_not_an_error() {
    let org = Org::new();
    org.world.faults().next(Service::Okta, at_the_token_endpoint(), Fault::Status(503));
    org.join().await.unwrap();
    assert_eq!(org.statuses(TOKEN), [503, 400, 200]);
}

#[tokio::test]
async fn a_throttled_token_endpoint_is_waited_for_by_the_patient_alone() {
    let throttled = || Fault::Okta429 { reset_after: Duration::from_secs(30) };
    let org = Org::new();
    org.world.faults().next(Service::Okta, at_the_token_endpoint(), throttled());
    let begun = org.world.clock.now();
    org.join().await.unwrap();
    assert!(org.world.clock.now() >= begun + Duration::from_secs(30));

    let org = Org::new();
    org.world.faults().next(Service::Okta, at_the_token_endpoint(), throttled());
    let told = org.session().impatient().user(&org.user).await.unwrap_err();
    assert!(matches!(told.kind, ErrorKind::Throttled { .. }), "{told}");
    assert_eq!(org.statuses(TOKEN), [429]);
}

#[tokio::test]
async fn each_token_is_asked_for_with_the_scopes_that_its_calls_need_and_no_more() {
    let scopes = ["okta.users.read", "okta.schemas.read", "okta.schemas.manage", "okta.roles.read"];
    let org = Org::with(&NewServiceApp { scopes: &scopes, ..without_proofs() });
    let session = org.session();
    session.user(&org.user).await.unwrap();
    session.user_schema().await.unwrap();
    let names = AttributeNames::default();
    let attribute = NumberAttribute { name: names.total_spent(), title: "Spent" };
    session.add_number_attributes(&[attribute]).await.unwrap();
    let me = session.me().await;
    assert!(matches!(me.unwrap_err().kind, ErrorKind::Forbidden { .. }), "no group may be read");
    let asked: Vec<String> = org.exchanges(TOKEN).iter().map(|it| field(it, "scope")).collect();
    let daily = "okta.groups.manage okta.groups.read okta.users.manage okta.users.read";
    assert_eq!(asked, [daily, "okta.schemas.read", "okta.schemas.manage"]);
}

#[tokio::test]
async fn a_new_key_that_was_stored_is_taken_when_the_old_one_is_refused() {
    for form in [KeyForm::Jwk, KeyForm::Pem] {
        let org = Org::new();
        org.join().await.unwrap();
        org.secret.put(&org.world.okta.replace_app_key(&org.app.client_id, form));
        org.join().await.unwrap();
        assert_eq!(org.statuses(JOIN), [204, 204]);
    }
}
