//! How the account behaves, for a test to choose.

use crate::mavera::MaveraSim;
use crate::mavera::state::{Duplicates, ListForm, NameFilter};

impl MaveraSim {
    /// Chooses the form of lists.
    pub fn set_list_form(&self, form: ListForm) {
        self.lock().list_form = form;
    }

    /// Sets the most personas of a page, for [`ListForm::Pages`].
    pub fn set_page_size(&self, personas: usize) {
        self.lock().page_size = personas.max(1);
    }

    /// Chooses what becomes of a second persona of the same name.
    pub fn set_duplicates(&self, duplicates: Duplicates) {
        self.lock().duplicates = duplicates;
    }

    /// Chooses what `name` does to a list.
    pub fn set_name_filter(&self, filter: NameFilter) {
        self.lock().name_filter = filter;
    }

    /// Sets the credits that are left.
    pub fn set_credits(&self, credits: u64) {
        self.lock().credits = credits;
    }

    /// Sets the calls that are taken within any minute.
    pub fn set_rate_limit(&self, calls: usize) {
        self.lock().limits.set(calls);
    }

    /// Takes another API key from now on, and no longer the one before.
    pub fn rotate_key(&self, key: &str) {
        key.clone_into(&mut self.lock().api_key);
    }
}
