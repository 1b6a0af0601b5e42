//! What is built is what is deployed: `samconfig.toml` says the same to both.

use serde_json::json;
use toml::Table;

use crate::document::{Document, file, text};

/// The environments of `samconfig.toml` that are deployed by workflow.
const ENVIRONMENTS: [&str; 2] = ["dev", "prod"];

/// The parameters of the template that a command is given in an environment.
fn overrides(config: &Table, environment: &str, command: &str) -> Vec<(String, String)> {
    let given = &config[environment][command]["parameters"]["parameter_overrides"];
    let given = given.as_array().unwrap().iter().map(|each| each.as_str().unwrap());
    given
        .map(|each| {
            let (name, value) = each.split_once('=').unwrap();
            (name.to_owned(), value.to_owned())
        })
        .collect()
}

#[test]
fn what_is_built_for_an_environment_is_what_is_deployed_there() {
    let config: Table = file("samconfig.toml").parse().unwrap();
    for environment in ENVIRONMENTS {
        let built = overrides(&config, environment, "build");
        let deployed = overrides(&config, environment, "deploy");
        assert!(built.iter().any(|(name, _)| name == "Architecture"), "{environment}");
        for given in built {
            assert!(deployed.contains(&given), "{environment}: {given:?} is built, not deployed");
        }
    }
}

#[test]
fn every_parameter_that_an_environment_gives_is_one_of_the_templates() {
    let (config, document) = (file("samconfig.toml"), Document::read());
    let config: Table = config.parse().unwrap();
    let parameters = document.parts("Parameters");
    for (environment, command) in
        ENVIRONMENTS.into_iter().flat_map(|it| ["build", "deploy"].map(|command| (it, command)))
    {
        for (name, value) in overrides(&config, environment, command) {
            let parameter = parameters.iter().find(|parameter| parameter.id == name);
            let parameter = parameter.unwrap_or_else(|| panic!("{environment}: no {name}"));
            let allowed = parameter.value["AllowedValues"].as_sequence();
            let is_allowed = allowed.is_none_or(|all| all.iter().any(|it| text(it) == value));
            assert!(is_allowed, "{environment}: {name}={value}");
        }
    }
}

/// Whether an environment names this parameter, and the template refuses what stands there until a person has
/// put in something like this.
fn is_asked_for(environment: &str, name: &str, good: &str) -> bool {
    let pattern = text(Document::read().at(&format!("Parameters/{name}/AllowedPattern")));
    let pattern = json!({ "pattern": pattern });
    let accepts = |value: &str| jsonschema::is_valid(&pattern, &json!(value));
    assert!(accepts(good), "{good}");
    let config: Table = file("samconfig.toml").parse().unwrap();
    let given = overrides(&config, environment, "deploy");
    given.iter().any(|(each, placeholder)| each == name && !accepts(placeholder))
}

/// Whoever forgets to name a shop deploys nothing, rather than a stack for a shop that may be somebody's.
#[test]
fn no_environment_can_be_deployed_before_its_shop_and_organisation_are_named() {
    for environment in ENVIRONMENTS {
        assert!(is_asked_for(environment, "ShopifyShop", "my-store.myshopify.com"));
        assert!(is_asked_for(environment, "OktaOrgUrl", "https://my-org.okta.com"));
    }
}

#[test]
fn what_serves_customers_is_not_deployed_before_somebody_is_told_of_its_alarms() {
    assert!(is_asked_for("prod", "AlarmEmail", "operations@example.com"));
}
