//! Histories that chance makes: whatever happens, in the end everybody is where the rules put them.
//!
//! A seed is a history: a shop, rule books, and a list of what happens to the shop, to Okta, to webhooks, to
//! the services and to the functions, which are the ones that Lambda runs. The same seed is the same history.
//! Then the faults end, and three things must hold:
//!
//! - with events alone, everybody is right of whom an event told after the last change;
//! - after one full run that reads all groups, Okta's groups and attributes are what the rules make of the
//!   shop for everybody who is matched, and nobody else was touched;
//! - nobody was without a group on the way from one to another, nobody stays in two, and no message is lost.
//!
//! A history that goes wrong is cut down to the steps that it takes, and told.

#[cfg(test)]
mod at_okta;
#[cfg(test)]
mod aws;
#[cfg(test)]
mod aws_faults;
#[cfg(test)]
#[expect(dead_code, reason = "others play once for each call there is")]
#[path = "../between/mod.rs"]
mod between;
#[cfg(test)]
mod book;
#[cfg(test)]
mod chance;
#[cfg(test)]
mod full_runs;
#[cfg(test)]
mod game;
#[cfg(test)]
mod history;
#[cfg(test)]
mod in_the_shop;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod play;
#[cfg(test)]
mod post;
#[cfg(test)]
mod run;
#[cfg(test)]
mod seeds;
#[cfg(test)]
mod shrink;
#[cfg(test)]
mod step;
#[cfg(test)]
mod system;
#[cfg(test)]
mod tally;
#[cfg(test)]
mod watch;
#[cfg(test)]
mod work;
