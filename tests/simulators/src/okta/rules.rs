//! `/api/v1/groups/rules`.

use ::rules::GroupId;
use serde_json::{Map, Value, json};

use crate::incoming::Incoming;
use crate::okta::OktaSim;
use crate::okta::answers::{Answer, Refusal, moment, ok};
use crate::okta::directory::{Directory, Rule};
use crate::okta::paging::Page;

/// How many rules are on a page if no limit is given, and at most.
const PAGE: usize = 50;
const LARGEST_PAGE: usize = 200;

impl OktaSim {
    /// `GET /api/v1/groups/rules`.
    pub(crate) fn list_rules(&self, incoming: &Incoming) -> Answer {
        let directory = self.lock();
        let page = Page::asked(incoming, directory.paging, PAGE, LARGEST_PAGE)?;
        let wanted = incoming.parameter("search").unwrap_or_default().to_lowercase();
        let with_names = incoming.parameter("expand") == Some("groupIdToGroupNameMap");
        let rules = directory.rules.range(page.start::<String>()?).map(|(_, rule)| rule);
        let found = rules.filter(|it| it.name.to_lowercase().contains(&wanted));
        let names_from = with_names.then_some(&*directory);
        Ok(page.of(found, |rule| &rule.id, |rule| rule.json(names_from)))
    }

    /// `POST /api/v1/groups/rules`: the rule is not active yet.
    pub(crate) fn create_rule(&self, body: &Value) -> Answer {
        let name = body["name"].as_str().unwrap_or_default();
        let groups = body["actions"]["assignUserToGroups"]["groupIds"].clone();
        let groups: Vec<GroupId> = serde_json::from_value(groups).unwrap_or_default();
        let expression = body["conditions"]["expression"]["value"].as_str().unwrap_or_default();
        if !(1..=50).contains(&name.chars().count()) || groups.is_empty() || expression.is_empty() {
            return Err(Refusal::invalid("rule", "name, actions and conditions are required"));
        }
        let (now, mut directory) = (self.now(), self.lock());
        let id = directory.add_rule(name, groups, expression, false, now);
        let rule = directory.rules.get(&id).ok_or_else(|| Refusal::not_found(&id, "GroupRule"))?;
        Ok(ok(&rule.json(None)))
    }
}

impl Rule {
    fn json(&self, names_from: Option<&Directory>) -> Value {
        let mut rule = json!({
            "type": "group_rule",
            "id": self.id,
            "status": if self.active { "ACTIVE" } else { "INACTIVE" },
            "name": self.name,
            "created": moment(self.created),
            "lastUpdated": moment(self.created),
            "conditions": {
                "people": { "users": { "exclude": self.excluded }, "groups": { "exclude": [] } },
                "expression": {
                    "value": self.expression,
                    "type": "urn:okta:expression:1.0",
                },
            },
            "actions": { "assignUserToGroups": { "groupIds": self.groups } },
        });
        if let Some(directory) = names_from {
            let named = self.groups.iter().filter_map(|id| {
                let group = directory.groups.get(id)?;
                Some((id.to_string(), group.name.clone().into()))
            });
            let map: Map<String, Value> = named.collect();
            rule["_embedded"] = json!({ "groupIdToGroupNameMap": map });
        }
        rule
    }
}
