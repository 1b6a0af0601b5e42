//! Okta's search expressions ([filter](https://developer.okta.com/docs/api/#filter)).

/// The longest expression of several names: Okta refuses an "overly complex or long" one without
/// saying where that begins, and all of the address has to fit into common limits of 8 KiB when every
/// character takes three.
const LONGEST: usize = 1_500;

/// `property eq "value"`, with what is special inside quotes escaped.
pub(crate) fn equals(property: &str, value: &str) -> String {
    let escaped = value.replace('\\', r"\\").replace('"', r#"\""#);
    format!(r#"{property} eq "{escaped}""#)
}

/// As few expressions as possible that together ask for every value.
pub(crate) fn equals_any<'a>(
    property: &str,
    values: impl IntoIterator<Item = &'a str>,
) -> Vec<String> {
    let mut expressions: Vec<String> = Vec::new();
    for term in values.into_iter().map(|value| equals(property, value)) {
        match expressions.last_mut() {
            Some(last) if last.len() + term.len() <= LONGEST => {
                last.push_str(" or ");
                last.push_str(&term);
            }
            _ => expressions.push(term),
        }
    }
    expressions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_in_a_value_cannot_end_it() {
        assert_eq!(equals("profile.email", r#"a" or b\@c"#), r#"profile.email eq "a\" or b\\@c""#);
    }

    #[test]
    fn many_values_take_few_expressions_and_none_is_lost() {
        let names: Vec<String> = (0..50).map(|number| format!("Shopify group {number}")).collect();
        let expressions = equals_any("profile.name", names.iter().map(String::as_str));
        assert!(expressions.len() <= 2, "{}", expressions.len());
        let terms: usize = expressions.iter().map(|one| one.split(" or ").count()).sum();
        assert_eq!(terms, 50);
        assert!(equals_any("profile.name", []).is_empty());
    }
}
