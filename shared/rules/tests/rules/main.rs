//! The rules, from outside: what a book refuses, decides and stores, what its analysis says, what
//! is said of a segment's customers, and what a plan does to the world.

#[cfg(test)]
mod analysis;
#[cfg(test)]
mod arbitrary;
#[cfg(test)]
mod cohorts;
#[cfg(test)]
mod decisions;
#[cfg(test)]
mod default_book;
#[cfg(test)]
mod differences;
#[cfg(test)]
mod explanations;
#[cfg(test)]
mod guard;
#[cfg(test)]
mod pins;
#[cfg(test)]
mod plans;
#[cfg(test)]
mod purity;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod round_trips;
#[cfg(test)]
#[path = "../support/purity.rs"]
mod support;
