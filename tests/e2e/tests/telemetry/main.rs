//! What the functions say: everything is played once in a process of its own, as `main` would have it said,
//! and all that this process puts out is looked through.

#[cfg(test)]
mod lines;
#[cfg(test)]
mod marks;
#[cfg(test)]
mod metrics;
#[cfg(test)]
mod output;
#[cfg(test)]
mod personal_data;
#[cfg(test)]
mod play;
#[cfg(test)]
mod stage;
#[cfg(test)]
mod wire;
