//! The rule book in words.

use maud::{Markup, html};
use rules::{Analysis, Severity};

use super::{nothing, section};
use crate::report_page::read::{Accepted, Told};
use crate::report_page::show::{keys, moment};

/// The rule book in words.
pub(in crate::report_page) fn book(told: &Told) -> Markup {
    let content = match &told.book {
        Some(accepted) => in_words(accepted),
        None => nothing(
            "No rule book is in use yet. The first webhook or full run puts the wanted one into use; \
             segments rules apply writes one.",
        ),
    };
    section("book", "The rule book", &content)
}

fn in_words(accepted: &Accepted) -> Markup {
    let Accepted { version, since, book } = accepted;
    let analysis = Analysis::of(book);
    html! {
        p {
            "Version " (version)
            @if let Some(since) = since { ", in use since " (moment(*since)) }
            ". Each customer is in the first segment that matches, and in one at most. Amounts are in "
            (book.currency()) "."
        }
        ol class="rules" {
            @for (segment, key) in book.segments().iter().zip(keys(book)) {
                li {
                    h3 { (key) }
                    p {
                        @for (range, place) in segment.when().iter().zip(0_u32..) {
                            @if place > 0 { " " em { "or" } " " }
                            (range)
                        }
                    }
                    p class="soft" {
                        "Segment " code { (segment.name()) } ", Okta group " q { (segment.okta_group_name()) }
                        ", persona " q { (segment.persona_name()) }
                    }
                }
            }
        }
        @if analysis.findings().is_empty() {
            p { "Every customer has a segment, and every range can match." }
        } @else {
            ul class="findings" {
                @for finding in analysis.findings() {
                    li {
                        @if finding.severity() == Severity::Warning { b { "Warning: " } }
                        (finding)
                    }
                }
            }
        }
    }
}
