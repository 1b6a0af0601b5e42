//! Okta's expressions: `profile.email eq "…" and status eq "ACTIVE"`
//! ([filter](https://developer.okta.com/docs/api/#filter)).

use std::cmp::Ordering;

use jiff::Timestamp;
use serde_json::Value;

use crate::okta::answers::Refusal;

/// Something that expressions can be asked of.
pub(crate) trait Searched {
    /// What an attribute holds, by its path such as `profile.email`; none if nothing.
    fn held(&self, attribute: &str) -> Option<Held<'_>>;
}

/// What an attribute holds.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Held<'a> {
    Text(&'a str),
    /// Kept and compared to the millisecond.
    Moment(Timestamp),
    Other(&'a Value),
}

impl<'a> Held<'a> {
    /// A value of a profile; none for null.
    pub(crate) fn of(value: &'a Value) -> Option<Self> {
        match value {
            Value::Null => None,
            Value::String(text) => Some(Self::Text(text)),
            other => Some(Self::Other(other)),
        }
    }
}

fn is_time(attribute: &str) -> bool {
    matches!(attribute, "created" | "statusChanged" | "lastUpdated" | "lastMembershipUpdated")
}

/// Where an expression is used, which decides what it may say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// `search` over users: every attribute, values in any case.
    SearchUsers,
    /// `filter` over users: a few attributes, `eq` alone but for times, values in their exact case.
    FilterUsers,
    /// `search` over groups: every attribute, `sw`, `eq` and `co`, values in any case.
    SearchGroups,
    /// `filter` over groups: a few attributes.
    FilterGroups,
}

/// A parsed expression.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Expression {
    All(Vec<Self>),
    Any(Vec<Self>),
    Test { attribute: String, operator: Operator, value: Value },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Equal,
    StartsWith,
    Contains,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
    Present,
}

impl Operator {
    fn read(word: &str) -> Option<Self> {
        Some(match word.to_ascii_lowercase().as_str() {
            "eq" => Self::Equal,
            "sw" => Self::StartsWith,
            "co" => Self::Contains,
            "gt" => Self::Greater,
            "ge" => Self::GreaterOrEqual,
            "lt" => Self::Less,
            "le" => Self::LessOrEqual,
            "pr" => Self::Present,
            _ => return None,
        })
    }
}

impl Use {
    fn allows(self, attribute: &str, operator: Operator) -> bool {
        let is_time = matches!(attribute, "lastUpdated" | "lastMembershipUpdated");
        match self {
            Self::SearchUsers => true,
            Self::SearchGroups => {
                matches!(operator, Operator::Equal | Operator::StartsWith | Operator::Contains)
            }
            Self::FilterUsers => {
                let known = matches!(
                    attribute,
                    "id" | "status"
                        | "lastUpdated"
                        | "profile.login"
                        | "profile.email"
                        | "profile.firstName"
                        | "profile.lastName"
                );
                known && (operator == Operator::Equal || is_time)
            }
            Self::FilterGroups => {
                let known = matches!(attribute, "id" | "type") || is_time;
                known && (operator == Operator::Equal || is_time)
            }
        }
    }

    fn is_exact(self) -> bool {
        matches!(self, Self::FilterUsers | Self::FilterGroups)
    }
}

impl Expression {
    /// Reads an expression for a use.
    pub(crate) fn read(text: &str, purpose: Use) -> Result<Self, Refusal> {
        let tokens = tokens(text).ok_or_else(Refusal::bad_search)?;
        let mut reader = Reader { tokens: &tokens, purpose };
        let expression = reader.any().ok_or_else(Refusal::bad_search)?;
        if reader.tokens.is_empty() { Ok(expression) } else { Err(Refusal::bad_search()) }
    }

    /// Whether an object meets the expression. A loose index finds by prefix where equality was asked
    /// for.
    pub(crate) fn meets(&self, object: &impl Searched, purpose: Use, loose: bool) -> bool {
        let meets = |part: &Self| part.meets(object, purpose, loose);
        match self {
            Self::All(parts) => parts.iter().all(meets),
            Self::Any(parts) => parts.iter().any(meets),
            Self::Test { attribute, operator, value } => object
                .held(attribute)
                .is_some_and(|held| test(held, *operator, value, purpose.is_exact(), loose)),
        }
    }

    /// What a login or an e-mail address must be, or begin with, for its user to meet the expression.
    /// None if that is not what it asks for.
    pub(crate) fn names(&self) -> Option<Vec<&str>> {
        match self {
            Self::All(parts) => parts.iter().find_map(Self::names),
            Self::Any(parts) => {
                let names: Option<Vec<_>> = parts.iter().map(Self::names).collect();
                names.map(|names| names.concat())
            }
            Self::Test { attribute, operator, value } => {
                let is_name = matches!(attribute.as_str(), "profile.login" | "profile.email");
                let begins = matches!(operator, Operator::Equal | Operator::StartsWith);
                value.as_str().filter(|_| is_name && begins).map(|name| vec![name])
            }
        }
    }
}

fn test(held: Held<'_>, operator: Operator, wanted: &Value, exact: bool, loose: bool) -> bool {
    let fold = |text: &str| if exact { text.to_owned() } else { text.to_lowercase() };
    if operator == Operator::Present {
        return true;
    }
    match (held, wanted) {
        (Held::Text(held), Value::String(wanted)) => {
            let (held, wanted) = (fold(held), fold(wanted));
            match operator {
                Operator::Equal if loose => held.starts_with(&wanted),
                Operator::StartsWith => held.starts_with(&wanted),
                Operator::Contains => held.contains(&wanted),
                other => ordered(other, Some(held.cmp(&wanted))),
            }
        }
        (Held::Moment(held), wanted) => {
            let order = |wanted: Timestamp| held.as_millisecond().cmp(&wanted.as_millisecond());
            ordered(operator, moment(wanted).map(order))
        }
        (Held::Other(held), wanted) => match (held.as_f64(), wanted.as_f64()) {
            (Some(held), Some(wanted)) => ordered(operator, held.partial_cmp(&wanted)),
            _ => operator == Operator::Equal && held == wanted,
        },
        (Held::Text(_), _) => false,
    }
}

fn moment(value: &Value) -> Option<Timestamp> {
    value.as_str()?.parse().ok()
}

fn ordered(operator: Operator, order: Option<Ordering>) -> bool {
    let Some(order) = order else { return false };
    match operator {
        Operator::Equal => order.is_eq(),
        Operator::Greater => order.is_gt(),
        Operator::GreaterOrEqual => order.is_ge(),
        Operator::Less => order.is_lt(),
        Operator::LessOrEqual => order.is_le(),
        Operator::StartsWith | Operator::Contains | Operator::Present => false,
    }
}

#[derive(Debug, PartialEq)]
enum Token {
    Open,
    Close,
    Word(String),
    Text(Value),
}

fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '(' | ')' => {
                found.push(if first == '(' { Token::Open } else { Token::Close });
                1
            }
            '"' => {
                let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
                found.push(Token::Text(values.next()?.ok()?));
                values.byte_offset()
            }
            _ => {
                let end = rest.find([' ', '(', ')', '"']).unwrap_or(rest.len());
                found.push(Token::Word(rest.get(..end)?.to_owned()));
                end
            }
        };
        rest = rest.get(length..)?.trim_start();
    }
    Some(found)
}

struct Reader<'a> {
    tokens: &'a [Token],
    purpose: Use,
}

impl<'a> Reader<'a> {
    fn any(&mut self) -> Option<Expression> {
        let mut parts = vec![self.all()?];
        while self.takes_word("or") {
            parts.push(self.all()?);
        }
        Some(Expression::Any(parts))
    }

    fn all(&mut self) -> Option<Expression> {
        let mut parts = vec![self.one()?];
        while self.takes_word("and") {
            parts.push(self.one()?);
        }
        Some(Expression::All(parts))
    }

    fn one(&mut self) -> Option<Expression> {
        match self.next()? {
            Token::Open => {
                let inner = self.any()?;
                (self.next()? == &Token::Close).then_some(inner)
            }
            Token::Word(attribute) => self.test(attribute.clone()),
            Token::Close | Token::Text(_) => None,
        }
    }

    fn test(&mut self, attribute: String) -> Option<Expression> {
        let Token::Word(word) = self.next()? else { return None };
        let operator = Operator::read(word)?;
        let value = match operator {
            Operator::Present => Value::Null,
            _ => match self.next()? {
                Token::Text(text) => text.clone(),
                Token::Word(word) => serde_json::from_str(word).ok()?,
                Token::Open | Token::Close => return None,
            },
        };
        let timely =
            !is_time(&attribute) || operator == Operator::Present || moment(&value).is_some();
        let allowed = timely && self.purpose.allows(&attribute, operator);
        allowed.then_some(Expression::Test { attribute, operator, value })
    }

    fn next(&mut self) -> Option<&'a Token> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(first)
    }

    fn takes_word(&mut self, wanted: &str) -> bool {
        let next = self.tokens.first();
        let takes = matches!(next, Some(Token::Word(word)) if word.eq_ignore_ascii_case(wanted));
        if takes {
            self.next();
        }
        takes
    }
}

#[cfg(test)]
mod tests;
