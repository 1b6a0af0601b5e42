//! Makes Okta agree with Shopify for the customers that may have changed.
