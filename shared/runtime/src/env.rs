//! Settings from the environment. An error names the variable and says what it should hold.

use std::fmt::Display;
use std::str::FromStr;

use outbound::BaseUrl;
use rules::ShopDomain;
use shopify::ApiVersion;

/// A variable of the environment that is missing or cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{variable} {problem}")]
pub struct EnvError {
    /// The variable.
    pub variable: &'static str,
    /// What is wrong with it, as it reads after the name.
    pub problem: String,
}

/// The variables of the environment, wherever they come from.
pub struct Env {
    read: Box<Read>,
}

type Read = dyn Fn(&str) -> Option<String> + Send + Sync;

impl Env {
    /// The process's own environment.
    pub fn process() -> Self {
        Self::from(|name: &str| std::env::var(name).ok())
    }

    /// Variables from somewhere else.
    pub fn from(read: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        Self { read: Box::new(read) }
    }

    /// A variable; one that is set to nothing counts as not set.
    pub fn optional(&self, variable: &str) -> Option<String> {
        (self.read)(variable).filter(|value| !value.is_empty())
    }

    /// A variable that has to be set.
    ///
    /// # Errors
    /// If it is not.
    pub fn required(&self, variable: &'static str) -> Result<String, EnvError> {
        let problem = "is not set".to_owned();
        self.optional(variable).ok_or(EnvError { variable, problem })
    }

    /// A variable that has to be set and of a kind.
    ///
    /// # Errors
    /// If it is not.
    pub fn parsed<T>(&self, variable: &'static str) -> Result<T, EnvError>
    where
        T: FromStr<Err: Display>,
    {
        let value = self.required(variable)?;
        value.parse().map_err(|error| EnvError { variable, problem: format!("is {error}") })
    }

    /// A variable of a kind, or its default if it is not set.
    ///
    /// # Errors
    /// If it is set to something else.
    pub fn parsed_or<T>(&self, variable: &'static str, default: T) -> Result<T, EnvError>
    where
        T: FromStr<Err: Display>,
    {
        self.optional(variable).map_or(Ok(default), |_| self.parsed(variable))
    }

    /// `SHOPIFY_SHOP`: the shop.
    ///
    /// # Errors
    /// If it is missing or no shop domain.
    pub fn shop(&self) -> Result<ShopDomain, EnvError> {
        self.parsed("SHOPIFY_SHOP")
    }

    /// `SHOPIFY_API_VERSION`: the version of Shopify's Admin API; 2026-10 if not set.
    ///
    /// # Errors
    /// If it is no version.
    pub fn shopify_version(&self) -> Result<ApiVersion, EnvError> {
        self.parsed_or("SHOPIFY_API_VERSION", ApiVersion::default())
    }

    /// `SHOPIFY_API_URL`: where Shopify's API is; the shop's own address if not set.
    ///
    /// # Errors
    /// If it is no usable address.
    pub fn shopify_url(&self, shop: &ShopDomain) -> Result<BaseUrl, EnvError> {
        let variable = "SHOPIFY_API_URL";
        let url = self.optional(variable).unwrap_or_else(|| format!("https://{shop}"));
        address(variable, &url)
    }

    /// `OKTA_ORG_URL`: the Okta org.
    ///
    /// # Errors
    /// If it is missing or no usable address.
    pub fn okta_url(&self) -> Result<BaseUrl, EnvError> {
        let variable = "OKTA_ORG_URL";
        address(variable, &self.required(variable)?)
    }

    /// `MAVERA_API_URL`: where Mavera's API is; its own address if not set.
    ///
    /// # Errors
    /// If it is no usable address.
    pub fn mavera_url(&self) -> Result<BaseUrl, EnvError> {
        let variable = "MAVERA_API_URL";
        let url = self.optional(variable).unwrap_or_else(|| mavera::DEFAULT_URL.to_owned());
        address(variable, &url)
    }
}

fn address(variable: &'static str, text: &str) -> Result<BaseUrl, EnvError> {
    BaseUrl::configured(text)
        .map_err(|error| EnvError { variable, problem: format!("is unusable: {error}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(variables: &'static [(&'static str, &'static str)]) -> Env {
        Env::from(move |name| {
            let found = variables.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn an_error_names_the_variable() {
        let error = env(&[]).shop().unwrap_err().to_string();
        assert_eq!(error, "SHOPIFY_SHOP is not set");
        let error = env(&[("SHOPIFY_SHOP", "store.example")]).shop().unwrap_err().to_string();
        assert_eq!(error, "SHOPIFY_SHOP is not a shop domain such as my-store.myshopify.com");
        let error = env(&[("OKTA_ORG_URL", "http://org.example")]).okta_url().unwrap_err();
        assert_eq!(error.variable, "OKTA_ORG_URL");
    }

    #[test]
    fn shopify_is_asked_at_the_shops_own_address_unless_told_otherwise() {
        let shop: ShopDomain = "my-store.myshopify.com".parse().unwrap();
        let own = BaseUrl::configured("https://my-store.myshopify.com").unwrap();
        assert_eq!(env(&[("SHOPIFY_API_URL", "")]).shopify_url(&shop), Ok(own));
    }
}
