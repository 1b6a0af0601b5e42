//! Full runs, through the handlers that Lambda runs: a shop, its Okta org, Mavera, and the workers.

#[cfg(test)]
mod announced;
#[cfg(test)]
#[path = "../between/mod.rs"]
mod between;
#[cfg(test)]
mod calls;
#[cfg(test)]
mod crashes;
#[cfg(test)]
mod dead_letters;
#[cfg(test)]
mod deadlines;
#[cfg(test)]
mod dispatch;
#[cfg(test)]
mod exports;
#[cfg(test)]
mod fairness;
#[cfg(test)]
mod first_run_crashes;
#[cfg(test)]
mod guard;
#[cfg(test)]
mod leases;
#[cfg(test)]
mod okta_lists;
#[cfg(test)]
mod operator;
#[cfg(test)]
mod personas;
#[cfg(test)]
mod pins;
#[cfg(test)]
mod profiles;
#[cfg(test)]
mod shop;
#[cfg(test)]
mod stops;
#[cfg(test)]
mod tables;
#[cfg(test)]
mod tombstones;
#[cfg(test)]
mod unreadable;
#[cfg(test)]
mod whole_shop;
