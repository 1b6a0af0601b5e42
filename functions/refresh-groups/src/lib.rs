//! Resolves the rule book's group names to Okta group ids.
