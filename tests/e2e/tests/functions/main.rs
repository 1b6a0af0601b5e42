//! Each function by itself: what an invocation of it looks like, and what it leads to.

#[cfg(test)]
mod events;
#[cfg(test)]
mod full_runs;
#[cfg(test)]
mod looks;
#[cfg(test)]
mod outcomes;
#[cfg(test)]
mod refresh_groups;
