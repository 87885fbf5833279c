//! `memory-1m`: a league of 1,000,000 accounts after 5,000,000 commands.
//!
//! ```text
//!  this process: workload ──entries──▶ pipe ──▶ a process that only applies ──▶ memory, snapshot ─▶ file
//!                                                a process that only restores ◀───────────────────────┘
//! ```
//! The workload's own memory is not the league's: so it stays on this side of the pipe.

use std::io::{self, Read, Write};
use std::path::Path;
use std::process::Child;

use ftl_core::codec;
use ftl_core::outcome::Entry;
use ftl_core::state::State;
use ftl_workload::{Founding, Lap, Popularity, Script, Sketch, Trades};
use serde::{Deserialize, Serialize};

use super::part::Part;
use super::row::{Reach, Row};
use super::{Setting, apply::at_fault, machine, progress};
use crate::failure::Failure;
use crate::output;

const ACCOUNTS: u32 = 1_000_000;
/// All commands, those that open accounts and first positions among them.
const COMMANDS: u32 = 5_000_000;
/// Commands that follow the snapshot while it is held.
const AFTER: usize = 20_000;
const SLICE: usize = 20_000;

/// What it found.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Found {
    accepted: u64,
    rss_mib: f64,
    peak_mib: f64,
    snapshot_ms: f64,
    slowest_after_ms: f64,
    encode_ms: f64,
    snapshot_mib: f64,
    restore_s: f64,
    cpu_s: f64,
    accounts: usize,
    positions: usize,
}

/// Memory of the league beside the sketch's.
pub fn run(setting: Setting) -> Result<Row, Failure> {
    let file = tempfile::NamedTempFile::new().map_err(Failure::could_not_run)?;
    let league = feed(setting, Part::Apply, file.path())?;
    let sketch = feed(setting, Part::Sketch, file.path())?;
    let restored = restore(file.path())?;
    let commands = u64::from(setting.size(COMMANDS, 10_000));
    if league.accepted * 100 < commands * 95 {
        return Err(at_fault(&format!("{} of {commands} commands accepted", league.accepted)));
    }
    let hold_up = league.snapshot_ms.max(league.slowest_after_ms);
    Ok(Row::new(league.rss_mib, "MiB", sketch.rss_mib)
        .reaching(&[
            ("MiB", league.rss_mib, Reach::AtMost(1_024.0)),
            ("snapshot ms", hold_up, Reach::AtMost(2.0)),
            ("start s", restored.restore_s, Reach::AtMost(10.0)),
        ])
        .with("baseline", "memory of the sketch after the same commands")
        .with("accounts", league.accounts)
        .with("openPositions", league.positions)
        .with("commands", commands)
        .with("peakMib", league.peak_mib)
        .with("bytesAnAccount", league.rss_mib * 1024.0 * 1024.0 / league.accounts.max(1) as f64)
        .with("snapshotHoldsUpMs", league.snapshot_ms)
        .with("slowestCommandAfterSnapshotMs", league.slowest_after_ms)
        .with("snapshotEncodeMs", league.encode_ms)
        .with("snapshotMib", league.snapshot_mib)
        .with("startFromSnapshotS", restored.restore_s)
        .with("startFromSnapshotCpuS", restored.cpu_s)
        .with("memoryAfterStartMib", restored.rss_mib))
}

/// Sends the workload to a process of its own.
fn feed(setting: Setting, part: Part, file: &Path) -> Result<Found, Failure> {
    let founding = Founding { accounts: setting.size(ACCOUNTS, 1_000), instruments: 50 };
    let commands = setting.size(COMMANDS, 10_000) as usize;
    let bar = progress(&format!("{} accounts, {part:?}", founding.accounts), commands);
    let mut child = part.spawn(file)?;
    let mut pipe = child.stdin.take().ok_or_else(|| Failure::could_not_run("no pipe"))?;
    let mut sent = 0;
    let mut send = |entries: &[Entry]| -> io::Result<()> {
        sent += entries.len();
        bar.inc(entries.len() as u64);
        let bytes = codec::encode(entries);
        pipe.write_all(&(bytes.len() as u64).to_be_bytes())?;
        pipe.write_all(&bytes)
    };
    let io = Failure::could_not_run;
    let mut script = Script::new(setting.seed, 10);
    let books = founding.books(&mut script);
    founding.entries(&mut script, &books).chunks(SLICE).try_for_each(&mut send).map_err(io)?;
    let mut trades = Trades::new(script, books, founding.instruments, Popularity::Uniform);
    trades.opening().chunks(SLICE).try_for_each(&mut send).map_err(io)?;
    let mut left = commands.saturating_sub(founding.accounts as usize * 2);
    while left > 0 {
        let slice = trades.next(left.min(SLICE));
        left -= slice.len();
        send(&slice).map_err(io)?;
    }
    // An empty part: now look.
    send(&[]).map_err(io)?;
    send(&trades.next(AFTER)).map_err(io)?;
    drop(pipe);
    bar.finish_and_clear();
    found(child)
}

fn restore(file: &Path) -> Result<Found, Failure> {
    found(Part::Restore.spawn(file)?)
}

fn found(child: Child) -> Result<Found, Failure> {
    let output = child.wait_with_output().map_err(Failure::could_not_run)?;
    if !output.status.success() {
        return Err(Failure::refused("a process of the benchmark failed"));
    }
    serde_json::from_slice(&output.stdout).map_err(Failure::could_not_run)
}

/// Applies entries, then takes a snapshot.
pub fn take_apply(file: &Path) -> Result<(), Failure> {
    output::json(&apply(file)?)
}

/// Gives entries to the sketch.
pub fn take_sketch() -> Result<(), Failure> {
    output::json(&sketch()?)
}

/// Restores the snapshot in the file.
pub fn take_restore(file: &Path) -> Result<(), Failure> {
    output::json(&restored(file)?)
}

/// The next entries that came in; `None` at the end.
fn next(from: &mut impl Read) -> Result<Option<Vec<Entry>>, Failure> {
    let mut length = [0; 8];
    match from.read_exact(&mut length) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        other => other.map_err(Failure::could_not_run)?,
    }
    let mut bytes = vec![0; u64::from_be_bytes(length) as usize];
    from.read_exact(&mut bytes).map_err(Failure::could_not_run)?;
    codec::decode(&bytes).map(Some).map_err(Failure::could_not_run)
}

fn apply(file: &Path) -> Result<Found, Failure> {
    let (mut state, mut found, mut from) = (State::<ftl_core::rulebook::Standard>::new(), Found::default(), io::stdin().lock());
    let mut snapshot = None;
    while let Some(entries) = next(&mut from)? {
        if entries.is_empty() {
            found.rss_mib = machine::rss_mib().unwrap_or_default();
            found.peak_mib = machine::peak_rss_mib().unwrap_or_default();
            let (lap, taken) = Lap::of(|| state.snapshot());
            found.snapshot_ms = lap.cpu.as_secs_f64() * 1e3;
            snapshot = Some(taken);
        }
        for entry in &entries {
            let (lap, outcome) = Lap::of(|| state.apply(entry));
            if snapshot.is_some() {
                found.slowest_after_ms = found.slowest_after_ms.max(lap.cpu.as_secs_f64() * 1e3);
            } else {
                found.accepted += u64::from(outcome.answer.result.is_ok());
            }
        }
    }
    (found.accounts, found.positions) = (state.accounts().count(), state.positions().count());
    if let Some(snapshot) = snapshot {
        let (lap, bytes) = Lap::of(|| snapshot.encode());
        found.encode_ms = lap.wall.as_secs_f64() * 1e3;
        found.snapshot_mib = bytes.len() as f64 / (1024.0 * 1024.0);
        std::fs::write(file, bytes).map_err(|error| Failure::file(file, &error))?;
    }
    Ok(found)
}

fn sketch() -> Result<Found, Failure> {
    let (mut sketch, mut found, mut from) = (Sketch::new(ACCOUNTS), Found::default(), io::stdin().lock());
    while let Some(entries) = next(&mut from)? {
        if entries.is_empty() {
            found.rss_mib = machine::rss_mib().unwrap_or_default();
        }
        found.accepted += entries.iter().map(|entry| u64::from(sketch.apply(entry))).sum::<u64>();
    }
    Ok(found)
}

fn restored(file: &Path) -> Result<Found, Failure> {
    let (lap, state) = Lap::of(|| -> Result<State, Failure> {
        let bytes = std::fs::read(file).map_err(|error| Failure::file(file, &error))?;
        Ok(State::restore(&bytes)?)
    });
    let state = state?;
    Ok(Found {
        restore_s: lap.wall.as_secs_f64(),
        cpu_s: lap.cpu.as_secs_f64(),
        rss_mib: machine::rss_mib().unwrap_or_default(),
        accounts: state.accounts().count(),
        positions: state.positions().count(),
        ..Found::default()
    })
}
