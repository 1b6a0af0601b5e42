//! A quick hunt through every target. `docs/reliability.md` has the command of the long one.

use fuzz::Hunt;

/// How many cases of each target.
const CASES: u64 = 2_000;

#[tokio::test]
async fn no_case_panics_or_takes_much_more_memory_than_its_input() {
    let cases = std::env::var("CASES").map_or(CASES, |cases| cases.parse().unwrap());
    let hunt = Hunt { seed: 1, from: 0, cases, traced: false };
    let mut played = 0;
    for target in fuzz::all().await {
        match hunt.play(&target).await {
            Ok(figures) => {
                println!("{}: {figures:?}", target.name);
                played += figures.cases;
            }
            Err(fault) => panic!("{fault}"),
        }
    }
    assert_eq!(played, 9 * cases);
}
