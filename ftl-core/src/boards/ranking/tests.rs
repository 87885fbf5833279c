#![allow(clippy::arithmetic_side_effects, clippy::as_conversions)]
use proptest::prelude::*;

use super::Ranking;

/// What may be done to a ranking.
#[derive(Clone, Debug)]
enum Step {
    Insert(u32),
    Remove(u32),
    RemoveAt(u32),
    Replace(u32, u32),
    Rebuild,
}

fn steps(keys: u32) -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (0..keys).prop_map(Step::Insert),
        1 => (0..keys).prop_map(Step::Remove),
        2 => any::<u32>().prop_map(Step::RemoveAt),
        3 => (any::<u32>(), 0..keys).prop_map(|(i, k)| Step::Replace(i, k)),
        1 => Just(Step::Rebuild),
    ];
    prop::collection::vec(step, 0..1_500)
}

/// The sorted vector that a ranking must be indistinguishable from.
fn check(ranking: &Ranking<u32>, model: &[u32]) {
    assert_eq!(ranking.iter().copied().collect::<Vec<_>>(), model);
    assert_eq!(ranking.len(), model.len());
    assert_eq!(ranking.is_empty(), model.is_empty());
    for (index, key) in model.iter().enumerate() {
        assert_eq!(ranking.rank_of(key), Some(index + 1));
        assert_eq!(ranking.at(index + 1), Some(key));
        assert_eq!(ranking.rank_of(&(key + 1)).is_some(), model.get(index + 1) == Some(&(key + 1)));
    }
    assert_eq!(ranking.at(0), None);
    assert_eq!(ranking.at(model.len() + 1), None);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_ranking_equals_a_sorted_vector(keys in prop_oneof![Just(40u32), Just(2_000)], steps in (0u32..1).prop_flat_map(move |_| steps(2_000))) {
        let mut ranking = Ranking::default();
        let mut model: Vec<u32> = Vec::new();
        for step in steps {
            match step {
                Step::Insert(key) => {
                    let key = key % keys;
                    let place = model.binary_search(&key);
                    prop_assert_eq!(ranking.insert(key), place.is_err());
                    if let Err(place) = place { model.insert(place, key); }
                }
                Step::Remove(key) => {
                    let place = model.binary_search(&key);
                    prop_assert_eq!(ranking.remove(&key), place.is_ok());
                    if let Ok(place) = place { model.remove(place); }
                }
                Step::RemoveAt(index) if !model.is_empty() => {
                    let key = model.remove(index as usize % model.len());
                    prop_assert!(ranking.remove(&key));
                }
                Step::Replace(index, new) if !model.is_empty() => {
                    let old = model.remove(index as usize % model.len());
                    let new = new % keys;
                    ranking.replace(&old, new);
                    if let Err(place) = model.binary_search(&new) { model.insert(place, new); }
                }
                Step::Rebuild => ranking = model.iter().rev().copied().collect(),
                Step::RemoveAt(_) | Step::Replace(..) => {}
            }
        }
        check(&ranking, &model);
    }
}

#[test]
fn chunks_split_when_they_fill_and_join_when_they_empty() {
    let mut ranking = Ranking::default();
    for key in 0..10_000u32 {
        assert!(ranking.insert(key * 7_919 % 10_007));
    }
    let mut keys: Vec<u32> = ranking.iter().copied().collect();
    check(&ranking, &keys);
    while keys.len() > 3 {
        let key = keys.remove(keys.len() * 2 / 3);
        assert!(ranking.remove(&key));
    }
    check(&ranking, &keys);
}

#[test]
fn neighbours_stop_at_both_ends() {
    let ranking: Ranking<u32> = (0..300).collect();
    let around = |rank, n| ranking.around(rank, n).map(|(rank, key)| (rank, *key)).collect::<Vec<_>>();
    assert_eq!(around(1, 1), [(1, 0), (2, 1)]);
    assert_eq!(around(97, 1), [(96, 95), (97, 96), (98, 97)]);
    assert_eq!(around(300, 1), [(299, 298), (300, 299)]);
    assert_eq!(around(301, 1), []);
    assert_eq!(around(0, 1), []);
}
