//! Takes Shopify's webhooks: checks the signature, says which customers may have changed.
