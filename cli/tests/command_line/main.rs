//! The operator's tool, run as a person runs it.

#[cfg(test)]
mod full_runs;
#[cfg(test)]
mod rules;
#[cfg(test)]
mod stops;
#[cfg(test)]
mod support;
