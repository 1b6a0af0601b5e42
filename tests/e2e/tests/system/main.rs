//! The whole system through its handlers: signed webhooks in, the state of Okta out, with a real
//! DynamoDB engine in between and simulators that behave as the contracts say.

#[cfg(test)]
mod announced;
#[cfg(test)]
#[path = "../between/mod.rs"]
mod between;
#[cfg(test)]
mod claims;
#[cfg(test)]
mod crashes;
#[cfg(test)]
mod ends;
#[cfg(test)]
mod groups;
#[cfg(test)]
mod harness;
#[cfg(test)]
mod identity;
#[cfg(test)]
mod interrupted;
#[cfg(test)]
mod lag;
#[cfg(test)]
mod of_runs;
#[cfg(test)]
mod orders;
#[cfg(test)]
mod outages;
#[cfg(test)]
mod parts;
#[cfg(test)]
mod pins;
#[cfg(test)]
mod service_app;
#[cfg(test)]
mod storm;
