//! What is said of a panic.

use std::panic::PanicHookInfo;

/// Has panics said in a log line, with their place, instead of printed.
pub fn report_panics() {
    std::panic::set_hook(Box::new(report));
}

/// A text that was put together when it happened may hold what was being worked on, so only one that
/// stands in the program is kept.
fn report(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string);
    let error = panic.payload().downcast_ref::<&'static str>();
    tracing::error!(place, error, "panic: a mistake in this program");
}
