//! What a read of Okta adds.

use std::slice::from_ref;

use comparison::{Differing, PassedOver, Standing, Why};

use crate::export::Line;
use crate::shop::{Held, HeldState, Read, at, compare, line, totals, user_id};

const ALL: [&str; 3] = ["vip", "returning", "new"];

/// A customer of "new" for whom user 1 stands.
fn matched() -> Held {
    let totals = totals(1, "9.5");
    Held {
        id: 1,
        read: Some((at(30), at(20), totals)),
        state: HeldState::Matched {
            user: 1,
            address: Some("ann@example.com"),
            shown: Some(totals),
            segment: Some("new"),
            in_place: true,
        },
        pin: None,
    }
}

fn read(whole: &[&'static str], addresses: &[&'static str], groups: &[&'static str]) -> Read {
    Read { whole: whole.to_vec(), users: vec![(1, addresses.to_vec(), groups.to_vec())] }
}

fn differing(line: Line, held: &[Held], read: &Read) -> Vec<Differing> {
    compare(&[line], held, Some(read), |findings| findings.differences.iter().collect())
}

#[test]
fn a_user_found_in_the_one_right_group_does_not_differ() {
    let read = read(&ALL, &["ann@example.com"], &["new"]);
    assert_eq!(differing(line(1, 1, "9.5", 20), &[matched()], &read), []);
}

#[test]
fn a_user_found_in_another_group_or_in_none_is_rechecked() {
    for groups in [&["vip", "new"][..], &["vip"], &["gold", "new"], &[]] {
        let read = read(&ALL, &["ann@example.com"], groups);
        let found = differing(line(1, 1, "9.5", 20), &[matched()], &read);
        assert_eq!(found.len(), 1, "{groups:?}");
        assert_eq!((found[0].why, found[0].recheck), (Why::Drift, true), "{groups:?}");
    }
}

#[test]
fn what_was_not_read_whole_proves_no_absence() {
    let sweep = read(&[], &["ann@example.com"], &[]);
    assert_eq!(differing(line(1, 1, "9.5", 20), &[matched()], &sweep), []);
    let others = read(&["vip", "returning"], &["ann@example.com"], &[]);
    assert_eq!(differing(line(1, 1, "9.5", 20), &[matched()], &others), []);
}

#[test]
fn who_moves_is_rechecked_only_if_okta_holds_something_unexpected() {
    let mut held = matched();
    held.read = None;
    let expected = read(&ALL, &["ann@example.com"], &["new"]);
    let found = differing(line(1, 9, "9.5", 20), &[held.clone()], &expected);
    assert_eq!((found[0].why, found[0].recheck), (Why::Moved, false));
    let unexpected = read(&ALL, &["ann@example.com"], &["returning"]);
    let found = differing(line(1, 9, "9.5", 20), &[held], &unexpected);
    assert_eq!((found[0].why, found[0].recheck), (Why::Moved, true));
}

#[test]
fn a_new_customer_brings_the_user_found_and_their_group_counts_as_a_movement() {
    let read = read(&ALL, &["ann@example.com"], &["vip", "new"]);
    compare(&[line(1, 1, "9.5", 20)], &[], Some(&read), |findings| {
        let found: Vec<Differing> = findings.differences.iter().collect();
        assert_eq!((found[0].why, found[0].user.clone()), (Why::New, Some(user_id(1))));
        assert_eq!((findings.figures.placed, findings.figures.moved), (1, 1));
        assert_eq!(findings.figures.movements[0].from, Standing::Segment("vip".parse().unwrap()));
        assert_eq!(findings.figures.users_found, 1);
    });
}

#[test]
fn two_users_with_one_address_are_nobodys_choice() {
    let read = Read {
        whole: vec![],
        users: vec![(1, vec!["ann@example.com"], vec![]), (2, vec!["ann@example.com"], vec![])],
    };
    let found = differing(line(1, 1, "9.5", 20), &[], &read);
    assert_eq!((found[0].why, found[0].user.clone()), (Why::New, None));
}

#[test]
fn who_signs_up_after_ordering_is_found() {
    let state =
        HeldState::Unmatched { address: Some("ann@example.com"), looked: true, retry: false };
    let held = Held { id: 1, read: Some((at(30), at(20), totals(1, "9.5"))), state, pin: None };
    let sweep = read(&[], &["login@example.com", "ann@example.com"], &[]);
    let found = differing(line(1, 1, "9.5", 20), from_ref(&held), &sweep);
    assert_eq!((found[0].why, found[0].user.clone()), (Why::Found, Some(user_id(1))));
    let nobody = read(&[], &["bea@example.com"], &[]);
    assert_eq!(differing(line(1, 1, "9.5", 20), &[held], &nobody), []);
}

#[test]
fn users_found_for_others_spare_no_search_for_those_nobody_has_looked_up() {
    let state =
        HeldState::Unmatched { address: Some("ann@example.com"), looked: true, retry: false };
    let held = Held { id: 1, read: Some((at(30), at(20), totals(1, "9.5"))), state, pin: None };
    let bea = Line { email: Some("bea@example.com".into()), ..line(2, 1, "9.5", 20) };
    let cal = Line { email: Some("cal@example.com".into()), ..line(3, 1, "9.5", 20) };
    let read = read(&[], &["ann@example.com"], &[]);
    compare(&[line(1, 1, "9.5", 20), bea, cal], &[held], Some(&read), |findings| {
        assert_eq!(findings.figures.users_found, 1);
        assert_eq!(findings.differences.to_be_searched(), 2);
    });
}

#[test]
fn members_who_are_no_customers_are_reported_and_never_touched() {
    let read = Read {
        whole: ALL.to_vec(),
        users: vec![
            (1, vec!["ann@example.com"], vec!["new"]),
            (2, vec!["bea@example.com"], vec!["vip"]),
            (3, vec!["cal@example.com"], vec!["vip"]),
            (4, vec!["dan@example.com"], vec![]),
        ],
    };
    // Bea has ordered nothing, yet she is a customer.
    let bea = Line { email: Some("Bea@example.com".into()), ..line(2, 0, "0.0", 20) };
    compare(&[line(1, 1, "9.5", 20), bea], &[matched()], Some(&read), |findings| {
        assert!(findings.differences.is_empty());
        assert_eq!(findings.figures.strangers.count, 1);
        assert_eq!(findings.figures.strangers.examples, [user_id(3)]);
    });
}

#[test]
fn the_user_of_a_customer_who_is_gone_is_no_stranger() {
    let read = read(&ALL, &["ann@example.com"], &["new"]);
    compare(&[], &[matched()], Some(&read), |findings| {
        assert_eq!(findings.figures.strangers.count, 0);
        assert_eq!((findings.figures.placed, findings.figures.moved), (1, 1));
    });
}

#[test]
fn who_bears_the_new_address_at_okta_too_stays_where_they_are() {
    let held = Held { read: None, ..matched() };
    let line = || Line { email: Some("bea@example.com".into()), ..line(1, 1, "9.5", 20) };
    for (addresses, moved) in [(["bea@example.com"], 0), (["ann@example.com"], 1)] {
        let read = read(&ALL, &addresses, &["new"]);
        compare(&[line()], from_ref(&held), Some(&read), |findings| {
            assert_eq!(findings.figures.moved, moved, "{addresses:?}");
        });
    }
    let another = Read {
        whole: Vec::new(),
        users: vec![(1, vec!["ann@example.com"], vec![]), (2, vec!["bea@example.com"], vec![])],
    };
    compare(&[line()], &[held], Some(&another), |findings| assert_eq!(findings.figures.moved, 1));
}

#[test]
fn what_was_found_of_somebody_who_cannot_be_judged_is_told() {
    let of = |address: &str| Line { email: Some(address.into()), ..line(1, 1, "9.5", 20) };
    let unmatched = |address| Held {
        read: None,
        state: HeldState::Unmatched { address: Some(address), looked: true, retry: false },
        ..matched()
    };
    let drifted = read(&ALL, &["ann@example.com"], &["vip"]);
    let as_applied = read(&ALL, &["ann@example.com"], &["new"]);
    let (ann, bea) = ("ann@example.com", "bea@example.com");
    for (held, address, read, is_news) in [
        (matched(), ann, &as_applied, false),
        (matched(), ann, &drifted, true),
        (unmatched(bea), bea, &as_applied, false),
        (unmatched(ann), ann, &as_applied, true),
    ] {
        let garbled = Line { spent: "9,5".into(), ..of(address) };
        let elsewhere = Line { currency: "EUR", ..of(address) };
        for line in [garbled, elsewhere] {
            compare(&[line], from_ref(&held), Some(read), |findings| {
                let id = rules::CustomerId::new(1);
                assert_eq!(findings.passed_over, [PassedOver { id, is_news }], "{held:?}");
                assert!(findings.differences.is_empty());
            });
        }
        compare(&[of(address)], &[held], Some(read), |findings| {
            assert_eq!(findings.passed_over, []);
        });
    }
}
