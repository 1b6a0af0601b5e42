//! The org's addresses, who may call them and how often.

use ::http::{HeaderName, HeaderValue, Method, Response, header};
use bytes::Bytes;
use jiff::Timestamp;
use serde_json::Value;

use crate::faults::Fault;
use crate::incoming::Incoming;
use crate::okta::answers::{Answer, Refusal};
use crate::okta::apps::Caller;
use crate::okta::directory::MembershipChange::{Joined, Left};
use crate::okta::limits::{Bucket, Standing};
use crate::okta::{API_TOKEN, OktaSim};

/// The path below the base address, with `{id}` for what varies.
pub(crate) fn template(segments: &[&str]) -> String {
    let path = match segments {
        ["api", "v1", "users"] => "/api/v1/users",
        ["api", "v1", "users", _] => "/api/v1/users/{id}",
        ["api", "v1", "users", _, "groups"] => "/api/v1/users/{id}/groups",
        ["api", "v1", "users", _, "roles"] => "/api/v1/users/{id}/roles",
        ["api", "v1", "groups"] => "/api/v1/groups",
        ["api", "v1", "groups", "rules"] => "/api/v1/groups/rules",
        ["api", "v1", "groups", _] => "/api/v1/groups/{id}",
        ["api", "v1", "groups", _, "users"] => "/api/v1/groups/{id}/users",
        ["api", "v1", "groups", _, "roles"] => "/api/v1/groups/{id}/roles",
        ["api", "v1", "groups", _, "users", _] => "/api/v1/groups/{id}/users/{id}",
        ["api", "v1", "meta", "schemas", "user", _] => "/api/v1/meta/schemas/user/{id}",
        ["oauth2", "v1", "token"] => "/oauth2/v1/token",
        ["oauth2", "v1", "clients", _, "roles"] => "/oauth2/v1/clients/{id}/roles",
        _ => "/…",
    };
    path.to_owned()
}

impl OktaSim {
    pub(crate) fn answer(&self, incoming: &Incoming) -> Response<Bytes> {
        let bucket = bucket(incoming);
        if (&incoming.method, incoming.segments().as_slice())
            == (&Method::POST, &["oauth2", "v1", "token"])
        {
            if !self.lock().limits.take(bucket, self.now()) {
                return self.refused(incoming, &Refusal::too_many());
            }
            return self.dressed(self.grant_token(incoming), self.standing(incoming));
        }
        let caller = match self.caller(incoming) {
            Ok(caller) => caller,
            Err(refusal) => return self.refused(incoming, &refusal),
        };
        if !self.lock().limits.take(bucket, self.now()) {
            return self.refused(incoming, &Refusal::too_many());
        }
        match self.route(&caller, incoming) {
            Ok(answer) => self.dressed(answer, self.standing(incoming)),
            Err(refusal) => self.refused(incoming, &refusal),
        }
    }

    /// The answer that a fault puts in place of the usual one.
    pub(crate) fn answer_with(&self, incoming: &Incoming, fault: &Fault) -> Response<Bytes> {
        let usual = self.standing(incoming);
        let (refusal, standing) = match fault {
            Fault::Okta429 { reset_after } => {
                let resets = crate::clock::later(self.now(), *reset_after);
                (Refusal::too_many(), Standing { remaining: 0, resets, ..usual })
            }
            Fault::ConcurrencyLimit429 => {
                (Refusal::too_many(), Standing { limit: 0, remaining: 0, ..usual })
            }
            Fault::Status(status) => (Refusal::of_status(*status), usual),
            _ => (Refusal::of_status(500), usual),
        };
        self.dressed(self.worded(&refusal), standing)
    }

    fn caller(&self, incoming: &Incoming) -> Result<Caller, Refusal> {
        let authorization = incoming.header("authorization").and_then(|it| it.split_once(' '));
        match authorization {
            Some(("SSWS", API_TOKEN)) if !self.lock().token_revoked => Ok(Caller::Administrator),
            Some((scheme @ ("Bearer" | "DPoP"), token)) => {
                let mut directory = self.lock();
                let now = self.now().checked_add(directory.skew).unwrap_or(self.now());
                directory.apps.caller(scheme, token, incoming, now)
            }
            _ => Err(Refusal::unauthorized()),
        }
    }

    fn route(&self, caller: &Caller, incoming: &Incoming) -> Answer {
        let segments = incoming.segments();
        let rest = match segments.as_slice() {
            ["api", "v1", rest @ ..] => rest,
            ["oauth2", "v1", "clients", id, "roles"] if incoming.method == Method::GET => {
                return self.app_roles(caller, id);
            }
            _ => return Err(Refusal::not_found(&incoming.path.join("/"), "null")),
        };
        self.lock().admins.allow(caller, &incoming.method, rest)?;
        match (&incoming.method, rest) {
            (&Method::GET, _) => self.read(rest, incoming),
            (&Method::POST, _) => self.post(rest, &body(incoming)?, incoming),
            (&Method::PUT, ["users", id]) => self.replace_user(id, &body(incoming)?, incoming),
            (&Method::DELETE, ["users", id]) => self.delete_or_deactivate(id),
            (&Method::PUT, ["groups", group, "users", user]) => {
                self.change_member(group, user, Joined)
            }
            (&Method::DELETE, ["groups", group, "users", user]) => {
                self.change_member(group, user, Left)
            }
            _ => Err(Refusal::wrong_method()),
        }
    }

    fn read(&self, path: &[&str], incoming: &Incoming) -> Answer {
        match path {
            ["users"] => self.list_users(incoming),
            ["users", "me"] => Ok(self.own_user(incoming)),
            ["users", id] => self.get_user(id, incoming),
            ["users", id, "roles"] => self.user_roles(id),
            ["groups", id, "roles"] => self.group_roles(id),
            ["users", id, "groups"] => self.user_groups(id, incoming),
            ["groups"] => self.list_groups(incoming),
            ["groups", "rules"] => self.list_rules(incoming),
            ["groups", id] => self.get_group(id, incoming),
            ["groups", id, "users"] => self.group_users(id, incoming),
            ["meta", "schemas", "user", id] => self.user_schema(id, &incoming.base),
            _ => Err(Refusal::not_found(&incoming.path.join("/"), "null")),
        }
    }

    fn post(&self, path: &[&str], body: &Value, incoming: &Incoming) -> Answer {
        match path {
            ["users"] => self.create_user(body, incoming),
            ["users", id] => self.update_user(id, body, incoming),
            ["groups"] => self.create_group(body, incoming),
            ["groups", "rules"] => self.create_rule(body),
            ["meta", "schemas", "user", id] => self.update_user_schema(id, body, &incoming.base),
            _ => Err(Refusal::wrong_method()),
        }
    }

    fn refused(&self, incoming: &Incoming, refusal: &Refusal) -> Response<Bytes> {
        self.dressed(self.worded(refusal), self.standing(incoming))
    }

    fn worded(&self, refusal: &Refusal) -> Response<Bytes> {
        let mut directory = self.lock();
        let serial = directory.next_serial();
        refusal.answer(directory.causes_form, serial)
    }

    fn standing(&self, incoming: &Incoming) -> Standing {
        self.lock().limits.standing(bucket(incoming), self.now())
    }

    /// Adds the headers that every answer has. Times are by the org's own clock.
    fn dressed(&self, mut answer: Response<Bytes>, standing: Standing) -> Response<Bytes> {
        let mut directory = self.lock();
        let own = |moment: Timestamp| moment.checked_add(directory.skew).unwrap_or(moment);
        let date = own(self.now()).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let resets = own(standing.resets).as_second().to_string();
        let request = format!("reqsim{:014}", directory.next_serial());
        let headers = [
            (header::DATE, date),
            (HeaderName::from_static("x-rate-limit-limit"), standing.limit.to_string()),
            (HeaderName::from_static("x-rate-limit-remaining"), standing.remaining.to_string()),
            (HeaderName::from_static("x-rate-limit-reset"), resets),
            (HeaderName::from_static("x-okta-request-id"), request),
        ];
        for (name, value) in headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                answer.headers_mut().insert(name, value);
            }
        }
        answer
    }
}

fn bucket(incoming: &Incoming) -> Bucket {
    Bucket::of(&incoming.method, &incoming.segments())
}

fn body(incoming: &Incoming) -> Result<Value, Refusal> {
    serde_json::from_slice(&incoming.body).map_err(|_| Refusal::unreadable_body())
}
