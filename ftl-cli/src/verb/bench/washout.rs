//! `washout-*`: one tick in which every book falls below the washout.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use ftl_core::outcome::Outcome;
use ftl_workload::Lap;

use super::row::{Reach, Row};
use super::ticks::{at_the_brink, closed};
use super::{Setting, apply::at_fault};
use crate::failure::Failure;

pub fn run(setting: Setting, books: u32, reach_ms: f64) -> Result<Row, Failure> {
    let books = setting.size(books, 1_000);
    let (mut brink, mut state) = at_the_brink(setting.seed, books, 1)?;
    let entries = brink.fall();
    let Some((tick, before)) = entries.split_last() else { return Err(at_fault("no tick")) };
    before.iter().for_each(|entry| drop(state.apply(entry)));
    let (lap, outcome): (Lap, Outcome) = Lap::of(|| state.apply(tick));
    let washed_out = closed(&outcome);
    if washed_out != books as usize {
        return Err(at_fault(&format!("{washed_out} of {books} books were washed out")));
    }
    let row = Row::new(lap.cpu.as_secs_f64() * 1e3, "ms", sketch(books));
    let value = row.value;
    Ok(row
        .reaching(&[("ms", value, Reach::AtMost(reach_ms))])
        .with("baseline", "a plain sketch: triggers in an ordered map, books in hash maps, two boards as ordered sets")
        .with("clock", "this thread's processor")
        .with("washedOut", washed_out)
        .with("events", outcome.events.len())
        .with("wallMs", lap.wall.as_secs_f64() * 1e3)
        .with("usABook", value * 1e3 / f64::from(books)))
}

/// What somebody would write in an afternoon, in ms.
fn sketch(books: u32) -> f64 {
    let id = |n: u32| u128::from(n).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835);
    let mut triggers: BTreeMap<(i64, u128), u128> = (0..books).map(|n| ((i64::from(n % 100), id(n)), id(n) ^ 1)).collect();
    let mut balances: HashMap<u128, i64> = (0..books).map(|n| (id(n), 8_130)).collect();
    let mut positions: HashMap<u128, (i64, i64)> = (0..books).map(|n| (id(n) ^ 1, (3, 58_248))).collect();
    let (mut pnl, mut roi) = (BTreeSet::new(), BTreeSet::new());
    let mut net = 3 * i64::from(books);
    let (lap, ()) = Lap::of(|| {
        while let Some(((_, account), position)) = triggers.pop_first() {
            let Some((shares, cost)) = positions.remove(&position) else { continue };
            let result = (18_000 + net / 1_000_000) * shares - cost;
            net -= shares;
            if let Some(balance) = balances.get_mut(&account) {
                *balance += result;
                pnl.insert((*balance, account));
                roi.insert((*balance * 1_000 / 5_000, account));
            }
        }
    });
    lap.cpu.as_secs_f64() * 1e3
}
