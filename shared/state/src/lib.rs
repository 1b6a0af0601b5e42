//! The tables and the queue: configuration, applied state, messages.
