//! The crate is pure, and stays so.

#[test]
fn the_comparison_uses_no_part_of_std_that_asks_the_world() {
    crate::support::assert_pure(env!("CARGO_MANIFEST_DIR"));
}
