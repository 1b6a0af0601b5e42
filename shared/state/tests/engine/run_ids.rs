//! Ids of runs.

use state::RunId;

use crate::support::Chance;

#[test]
fn a_run_is_named_by_the_moment_it_was_begun_and_by_chance() {
    let at = "2026-11-21T12:00:00.9Z".parse().unwrap();
    assert_eq!(RunId::new(at, &Chance(0)).as_str(), "20261121T120000Z-000000");
    assert_eq!(RunId::new(at, &Chance(0xab)).as_str(), "20261121T120000Z-ababab");
}

#[test]
fn an_id_tells_when_the_run_was_begun() {
    let id = RunId::new("2026-11-21T12:00:00.9Z".parse().unwrap(), &Chance(7));
    assert_eq!(id.begun_at(), Some("2026-11-21T12:00:00Z".parse().unwrap()));
    for other in ["1", "20261321T120000Z-1", "-"] {
        assert_eq!(other.parse::<RunId>().unwrap().begun_at(), None, "{other}");
    }
}

#[test]
fn ids_sort_by_the_moment_whatever_chance_says() {
    let moments = ["2026-09-30T23:59:59Z", "2026-10-01T00:00:00Z", "2027-01-01T00:00:00Z"];
    let ids = moments.map(|moment| moment.parse().unwrap());
    let [first, second, third] = [(0, 9), (1, 5), (2, 0)]
        .map(|(moment, chance): (usize, u8)| RunId::new(ids[moment], &Chance(chance)));
    assert!(first < second && second < third, "{first} {second} {third}");
}

#[test]
fn an_id_survives_being_written_and_what_is_none_is_refused() {
    let id = RunId::new("2026-11-21T12:00:00Z".parse().unwrap(), &Chance(7));
    assert_eq!(id.to_string().parse(), Ok(id.clone()));
    assert_eq!(serde_json::from_value(serde_json::to_value(&id).unwrap()).ok(), Some(id));
    for wrong in ["", "a b", "run#1", "1/2", "ä", &"1".repeat(41)] {
        assert!(wrong.parse::<RunId>().is_err(), "{wrong:?}");
    }
}
