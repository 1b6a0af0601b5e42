//! `segments doctor`, where what webhooks are signed with cannot be read, or where they go is not known.

use serde_json::Value;

use crate::people::json;
use crate::site::{Kind, Site};
use crate::support::code;

/// The one check of a name, and the exit code.
async fn check(site: &Site, name: &str) -> (Value, i32) {
    let output = site.run(&["doctor", "--json"]).await;
    let found = json(&output);
    let checks = found["checks"].as_array().unwrap().iter().filter(|it| it["check"] == name);
    let checks: Vec<&Value> = checks.collect();
    assert_eq!(checks.len(), 1, "{found:#}");
    (checks[0].clone(), code(&output))
}

#[tokio::test]
async fn secrets_that_the_caller_may_not_read_are_not_known() {
    let site = Site::set_up(Kind::Stack).await;
    for name in ["WEBHOOK_SECRET", "OKTA_SECRET"] {
        site.withhold_secret(name, "AccessDeniedException");
    }
    for name in ["webhook_secrets", "okta_credentials"] {
        let (found, exit) = check(&site, name).await;
        assert_eq!((&found["state"], exit), (&"unknown".into(), 2), "{found}");
        let mend = found["mend"].as_str().unwrap();
        assert!(mend.contains("secretsmanager:GetSecretValue"), "{mend}");
    }
}

#[tokio::test]
async fn a_secret_store_that_does_not_answer_is_another_matter_than_what_it_holds() {
    let site = Site::set_up(Kind::Stack).await;
    site.withhold_secret("WEBHOOK_SECRET", "InternalServiceError");
    let (found, exit) = check(&site, "webhook_secrets").await;
    assert_eq!((&found["state"], exit), (&"unknown".into(), 2), "{found}");
    assert!(found["mend"].as_str().unwrap().contains("AWS credentials and region"), "{found}");

    site.withhold_secret("WEBHOOK_SECRET", "ResourceNotFoundException");
    let (found, exit) = check(&site, "webhook_secrets").await;
    assert_eq!((&found["state"], exit), (&"wrong".into(), 1), "{found}");
    assert!(found["mend"].as_str().unwrap().contains("store the app's client secret"), "{found}");
}

#[tokio::test]
async fn an_endpoint_that_nobody_has_named_is_named_as_not_looked_at() {
    for kind in Kind::BOTH {
        let site = Site::set_up(kind).await;
        site.remove_variable("WEBHOOK_URL");
        let (found, exit) = check(&site, "endpoint").await;
        assert_eq!((&found["state"], exit), (&"warning".into(), 0), "{kind:?}: {found}");
        assert!(found["mend"].as_str().unwrap().contains("--webhook-url"), "{found}");
    }
}
