//! The full run: finds every customer of the shop who is in the wrong place and has them put right.
//!
//! A run is a record that is advanced by bounded steps, whoever calls: the minute's tick, the command
//! line, a test. Every step may be killed and repeated. A step that was thought dead can write nothing to
//! the table of runs any more. What else it writes does no harm: a book takes the place of one version
//! alone, a persona's creation is begun once, and a message that is sent twice is one mark.
//!
//! preflight, export, read Okta, plan and guard, accept, dispatch, personas, settle.

mod accept;
mod book;
mod dispatch;
mod dry;
mod event;
mod export;
mod judge;
mod known;
mod notes;
mod operator;
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

pub use book::book_hash;
pub use event::{Answer, Ended, Event, InvalidStart, Reason, Start, Status};
pub use record::{
    Begun, Book, Chunks, End, EndedAs, Export, List, Memory, Missing, OktaPages, PersonaEnd, Phase,
    PhaseName, Place, Progress, Record, Shop, Summary,
};
pub use report::Report;
pub use resegment::{Resegment, ResegmentError};
