#![allow(clippy::arithmetic_side_effects, clippy::as_conversions)]
use proptest::prelude::*;

use super::{BoardKey, Ranking};
use crate::id::{AccountId, Seq};

/// What may be done to a ranking: a slot gets a score, or leaves.
type Step = (u32, Option<i64>);

/// Of five districts.
fn district(slot: u32) -> u16 {
    (slot % 5) as u16
}

fn key(slot: u32, score: i64) -> BoardKey {
    BoardKey { score, reached: Seq(u64::from(slot % 3)), account: AccountId(u128::from(slot)) }
}

/// A ranking, and the keys that it is told by slot.
#[derive(Default)]
struct Game {
    ranking: Ranking,
    keys: Vec<Option<BoardKey>>,
}

impl Game {
    fn take(&mut self, (slot, score): Step) {
        let place = slot as usize;
        self.keys.resize(self.keys.len().max(place + 1), None);
        let Self { ranking, keys } = self;
        let after = score.map(|score| key(slot, score));
        let before = std::mem::replace(&mut keys[place], after);
        ranking.change((slot, district(slot)), before, after, &|slot: u32| (district(slot), keys[slot as usize].unwrap()));
    }

    /// Must be indistinguishable from a sorted vector.
    fn check(&self) {
        let keys = |slot: u32| (district(slot), self.keys[slot as usize].unwrap());
        for among in [None, Some(0), Some(3), Some(77)] {
            let counts = |key: &&BoardKey| among.is_none_or(|among| among == district(key.account.0 as u32));
            let mut model: Vec<BoardKey> = self.keys.iter().flatten().filter(counts).copied().collect();
            model.sort_unstable();
            let from = |rank| self.ranking.from(rank, among, &keys).collect::<Vec<_>>();
            assert_eq!(self.ranking.len(among), model.len());
            assert_eq!(from(1).iter().map(|(_, key)| *key).collect::<Vec<_>>(), model);
            for (index, key) in model.iter().enumerate().step_by(7) {
                assert_eq!(self.ranking.rank_of(key, among, &keys), Some(index + 1));
                assert_eq!(from(index + 1).first(), Some(&(index + 1, *key)));
                assert_eq!(self.ranking.rank_of(&BoardKey { account: AccountId(u128::MAX), ..*key }, among, &keys), None);
            }
            assert_eq!(from(model.len() + 1), []);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn a_ranking_equals_a_sorted_vector(
        steps in prop::collection::vec((0u32..600, prop::option::weighted(0.8, -200i64..200)), 0..3_000),
        scores in 1i64..200,
    ) {
        let mut game = Game::default();
        for (slot, score) in steps {
            game.take((slot, score.map(|score| score % scores)));
        }
        game.check();
    }
}

#[test]
fn leaves_and_branches_split_when_they_fill_and_join_when_they_empty() {
    let mut game = Game::default();
    for n in 0..12_000u32 {
        game.take((n * 7_919 % 12_007, Some(i64::from(n * 31 % 5_003))));
    }
    game.check();
    assert!(game.ranking.branches.len() > 1);
    let slots: Vec<u32> = (0..12_007).filter(|slot| game.keys.get(*slot as usize).is_some_and(Option::is_some)).collect();
    for slot in slots.iter().filter(|slot| *slot % 400 != 0) {
        game.take((*slot, None));
    }
    game.check();
    assert!(game.ranking.branches.iter().map(|branch| branch.leaves.len()).sum::<usize>() < 100);
}

#[test]
fn a_ranking_made_at_once_equals_one_made_step_by_step() {
    for count in [0, 1, 31, 32, 33, 5_000] {
        let mut game = Game { keys: (0..count).map(|n| Some(key(n, i64::from(n % 97)))).collect(), ..Game::default() };
        game.ranking = Ranking::of((0..count).map(|n| ((district(n), key(n, i64::from(n % 97))), n)).collect());
        game.check();
        game.take((count, Some(1_000)));
        game.take((count + 1, Some(-1_000)));
        game.check();
    }
}
