//! The operator's tool, and the whole system in one process.

pub mod local;
