//! Listing, making and changing personas
//! ([reference](https://docs.mavera.io/api-reference/personas/list-available-personas)).

use ::http::StatusCode;
use serde_json::{Map, Value, json};

use crate::incoming::Incoming;
use crate::mavera::answers::{Answer, Refusal, answer};
use crate::mavera::state::{Account, Duplicates, ListForm, NameFilter, Persona};
use crate::mavera::{MaveraSim, PRICE};

/// How many personas a page has if the caller does not say.
const DEFAULT_PAGE: usize = 50;

impl MaveraSim {
    pub(crate) fn list(&self, incoming: &Incoming) -> Answer {
        let account = self.lock();
        let found: Vec<&Persona> =
            account.personas.iter().filter(|it| account.lists(it, incoming)).collect();
        let body = match account.list_form {
            ListForm::Array => found.iter().map(|it| it.json(ListForm::Array)).collect(),
            ListForm::Pages => page(&found, account.page_size, incoming)?,
        };
        Ok(answer(StatusCode::OK, &body))
    }

    pub(crate) fn create(&self, mut body: Map<String, Value>) -> Answer {
        let (now, mut account) = (self.now(), self.lock());
        let name = take_name(&mut body)?.ok_or(Refusal::missing_field("name"))?;
        if account.duplicates == Duplicates::Refused && account.has(&name) {
            return Err(Refusal::name_taken(&name));
        }
        let description = take_text(&mut body, "description")?.unwrap_or_default();
        let demographic = take_object(&mut body, "demographic")?.unwrap_or_default().into();
        account.credits = account.credits.checked_sub(PRICE).ok_or(Refusal::no_credits())?;
        let persona = Persona {
            id: account.next_id(),
            name,
            description,
            demographic,
            others: body,
            is_global: false,
            created: now,
        };
        let mut made = persona.json(account.list_form);
        if account.list_form == ListForm::Pages {
            made["credits_charged"] = PRICE.into();
        }
        account.personas.push(persona);
        Ok(answer(StatusCode::CREATED, &made))
    }

    /// Changes what the body names, and leaves the rest. `demographic` is replaced whole.
    pub(crate) fn update(&self, id: &str, mut body: Map<String, Value>) -> Answer {
        let mut account = self.lock();
        let name = take_name(&mut body)?;
        let description = take_text(&mut body, "description")?;
        let demographic = take_object(&mut body, "demographic")?;
        let taken = name.as_ref().is_some_and(|name| {
            account.duplicates == Duplicates::Refused && account.has_besides(name, id)
        });
        let form = account.list_form;
        let persona = account.persona_mut(id).ok_or(Refusal::not_found())?;
        if persona.is_global {
            return Err(Refusal::forbidden());
        }
        if taken {
            return Err(Refusal::name_taken(&persona.name));
        }
        persona.name = name.unwrap_or(std::mem::take(&mut persona.name));
        persona.description = description.unwrap_or(std::mem::take(&mut persona.description));
        if let Some(demographic) = demographic {
            persona.demographic = demographic.into();
        }
        persona.others.extend(body);
        Ok(answer(StatusCode::OK, &persona.json(form)))
    }
}

impl Account {
    fn lists(&self, persona: &Persona, incoming: &Incoming) -> bool {
        let name = incoming.parameter("name").filter(|_| self.name_filter == NameFilter::Contains);
        name.is_none_or(|name| persona.name.to_lowercase().contains(&name.to_lowercase()))
    }

    fn has_besides(&self, name: &str, id: &str) -> bool {
        let others = self.personas.iter().filter(|it| !it.is_global && it.id != id);
        others.into_iter().any(|it| it.name == name)
    }
}

/// One page; its cursor is the id of its last persona.
fn page(found: &[&Persona], largest: usize, incoming: &Incoming) -> Result<Value, Refusal> {
    let limit = match incoming.parameter("limit") {
        Some(limit) => limit.parse().map_err(|_| Refusal::invalid_field("limit"))?,
        None => DEFAULT_PAGE,
    };
    if !(1..=100).contains(&limit) {
        return Err(Refusal::invalid_field("limit"));
    }
    let begin = match incoming.parameter("cursor") {
        Some(cursor) => {
            let last = found.iter().position(|it| it.id == cursor);
            last.ok_or(Refusal::invalid_field("cursor"))? + 1
        }
        None => 0,
    };
    let rest = found.get(begin..).unwrap_or_default();
    let page = rest.get(..limit.min(largest)).unwrap_or(rest);
    let has_more = page.len() < rest.len();
    let next = page.last().filter(|_| has_more).map(|it| it.id.as_str());
    let data: Vec<Value> = page.iter().map(|it| it.json(ListForm::Pages)).collect();
    Ok(json!({ "object": "list", "data": data, "has_more": has_more, "next_cursor": next }))
}

/// Takes a name out of a body: 2 to 100 characters.
fn take_name(body: &mut Map<String, Value>) -> Result<Option<String>, Refusal> {
    let name = take_text(body, "name")?;
    let fits = name.as_ref().is_none_or(|name| (2..=100).contains(&name.chars().count()));
    if fits { Ok(name) } else { Err(Refusal::invalid_field("name")) }
}

/// Takes a text that is not empty out of a body.
fn take_text(body: &mut Map<String, Value>, name: &'static str) -> Result<Option<String>, Refusal> {
    match body.remove(name) {
        None => Ok(None),
        Some(Value::String(text)) if !text.is_empty() => Ok(Some(text)),
        Some(_) => Err(Refusal::invalid_field(name)),
    }
}

fn take_object(
    body: &mut Map<String, Value>,
    name: &'static str,
) -> Result<Option<Map<String, Value>>, Refusal> {
    match body.remove(name) {
        None => Ok(None),
        Some(Value::Object(object)) => Ok(Some(object)),
        Some(_) => Err(Refusal::invalid_field(name)),
    }
}
