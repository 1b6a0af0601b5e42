//! The client against a scripted Okta.

#[cfg(test)]
mod access;
#[cfg(test)]
mod budget;
#[cfg(test)]
mod groups;
#[cfg(test)]
mod listing;
#[cfg(test)]
mod matching;
#[cfg(test)]
mod org;
#[cfg(test)]
mod pages;
#[cfg(test)]
#[path = "../../../outbound/tests/support/rotating.rs"]
mod rotating;
#[cfg(test)]
mod setting_up;
#[cfg(test)]
#[path = "../../../outbound/tests/support/mod.rs"]
mod support;
#[cfg(test)]
mod users;
