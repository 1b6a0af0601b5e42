//! Spoilt input for everything that reads what others wrote.
//!
//! Each target takes samples of what it really gets, answers of the simulators for example, spoils them, and
//! hands them in. A case may fail in whatever way it says; it may not panic, and it may not take much more
//! memory than its input has bytes. Every case is known by target, seed and number, and can be played again.

mod chance;
mod hunt;
mod input;
mod spoil;
mod targets;

pub use hunt::{Case, Fault, Figures, Hunt};
pub use targets::{Target, all};

/// Counts what is allocated.
#[global_allocator]
static MEMORY: peak_alloc::PeakAlloc = peak_alloc::PeakAlloc;
