//! Cutting a history down to what it takes to go wrong.

use crate::history::History;
use crate::run::play;

/// The shortest history found that goes wrong in the same way.
pub(crate) fn shrunk(history: &History, kind: &str) -> History {
    let with = |steps: &[_]| History { steps: steps.to_vec(), ..history.clone() };
    let steps = shortest(history.steps.clone(), |steps| {
        let played = play(&with(steps));
        played.problems.first().is_some_and(|problem| problem.kind == kind)
    });
    with(&steps)
}

/// Leaves out as many as the rest fails without: first halves, then ever less, in the end one by one.
fn shortest<T: Clone>(mut steps: Vec<T>, fails: impl Fn(&[T]) -> bool) -> Vec<T> {
    let mut size = steps.len().div_ceil(2).max(1);
    loop {
        let (mut at, before) = (0, steps.len());
        while at < steps.len() {
            let mut shorter = steps.clone();
            shorter.drain(at..(at + size).min(steps.len()));
            if fails(&shorter) {
                steps = shorter;
            } else {
                at += size;
            }
        }
        if size == 1 && steps.len() == before {
            return steps;
        }
        size = size.div_ceil(2);
    }
}

#[test]
fn of_a_long_history_only_what_it_takes_is_left() {
    let takes = |steps: &[u32]| [3, 17, 58].iter().all(|step| steps.contains(step));
    assert_eq!(shortest((0..60).collect(), takes), [3, 17, 58]);
    assert_eq!(shortest((0..60).collect(), |_| true), [0; 0]);
}
