//! The `Link` header: where the next page is ([RFC 8288](https://www.rfc-editor.org/rfc/rfc8288)).
//!
//! Okta sends one header per link or one header with all of them, joined by commas; parameters come
//! in any order, quoted or not.

use http::HeaderMap;
use http::header::LINK;

/// A `Link` header that cannot be read. Taking it for "no next page" would cut a list short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct UnreadableLink;

/// The address of the next page, if there is one.
pub(crate) fn next(headers: &HeaderMap) -> Result<Option<String>, UnreadableLink> {
    for header in headers.get_all(LINK) {
        let mut rest = header.to_str().map_err(|_| UnreadableLink)?.trim();
        while !rest.is_empty() {
            let (link, after) = take_link(rest)?;
            if link.is_next {
                return Ok(Some(link.address.to_owned()));
            }
            rest = after;
        }
    }
    Ok(None)
}

struct Link<'a> {
    address: &'a str,
    is_next: bool,
}

/// Takes `<address>; name=value; …` off the front, with the comma after it.
fn take_link(text: &str) -> Result<(Link<'_>, &str), UnreadableLink> {
    let (address, mut rest) =
        text.strip_prefix('<').and_then(|text| text.split_once('>')).ok_or(UnreadableLink)?;
    let mut is_next = false;
    loop {
        rest = rest.trim_start();
        if let Some(parameter) = rest.strip_prefix(';') {
            let (name, value, after) = take_parameter(parameter)?;
            is_next |= name.eq_ignore_ascii_case("rel") && names_next(value);
            rest = after;
        } else if rest.is_empty() {
            return Ok((Link { address, is_next }, rest));
        } else {
            let after = rest.strip_prefix(',').ok_or(UnreadableLink)?;
            return Ok((Link { address, is_next }, after.trim_start()));
        }
    }
}

/// Takes `name=value` or `name="value"` off the front. A comma or semicolon inside quotes is part of
/// the value.
fn take_parameter(text: &str) -> Result<(&str, &str, &str), UnreadableLink> {
    let end = text.find([';', ',', '=']).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let Some(value) = rest.strip_prefix('=').map(str::trim_start) else {
        return Ok((name.trim(), "", rest));
    };
    if let Some(quoted) = value.strip_prefix('"') {
        let (value, after) = quoted.split_once('"').ok_or(UnreadableLink)?;
        return Ok((name.trim(), value, after));
    }
    let (value, after) = value.split_at(value.find([';', ',']).unwrap_or(value.len()));
    Ok((name.trim(), value.trim(), after))
}

/// A `rel` may hold several relations, separated by spaces.
fn names_next(relations: &str) -> bool {
    relations.split_ascii_whitespace().any(|relation| relation.eq_ignore_ascii_case("next"))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    const NEXT: &str = "https://okta.example/api/v1/users?after=a,b;c&limit=200";

    fn next_of(headers: &[&str]) -> Result<Option<String>, UnreadableLink> {
        let mut map = HeaderMap::new();
        for header in headers {
            map.append(LINK, HeaderValue::from_str(header).unwrap());
        }
        next(&map)
    }

    #[test]
    fn the_next_page_is_found_in_two_headers_or_one_in_any_spelling() {
        let this = r#"<https://okta.example/api/v1/users>; rel="self""#;
        let spellings = [
            format!(r#"<{NEXT}>; rel="next""#),
            format!("<{NEXT}>; rel=next"),
            format!("<{NEXT}>;REL=Next"),
            format!(r#"<{NEXT}>; title="a, b; c"; rel="next""#),
            format!(r#"<{NEXT}>; rel = "last next" ; title=x"#),
            format!(r#"<{NEXT}>; crossorigin; rel="next""#),
        ];
        for next in spellings {
            for headers in [
                vec![next.clone()],
                vec![this.to_owned(), next.clone()],
                vec![next.clone(), this.to_owned()],
                vec![format!("{this}, {next}")],
                vec![format!("{next},{this}")],
            ] {
                let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
                assert_eq!(next_of(&headers), Ok(Some(NEXT.to_owned())), "{headers:?}");
            }
        }
    }

    #[test]
    fn a_last_page_has_no_next() {
        assert_eq!(next_of(&[]), Ok(None));
        assert_eq!(next_of(&[r#"<https://okta.example/>; rel="self""#]), Ok(None));
        assert_eq!(next_of(&[r#"<https://okta.example/>; rel="self"; title="next""#]), Ok(None));
        assert_eq!(next_of(&[r#"<https://okta.example/>; rel="nextish""#]), Ok(None));
    }

    #[test]
    fn an_unreadable_header_is_not_taken_for_the_last_page() {
        for broken in
            ["next", "<https://okta.example/", r#"<https://okta.example/>; rel="next"#, "<x> <y>"]
        {
            assert_eq!(next_of(&[broken]), Err(UnreadableLink), "{broken}");
        }
    }
}
