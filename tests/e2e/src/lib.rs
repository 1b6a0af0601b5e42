//! The system through its handlers, against the simulators and a real DynamoDB engine.

pub mod contracts;
mod listener;

pub use listener::Listener;
