//! The client against a scripted Mavera, and against a simulated one that holds state.

#[cfg(test)]
mod access;
#[cfg(test)]
mod account;
#[cfg(test)]
mod changing;
#[cfg(test)]
mod finding;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod making;
#[cfg(test)]
mod outcomes;
#[cfg(test)]
#[path = "../../../outbound/tests/support/rotating.rs"]
mod rotating;
#[cfg(test)]
mod simulated;
#[cfg(test)]
#[path = "../../../outbound/tests/support/mod.rs"]
mod support;
