//! What a plan does to the world, also when it is cut short.

use std::collections::BTreeSet;

use proptest::collection::{btree_map, btree_set};
use proptest::option;
use proptest::prelude::*;
use rules::{
    Applied, Attributes, Change, Currency, Desired, Group, GroupId, Membership, Money, Noted, Plan,
    Totals,
};
use rust_decimal::Decimal;

/// What Okta really holds for the user.
#[derive(Debug, Clone, PartialEq, Eq)]
struct World {
    totals: Option<Totals>,
    groups: BTreeSet<GroupId>,
}

impl World {
    fn make(&mut self, change: &Change) {
        match change {
            Change::SetTotals(totals) => self.totals = Some(*totals),
            Change::ClearTotals => self.totals = None,
            Change::Join(group) => drop(self.groups.insert(group.id.clone())),
            Change::Leave(group) => drop(self.groups.remove(&group.id)),
        }
    }
}

fn totals(orders: u64) -> Totals {
    Totals { orders, spent: Money::new(Decimal::new(4550, 2), Currency::USD) }
}

fn group(number: usize) -> Group {
    Group {
        id: format!("00g{number}").parse().unwrap(),
        name: format!("Group {number}").parse().unwrap(),
    }
}

fn applied(attributes: Attributes, groups: &[(usize, Membership)]) -> Applied {
    let mut applied = Applied { attributes, ..Applied::default() };
    for (number, membership) in groups {
        applied.note(group(*number), *membership);
    }
    applied
}

fn planned(desired: &Desired, applied: &Applied) -> String {
    Plan::new(desired, applied).to_string()
}

#[test]
fn a_new_customer_gets_totals_and_a_group() {
    let desired = Desired { totals: Some(totals(1)), group: Some(group(1)) };
    assert_eq!(
        planned(&desired, &Applied::default()),
        "set totals to 1 order, 45.50 USD\njoin Group 1"
    );
}

#[test]
fn a_move_joins_before_it_leaves_everything_else() {
    let held =
        applied(Attributes::Set(totals(1)), &[(1, Membership::Member), (3, Membership::Uncertain)]);
    let desired = Desired { totals: Some(totals(2)), group: Some(group(2)) };
    assert_eq!(
        planned(&desired, &held),
        "set totals to 2 orders, 45.50 USD\njoin Group 2\nleave Group 1\nleave Group 3"
    );
}

#[test]
fn nothing_changes_if_nothing_differs() {
    let held = applied(Attributes::Set(totals(1)), &[(1, Membership::Member)]);
    let desired = Desired { totals: Some(totals(1)), group: Some(group(1)) };
    let plan = Plan::new(&desired, &held);
    assert!(plan.is_empty());
    assert_eq!(plan.to_string(), "");
    let nothing = applied(Attributes::Cleared, &[]);
    assert!(Plan::new(&Desired::NOTHING, &nothing).is_empty());
}

#[test]
fn an_amount_with_other_zeros_is_no_difference() {
    let held = applied(Attributes::Set(totals(1)), &[]);
    let mut same = totals(1);
    same.spent.amount = Decimal::new(455, 1);
    assert!(Plan::new(&Desired { totals: Some(same), group: None }, &held).is_empty());
}

#[test]
fn what_is_uncertain_is_done_again() {
    let held = applied(Attributes::Unknown, &[(1, Membership::Uncertain)]);
    let desired = Desired { totals: Some(totals(1)), group: Some(group(1)) };
    assert_eq!(planned(&desired, &held), "set totals to 1 order, 45.50 USD\njoin Group 1");
    assert_eq!(planned(&Desired::NOTHING, &held), "clear totals\nleave Group 1");
}

#[test]
fn what_is_known_survives_being_stored() {
    let held =
        applied(Attributes::Set(totals(1)), &[(1, Membership::Member), (2, Membership::Uncertain)]);
    let stored = serde_json::to_string(&held).unwrap();
    assert_eq!(serde_json::from_str::<Applied>(&stored).unwrap(), held);
}

fn any_totals() -> impl Strategy<Value = Totals> {
    (0_u64..3).prop_map(totals)
}

fn any_desired() -> impl Strategy<Value = Desired> {
    (option::of(any_totals()), option::of((0_usize..5).prop_map(group)))
        .prop_map(|(totals, group)| Desired { totals, group })
}

fn any_applied() -> impl Strategy<Value = Applied> {
    let attributes = prop_oneof![
        Just(Attributes::Unknown),
        Just(Attributes::Cleared),
        any_totals().prop_map(Attributes::Set),
    ];
    let membership = prop_oneof![Just(Membership::Member), Just(Membership::Uncertain)];
    (attributes, btree_map(0_usize..5, membership, 0..5)).prop_map(|(attributes, groups)| {
        applied(attributes, &groups.into_iter().collect::<Vec<_>>())
    })
}

/// What is known, and a world of which it is true. The user may be in more groups than are noted.
fn any_situation() -> impl Strategy<Value = (Applied, World)> {
    let uncertain = (option::of(any_totals()), btree_set(0_usize..5, 0..5));
    (any_applied(), uncertain, btree_set(0_usize..8, 0..3)).prop_map(
        |(applied, (totals, joined), foreign)| {
            let held = |id: &GroupId, noted: &Noted| match noted.membership {
                Membership::Member => true,
                Membership::Uncertain => joined.iter().any(|number| group(*number).id == *id),
            };
            let groups = applied.groups.iter().filter(|(id, noted)| held(id, noted));
            let foreign = foreign.into_iter().map(|number| group(number).id);
            let world = World {
                totals: match applied.attributes {
                    Attributes::Unknown => totals,
                    Attributes::Cleared => None,
                    Attributes::Set(totals) => Some(totals),
                },
                groups: groups.map(|(id, _)| id.clone()).chain(foreign).collect(),
            };
            (applied, world)
        },
    )
}

/// Groups this product knows of: those noted, and the one desired.
fn managed(applied: &Applied, desired: &Desired) -> BTreeSet<GroupId> {
    let desired = desired.group.as_ref().map(|group| group.id.clone());
    applied.groups.keys().cloned().chain(desired).collect()
}

/// How far somebody comes with a plan.
#[derive(Debug, Clone, Copy)]
struct Cut {
    /// How many changes are made.
    steps: usize,
    /// Whether the last of them is made, and nobody comes to note it.
    unrecorded: bool,
    /// Whether each change is noted as begun just before it is made, and not all of them at first.
    one_by_one: bool,
}

fn any_cut() -> impl Strategy<Value = Cut> {
    (0_usize..8, any::<bool>(), any::<bool>()).prop_map(|(steps, unrecorded, one_by_one)| Cut {
        steps,
        unrecorded,
        one_by_one,
    })
}

/// Makes the changes of a plan as far as the cut, and says what is known then.
fn cut_short(plan: &Plan, applied: &Applied, world: &mut World, cut: Cut) -> Applied {
    let mut known = if cut.one_by_one { applied.clone() } else { applied.noting(plan) };
    let made = &plan.changes()[..cut.steps.min(plan.changes().len())];
    for (index, change) in made.iter().enumerate() {
        if cut.one_by_one {
            known.begin(change);
        }
        world.make(change);
        if !(cut.unrecorded && index + 1 == made.len()) {
            known.record(change);
        }
    }
    known
}

fn finish(desired: &Desired, applied: &Applied, world: &mut World) -> Applied {
    let uncut = Cut { steps: usize::MAX, unrecorded: false, one_by_one: false };
    cut_short(&Plan::new(desired, applied), applied, world, uncut)
}

proptest! {
    #[test]
    fn after_a_plan_is_applied_nothing_is_left_to_do(
        (applied, mut world) in any_situation(),
        desired in any_desired(),
    ) {
        let known = finish(&desired, &applied, &mut world);
        prop_assert!(Plan::new(&desired, &known).is_empty());
        prop_assert_eq!(known.noting(&Plan::new(&desired, &known)), known);
    }

    #[test]
    fn the_order_is_totals_then_join_then_leave(
        applied in any_applied(),
        desired in any_desired(),
    ) {
        let rank = |change: &Change| match change {
            Change::SetTotals(_) | Change::ClearTotals => 0,
            Change::Join(_) => 1,
            Change::Leave(_) => 2,
        };
        let plan = Plan::new(&desired, &applied);
        prop_assert!(plan.changes().iter().is_sorted_by_key(rank));
        prop_assert!(plan.changes().iter().filter(|change| rank(change) < 2).count() <= 2);
        let lines = plan.to_string().lines().count();
        prop_assert_eq!(lines, plan.changes().len());
    }

    #[test]
    fn a_crash_anywhere_is_repaired_by_the_next_plan_whatever_it_wants(
        (applied, mut world) in any_situation(),
        crashes in prop::collection::vec((any_desired(), any_cut()), 0..4),
        desired in any_desired(),
    ) {
        let before = world.clone();
        let mut ours = managed(&applied, &desired);
        let mut known = applied;
        for (wanted, cut) in crashes {
            // What was wanted and never begun stays somebody else's.
            let plan = Plan::new(&wanted, &known);
            known = cut_short(&plan, &known, &mut world, cut);
            ours.extend(known.groups.keys().cloned());
        }
        finish(&desired, &known, &mut world);
        prop_assert_eq!(world.totals, desired.totals);
        let held: BTreeSet<_> = world.groups.intersection(&ours).cloned().collect();
        prop_assert_eq!(held, desired.group.iter().map(|group| group.id.clone()).collect());
        let foreign = |world: &World| world.groups.difference(&ours).cloned().collect::<Vec<_>>();
        prop_assert_eq!(foreign(&world), foreign(&before));
    }

    #[test]
    fn on_the_way_to_a_group_a_member_is_never_without_one(
        (applied, mut world) in any_situation(),
        first in any_desired(),
        cut in any_cut(),
        second in any_desired(),
    ) {
        let known = cut_short(&Plan::new(&first, &applied), &applied, &mut world, cut);
        let ours = managed(&known, &second);
        let has_one = |world: &World| !world.groups.is_disjoint(&ours);
        let had_one = has_one(&world);
        for change in Plan::new(&second, &known).changes() {
            world.make(change);
            prop_assert!(!had_one || second.group.is_none() || has_one(&world), "after {}", change);
        }
    }

    #[test]
    fn groups_that_are_not_noted_are_never_left(
        applied in any_applied(),
        desired in any_desired(),
    ) {
        for change in Plan::new(&desired, &applied).changes() {
            match change {
                Change::Join(group) => prop_assert_eq!(Some(group), desired.group.as_ref()),
                Change::Leave(group) => prop_assert!(applied.groups.contains_key(&group.id)),
                Change::SetTotals(_) | Change::ClearTotals => {}
            }
        }
    }
}
