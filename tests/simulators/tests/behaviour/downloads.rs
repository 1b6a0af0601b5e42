//! The files of bulk operations, on a host that is not the shop's.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response};
use outbound::{Transport, TransportFailure};
use simulators::{Fault, Matching, NewCustomer, Outcome, Service, World};

use crate::bulk::{EXPORT, finished, text};
use crate::calling::{Outcome as Sent, send, world};

fn request(link: &str) -> Request<Bytes> {
    Request::builder().uri(link).body(Bytes::new()).unwrap()
}

pub(crate) async fn download(world: &World, link: &str) -> Sent {
    let answer = send(world, request(link)).await;
    assert!(answer.as_ref().is_ok_and(|answer| answer.status() == 200), "{answer:?}");
    answer
}

pub(crate) async fn status(world: &World, link: &str) -> u16 {
    send(world, request(link)).await.unwrap().status().as_u16()
}

/// A world with a file, the link to it, and what is in it.
async fn with_file() -> (World, String, Bytes) {
    let world = world();
    world.shopify.add_customers(20, |_| NewCustomer::default());
    let link = text(&finished(&world, EXPORT).await, "url").to_owned();
    let file = download(&world, &link).await.unwrap().into_body();
    world.take_calls();
    (world, link, file)
}

/// The pieces in which a file comes, and how it ends.
async fn pieces(world: &World, link: &str) -> (Vec<Bytes>, Result<(), TransportFailure>) {
    let patience = Duration::from_secs(10);
    let answer = world.transport().open(request(link), patience).await.unwrap();
    assert_eq!(answer.status(), 200);
    let (mut body, mut pieces) = (answer.into_body(), Vec::new());
    loop {
        match body.next(patience).await {
            Ok(Some(piece)) => pieces.push(piece),
            Ok(None) => return (pieces, Ok(())),
            Err(failure) => return (pieces, Err(failure)),
        }
    }
}

#[tokio::test]
async fn a_file_lies_elsewhere_and_only_its_whole_link_opens_it() {
    let (world, link, _) = with_file().await;
    assert!(link.starts_with(&format!("{}/", world.storage_url())));
    let (address, query) = link.split_once('?').unwrap();
    for wrong in [
        address.to_owned(),
        format!("{address}?{}", query.replace("Signature=", "Signature=0")),
        format!("{address}?{}", query.replace("Expires=", "Expires=9")),
        link.replace("/bulk-", "/partial-"),
    ] {
        assert_eq!(status(&world, &wrong).await, 403, "{wrong}");
    }
    let nowhere = format!("{}/bulk-1.jsonl?{query}", world.storage_url());
    assert_eq!(status(&world, &nowhere).await, 404);
    let mut written = request(&link);
    *written.method_mut() = Method::PUT;
    assert_eq!(send(&world, written).await.unwrap().status(), 405);
}

#[tokio::test]
async fn a_token_sent_to_the_files_is_refused_and_noted() {
    let (world, link, _) = with_file().await;
    for header in ["x-shopify-access-token", "authorization"] {
        let mut leaking = request(&link);
        leaking.headers_mut().insert(header, "secret".parse().unwrap());
        assert_eq!(send(&world, leaking).await.unwrap().status(), 400, "{header}");
        let forbidden = world.forbidden_calls();
        assert_eq!(forbidden.len(), 1, "{header}");
        assert!(forbidden[0].leaks_token);
        world.take_calls();
    }
    status(&world, &link).await;
    assert!(world.forbidden_calls().is_empty());
}

#[tokio::test]
async fn a_download_is_recorded_without_the_file() {
    let (world, link, _) = with_file().await;
    download(&world, &link).await.unwrap();
    let exchange = world.take_exchanges().remove(0);
    assert_eq!(exchange.call.to_string(), "storage GET /{file}");
    assert_eq!(exchange.call.outcome, Outcome::Answered(200));
    assert!(exchange.response.is_some_and(|response| response.body().is_empty()));
}

#[tokio::test]
async fn a_file_comes_in_pieces_of_any_size() {
    let (world, link, file) = with_file().await;
    assert_eq!(pieces(&world, &link).await, (vec![file.clone()], Ok(())));
    world.set_piece_size(7);
    let (small, end) = pieces(&world, &link).await;
    assert_eq!(end, Ok(()));
    assert_eq!((small.concat(), small.len()), (file.to_vec(), file.len().div_ceil(7)));
    assert!(small.iter().rev().skip(1).all(|piece| piece.len() == 7));
    assert_eq!(world.calls().len(), 2);
}

#[tokio::test]
async fn a_download_can_break_or_be_cut_short() {
    let (world, link, file) = with_file().await;
    world.set_piece_size(100);
    let met = |fault: Fault| world.faults().next(Service::Storage, Matching::any(), fault);

    met(Fault::BreaksAfter(250));
    let (got, end) = pieces(&world, &link).await;
    assert_eq!((got.concat(), end), (file[..250].to_vec(), Err(TransportFailure::Broken)));
    assert_eq!(world.calls()[0].outcome, Outcome::Failed(TransportFailure::Broken));
    met(Fault::CutAfter(250));
    assert_eq!(pieces(&world, &link).await.0.concat(), file[..250]);
    met(Fault::TruncatedBody);
    assert_eq!(pieces(&world, &link).await.0.concat(), file[..file.len() / 2]);

    met(Fault::BreaksAfter(250));
    assert_eq!(send(&world, request(&link)).await.unwrap_err(), TransportFailure::Broken);
    met(Fault::CutAfter(250));
    assert_eq!(download(&world, &link).await.unwrap().body(), &file[..250]);
}

#[tokio::test]
async fn the_files_host_can_fail() {
    let (world, link, _) = with_file().await;
    for code in [403, 404, 500, 503] {
        world.faults().next(Service::Storage, Matching::any(), Fault::Status(code));
        let answer: Response<Bytes> = send(&world, request(&link)).await.unwrap();
        assert_eq!(answer.status(), code);
        assert!(answer.body().starts_with(b"<?xml"));
    }
    world.faults().next(Service::Storage, Matching::any(), Fault::Connect);
    assert_eq!(send(&world, request(&link)).await.unwrap_err(), TransportFailure::Connect);
    assert_eq!(status(&world, &link).await, 200);
}
