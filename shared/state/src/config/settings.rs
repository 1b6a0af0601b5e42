//! The settings item: what an operator may turn without a deployment.

use std::collections::HashMap;
use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use okta::{AttributeNames, RateShare};
use rules::{Currency, GroupName, Guard};

const DEFAULT_RATE_SHARE: u32 = 50;

/// The settings of one shop. What the item leaves out has its default; what it has beyond these names
/// is left alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// `currency`: what the wanted book's amounts are in. An accepted book keeps the one it was
    /// accepted with. Default USD.
    pub currency: Currency,
    /// `settle_seconds`: how old an event has to be before the truth is read, 0 to 900. Default 10.
    pub settle: Duration,
    /// `second_look_seconds`: how long after an order event the truth is read once more, 0 to 900.
    /// Default 60.
    pub second_look: Duration,
    /// `okta_rate_share`: how much of each of Okta's limits may be used, 1 to 100 percent. Default 50.
    pub okta_rate_share: RateShare,
    /// `create_missing_groups`: whether refresh-groups makes a group that Okta does not have. Default
    /// false.
    pub create_missing_groups: bool,
    /// `match_only_group`: if set, only members of this group are ever matched.
    pub match_only_group: Option<GroupName>,
    /// `total_spent_attribute` and `orders_count_attribute`: the profile attributes that hold the
    /// totals. Default `shopify_total_spent` and `shopify_orders_count`.
    pub attributes: AttributeNames,
    /// `announce_backfill`: whether others are told of customers whom a full run places for the first time.
    /// Default false.
    pub announce_backfill: bool,
    /// `paused`: the worker puts everything off. Default false.
    pub paused: bool,
    /// What holds a full run back: `guard_max_moved_percent`, 0 to 100, default 20;
    /// `guard_min_customers`, default 25; `guard_max_shrink_percent`, 0 to 100, default 50.
    pub guard: Guard,
    /// `queue_shallow`: a full run sends only while fewer messages wait than this. Default 500.
    pub queue_shallow: u32,
    /// `verify_every_days`: how often a full run reads Okta's groups, 1 to 365. Default 7.
    pub verify_every_days: u32,
}

/// The settings item holds values that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsError(Vec<String>);

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "settings/settings: {}", self.0.join("; "))
    }
}

impl std::error::Error for SettingsError {}

impl Settings {
    /// Reads the attributes of the settings item; an absent item is an empty one.
    ///
    /// # Errors
    /// Names every setting that cannot be used, with its value and what would do.
    pub fn read(item: &HashMap<String, AttributeValue>) -> Result<Self, SettingsError> {
        let mut reader = Reader { item, problems: Vec::new() };
        let settings = Self {
            currency: reader
                .parsed("currency", "a currency code such as USD")
                .unwrap_or(Currency::USD),
            settle: reader.seconds("settle_seconds", 10),
            second_look: reader.seconds("second_look_seconds", 60),
            okta_rate_share: reader.share("okta_rate_share"),
            create_missing_groups: reader.flag("create_missing_groups"),
            match_only_group: reader.parsed("match_only_group", "a group name"),
            attributes: reader.attributes(),
            announce_backfill: reader.flag("announce_backfill"),
            paused: reader.flag("paused"),
            guard: Guard {
                max_moved_percent: reader.number("guard_max_moved_percent", 0..=100, 20),
                min_customers: reader.number("guard_min_customers", 0..=u32::MAX, 25),
                max_shrink_percent: reader.number("guard_max_shrink_percent", 0..=100, 50),
            },
            queue_shallow: reader.number("queue_shallow", 1..=100_000, 500),
            verify_every_days: reader.number("verify_every_days", 1..=365, 7),
        };
        if reader.problems.is_empty() { Ok(settings) } else { Err(SettingsError(reader.problems)) }
    }
}

/// Takes settings out of the item one by one, and notes all that cannot be used.
struct Reader<'a> {
    item: &'a HashMap<String, AttributeValue>,
    problems: Vec<String>,
}

impl Reader<'_> {
    fn problem(&mut self, name: &str, detail: &str) {
        self.problems.push(format!("{name} is {detail}"));
    }

    fn parsed<T: FromStr>(&mut self, name: &str, expected: &str) -> Option<T> {
        let value = self.item.get(name)?;
        let text = match value {
            AttributeValue::N(text) | AttributeValue::S(text) => Some(text),
            _ => None,
        };
        let parsed = text.and_then(|text| text.parse().ok());
        if parsed.is_none() {
            let shown = text.map_or("of another type", |text| text);
            let shown: String = shown.escape_debug().take(60).collect();
            self.problem(name, &format!("{shown:?}, not {expected}"));
        }
        parsed
    }

    fn number(&mut self, name: &str, range: RangeInclusive<u32>, default: u32) -> u32 {
        let expected = format!("a whole number from {} to {}", range.start(), range.end());
        let number = self.parsed(name, &expected).unwrap_or(default);
        if !range.contains(&number) {
            self.problem(name, &format!("{number}, not {expected}"));
        }
        number
    }

    fn seconds(&mut self, name: &str, default: u32) -> Duration {
        Duration::from_secs(self.number(name, 0..=900, default).into())
    }

    fn share(&mut self, name: &str) -> RateShare {
        let percent = self.number(name, 1..=100, DEFAULT_RATE_SHARE);
        let share = u8::try_from(percent).ok().and_then(|percent| RateShare::percent(percent).ok());
        share.unwrap_or_default()
    }

    fn attributes(&mut self) -> AttributeNames {
        let default = AttributeNames::default();
        let expected = "the name of a custom profile attribute (letters, digits and _)";
        let total = self.parsed("total_spent_attribute", expected);
        let orders = self.parsed("orders_count_attribute", expected);
        let total = total.unwrap_or_else(|| default.total_spent().clone());
        let orders = orders.unwrap_or_else(|| default.orders_count().clone());
        AttributeNames::new(total, orders).unwrap_or_else(|error| {
            self.problem("orders_count_attribute", &error.to_string());
            default
        })
    }

    fn flag(&mut self, name: &str) -> bool {
        match self.item.get(name) {
            Some(AttributeValue::Bool(flag)) => *flag,
            _ => self.parsed(name, "true or false").unwrap_or(false),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(fields: &[(&str, AttributeValue)]) -> HashMap<String, AttributeValue> {
        fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
    }

    fn text(text: &str) -> AttributeValue {
        AttributeValue::S(text.to_owned())
    }

    #[test]
    fn what_the_item_leaves_out_has_its_default() {
        let settings = Settings::read(&HashMap::new()).unwrap();
        assert_eq!(settings.currency, Currency::USD);
        assert_eq!(settings.settle, Duration::from_secs(10));
        assert_eq!(settings.second_look, Duration::from_mins(1));
        assert_eq!(settings.attributes.total_spent().as_str(), "shopify_total_spent");
        assert!(!settings.paused);
        assert!(!settings.create_missing_groups);
        assert!(!settings.announce_backfill);
    }

    #[test]
    fn numbers_and_flags_may_be_text() {
        let settings = Settings::read(&item(&[
            ("settle_seconds", text("0")),
            ("paused", text("true")),
            ("guard_max_moved_percent", AttributeValue::N("35".into())),
        ]))
        .unwrap();
        assert_eq!(settings.settle, Duration::ZERO);
        assert!(settings.paused);
        assert_eq!(settings.guard.max_moved_percent, 35);
    }

    #[test]
    fn every_bad_setting_is_named_and_others_are_left_alone() {
        let error = Settings::read(&item(&[
            ("currency", text("dollars")),
            ("okta_rate_share", AttributeValue::N("0".into())),
            ("settle_seconds", AttributeValue::N("901".into())),
            ("paused", text("yes")),
            ("note", text("kept")),
        ]))
        .unwrap_err()
        .to_string();
        assert_eq!(
            error,
            "settings/settings: currency is \"dollars\", not a currency code such as USD; \
             settle_seconds is 901, not a whole number from 0 to 900; \
             okta_rate_share is 0, not a whole number from 1 to 100; \
             paused is \"yes\", not true or false"
        );
    }
}
