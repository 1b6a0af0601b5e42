//! What the simulators are held to, called as the product calls them.

#[cfg(test)]
mod calling;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod groups;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod serving;
#[cfg(test)]
mod shop;
#[cfg(test)]
mod shop_limits;
#[cfg(test)]
mod users;
#[cfg(test)]
mod webhooks;
