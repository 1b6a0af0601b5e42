//! The command lines of the documents, what has happened before each, and how each ends.

/// A command line of a document.
pub(crate) struct Line {
    pub(crate) text: &'static str,
    /// What happens before it.
    pub(crate) before: &'static [Scene],
    pub(crate) how: How,
}

/// How a command line is run.
#[derive(Clone, Copy)]
pub(crate) enum How {
    /// It ends with this exit code.
    Ends(i32),
    /// It serves until it is asked to stop.
    Serves,
    /// It watches the active run, which then goes on to its end.
    Watches,
    /// This text runs it, in these words.
    Elsewhere(&'static str, &'static str),
}

/// Something that happens.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Scene {
    /// A full run is made.
    Run,
    /// The documented book is wanted, and a run is refused because of it.
    Refused,
    /// From now on the guard refuses what moves more than a fifth of ever so few customers.
    Strict,
    /// The run that ended last is the one that is spoken of.
    LastRun,
    /// A run is under way.
    Active,
    /// The active run is gone on with to its end.
    Over,
    /// The workers work off what is due.
    Worked,
    /// A message becomes a dead letter.
    Letter,
    /// Something else is in the dead-letter queue.
    ForeignLetter,
    /// Shopify deletes a subscription.
    LostSubscription,
    /// Somebody is there whom nobody has looked at yet.
    Newcomer,
    /// Somebody is pinned to a segment that the book does not have.
    UnknownPin,
}

const fn good(text: &'static str) -> Line {
    after(&[], text)
}

const fn after(before: &'static [Scene], text: &'static str) -> Line {
    Line { text, before, how: How::Ends(0) }
}

const fn ends(exit: i32, before: &'static [Scene], text: &'static str) -> Line {
    Line { text, before, how: How::Ends(exit) }
}

/// What the rights are listed under: `runs`, `runs cancel`, `rules apply`.
pub(crate) fn command(arguments: &[String]) -> String {
    let has_parts = arguments[0] == "rules" || arguments.get(1).is_some_and(|it| it == "cancel");
    arguments[..if has_parts { 2 } else { 1 }].join(" ")
}

pub(crate) const OPERATIONS: &[Line] = &[
    good("segments status --stack segments"),
    good("segments doctor --stack segments"),
    good("segments runs --stack segments"),
    good("segments runs 20261121T030000Z-4f21aa --stack segments"),
    good("segments explain 706405506930370084 --stack segments"),
    // One customer has no user.
    ends(1, &[], "segments unmatched --stack segments"),
    // One letter is there to be looked at.
    ends(1, &[Scene::Letter], "segments dead-letters --stack segments"),
    good("segments pause --stack segments"),
    good("segments resume --stack segments"),
    good("segments dead-letters --replay --stack segments"),
    good("segments setup --stack segments"),
    after(
        &[Scene::Worked, Scene::Refused],
        "segments run --accept 20261121T030000Z-4f21aa --stack segments",
    ),
    good("segments rules rollback --stack segments"),
    good("segments preview --stack segments"),
    good("segments run --stack segments --reason \"after the outage\""),
    after(&[Scene::Active], "segments runs cancel 20261121T030000Z-4f21aa --stack segments"),
    after(&[Scene::Over, Scene::LostSubscription], "segments doctor --fix --stack segments"),
    good("segments explain 706405506930370084 --stack segments --json"),
    // One pin cannot be followed.
    ends(1, &[Scene::UnknownPin], "segments pins --stack segments"),
    good(
        "segments pin 706405506930370084 vip --reason \"was gold, which is gone\" --stack segments",
    ),
    good("segments unpin 706405506930370084 --stack segments"),
    after(&[Scene::Worked], "segments explain 706405506930370084 --stack segments"),
    good("segments run --verify --stack segments"),
    good("segments report --stack segments --out report.html"),
    good("segments status --stack segments --json"),
    good("segments doctor --stack segments --json"),
    good("segments doctor --stack segments"),
    good("segments pause --stack segments"),
    good("segments resume --stack segments"),
    good("segments run --verify --stack segments"),
];

pub(crate) const README: &[Line] = &[
    Line {
        text: "segments demo",
        before: &[],
        how: How::Elsewhere(include_str!("../../../.ci/run"), "cargo run -- demo"),
    },
    good("segments setup --stack segments"),
    good("segments doctor --stack segments"),
    good("segments setup --webhook-url https://hooks.example.com"),
    Line {
        text: "segments serve --listen 127.0.0.1:8080 --full-run-at 03:00 --time-zone Europe/Berlin",
        before: &[],
        how: How::Serves,
    },
    good("segments rules check"),
    good("segments rules show"),
    good("segments preview --rules new-book.toml"),
    good("segments rules apply new-book.toml"),
    good("segments rules export"),
    good("segments rules history"),
    after(&[Scene::Run], "segments rules rollback"),
    good("segments run --stack segments --dry-run"),
    good("segments run --stack segments --dry-run --rules new-book.toml"),
    good("segments run --stack segments --reason \"lower threshold for VIP\""),
    good("segments run --stack segments --verify"),
    after(&[Scene::Refused], "segments run --stack segments --accept <run_id>"),
    good("segments pause --stack segments"),
    good("segments resume --stack segments"),
    after(&[Scene::Active], "segments runs cancel <run_id> --stack segments"),
];

pub(crate) const SHOPIFY: &[Line] = &[
    good("segments setup --stack segments --dry-run"),
    good("segments setup --stack segments"),
    good("segments setup --webhook-url https://hooks.example.com"),
    good("segments doctor --stack segments"),
    good("segments doctor --stack segments --fix"),
    good("segments run --stack segments"),
];

pub(crate) const OKTA: &[Line] = &[
    good("segments setup --stack segments --dry-run"),
    good("segments setup --stack segments"),
    good("segments doctor --stack segments"),
];

pub(crate) const RULES: &[Line] = &[
    good("segments rules check"),
    good("segments rules check new-book.toml --json"),
    good("segments rules show new-book.toml"),
    good("segments preview --rules new-book.toml"),
    good("segments preview --rules new-book.toml --json"),
    good("segments rules apply new-book.toml --dry-run"),
    good("segments rules apply new-book.toml"),
    good("segments preview"),
    // The guard refuses it, and is told that it is meant.
    ends(3, &[Scene::Strict], "segments run --reason \"VIP from 400 dollars\""),
    after(&[Scene::LastRun], "segments run --accept 20261121T030000Z-4f21aa"),
    good("segments rules history"),
    good("segments rules history --json"),
    good("segments rules export"),
    good("segments rules export --accepted"),
    good("segments rules export --version 1 -o first-book.toml"),
    good("segments rules rollback --dry-run"),
    good("segments rules rollback"),
    good("segments rules rollback 1"),
    good("segments pin ann@example.com vip --reason \"press, asked for by marketing\""),
    good("segments pins"),
    good("segments members vip"),
    good("segments unpin ann@example.com"),
];

/// What the documents name, and do not write out as a command line: for the rights that it takes.
pub(crate) const UNWRITTEN: &[Line] = &[
    after(&[Scene::ForeignLetter], "segments dead-letters --discard --stack segments"),
    // They are not where they belong yet.
    ends(1, &[Scene::Newcomer], "segments explain erin@example.com --stack segments"),
    Line {
        text: "segments runs --watch --stack segments",
        before: &[Scene::Worked, Scene::Active],
        how: How::Watches,
    },
    // Rows go, and come back.
    good("segments rules apply other-book.toml --stack segments"),
    good("segments rules rollback 1 --stack segments"),
];
