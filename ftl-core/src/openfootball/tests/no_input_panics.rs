//! Whatever a file holds, it is refused or imported, once.

use proptest::prelude::*;

use super::*;

/// Anything of the forms of these files, and near them.
fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        (0u16..200).prop_map(Into::into),
        prop::sample::select(vec!["90+4", "2030-07-21", "18:00 UTC+3", "GK", "", "Ålund", "\u{301}", "canceled", "日本"])
            .prop_map(Into::into),
        ".{0,12}".prop_map(serde_json::Value::from),
    ];
    let key = prop::sample::select(vec![
        "name", "matches", "rounds", "date", "time", "team1", "team2", "score", "ft", "et", "p", "goals1", "goals2", "minute", "offset",
        "players",
    ]);
    leaf.prop_recursive(6, 64, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(serde_json::Value::Array),
            prop::collection::btree_map(key.clone().prop_map(str::to_owned), inner, 0..6)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

fn try_import(text: &str, squads: Option<&str>) {
    let Ok(tournament) = Tournament::parse(text, squads) else { return };
    let mut league = league();
    for source in tournament.matches() {
        assert!(source.check().is_ok());
    }
    let plan = tournament.plan(&league);
    for command in plan.commands().flatten() {
        apply(&mut league, command);
    }
    assert!(tournament.plan(&league).batches.is_empty(), "again is a no-op");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn of_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        try_import(&String::from_utf8_lossy(&bytes), None);
    }

    #[test]
    fn of_any_json(value in json(), squads in json()) {
        try_import(&value.to_string(), Some(&squads.to_string()));
    }

    #[test]
    fn of_matches_of_any_shape(
        rows in prop::collection::vec((
            prop::sample::select(vec!["1934-05-31", "2030-07-21", "2030-07-22"]), prop::sample::select(vec!["A", "USA", "United States", "Bee"]),
            prop::sample::select(vec!["B", "C", "A"]), 0u16..4, 0u16..4,
            prop::collection::vec((prop::sample::select(vec!["Ann", "Ann Bell", "A. Bell", "Bell", "Zed", "Ann Zed"]), 0u16..130, 0u16..12, any::<bool>(), any::<bool>()), 0..5),
            any::<bool>(),
        ), 0..6),
        squads in prop::option::of(Just(SQUADS)),
    ) {
        let rows: Vec<String> = rows.into_iter().map(|(date, home, away, one, two, goals, honest)| {
            let goals: Vec<String> = goals.into_iter().map(|(name, minute, offset, own, penalty)| format!(
                r#"{{"name": "{name}", "minute": {minute}, "offset": {offset}, "owngoal": {own}, "penalty": {penalty}}}"#)).collect();
            let (one, two) = if honest { (goals.len() as u16, 0) } else { (one, two) };
            format!(r#"{{"date": "{date}", "team1": "{home}", "team2": "{away}", "score": {{"ft": [{one}, {two}]}}, "goals1": [{}]}}"#, goals.join(","))
        }).collect();
        try_import(&cup(&rows.iter().map(String::as_str).collect::<Vec<_>>()), squads);
    }
}
