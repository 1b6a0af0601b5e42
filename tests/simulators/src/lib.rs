//! Shopify and Okta as their contracts describe them, with state and with faults.
