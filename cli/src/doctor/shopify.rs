//! The shop: credentials, scopes, the API's version, the currency, the subscriptions.

use ::shopify::{ApiVersion, Installation, SubscriptionTopic};
use rules::Currency;

use super::check::Check;
use crate::setup::{Heard, Parts, Webhooks};

const CREDENTIALS: &str = "shopify_credentials";
const SCOPES: &str = "shopify_scopes";
const VERSION: &str = "shopify_api_version";
const CURRENCY: &str = "currency";
const SUBSCRIPTIONS: &str = "subscriptions";
/// What the product cannot do without.
const NEEDED: [&str; 2] = ["read_customers", "read_orders"];

/// Looks at the shop; tells what its webhooks are, if that can be told.
pub(super) async fn look(
    parts: &Parts,
    currency: Option<Currency>,
    checks: &mut Vec<Check>,
) -> Option<Webhooks> {
    let deadline = parts.deadline();
    let installation = match parts.shopify.installation(deadline).await {
        Ok(installation) => installation,
        Err(error) => {
            checks.push(Check::failed(CREDENTIALS, &error));
            return None;
        }
    };
    checks.push(Check::ok(CREDENTIALS, format!("{} answers", parts.shopify.shop())));
    checks.push(scopes(&installation));
    checks.push(version(parts, &installation));
    checks.extend(currency.map(|currency| same_currency(currency, installation.currency)));
    match parts.shopify.subscriptions(deadline).await {
        Ok(found) => Some(Webhooks::of(parts.webhook_url.as_ref(), &installation, &found)),
        Err(error) => {
            checks.push(Check::failed(SUBSCRIPTIONS, &error));
            None
        }
    }
}

fn scopes(installation: &Installation) -> Check {
    let missing: Vec<&str> =
        NEEDED.into_iter().filter(|scope| !installation.grants(scope)).collect();
    if !missing.is_empty() {
        let missing = missing.join(", ");
        let mend = format!("grant the app {missing} in Shopify, and install it again");
        return Check::wrong(SCOPES, format!("the app is not granted {missing}"), mend);
    }
    let merge = SubscriptionTopic::CustomersMerge.scope();
    let told = if installation.grants(merge) {
        format!("{}, {merge}", NEEDED.join(", "))
    } else {
        format!(
            "{}; not {merge}, so merged customers are only noticed by full runs",
            NEEDED.join(", ")
        )
    };
    Check::ok(SCOPES, told)
}

fn version(parts: &Parts, installation: &Installation) -> Check {
    let asked = parts.shopify.version();
    let newest = installation.supported_versions.last().unwrap_or(asked);
    let mend =
        format!("deploy a release that is made for {newest}, and set SHOPIFY_API_VERSION to it");
    let served = parts.shopify.served_version();
    let other: Option<&ApiVersion> = served.as_ref().filter(|served| *served != asked);
    if let Some(served) = other {
        let finding = format!("{asked} is asked for and {served} answers");
        return Check::wrong(VERSION, finding, mend);
    }
    if installation.supported_versions.first() == Some(asked) && newest != asked {
        let finding = format!(
            "{asked} is the oldest that Shopify supports: within three months another one will answer"
        );
        return Check::warning(VERSION, finding, mend);
    }
    Check::ok(VERSION, asked.to_string())
}

fn same_currency(book: Currency, shop: Currency) -> Check {
    if book == shop {
        return Check::ok(CURRENCY, book.code());
    }
    let finding = format!("the rule book is in {}, the shop in {}", book.code(), shop.code());
    Check::wrong(CURRENCY, finding, "write the rule book in the shop's currency, and apply it")
}

/// Whether webhooks come.
pub(super) fn subscriptions(webhooks: &Webhooks, again: &str) -> Check {
    let Some(url) = &webhooks.url else {
        let finding = "where webhooks are to go is not known";
        let mend = "give --webhook-url, or set WEBHOOK_URL, to have them looked at";
        return Check::warning(SUBSCRIPTIONS, finding, mend);
    };
    let named = |heard| {
        let topics: Vec<String> = webhooks.topics(heard).map(|it| it.to_string()).collect();
        topics.join(", ")
    };
    let (missing, elsewhere) = (named(Heard::Nowhere), named(Heard::Elsewhere));
    let not_granted: Vec<_> =
        webhooks.topics(Heard::NotGranted).filter(|topic| topic.is_needed()).collect();
    let mut findings = Vec::new();
    if !missing.is_empty() {
        findings.push(format!(
            "nobody is told of {missing} (Shopify deletes a subscription after eight failed deliveries \
             in a row)"
        ));
    }
    if !elsewhere.is_empty() {
        findings.push(format!("{elsewhere} only go elsewhere than to {url}"));
    }
    if !not_granted.is_empty() {
        findings.push(format!("{} topics need scopes that are not granted", not_granted.len()));
    }
    if findings.is_empty() {
        return Check::ok(SUBSCRIPTIONS, format!("all go to {url}"));
    }
    let mend =
        format!("`segments doctor --fix{again}` subscribes again, then `segments run{again}`");
    Check::wrong(SUBSCRIPTIONS, findings.join("; "), mend)
}

/// What came of subscribing again.
pub(super) fn not_fixed(problems: &[String]) -> Option<Check> {
    let problems = problems.join("; ");
    (!problems.is_empty()).then(|| {
        Check::wrong("fix", problems, "see what Shopify says, and mend it in the app's settings")
    })
}
