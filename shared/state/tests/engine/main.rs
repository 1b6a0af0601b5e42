//! Tables and queue from outside: what is written, read back, and refused by a real engine.

#[cfg(test)]
mod accept;
#[cfg(test)]
mod addresses;
#[cfg(test)]
mod cancelled;
#[cfg(test)]
mod config;
#[cfg(test)]
mod customers;
#[cfg(test)]
#[path = "../support/dead_letter_queue.rs"]
mod dead_letter_queue;
#[cfg(test)]
mod dead_letters;
#[cfg(test)]
mod fencing;
#[cfg(test)]
mod for_run;
#[cfg(test)]
mod history;
#[cfg(test)]
mod list;
#[cfg(test)]
mod local_queue;
#[cfg(test)]
mod partial;
#[cfg(test)]
mod personas;
#[cfg(test)]
mod pins;
#[cfg(test)]
mod run_ends;
#[cfg(test)]
mod run_ids;
#[cfg(test)]
mod runs;
#[cfg(test)]
mod scan;
#[cfg(test)]
mod sqs;
#[cfg(test)]
mod stored_queue;
#[cfg(test)]
mod support;
#[cfg(test)]
mod unknown_values;
#[cfg(test)]
mod wanted;
