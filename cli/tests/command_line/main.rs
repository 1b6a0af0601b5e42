//! The operator's tool, run as a person runs it.

#[cfg(test)]
#[path = "../../../shared/state/tests/support/dead_letter_queue.rs"]
mod dead_letter_queue;
#[cfg(test)]
mod dead_letters;
#[cfg(test)]
mod doctor;
#[cfg(test)]
mod doctor_okta;
#[cfg(test)]
mod explain;
#[cfg(test)]
mod full_runs;
#[cfg(test)]
mod meddler;
#[cfg(test)]
mod members;
#[cfg(test)]
mod people;
#[cfg(test)]
mod preview;
#[cfg(test)]
mod rules;
#[cfg(test)]
mod rules_apply;
#[cfg(test)]
mod rules_docs;
#[cfg(test)]
mod rules_history;
#[cfg(test)]
mod runs;
#[cfg(test)]
mod serve;
#[cfg(test)]
mod service_docs;
#[cfg(test)]
mod setup;
#[cfg(test)]
mod site;
#[cfg(test)]
mod status;
#[cfg(test)]
mod stops;
#[cfg(test)]
mod store;
#[cfg(test)]
mod support;
#[cfg(test)]
mod unmatched;
