//! `ranks-1m`: own rank, neighbours and the top 100 of a board on which 1,000,000 stand.

use std::hint::black_box;

use ftl_core::boards::{Board, BoardKey, BoardKind, BoardScope};
use ftl_core::seeded::Seeded;
use ftl_workload::{Founding, Lap, League, Popularity};

use super::Setting;
use super::apply::at_fault;
use super::row::{Reach, Row};
use crate::failure::Failure;

/// Reads under the clock.
const READS: u32 = 200_000;
/// Neighbours on either side.
const AROUND: usize = 5;

pub fn run(setting: Setting) -> Result<Row, Failure> {
    let (accounts, reads) = (setting.size(1_000_000, 1_000), setting.size(READS, 1_000));
    let founding = Founding { accounts, instruments: 50 };
    let prepared = League::prepare(setting.seed, founding, Popularity::Uniform, |_| ());
    let mut league = prepared.map_err(|refused| at_fault(&format!("{refused:?}")))?;
    // Who has closed something stands on the board.
    league.trades.closing().iter().for_each(|entry| drop(league.state.apply(entry)));
    let boards = league.state.boards();
    let board = Board::of_season(BoardKind::Pnl, BoardScope::Overall);
    let places = boards.ranking(board).ok_or_else(|| at_fault("nobody stands on the board"))?;
    let sorted: Vec<BoardKey> = places.iter().collect();
    if sorted.len() != accounts as usize {
        return Err(at_fault(&format!("{} of {accounts} stand on the board", sorted.len())));
    }
    let mut seeded = Seeded::new("ranks of the benchmark", setting.seed);
    let asked: Vec<usize> = (0..reads).map(|_| seeded.below(u64::from(accounts)) as usize).collect();
    if asked.iter().take(1_000).any(|at| places.rank_of(&sorted[*at]) != Some(at + 1)) {
        return Err(Failure::refused("a rank differs from a full sort's"));
    }

    let each = |lap: Lap, n: u32| lap.cpu.as_secs_f64() * 1e6 / f64::from(n);
    let (own, ()) = Lap::of(|| {
        for at in &asked {
            black_box(places.rank_of(&sorted[*at]));
        }
    });
    let (around, ()) = Lap::of(|| {
        for at in &asked {
            let rank = places.rank_of(&sorted[*at]).unwrap_or(1);
            let from = rank.saturating_sub(AROUND).max(1);
            black_box(places.from(from).take(2 * AROUND + 1).fold(0, |sum, (rank, key)| sum ^ rank as u64 ^ key.reached.0));
        }
    });
    let tops = reads / 10;
    let (top, ()) = Lap::of(|| {
        for _ in 0..tops {
            black_box(places.from(1).take(100).fold(0, |sum, (_, key)| sum ^ key.reached.0));
        }
    });
    let (plain, ()) = Lap::of(|| {
        for at in &asked {
            let found = sorted.binary_search(&sorted[*at]).unwrap_or_default();
            let about = &sorted[found.saturating_sub(AROUND)..(found + AROUND + 1).min(sorted.len())];
            black_box(about.iter().fold(0, |sum, key| sum ^ key.reached.0));
        }
    });
    let (own, around, top) = (each(own, reads), each(around, reads), each(top, tops));
    let reach = [("own rank µs", own), ("neighbours µs", around), ("top 100 µs", top)];
    Ok(Row::new(around, "µs", each(plain, reads))
        .reaching(&reach.map(|(what, us)| (what, us, Reach::AtMost(10.0))))
        .with("baseline", "a binary search in a sorted array that never changes, and ten neighbours")
        .with("clock", "this thread's processor")
        .with("accounts", accounts)
        .with("ownRankUs", own)
        .with("ownRankAndNeighboursUs", around)
        .with("topHundredUs", top))
}
