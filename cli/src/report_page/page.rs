//! The page as a whole.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::read::Told;
use super::sections;
use super::show::moment;
use super::write::GENERATOR;

/// The one style sheet, in the page.
const STYLE: &str = include_str!("style.css");
/// The page fetches nothing and runs nothing.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// What the page says of itself and leads to.
const SECTIONS: [(&str, &str); 7] = [
    ("now", "Segments now"),
    ("runs", "Over the last runs"),
    ("spend", "Spend"),
    ("plane", "Spend and orders"),
    ("movements", "Movements"),
    ("standing", "Unmatched and skipped"),
    ("book", "Rule book"),
];

/// The whole page, in one file that needs nothing besides.
pub(super) fn page(told: &Told) -> Markup {
    let title = format!("Customer segments of {}", told.shop);
    let spread = told.now.spread.as_ref().zip(told.book.as_ref());
    let spread = spread.map(|(spread, accepted)| spread.trimmed(&accepted.book));
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="generator" content=(GENERATOR);
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a class="skip" href="#now" { "Skip to the figures" }
                header {
                    h1 { "Customer segments" }
                    p class="soft" {
                        (told.shop) ", by " (told.target) " on "
                        time datetime=(told.at) { (moment(told.at)) }
                    }
                    (sections::headline(told))
                    nav aria-label="Sections" {
                        ul { @for (id, name) in SECTIONS { li { a href={ "#" (id) } { (name) } } } }
                    }
                }
                main {
                    (sections::now(told))
                    (sections::runs(told))
                    (sections::spend(told, spread.as_ref()))
                    (sections::orders(told, spread.as_ref()))
                    (sections::movements(told))
                    (sections::standing(told))
                    (sections::book(told))
                }
                footer { p class="soft" { "Made by segments " (env!("CARGO_PKG_VERSION")) " report." } }
            }
        }
    }
}
