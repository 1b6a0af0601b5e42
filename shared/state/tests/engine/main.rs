//! Tables and queue from outside: what is written, read back, and refused by a real engine.

#![cfg_attr(
    test,
    expect(
        clippy::unwrap_used,
        clippy::panic,
        reason = "helpers of tests stop where they cannot go on"
    )
)]

#[cfg(test)]
mod config;
#[cfg(test)]
mod customers;
#[cfg(test)]
mod local_queue;
#[cfg(test)]
mod support;
