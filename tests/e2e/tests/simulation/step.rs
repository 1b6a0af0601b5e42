//! What may happen, one thing after the other. Everything is named by numbers that are taken modulo what
//! there is, so a history from which steps are dropped is a history.

use simulators::Moment;

use crate::between::Fate;

/// One thing that happens. `luck` decides what becomes of its webhooks; with 0 all are lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// A customer comes to the shop.
    Arrive {
        address: Option<u8>,
        orders: u8,
        cents: u32,
        euros: bool,
        luck: u64,
    },
    /// Somebody orders, or a guest does.
    Order {
        who: Option<u8>,
        cents: u32,
        luck: u64,
    },
    Update {
        order: u8,
        cents: u32,
        luck: u64,
    },
    Edit {
        order: u8,
        cents: u32,
        luck: u64,
    },
    Cancel {
        order: u8,
        luck: u64,
    },
    Refund {
        order: u8,
        percent: u8,
        luck: u64,
    },
    Reassign {
        order: u8,
        to: u8,
        luck: u64,
    },
    Email {
        who: u8,
        address: Option<u8>,
        luck: u64,
    },
    Merge {
        kept: u8,
        gone: u8,
        luck: u64,
    },
    Delete {
        who: u8,
        luck: u64,
    },
    Redact {
        who: u8,
        luck: u64,
    },
    AskForData {
        who: u8,
        luck: u64,
    },

    /// Somebody signs up at Okta.
    SignUp {
        login: u8,
        email: u8,
        staff: bool,
    },
    Rename {
        user: u8,
        login: u8,
        email: u8,
    },
    Deactivate {
        user: u8,
    },
    Activate {
        user: u8,
    },
    DeleteUser {
        user: u8,
    },
    /// Somebody at Okta edits by hand.
    PutInto {
        user: u8,
        group: u8,
    },
    TakeOut {
        user: u8,
        group: u8,
    },
    WriteProfile {
        user: u8,
        cents: Option<u32>,
    },
    /// Somebody at Okta does something to a group that a segment may go with.
    Group {
        which: u8,
        how: OnGroup,
    },

    /// An operator decides; the look that follows may be lost.
    Pin {
        who: u8,
        to: u8,
        queued: bool,
    },
    Unpin {
        who: u8,
        queued: bool,
    },
    Want {
        book: u8,
    },
    RefreshGroups,
    RefreshAndDie {
        at: Death,
    },
    /// Webhooks are signed with a new secret from now on.
    Rotate,
    Pause,
    Resume,

    /// A webhook comes once more.
    Replay {
        which: u16,
    },
    Forge {
        which: u16,
        how: u8,
    },

    Wait {
        seconds: u32,
        working: bool,
    },
    Work,
    WorkAndDie {
        at: Death,
    },
    /// A worker stands still in the middle of a call while something else happens.
    WorkSlowly {
        nth: u8,
        moment: Moment,
        seconds: u8,
        meanwhile: Box<Step>,
    },

    StartRun {
        verify: bool,
    },
    Tick,
    TickAndDie {
        start: bool,
        at: Death,
    },
    /// A step of a run stands still in the middle of a call while something happens and another one is
    /// asked for.
    TickSlowly {
        start: bool,
        nth: u8,
        moment: Moment,
        seconds: u16,
        meanwhile: Box<Step>,
    },

    Trouble(Trouble),
    Calm,
}

/// Where a function dies, or what befalls its calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Death {
    /// At a call to Shopify, Okta or Mavera.
    Service { nth: u8, moment: Moment },
    /// At a call to the tables, the queue or the bus; or that call goes wrong.
    Call { fate: Fate, nth: u8, apart: Option<u8> },
}

/// Something that goes wrong with calls to a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Trouble {
    pub(crate) service: Who,
    pub(crate) kind: Kind,
    pub(crate) done: bool,
    pub(crate) after: u8,
    /// Which calls it meets: of Okta perhaps not all.
    pub(crate) only: Only,
    pub(crate) lasts: Lasts,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    Shopify,
    /// Where exports are downloaded from.
    Storage,
    Okta,
    Mavera,
    Tables,
    Queue,
    Secrets,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Only {
    Every,
    Joins,
    Leaves,
    Profiles,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnGroup {
    Rename,
    Delete,
    /// A rule of Okta fills it from now on.
    Rule,
    Restore,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Status(u16),
    Throttled,
    ManyAtOnce,
    ErrorsAs200,
    /// Of a batch only some is done.
    InPart,
    Timeout,
    Broken,
    Truncated,
    /// A page of a proxy, with this status.
    Page(u16),
    NoConnection,
    Slow,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lasts {
    Calls(u8),
    Seconds(u16),
}

impl Step {
    /// What kind of thing happens.
    pub(crate) fn name(&self) -> String {
        let all = format!("{self:?}");
        all.split([' ', '(']).next().unwrap_or_default().to_owned()
    }
}
