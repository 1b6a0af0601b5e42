//! What the simulators are held to, called as the product calls them.

#[cfg(test)]
mod bulk;
#[cfg(test)]
mod bulk_ends;
#[cfg(test)]
mod bulk_queries;
#[cfg(test)]
mod calling;
#[cfg(test)]
mod customers;
#[cfg(test)]
mod downloads;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod groups;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod lists;
#[cfg(test)]
mod many;
#[cfg(test)]
mod personas;
#[cfg(test)]
mod service_apps;
#[cfg(test)]
mod serving;
#[cfg(test)]
mod serving_shops;
#[cfg(test)]
mod shop;
#[cfg(test)]
mod shop_limits;
#[cfg(test)]
mod subscriptions;
#[cfg(test)]
mod users;
#[cfg(test)]
mod webhooks;
