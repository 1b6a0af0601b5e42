//! Full runs, through the handlers that Lambda runs: a shop, its Okta org, Mavera, and the workers.

#[cfg(test)]
mod calls;
#[cfg(test)]
mod crashes;
#[cfg(test)]
mod exports;
#[cfg(test)]
mod fairness;
#[cfg(test)]
mod guard;
#[cfg(test)]
mod okta_lists;
#[cfg(test)]
mod operator;
#[cfg(test)]
mod personas;
#[cfg(test)]
mod shop;
#[cfg(test)]
mod whole_shop;
