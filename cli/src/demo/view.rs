//! What happened, for a person to read.

use comfy_table::{ColumnConstraint, Table, Width};
use simulators::Service;
use webhook::Answer;

use super::{Chapter, Scene};
use crate::style::{self, Style};

/// The widths of the columns in characters, their padding included. With what lies between them they
/// fit 100.
const WIDTHS: [u16; 6] = [4, 25, 14, 17, 11, 24];
const GOOD: &str = "✓";
const BAD: &str = "✗";

/// What to do next.
pub(super) const NEXT: &str = "\
Next: `cargo run -- demo --keep` serves webhooks for you to send; `cargo run -- rules show` shows the
rules that decided; README.md says how to deploy.";

pub(super) fn introduction(style: Style) -> String {
    format!(
        "{}\nA simulated shop and a simulated Okta; between them, in this process, what runs on AWS. \
         Nothing\nleaves this machine, and the waits are the simulators' clock's. The shop's totals \
         lag 20 seconds\nbehind its orders: a first look comes 10 seconds after a webhook, a second \
         one a minute later.",
        style.strong("Shopify orders move customers between Okta groups.")
    )
}

pub(super) fn second_act(style: Style) -> String {
    format!(
        "\n{}\nIn the same shop there are 2,000 customers more, who were there before anybody listened. \
         A full run\nexports the whole shop, compares it with what was applied, and queues who differs.",
        style.strong("Full runs find everybody who is in the wrong place.")
    )
}

/// One run, as the operator sees it.
pub(super) fn chapter(chapter: &Chapter, number: usize, style: Style) -> String {
    let Chapter { scene, text } = chapter;
    let mark = if scene.wrong.is_empty() { style.good(GOOD) } else { style.bad(BAD) };
    format!("\n {mark}{number}  {}\n{text}", style.strong(scene.title))
}

pub(super) fn table(scenes: &[Scene], style: Style) -> String {
    let header = ["", "What came in", "Answer", "Looks", "Calls", "Segment and Okta after"];
    let mut table = style::table(&header);
    table.set_constraints(WIDTHS.map(|width| ColumnConstraint::Absolute(Width::Fixed(width))));
    for (scene, number) in scenes.iter().zip(1_u32..) {
        add(&mut table, scene, number);
    }
    // The marks alone are coloured, after the widths were reckoned.
    table.trim_fmt().replace(GOOD, &style.good(GOOD)).replace(BAD, &style.bad(BAD))
}

fn add(table: &mut Table, scene: &Scene, number: u32) {
    let mark = if scene.wrong.is_empty() { GOOD } else { BAD };
    let topics = scene.requests.iter().map(|(topic, _)| topic.clone());
    let answers = scene.requests.iter().map(|(_, answer)| in_words(*answer));
    let looks = scene.looks.iter().map(|(after, look)| format!("{after} s {}", look.as_str()));
    table.add_row([
        format!("{mark}{number}"),
        format!("{}\n{}", scene.title, counted(topics).join("\n")),
        counted(answers).join("\n"),
        or_none(&counted(looks)),
        or_none(&calls(scene)),
        after(scene),
    ]);
}

fn in_words(answer: Answer) -> String {
    format!("{} {}", answer.status().as_u16(), answer.as_str())
}

/// Puts equal neighbours together: "200 queued (3x)".
fn counted(lines: impl Iterator<Item = String>) -> Vec<String> {
    let mut counted: Vec<(String, u32)> = Vec::new();
    for line in lines {
        match counted.last_mut() {
            Some((last, count)) if *last == line => *count += 1,
            _ => counted.push((line, 1)),
        }
    }
    let shown = |(line, count)| if count == 1 { line } else { format!("{line} ({count}x)") };
    counted.into_iter().map(shown).collect()
}

fn calls(scene: &Scene) -> Vec<String> {
    [Service::Shopify, Service::Okta, Service::Elsewhere]
        .into_iter()
        .map(|service| (service, scene.calls_to(service)))
        .filter(|(_, count)| *count > 0)
        .map(|(service, count)| format!("{service} {count}"))
        .collect()
}

fn or_none(lines: &[String]) -> String {
    if lines.is_empty() { "none".to_owned() } else { lines.join("\n") }
}

fn after(scene: &Scene) -> String {
    let Some(holding) = &scene.holding else { return "nothing changed".to_owned() };
    let segment = holding.segment.as_ref().map_or("no segment", rules::SegmentName::as_str);
    let mut lines = vec![segment.to_owned()];
    lines.extend(holding.groups.iter().cloned());
    lines.extend(holding.attributes.clone());
    lines.join("\n")
}

/// What was not as it must be, one line each; empty if all was.
pub(super) fn wrong(scenes: &[Scene]) -> String {
    let lines: Vec<String> = scenes
        .iter()
        .zip(1_u32..)
        .flat_map(|(scene, number)| {
            scene.wrong.iter().map(move |what| {
                format!("scenario {number} ({}) is wrong: it must be that {what}", scene.title)
            })
        })
        .collect();
    lines.join("\n")
}
