//! What the account holds.

use std::fmt;

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::mavera::limits::Limits;
use crate::mavera::{API_KEY, PRICE};

/// The largest page of a list, and what the vendor's reference calls the most a caller may ask for.
const LARGEST_PAGE: usize = 100;

/// A persona, as people see it.
#[derive(Debug, Clone, PartialEq)]
pub struct Persona {
    /// What calls name it by.
    pub id: String,
    /// What people call it. Two personas may share one.
    pub name: String,
    /// What people read.
    pub description: String,
    /// What is known of the people it stands for.
    pub demographic: Value,
    /// Whatever else it was made with.
    pub others: Map<String, Value>,
    /// One of Mavera's own: everybody sees it and nobody may change it.
    pub is_global: bool,
    /// When it was made.
    pub created: Timestamp,
}

/// The form of a list. The cookbook and the vendor's reference differ.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ListForm {
    /// As in the cookbook: a bare array of everything, moments as text.
    #[default]
    Array,
    /// As in the reference: an object with one page and the way to the next, moments in epoch
    /// seconds, and whether a persona is the account's own.
    Pages,
}

/// What becomes of a second persona of the same name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Duplicates {
    /// As in the cookbook: refused with 422.
    #[default]
    Refused,
    /// The reference knows no such refusal: it is made, and charged.
    Made,
}

/// What `name` does to a list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum NameFilter {
    /// Leaves the personas whose name contains it, whatever the case of its letters.
    #[default]
    Contains,
    /// The reference does not know it: nothing.
    Ignored,
}

/// There is nothing of this kind with this id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoSuch(pub &'static str);

impl fmt::Display for NoSuch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the simulated Mavera account has no such {}", self.0)
    }
}

impl std::error::Error for NoSuch {}

/// Everything the account is.
pub(crate) struct Account {
    /// In the order they were made.
    pub(crate) personas: Vec<Persona>,
    pub(crate) credits: u64,
    pub(crate) api_key: String,
    pub(crate) limits: Limits,
    pub(crate) list_form: ListForm,
    pub(crate) page_size: usize,
    pub(crate) duplicates: Duplicates,
    pub(crate) name_filter: NameFilter,
    serial: u64,
}

impl Account {
    pub(crate) fn new() -> Self {
        Self {
            personas: Vec::new(),
            credits: 100 * PRICE,
            api_key: API_KEY.to_owned(),
            limits: Limits::new(),
            list_form: ListForm::default(),
            page_size: LARGEST_PAGE,
            duplicates: Duplicates::default(),
            name_filter: NameFilter::default(),
            serial: 0,
        }
    }

    pub(crate) fn next_id(&mut self) -> String {
        self.serial += 1;
        format!("persona_{:08x}", self.serial)
    }

    pub(crate) fn persona_mut(&mut self, id: &str) -> Option<&mut Persona> {
        self.personas.iter_mut().find(|persona| persona.id == id)
    }

    /// Whether the account already has a persona of its own with this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.personas.iter().any(|persona| !persona.is_global && persona.name == name)
    }
}
