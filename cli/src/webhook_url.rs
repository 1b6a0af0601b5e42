//! Where the shop's webhooks go.

use std::fmt;
use std::str::FromStr;

use outbound::{AddressError, BaseUrl};

/// The address that Shopify is to send webhooks to: https, or http on this machine, and without a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WebhookUrl {
    text: String,
    base: BaseUrl,
}

impl WebhookUrl {
    /// As subscriptions have it.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// As calls have it.
    pub(crate) fn base(&self) -> &BaseUrl {
        &self.base
    }
}

impl FromStr for WebhookUrl {
    type Err = AddressError;

    /// An address without a path gets the one where webhooks are taken.
    fn from_str(text: &str) -> Result<Self, AddressError> {
        let text = text.trim().trim_end_matches('/');
        let has_path = text.split_once("://").is_some_and(|(_, rest)| rest.contains('/'));
        let path = if has_path { "" } else { webhook::PATH };
        let text = format!("{text}{path}");
        Ok(Self { base: BaseUrl::configured(&text)?, text })
    }
}

impl fmt::Display for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_without_a_path_gets_the_one_where_webhooks_are_taken() {
        for bare in ["https://hooks.example", "https://hooks.example/", " https://hooks.example "] {
            let url: WebhookUrl = bare.parse().unwrap();
            assert_eq!(url.as_str(), "https://hooks.example/webhooks/shopify");
        }
        let url: WebhookUrl = "https://hooks.example/behind/a/proxy".parse().unwrap();
        assert_eq!(url.as_str(), "https://hooks.example/behind/a/proxy");
    }

    #[test]
    fn only_what_shopify_can_be_given_is_one() {
        for other in ["", "hooks.example", "http://hooks.example", "https://hooks.example/?a=1"] {
            assert!(other.parse::<WebhookUrl>().is_err(), "{other}");
        }
    }
}
