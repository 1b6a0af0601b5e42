//! The comparison, from outside: what a line means, who differs and why, what is counted, and what the
//! chunks of ids hold.

#[cfg(test)]
mod chunks;
#[cfg(test)]
mod export;
#[cfg(test)]
mod feeding;
#[cfg(test)]
mod figures;
#[cfg(test)]
mod known;
#[cfg(test)]
mod lines;
#[cfg(test)]
mod model;
#[cfg(test)]
mod purity;
#[cfg(test)]
mod reasons;
#[cfg(test)]
mod reference;
#[cfg(test)]
mod shop;
#[cfg(test)]
#[path = "../../../rules/tests/support/purity.rs"]
mod support;
#[cfg(test)]
mod with_okta;
