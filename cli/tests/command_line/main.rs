//! The operator's tool, run as a person runs it.

#[cfg(test)]
#[path = "../../../shared/state/tests/support/dead_letter_queue.rs"]
mod dead_letter_queue;
#[cfg(test)]
mod dead_letters;
#[cfg(test)]
mod doctor;
#[cfg(test)]
mod doctor_event_bus;
#[cfg(test)]
mod doctor_okta;
#[cfg(test)]
mod doctor_queue;
#[cfg(test)]
mod doctor_secrets;
#[cfg(test)]
mod documented;
#[cfg(test)]
mod documents;
#[cfg(test)]
mod explain;
#[cfg(test)]
mod first_day;
#[cfg(test)]
mod full_runs;
#[cfg(test)]
mod help;
#[cfg(test)]
mod meddler;
#[cfg(test)]
mod members;
#[cfg(test)]
mod needs;
#[cfg(test)]
mod outcome_docs;
#[cfg(test)]
mod people;
#[cfg(test)]
mod pins;
#[cfg(test)]
mod pins_shown;
#[cfg(test)]
mod preview;
#[cfg(test)]
mod report;
#[cfg(test)]
mod rights;
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
mod schema_use;
#[cfg(test)]
mod schemas;
#[cfg(test)]
mod scripts;
#[cfg(test)]
mod serve;
#[cfg(test)]
mod service_docs;
#[cfg(test)]
mod setup;
#[cfg(test)]
mod simulators;
#[cfg(test)]
mod site;
#[cfg(test)]
mod stand_ins;
#[cfg(test)]
mod status;
#[cfg(test)]
mod stops;
#[cfg(test)]
mod store;
#[cfg(test)]
mod streams;
#[cfg(test)]
mod support;
#[cfg(test)]
mod unmatched;
#[cfg(test)]
mod webhook_docs;
#[cfg(test)]
mod whole_answers;
