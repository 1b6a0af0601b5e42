//! What the product sends and the simulators answer, held against the vendors' contracts. Without the
//! contracts at hand these tests say so and check nothing, unless `CONTRACTS_REQUIRED` is set.

#[cfg(test)]
mod at_hand;
#[cfg(test)]
mod documents;
#[cfg(test)]
mod graphql;
#[cfg(test)]
mod okta_answers;
#[cfg(test)]
mod okta_calls;
#[cfg(test)]
mod recorded;
#[cfg(test)]
mod schema;
#[cfg(test)]
mod token_calls;
#[cfg(test)]
mod webhooks;
