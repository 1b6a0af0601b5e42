//! Tables and queue from outside: what is written, read back, and refused by a real engine.

#[cfg(test)]
mod config;
#[cfg(test)]
mod customers;
#[cfg(test)]
mod local_queue;
#[cfg(test)]
mod sqs;
#[cfg(test)]
mod support;
