use serde_json::json;

use super::*;
use crate::okta::user::{User, UserStatus};

fn finds(text: &str, purpose: Use) -> bool {
    let profile = json!({ "email": "Ann@example.com", "shopify_total_spent": 45.5 });
    let profile = profile.as_object().unwrap().clone();
    let updated = "2026-10-05T09:00:00.123456Z".parse().unwrap();
    let user = User::new("00u1".parse().unwrap(), profile, UserStatus::Active, updated);
    Expression::read(text, purpose).unwrap().meets(&user, purpose, false)
}

#[test]
fn a_search_takes_values_in_any_case_and_a_filter_does_not() {
    assert!(finds(r#"profile.email eq "ann@EXAMPLE.com""#, Use::SearchUsers));
    assert!(!finds(r#"profile.email eq "ann@EXAMPLE.com""#, Use::FilterUsers));
    assert!(finds(r#"profile.email EQ "Ann@example.com""#, Use::FilterUsers));
}

#[test]
fn operators_and_brackets_bind_as_written() {
    let both = r#"(status eq "STAGED" or status eq "ACTIVE") and profile.email sw "ann""#;
    assert!(finds(both, Use::SearchUsers));
    assert!(finds("profile.shopify_total_spent gt 45", Use::SearchUsers));
    assert!(!finds("profile.shopify_total_spent gt 45.5", Use::SearchUsers));
    assert!(finds("profile.shopify_total_spent pr", Use::SearchUsers));
    assert!(!finds("profile.nickName pr", Use::SearchUsers));
}

#[test]
fn times_are_compared_to_the_millisecond() {
    for (text, met) in [
        (r#"lastUpdated gt "2026-10-05T09:00:00.122Z""#, true),
        (r#"lastUpdated gt "2026-10-05T09:00:00.123Z""#, false),
        (r#"lastUpdated ge "2026-10-05T09:00:00.123Z""#, true),
        (r#"lastUpdated eq "2026-10-05T11:00:00.123+02:00""#, true),
        (r#"lastUpdated gt "2026-10-05T09:00:01Z""#, false),
    ] {
        assert_eq!(finds(text, Use::FilterUsers), met, "{text}");
    }
    for bad in [r#"lastUpdated gt "yesterday""#, "lastUpdated gt 5", r#"id gt "00u0""#] {
        assert!(Expression::read(bad, Use::FilterUsers).is_err(), "{bad}");
    }
}

#[test]
fn an_expression_says_which_names_it_can_find() {
    let names = |text| {
        let expression = Expression::read(text, Use::SearchUsers).unwrap();
        expression.names().map(|names| names.join(" "))
    };
    let one = r#"profile.email eq "a" and status eq "ACTIVE""#;
    assert_eq!(names(one).as_deref(), Some("a"));
    let either = r#"profile.email eq "a" or profile.login sw "b""#;
    assert_eq!(names(either).as_deref(), Some("a b"));
    assert_eq!(names(r#"profile.email eq "a" or status eq "ACTIVE""#), None);
    assert_eq!(names(r#"profile.email co "a""#), None);
}

#[test]
fn quotes_in_a_value_are_escaped() {
    let text = r#"profile.email eq "a\"b" or id eq "00u1""#;
    assert!(finds(text, Use::SearchUsers));
}

#[test]
fn what_is_not_supported_is_refused() {
    for bad in ["", "status", "status eq", r#"status ne "A""#, r#"(status eq "A""#, r#""x" eq "y""#]
    {
        assert!(Expression::read(bad, Use::SearchUsers).is_err(), "{bad}");
    }
    assert!(Expression::read(r#"profile.city eq "x""#, Use::FilterUsers).is_err());
    assert!(Expression::read(r#"profile.email sw "x""#, Use::FilterUsers).is_err());
    assert!(Expression::read(r#"profile.name eq "x""#, Use::FilterGroups).is_err());
}
