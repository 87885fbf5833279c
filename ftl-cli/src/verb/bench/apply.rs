//! `apply-*`: opens and closes through `State::apply` beside a sketch, then executed again.

pub use ftl_workload::Popularity;
use ftl_workload::{Founding, Race};

use super::row::{Reach, Row};
use super::{Setting, progress};
use crate::failure::Failure;

/// Footballers that trade.
const INSTRUMENTS: u16 = 50;
/// Commands under the clock.
const COMMANDS: u32 = 2_000_000;

pub fn run(setting: Setting, accounts: u32, popularity: Popularity) -> Result<Row, Failure> {
    let founding = Founding { accounts: setting.size(accounts, 500), instruments: INSTRUMENTS };
    let race = Race { seed: setting.seed, founding, popularity, commands: setting.size(COMMANDS, 10_000) as usize };
    let bar = progress(&format!("apply, {} accounts, {}", founding.accounts, popularity.name()), 2 * race.commands);
    let raced = race.run(|done| bar.inc(done as u64)).map_err(|refused| at_fault(&format!("{refused:?}")))?;
    bar.finish_and_clear();

    let (accepted, commands) = (raced.accepted, race.commands as u64);
    if accepted * 100 < commands * 95 {
        return Err(at_fault(&format!("{accepted} of {commands} commands accepted")));
    }
    if raced.hash != raced.executed_again {
        return Err(Failure::refused(format!("the hash is {}, executed again it is {}", raced.hash, raced.executed_again)));
    }
    let value = raced.ours.per_second(accepted);
    let reach = if accounts >= 1_000_000 { 600_000.0 } else { 1_000_000.0 };
    Ok(Row::new(value, "accepted/s", raced.sketch.per_second(raced.sketched))
        .reaching(&[("accepted/s", value, Reach::AtLeast(reach))])
        .with("baseline", "the sketch: hash maps, two ordered sets as boards, remembered ids")
        .with("perCpuSecond", raced.ours.per_cpu_second(accepted).round())
        .with("ratioOfCpuTime", raced.ours.per_cpu_second(accepted) / raced.sketch.per_cpu_second(raced.sketched))
        .with("executedAgainPerSecond", raced.again.per_second(commands).round())
        .with("executedAgainPerCpuSecond", raced.again.per_cpu_second(commands).round())
        .with("commands", commands)
        .with("accepted", accepted)
        .with("openPositions", raced.open)
        .with("instruments", INSTRUMENTS)
        .with("seq", raced.seq)
        .with("hash", raced.hash))
}

pub fn at_fault(what: &str) -> Failure {
    Failure::refused(format!("the workload is at fault: {what}"))
}
