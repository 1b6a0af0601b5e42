//! What `template.yaml` promises: each function with its alarms, logs, dead letters and rights, each
//! setting that the code reads, and nothing beyond.

#[cfg(test)]
mod alarms;
#[cfg(test)]
mod aws;
#[cfg(test)]
mod dashboard;
#[cfg(test)]
mod delivery;
#[cfg(test)]
mod deployed;
#[cfg(test)]
mod document;
#[cfg(test)]
mod functions;
#[cfg(test)]
mod parameters;
#[cfg(test)]
mod rights;
#[cfg(test)]
mod settings;
#[cfg(test)]
mod stores;
#[cfg(test)]
mod suppressions;
