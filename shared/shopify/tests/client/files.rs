//! An export's file.

use outbound::{BaseUrl, Error, ErrorKind, TransportFailure};
use shopify::ExportFile;

use crate::shop::Shop;
use crate::support::{Answer, answer, second};

const LINES: &str = "{\"id\":\"gid:\\/\\/shopify\\/Customer\\/1\"}\n";

fn file(size: usize) -> ExportFile {
    let base = BaseUrl::configured("https://my-store.myshopify.com").unwrap();
    let url = base.download("https://storage.example/file.jsonl?signature=marked").unwrap();
    ExportFile { url, size: size.try_into().unwrap() }
}

/// What comes of a file that the export says to be so large.
async fn read(shop: &Shop, size: usize) -> Result<Vec<u8>, Error> {
    let mut stream = shop.shopify.open_export(&file(size), second(60)).await?;
    let mut bytes = Vec::new();
    while let Some(piece) = stream.next().await? {
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

async fn kind(answer: Answer, size: usize) -> ErrorKind {
    read(&Shop::answering([answer]), size).await.unwrap_err().kind
}

fn whole() -> Answer {
    answer(200, &[], LINES)
}

#[tokio::test]
async fn a_file_comes_in_pieces_and_without_our_token() {
    let shop = Shop::answering([whole()]);
    assert_eq!(read(&shop, LINES.len()).await.unwrap(), LINES.as_bytes());
    let sent = &shop.script.sent()[0];
    assert_eq!(sent.method(), "GET");
    assert_eq!(sent.uri(), "https://storage.example/file.jsonl?signature=marked");
    assert!(!sent.headers().contains_key("x-shopify-access-token"));
}

#[tokio::test]
async fn a_file_that_is_cut_short_is_not_the_shop() {
    assert_eq!(kind(whole(), LINES.len() + 1).await, ErrorKind::Broken);
    assert_eq!(kind(answer(200, &[], ""), 1).await, ErrorKind::Broken);
    let breaks = answer(200, &[("breaks", "")], LINES);
    assert_eq!(kind(breaks, LINES.len()).await, ErrorKind::Broken);
}

#[tokio::test]
async fn a_file_that_is_longer_than_the_export_says_is_not_its_file() {
    let kind = kind(whole(), LINES.len() - 1).await;
    assert!(matches!(kind, ErrorKind::Unreadable { .. }), "{kind}");
}

#[tokio::test]
async fn an_empty_file_is_whole() {
    assert!(read(&Shop::answering([answer(200, &[], "")]), 0).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_link_that_is_refused_is_not_found() {
    for status in [400, 401, 403, 404, 410] {
        assert_eq!(kind(answer(status, &[], "marked"), 1).await, ErrorKind::NotFound, "{status}");
    }
}

#[tokio::test]
async fn trouble_where_files_are_kept_is_no_refusal_of_the_link() {
    for (status, code) in [
        (408, "unavailable"),
        (429, "unavailable"),
        (501, "unavailable"),
        (302, "unreadable"),
        (206, "unreadable"),
    ] {
        let shop = Shop::answering([answer(status, &[], LINES)]);
        let error = read(&shop, LINES.len()).await.unwrap_err();
        assert_eq!((error.code(), error.is_retryable()), (code, true), "{status}");
    }
}

#[tokio::test]
async fn a_file_that_does_not_begin_is_asked_for_again() {
    let shop = Shop::answering([answer(503, &[], ""), Err(TransportFailure::Broken), whole()]);
    assert_eq!(read(&shop, LINES.len()).await.unwrap(), LINES.as_bytes());
    assert_eq!(shop.script.sent().len(), 3);
}

#[tokio::test]
async fn an_error_does_not_show_the_link() {
    for answer in [answer(403, &[], ""), answer(200, &[], ""), answer(200, &[("breaks", "")], "")] {
        let error = read(&Shop::answering([answer]), 1).await.unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("marked") && !shown.contains("storage"), "{shown}");
    }
}
