//! Calls over a real loopback server, and their repeats by a clock of our own.

#[cfg(test)]
mod downloads;
#[cfg(test)]
mod network;
#[cfg(test)]
mod repeats;
#[cfg(test)]
mod server;
#[cfg(test)]
#[path = "../support/mod.rs"]
mod support;
#[cfg(test)]
mod tokens;
