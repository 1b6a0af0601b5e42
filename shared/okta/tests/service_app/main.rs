//! The client as a service app, against the simulated org.

#[cfg(test)]
mod keys;
#[cfg(test)]
mod org;
#[cfg(test)]
mod proofs;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod tokens;
