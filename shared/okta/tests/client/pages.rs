//! Lists of several pages.

use outbound::ErrorKind;

use crate::org::{Org, TOKEN, group, list, ok};
use crate::support::{Answer, answer};

fn page(id: &str, links: &[(&str, &str)]) -> Answer {
    answer(200, links, list(&[group(id, "VIP", "OKTA_GROUP")]))
}

async fn found(org: &Org) -> Result<usize, ErrorKind> {
    let names = ["VIP".parse().unwrap()];
    let found = org.session().groups_by_names(&names).await;
    found.map(|found| found.len()).map_err(|error| error.kind)
}

#[tokio::test]
async fn pages_are_followed_by_two_link_headers_or_by_one() {
    let this = r#"<https://org.example/api/v1/groups?limit=200>; rel="self""#;
    let next = r#"<https://org.example/api/v1/groups?after=b,c&limit=200>; rel="next""#;
    let joined = format!("{this}, {next}");
    for links in [vec![("link", this), ("link", next)], vec![("link", joined.as_str())]] {
        let org = Org::answering([page("g1", &links), page("g2", &[("link", this)])]);
        assert_eq!(found(&org).await, Ok(2));
        assert_eq!(org.calls()[1], "GET /api/v1/groups?after=b,c&limit=200");
    }
}

#[tokio::test]
async fn every_page_is_asked_for_with_the_token() {
    let next = [("link", r#"<https://org.example/api/v1/groups?after=b>; rel="next""#)];
    let org = Org::answering([page("g1", &next), page("g2", &[])]);
    assert_eq!(found(&org).await, Ok(2));
    for request in org.script.sent() {
        assert_eq!(request.headers()["authorization"], format!("SSWS {TOKEN}"));
    }
}

#[tokio::test]
async fn a_page_elsewhere_is_not_asked_for() {
    for elsewhere in ["https://evil.example/api/v1/groups", "http://org.example/api", "/api"] {
        let next = format!(r#"<{elsewhere}>; rel="next""#);
        let org = Org::answering([page("g1", &[("link", &next)])]);
        assert_eq!(found(&org).await, Err(ErrorKind::ForeignAddress), "{elsewhere}");
        assert_eq!(org.calls().len(), 1);
    }
}

#[tokio::test]
async fn a_list_is_never_cut_short_in_silence() {
    let org = Org::answering([page("g1", &[("link", "not a link")])]);
    let expected = ErrorKind::Unreadable { detail: "a Link header that cannot be read" };
    assert_eq!(found(&org).await, Err(expected));
}

#[tokio::test]
async fn pages_that_do_not_end_are_given_up() {
    let next = [("link", r#"<https://org.example/api/v1/groups?after=same>; rel="next""#)];
    let org = Org::answering((0..100).map(|_| page("g1", &next)));
    let expected = ErrorKind::Unreadable { detail: "the pages of a list do not end" };
    assert_eq!(found(&org).await, Err(expected));
}

#[tokio::test]
async fn an_answer_of_another_shape_is_unreadable() {
    for body in ["{}", "", "<html>", r#"[{"id": "g1"}]"#, r#"[{"id": "../x"}]"#] {
        let org = Org::answering([ok(body)]);
        assert!(matches!(found(&org).await, Err(ErrorKind::Unreadable { .. })), "{body}");
    }
}
