//! The client against a scripted Shopify.

#[cfg(test)]
mod customers;
#[cfg(test)]
mod exports;
#[cfg(test)]
mod files;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod orders;
#[cfg(test)]
mod preflight;
#[cfg(test)]
mod refusals;
#[cfg(test)]
#[path = "../../../outbound/tests/support/rotating.rs"]
mod rotating;
#[cfg(test)]
mod search;
#[cfg(test)]
mod setting_up;
#[cfg(test)]
mod shop;
#[cfg(test)]
#[path = "../../../outbound/tests/support/mod.rs"]
mod support;
#[cfg(test)]
mod tokens;
#[cfg(test)]
mod version;
