//! The sections of the page.

mod book;
mod movements;
mod now;
mod orders;
mod runs;
mod spend;
mod standing;

pub(super) use book::book;
pub(super) use movements::movements;
pub(super) use now::{headline, now};
pub(super) use orders::orders;
pub(super) use runs::runs;
pub(super) use spend::spend;
pub(super) use standing::standing;

use maud::{Markup, html};

/// A section with its heading.
fn section(id: &str, heading: &str, content: &Markup) -> Markup {
    html! {
        section id=(id) aria-labelledby={ (id) "-h" } {
            h2 id={ (id) "-h" } { (heading) }
            (content)
        }
    }
}

/// What there is to say where there is nothing to show.
fn nothing(told: &str) -> Markup {
    html! { p class="nothing" { (told) } }
}
