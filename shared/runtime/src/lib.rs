//! What every function needs around its handler: settings from the environment, secrets, logs and counts.
