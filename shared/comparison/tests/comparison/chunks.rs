//! Who differs, as bytes and back.

use comparison::{Differing, InvalidChunk, MAX_CHUNK, Why, chunks, read_chunk};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use rules::CustomerId;

fn any_differing() -> impl Strategy<Value = Vec<Differing>> {
    let id = prop_oneof![0_u64..100, any::<u64>(), Just(u64::MAX)];
    let user = any::<u64>().prop_map(|number| format!("00u{number:x}"));
    let user = prop_oneof![8 => user, 1 => Just("0".to_owned()), 1 => Just("Z".repeat(64))];
    let user = proptest::option::of(user);
    let why = proptest::sample::select(Why::ALL.to_vec());
    btree_map(id, (why, any::<bool>(), user), 0..50).prop_map(|customers| {
        let customer = |(id, (why, recheck, user)): (u64, (Why, bool, Option<String>))| Differing {
            id: CustomerId::new(id),
            why,
            recheck,
            user: user.map(|user| user.parse().unwrap()),
        };
        customers.into_iter().map(customer).collect()
    })
}

proptest! {
    #[test]
    fn what_is_packed_is_read_back(differing in any_differing()) {
        let packed: Vec<Vec<u8>> = chunks(differing.clone()).collect();
        prop_assert_eq!(packed.len(), usize::from(!differing.is_empty()));
        let read: Vec<Differing> =
            packed.iter().flat_map(|chunk| read_chunk(chunk).unwrap()).collect();
        prop_assert_eq!(read, differing);
    }

    #[test]
    fn a_chunk_that_was_cut_is_refused(differing in any_differing(), cut in any::<prop::sample::Index>()) {
        for chunk in chunks(differing) {
            prop_assert!(read_chunk(&chunk[..cut.index(chunk.len())]).is_err());
        }
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in vec(any::<u8>(), 0..60)) {
        let _ = read_chunk(&bytes);
        let _ = read_chunk(&[&[1, 3, 0, 0, 0], bytes.as_slice()].concat());
    }

    #[test]
    fn a_chunk_that_is_read_is_the_one_that_would_be_written(bytes in vec(any::<u8>(), 0..12)) {
        let bytes = [&[1, 2, 0, 0, 0], bytes.as_slice()].concat();
        if let Ok(read) = read_chunk(&bytes) {
            prop_assert_eq!(read_chunk(&chunks(read.clone()).next().unwrap()), Ok(read));
        }
    }
}

#[test]
fn a_million_customers_take_few_chunks_of_the_allowed_size() {
    let customers = (0..1_000_000).map(|number| Differing {
        id: CustomerId::new(6_157_654_556_905 + number * 30_000),
        why: Why::Totals,
        recheck: false,
        user: None,
    });
    let packed: Vec<Vec<u8>> = chunks(customers).collect();
    assert!(packed.iter().all(|chunk| chunk.len() <= MAX_CHUNK));
    assert!(packed.len() <= 14, "{} chunks", packed.len());
    let read: usize = packed.iter().map(|chunk| read_chunk(chunk).unwrap().len()).sum();
    assert_eq!(read, 1_000_000);
}

#[test]
fn a_chunk_that_counts_more_than_it_holds_costs_no_memory() {
    assert_eq!(read_chunk(&[1, 255, 255, 255, 255]), Err(InvalidChunk::Length));
}

#[test]
fn another_version_is_refused_by_name() {
    assert_eq!(read_chunk(&[2, 0, 0, 0, 0]), Err(InvalidChunk::Version));
    assert_eq!(read_chunk(&[]), Err(InvalidChunk::Length));
    assert_eq!(read_chunk(&[1, 0, 0, 0, 0]), Ok(vec![]));
    assert_eq!(read_chunk(&[1, 0, 0, 0, 0, 7]), Err(InvalidChunk::Length));
    // An id that repeats, and a reason that is none.
    assert_eq!(read_chunk(&[1, 2, 0, 0, 0, 5, 1, 0, 1]), Err(InvalidChunk::Content));
    assert_eq!(read_chunk(&[1, 1, 0, 0, 0, 5, 63]), Err(InvalidChunk::Content));
}
