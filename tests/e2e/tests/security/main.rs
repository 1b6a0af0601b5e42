//! What somebody would try who may post to us, sign up in the shop, or answer in a service's place, shown to
//! come to nothing. `docs/reliability.md` lists every such case, with the tests elsewhere that belong to it.

#[cfg(test)]
mod addresses;
#[cfg(test)]
mod expressions;
#[cfg(test)]
mod forgeries;
#[cfg(test)]
mod replays;
#[cfg(test)]
mod requests;
#[cfg(test)]
mod stage;
