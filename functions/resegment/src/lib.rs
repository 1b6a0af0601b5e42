//! The full run: finds every customer of the shop who is in the wrong place and has them put right.
//!
//! A run is a record that is advanced by bounded steps, whoever calls: the minute's tick, the command
//! line, a test. Every step may be killed and repeated; a step that was thought dead can write nothing
//! any more.
//!
//! preflight, export, read Okta, plan and guard, accept, dispatch, personas, settle.

mod book;
mod dispatch;
mod event;
mod export;
mod known;
mod notes;
mod personas;
mod plan;
mod preflight;
mod read_okta;
mod record;
mod report;
mod resegment;
mod run;
mod settle;
mod trouble;

pub use event::{Answer, Event, InvalidStart, Reason, Start, Status};
pub use record::{
    Begun, Book, Chunks, End, EndedAs, Export, List, Memory, Missing, OktaPages, PersonaEnd, Phase,
    PhaseName, Place, Progress, Record, Shop, Summary,
};
pub use report::Report;
pub use resegment::{Resegment, ResegmentError};
