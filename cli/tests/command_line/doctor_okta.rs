//! `segments doctor`: the faults of groups, attributes and rights in Okta.

use aws_sdk_dynamodb::types::AttributeValue;
use simulators::OktaSim;
use simulators::okta::{GroupKind, KeyForm, NewServiceApp, ProofOfPossession};

use crate::doctor::assert_finds;

const NEW: &str = "Shopify New Customer";

#[tokio::test]
async fn a_group_of_an_application() {
    assert_finds("groups", "wrong", "an application or Okta itself", async |site| {
        let group = site.world.okta.groups_named(NEW).remove(0);
        site.world.okta.delete_group(&group).unwrap();
        site.world.okta.add_group(NEW, GroupKind::App);
    })
    .await;
}

#[tokio::test]
async fn a_group_that_is_not_there() {
    assert_finds("groups", "wrong", "there is no Okta group", async |site| {
        let group = site.world.okta.groups_named(NEW).remove(0);
        site.world.okta.delete_group(&group).unwrap();
    })
    .await;
}

#[tokio::test]
async fn several_groups_of_one_name() {
    assert_finds("groups", "wrong", "there are several of this name", async |site| {
        let group = site.world.okta.groups_named(NEW).remove(0);
        site.world.okta.delete_group(&group).unwrap();
        site.world.okta.add_group(NEW, GroupKind::Okta);
        site.world.okta.add_group(NEW, GroupKind::Okta);
    })
    .await;
}

#[tokio::test]
async fn a_group_that_was_renamed() {
    assert_finds("groups", "warning", "is called", async |site| {
        let group = site.world.okta.groups_named(NEW).remove(0);
        site.world.okta.rename_group(&group, "Novices").unwrap();
        site.system.refresh_groups().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn an_active_rule_on_a_managed_group() {
    assert_finds("groups", "wrong", "an active group rule fills it", async |site| {
        site.world.okta.add_rule("Everybody", &site.world.okta.groups_named(NEW), true);
    })
    .await;
}

#[tokio::test]
async fn a_managed_group_that_makes_administrators() {
    assert_finds("group_roles", "wrong", "makes its members App Administrator", async |site| {
        let group = site.world.okta.groups_named(NEW).remove(0);
        site.world.okta.add_group_role(&group, "APP_ADMIN").unwrap();
    })
    .await;
}

#[tokio::test]
async fn roles_that_the_token_may_not_read_are_to_be_looked_at_by_a_person() {
    assert_finds("group_roles", "warning", "may not read the roles of groups", async |site| {
        site.world.okta.withdraw("okta.roles.read");
    })
    .await;
}

#[tokio::test]
async fn a_token_that_may_do_everything_or_only_read() {
    assert_finds("okta_rights", "warning", "super administrator", async |site| {
        site.world.okta.set_own_roles(&["SUPER_ADMIN"]);
    })
    .await;
    assert_finds("okta_rights", "wrong", "allows reading alone", async |site| {
        site.world.okta.set_own_roles(&["READ_ONLY_ADMIN"]);
    })
    .await;
}

/// The secret becomes that of a new service app, and this goes wrong with it.
async fn assert_finds_of_app(
    name: &str,
    state: &str,
    words: &str,
    new: &NewServiceApp<'_>,
    fault: impl Fn(&OktaSim, &str),
) {
    assert_finds(name, state, words, async |site| {
        let okta = &site.world.okta;
        let app = okta.add_service_app(new);
        site.set_secret("OKTA_SECRET", &app.secret);
        fault(okta, &app.client_id);
    })
    .await;
}

#[tokio::test]
async fn a_service_app_and_whether_its_tokens_are_bound() {
    let app = |proof| NewServiceApp { proof, ..NewServiceApp::default() };
    for (proof, words) in [
        (ProofOfPossession::Required, "bound to who asks for them (DPoP)"),
        (ProofOfPossession::Ignored, "bearer tokens"),
    ] {
        assert_finds_of_app("okta_credentials", "ok", words, &app(proof), |_, _| ()).await;
    }
}

#[tokio::test]
async fn a_service_app_that_okta_refuses() {
    let app = NewServiceApp::default();
    let refused = "whether the app is active";
    assert_finds_of_app("okta_credentials", "wrong", refused, &app, |okta, id| {
        okta.set_app_active(id, false);
    })
    .await;
    let key = "the public key with this key id";
    assert_finds_of_app("okta_credentials", "wrong", key, &app, |okta, id| {
        okta.replace_app_key(id, KeyForm::Jwk);
    })
    .await;
    let clock = "whose clock differs from Okta's";
    assert_finds_of_app("okta_credentials", "wrong", clock, &app, |okta, _| {
        okta.set_clock_skew(jiff::SignedDuration::from_mins(-10));
    })
    .await;
}

#[tokio::test]
async fn a_service_app_without_its_scopes_or_its_role() {
    let some = ["okta.users.read", "okta.users.manage", "okta.groups.read"];
    let some = NewServiceApp { scopes: &some, ..NewServiceApp::default() };
    let missing = "was not granted okta.groups.manage";
    assert_finds_of_app("okta_credentials", "wrong", missing, &some, |_, _| ()).await;
    let none = NewServiceApp { scopes: &[], ..NewServiceApp::default() };
    assert_finds_of_app("okta_credentials", "wrong", "docs/okta.md", &none, |_, _| ()).await;
    let app = NewServiceApp::default();
    assert_finds_of_app("okta_credentials", "wrong", "docs/okta.md", &app, |okta, id| {
        okta.set_app_roles(id, &[]);
    })
    .await;
}

#[tokio::test]
async fn a_service_app_that_may_do_everything() {
    let scopes = [
        "okta.users.read",
        "okta.users.manage",
        "okta.groups.read",
        "okta.groups.manage",
        "okta.roles.read",
        "okta.schemas.read",
    ];
    let app = NewServiceApp { scopes: &scopes, ..NewServiceApp::default() };
    assert_finds_of_app("okta_rights", "warning", "super administrator", &app, |okta, id| {
        okta.set_app_roles(id, &["SUPER_ADMIN"]);
    })
    .await;
    let good = "the roles: Org Administrator";
    assert_finds_of_app("okta_rights", "ok", good, &app, |_, _| ()).await;
}

#[tokio::test]
async fn a_private_key_that_is_none() {
    assert_finds("okta_credentials", "wrong", "is a public one", async |site| {
        let mut secret = site.world.okta.add_service_app(&NewServiceApp::default()).secret;
        secret["private_key"].as_object_mut().unwrap().remove("d");
        site.set_secret("OKTA_SECRET", &secret);
    })
    .await;
}

#[tokio::test]
async fn a_token_that_may_not_read_groups() {
    assert_finds("groups", "wrong", "docs/okta.md", async |site| {
        site.world.okta.withdraw("okta.groups.read");
        site.world.okta.withdraw("okta.roles.read");
    })
    .await;
}

#[tokio::test]
async fn an_attribute_that_is_not_there() {
    assert_finds("attributes", "wrong", "has no shopify_orders_count", async |site| {
        site.world.okta.remove_attribute("shopify_orders_count");
    })
    .await;
}

#[tokio::test]
async fn an_attribute_of_another_type() {
    assert_finds("attributes", "wrong", "is of type string", async |site| {
        site.world.okta.add_attribute("shopify_total_spent", "string");
    })
    .await;
}

#[tokio::test]
async fn a_schema_that_the_token_may_not_read() {
    assert_finds("attributes", "warning", "may not read the user schema", async |site| {
        site.world.okta.withdraw("okta.schemas.read");
    })
    .await;
}

#[tokio::test]
async fn a_group_to_match_in_whose_name_another_one_bears() {
    assert_finds("match_only_group", "warning", "2 Okta groups \\\"Shoppers\\\"", async |site| {
        let name = AttributeValue::S("Shoppers".to_owned());
        site.system.set("match_only_group", name).await.unwrap();
        for kind in [GroupKind::Okta, GroupKind::App] {
            site.world.okta.add_group("Shoppers", kind);
        }
    })
    .await;
}

#[tokio::test]
async fn a_group_to_match_in_that_is_not_there() {
    assert_finds("match_only_group", "wrong", "so no customer is matched", async |site| {
        let name = AttributeValue::S("Nobody".to_owned());
        site.system.set("match_only_group", name).await.unwrap();
    })
    .await;
}
