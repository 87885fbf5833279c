//! `sim-64-matches`: `ftl sim` of a tournament of 64 matches with 10,000 traders, in a process of its own.

use std::process::{Command, Stdio};

use ftl_workload::{Founding, Popularity, Race};
use serde_json::Value;

use super::apply::at_fault;
use super::row::{Reach, Row};
use super::{Setting, progress};
use crate::failure::Failure;

const MATCHES: u32 = 64;
const TRADERS: u32 = 10_000;
/// Commands of the baseline.
const COMMANDS: u32 = 300_000;

pub fn run(setting: Setting) -> Result<Row, Failure> {
    let (source, traders) = (format!("synthetic:{}", setting.size(MATCHES, 1)), setting.size(TRADERS, 100));
    let founding = Founding { accounts: traders.max(500), instruments: 50 };
    let race = Race { seed: setting.seed, founding, popularity: Popularity::Uniform, commands: setting.size(COMMANDS, 5_000) as usize };
    let bar = progress("sim: apply alone, for comparison", 2 * race.commands);
    let raced = race.run(|done| bar.inc(done as u64)).map_err(|refused| at_fault(&format!("{refused:?}")))?;
    bar.finish_and_clear();
    let itself = std::env::current_exe().map_err(Failure::could_not_run)?;
    let (traders, seed) = (traders.to_string(), setting.seed.to_string());
    let arguments = ["sim", &source, "--accounts", &traders, "--seed", &seed, "--json"];
    let output = Command::new(itself).args(arguments).stderr(Stdio::inherit()).output().map_err(Failure::could_not_run)?;
    if !output.status.success() {
        return Err(Failure::refused("the season failed, see above"));
    }
    let report: Value = serde_json::from_slice(&output.stdout).map_err(Failure::could_not_run)?;
    let number = |name: &str| report[name].as_f64().unwrap_or_default();
    let (seconds, peak, orders) = (number("seconds"), number("peakRssMb"), number("orders"));
    let washed_out = number("washedOut") / number("accounts").max(1.0);
    Ok(Row::new(number("commandsPerSecond"), "commands/s", raced.ours.per_second(raced.accepted))
        .reaching(&[
            ("seconds", seconds, Reach::AtMost(60.0)),
            ("orders", orders, Reach::AtLeast(3_000_000.0)),
            ("washed out", washed_out, Reach::AtLeast(0.01)),
            ("peak MB", peak, Reach::AtMost(1_024.0)),
        ])
        .with("baseline", "opens and closes through apply with as many accounts, no season around them")
        .with("source", source)
        .with("seconds", seconds)
        .with("orders", orders)
        .with("washedOutShare", washed_out)
        .with("peakRssMb", peak)
        .with("hash", report["hash"].clone()))
}
