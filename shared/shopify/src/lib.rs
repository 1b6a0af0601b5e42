//! Shopify's Admin API: customers, orders and tokens.
