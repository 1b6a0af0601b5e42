//! The operator's `segments`.

fn main() {}
