//! When no token is granted: what is said, how often it is asked again, and what stays secret.

use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::future::join_all;
use jiff::SignedDuration;
use outbound::{Error, ErrorKind, Traffic, VendorCode};
use serde_json::json;
use simulators::okta::{KeyForm, NewServiceApp};
use simulators::{Fault, Matching, Service};

use crate::org::{JOIN, Org, TOKEN};

/// What joining fails with, once this has gone wrong.
async fn refused(fault: impl FnOnce(&Org)) -> Error {
    let org = Org::new();
    fault(&org);
    let error = org.join().await.unwrap_err();
    assert!(!org.has_joined());
    assert!(
        error.is_retryable(),
        "a person mends it, and the work is then as good as before: {error}"
    );
    let shown = format!("{error} {error:?} {:?}", org.app.secret["client_id"]);
    for secret in [&org.app.secret["private_key"]["d"], &org.app.secret["private_key"]["x"]] {
        assert!(!shown.contains(secret.as_str().unwrap()), "{shown}");
    }
    error
}

fn forbidden(code: &str) -> ErrorKind {
    ErrorKind::Forbidden { code: VendorCode::new(code) }
}

#[tokio::test]
async fn each_refusal_says_what_to_do() {
    let said = |error: &Error, words: &str| {
        assert!(matches!(error.kind, ErrorKind::Credentials { .. }), "{error}");
        assert!(error.to_string().contains(words), "{error}");
    };
    let error = refused(|org| org.world.okta.set_app_active(&org.app.client_id, false)).await;
    said(&error, "whether the app is active");
    let error = refused(|org| {
        org.world.okta.replace_app_key(&org.app.client_id, KeyForm::Jwk);
    })
    .await;
    said(&error, "the public key with this key id");
    let error = refused(|org| {
        let mut another = org.app.secret.clone();
        another["client_id"] = json!("0oaanother");
        org.secret.put(&another);
    })
    .await;
    said(&error, "client id is the one in the secret");
    for minutes in [-90, -10, 10] {
        let skew = SignedDuration::from_mins(minutes);
        let error = refused(|org| org.world.okta.set_clock_skew(skew)).await;
        said(&error, "whose clock differs from Okta's by more than a minute");
    }
}

#[tokio::test]
async fn scopes_that_were_not_granted_are_a_lacking_right() {
    let error = refused(|org| org.world.okta.set_app_scopes(&org.app.client_id, &[])).await;
    assert_eq!(error.kind, forbidden("consent_required"));
    let read_only = ["okta.users.read", "okta.groups.read"];
    let error = refused(|org| {
        org.world.okta.set_app_scopes(&org.app.client_id, &read_only);
        org.world.okta.refuse_partial_grants(true);
    })
    .await;
    assert_eq!(error.kind, forbidden("invalid_scope"));
    let error = refused(|org| org.world.okta.set_app_scopes(&org.app.client_id, &read_only)).await;
    assert_eq!(error.kind, forbidden("E0000006"), "the token was granted, for what is left");
}

#[tokio::test]
async fn a_grant_that_is_refused_counts_as_failed_and_a_request_for_a_nonce_does_not() {
    let org = Org::new();
    org.world.okta.set_app_scopes(&org.app.client_id, &[]);
    assert!(org.join().await.is_err());
    assert_eq!(org.statuses(TOKEN), [400, 400], "a request for a nonce, and the refusal");
    assert_eq!(org.okta.traffic(), Traffic { sent: 2, throttled: 0, failed: 1 });
}

#[tokio::test]
async fn an_app_without_a_role_may_do_nothing_whatever_its_scopes() {
    let error = refused(|org| org.world.okta.set_app_roles(&org.app.client_id, &[])).await;
    assert_eq!(error.kind, forbidden("E0000006"));
}

#[tokio::test]
async fn set_up_without_its_scopes_is_refused_and_daily_work_goes_on() {
    let org = Org::new();
    let told = org.session().user_schema().await.unwrap_err();
    assert_eq!(told.kind, forbidden("consent_required"));
    org.join().await.unwrap();
}

#[tokio::test]
async fn a_refusal_stands_for_all_who_wait_and_for_ten_seconds() {
    let org = Org::new();
    org.world.okta.set_app_active(&org.app.client_id, false);
    let outcomes = join_all((0..20).map(|_| org.join())).await;
    assert!(outcomes.iter().all(Result::is_err));
    assert_eq!(org.statuses(TOKEN), [401]);
    assert!(org.secret.renewals.load(Ordering::Relaxed) >= 1, "the secret was looked at again");
    org.world.okta.set_app_active(&org.app.client_id, true);
    assert!(org.join().await.is_err());
    org.world.clock.advance(Duration::from_secs(10));
    org.join().await.unwrap();
}

#[tokio::test]
async fn a_secret_that_was_mended_is_taken_at_once() {
    let org = Org::new();
    let mended = org.world.okta.replace_app_key(&org.app.client_id, KeyForm::Jwk);
    assert!(org.join().await.is_err());
    org.secret.put(&mended);
    org.join().await.unwrap();
}

#[tokio::test]
async fn an_app_that_is_deactivated_while_its_token_holds_is_told_so() {
    let org = Org::new();
    org.join().await.unwrap();
    org.world.okta.set_app_active(&org.app.client_id, false);
    let error = org.join().await.unwrap_err();
    assert!(error.to_string().contains("whether the app is active"), "{error}");
    assert_eq!(org.statuses(JOIN), [204, 401]);
}

#[tokio::test]
async fn answers_that_are_no_token_are_not_taken_for_one() {
    for (fault, code) in [
        (Fault::NotJson, "unreadable"),
        (Fault::Status(404), "unreadable"),
        (Fault::TruncatedBody, "unreadable"),
    ] {
        let org = Org::with(&NewServiceApp {
            proof: simulators::okta::ProofOfPossession::Ignored,
            ..NewServiceApp::default()
        });
        let endpoint = Matching::call(http::Method::POST, TOKEN);
        org.world.faults().next(Service::Okta, endpoint, fault.clone());
        assert_eq!(org.join().await.unwrap_err().code(), code, "{fault:?}");
        org.world.clock.advance(Duration::from_secs(10));
        org.join().await.unwrap();
    }
}
