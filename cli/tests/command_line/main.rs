//! The operator's tool, run as a person runs it.

#[cfg(test)]
mod rules;
