//! How the org behaves, for a test to choose.

use std::time::Duration;

use jiff::SignedDuration;
use serde_json::json;

use crate::okta::OktaSim;
use crate::okta::answers::CausesForm;
use crate::okta::limits::Bucket;
use crate::okta::paging::LinkForm;

impl OktaSim {
    /// From now on, `search` over users and groups sees a change only after so long. Reads by id,
    /// `filter`, `q` and plain lists see it at once.
    pub fn set_search_lag(&self, lag: Duration) {
        self.lock().search_lag = lag;
    }

    /// Whether `search` finds too much: every text that begins with the one looked for.
    pub fn set_loose_search(&self, loose: bool) {
        self.lock().loose_search = loose;
    }

    /// Sets the calls a minute that a group of addresses takes.
    pub fn set_limit(&self, bucket: Bucket, calls: u32) {
        self.lock().limits.set(bucket, calls);
    }

    /// Uses up calls of the current minute, as the org's other clients do.
    pub fn others_use(&self, bucket: Bucket, calls: u32) {
        let (now, mut directory) = (self.now(), self.lock());
        directory.limits.spend(bucket, calls, now);
    }

    /// Sets the calls a minute that every group of addresses takes.
    pub fn set_limit_everywhere(&self, calls: u32) {
        let limits = &mut self.lock().limits;
        for bucket in Bucket::ALL {
            limits.set(bucket, calls);
        }
    }

    /// Chooses how links to further pages are written.
    pub fn set_link_form(&self, form: LinkForm) {
        self.lock().paging.form = form;
    }

    /// Makes every cursor that was given so far one that the org no longer takes: it answers 400.
    pub fn expire_cursors(&self) {
        self.lock().paging.expiries += 1;
    }

    /// Chooses the form of `errorCauses`.
    pub fn set_causes_form(&self, form: CausesForm) {
        self.lock().causes_form = form;
    }

    /// Sets the org's own clock off by so much: its `Date` and its resets go by that clock.
    pub fn set_clock_skew(&self, skew: SignedDuration) {
        self.lock().skew = skew;
    }

    /// Whether the API token is refused.
    pub fn revoke_token(&self, revoked: bool) {
        self.lock().token_revoked = revoked;
    }

    /// Takes an attribute out of the user schema, as in an org that was not set up.
    pub fn remove_attribute(&self, name: &str) {
        self.lock().attributes.remove(name);
    }

    /// Adds an attribute of type number to the user schema.
    pub fn add_number_attribute(&self, name: &str) {
        self.lock().attributes.add(name, json!({ "title": name, "type": "number" }));
    }

    /// Adds an attribute that holds something of this type, such as "string", to the user schema.
    pub fn add_attribute(&self, name: &str, kind: &str) {
        self.lock().attributes.add(name, json!({ "title": name, "type": kind }));
    }

    /// The type of a custom attribute; none if the user schema has no such attribute.
    pub fn attribute_type(&self, name: &str) -> Option<String> {
        self.lock().attributes.kind(name).map(str::to_owned)
    }
}
