//! What boards cost beside the plainest ordered set: `cargo bench -p ftl-core --bench boards`.
#![allow(clippy::arithmetic_side_effects, clippy::as_conversions, clippy::disallowed_types, reason = "a benchmark looks at the clock")]

use std::collections::BTreeSet;
use std::hint::black_box;
use std::time::Instant;

use ftl_core::boards::{Board, BoardKey, BoardKind, BoardScope, Boards, Closed, Ranking, Seat, Standing, Standings, When};
use ftl_core::id::{AccountId, Seq};
use ftl_core::rules::{BoardRules, Rules};
use ftl_core::time::Week;
use ftl_core::units::Money;

const UPDATES: u64 = 1_000_000;
const WEEK: Week = Week(1);

/// A fixed sequence of numbers that look random.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }
}

fn main() {
    for accounts in [1_000, 100_000, 1_000_000] {
        println!("{accounts} accounts");
        let keys = keys(accounts);
        let base = plain_set(&keys);
        println!("  move a key, BTreeSet       {base:>6} ns  1.00");
        let ours = ranking(&keys);
        println!("  move a key, Ranking        {ours:>6} ns  {}", ratio(ours, base));
        let all = boards(accounts);
        println!("  close, all boards          {all:>6} ns  {}", ratio(all, base));
        reads(&keys);
    }
}

fn ratio(ns: u128, base: u128) -> String {
    let hundredths = ns * 100 / base.max(1);
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// Results as they are after a few matches: a few hundred points about nothing.
fn keys(accounts: u64) -> Vec<BoardKey> {
    let mut numbers = Numbers(7);
    (0..accounts)
        .map(|n| BoardKey {
            score: numbers.below(1_000_000_000) as i64 - 500_000_000,
            reached: Seq(n),
            account: AccountId(u128::from(numbers.next()) << 64 | u128::from(n)),
        })
        .collect()
}

fn moved(key: &BoardKey, numbers: &mut Numbers, seq: u64) -> BoardKey {
    BoardKey { score: key.score + numbers.below(40_000_000) as i64 - 20_000_000, reached: Seq(seq), ..*key }
}

fn plain_set(keys: &[BoardKey]) -> u128 {
    let mut keys = keys.to_vec();
    let mut set: BTreeSet<BoardKey> = keys.iter().copied().collect();
    let mut numbers = Numbers(1);
    let begun = Instant::now();
    for seq in 0..UPDATES {
        let key = &mut keys[numbers.below(set.len() as u64) as usize];
        let new = moved(key, &mut numbers, seq);
        set.remove(key);
        set.insert(new);
        *key = new;
    }
    begun.elapsed().as_nanos() / u128::from(UPDATES)
}

fn ranking(keys: &[BoardKey]) -> u128 {
    let mut keys = keys.to_vec();
    let mut ranking = Ranking::of(keys.iter().map(|key| (0, *key)).zip(0..).collect());
    let mut numbers = Numbers(1);
    let begun = Instant::now();
    for seq in 0..UPDATES {
        let slot = numbers.below(keys.len() as u64) as usize;
        let (before, new) = (keys[slot], moved(&keys[slot], &mut numbers, seq));
        keys[slot] = new;
        ranking.change((slot as u32, 0), Some(before), Some(new), &|slot: u32| (0, keys[slot as usize]));
    }
    begun.elapsed().as_nanos() / u128::from(UPDATES)
}

struct Books(Vec<(Seat, Standing)>);

impl Standings for Books {
    fn at(&self, slot: u32) -> Option<(Seat, &Standing)> {
        self.0.get(slot as usize).map(|(seat, standing)| (*seat, standing))
    }
}

fn boards(accounts: u64) -> u128 {
    let rules = BoardRules { roi_min_positions: 1, roi_min_fixtures: 1, ..Rules::fair(1_000).boards };
    let seat = |key: &BoardKey| Seat { account: key.account, district: (key.account.0 >> 70) as u16 % 14, joined: Week(0) };
    let mut books = Books(keys(accounts).iter().map(|key| (seat(key), Standing::default())).collect());
    let mut boards = Boards::default();
    let mut numbers = Numbers(3);
    let mut close = |n: usize, seq: u64, spread: u64| {
        let pnl = Money::from_units(numbers.below(2 * spread) as i64 - spread as i64);
        let closed = Closed { pnl, whole: true, fixture: Some(3), voided: None, opened_in: WEEK };
        let (seat, standing) = &mut books.0[n];
        let moved = standing.closed(*seat, &closed, When { seq: Seq(seq), week: WEEK }, &rules);
        boards.update(n as u32, WEEK, moved, &books, &rules);
    };
    for n in 0..accounts as usize {
        close(n, n as u64, 500_000_000);
    }
    let mut order = Numbers(5);
    let begun = Instant::now();
    for seq in 0..UPDATES {
        close(order.below(accounts) as usize, accounts + seq, 20_000_000);
    }
    let ns = begun.elapsed().as_nanos() / u128::from(UPDATES);
    black_box(boards.read(&books, &rules).ranking(Board::of_season(BoardKind::Roi, BoardScope::Overall)).map(|places| places.len()));
    ns
}

fn reads(keys: &[BoardKey]) {
    let ranking = Ranking::of(keys.iter().map(|key| (0, *key)).zip(0..).collect());
    let of = |slot: u32| (0, keys[slot as usize]);
    let mut numbers = Numbers(9);
    let begun = Instant::now();
    for _ in 0..UPDATES {
        let key = &keys[numbers.below(keys.len() as u64) as usize];
        let rank = ranking.rank_of(key, None, &of).unwrap_or(1);
        let around = ranking.from(rank.saturating_sub(5).max(1), None, &of).take(11);
        black_box(around.map(|(rank, key)| rank as u64 ^ key.reached.0).fold(0, |a, b| a ^ b));
    }
    println!("  own rank and 5 neighbours  {:>6} ns", begun.elapsed().as_nanos() / u128::from(UPDATES));
    let begun = Instant::now();
    for _ in 0..1_000 {
        black_box(ranking.from(1, None, &of).take(100).map(|(_, key)| key.reached.0).fold(0, |a, b| a ^ b));
    }
    println!("  top 100                    {:>6} ns", begun.elapsed().as_nanos() / 1_000);
}
