//! `audit-10m`: `ftl audit` of a league on disk whose journal came to so many postings.
//!
//! The league is made first: trades with a fee, two postings an open and four a close. A tenth of the postings is made
//! and audited, and the time for all follows from it: making them all would take longer than everything else together.
//! The first 5,000 entries are looked at with more care than the rest, and once: so a league of a third of that is audited
//! too, and what the longer one took more, the postings to come would take as well.

use std::process::{Command, Stdio};
use std::time::Instant;

use ftl_core::command::Action;
use ftl_core::id::Seq;
use ftl_core::journal::{Journal, JournalClock, Tip};
use ftl_core::outcome::{Entry, Outcome};
use ftl_core::projection::{Projections, rows_of};
use ftl_core::rules::{Preset, Rules};
use ftl_core::state::State;
use ftl_core::time::At;
use ftl_core::units::Bps;
use ftl_store::answers::Answers;
use ftl_store::data_dir::{DataDir, LeagueMeta, OpenOptions};
use ftl_workload::{Founding, Lap, Popularity, Script, Trades};

use super::row::{Reach, Row};
use super::{Setting, apply::at_fault, progress};
use crate::failure::Failure;

const POSTINGS: u32 = 10_000_000;
/// The part that is made.
const PART: u32 = 10;
/// Entries in a batch of the journal and in a transaction of history.
const TOGETHER: usize = 4_096;

pub fn run(setting: Setting) -> Result<Row, Failure> {
    let wanted = u64::from(setting.size(POSTINGS / PART, 2_000));
    let (shorter, longer) = (audited(setting, wanted / 3)?, audited(setting, wanted)?);
    let (made, seconds) = (&longer.made, longer.seconds);
    let each = match made.postings - shorter.made.postings {
        0 => seconds / made.postings as f64,
        more => (seconds - shorter.seconds).max(0.0) / more as f64,
    };
    let whole = f64::from(POSTINGS) / made.postings as f64;
    let to_come = f64::from(POSTINGS) - made.postings as f64;
    let row = Row::new(seconds + each * to_come, "s", made.applying.wall.as_secs_f64() * whole);
    let value = row.value;
    Ok(row
        .reaching(&[("s for 10,000,000 postings", value, Reach::AtMost(10.0))])
        .with("baseline", "the same commands through apply alone, without disk and checks, scaled alike")
        .with("postingsAudited", made.postings)
        .with("secondsMeasured", seconds)
        .with("postingsOfTheShorter", shorter.made.postings)
        .with("secondsOfTheShorter", shorter.seconds)
        .with("usAPosting", each * 1e6)
        .with("entries", made.entries)
        .with("scaledBy", whole))
}

struct Audited {
    made: Made,
    /// On the wall.
    seconds: f64,
}

/// A league of so many postings, made and audited.
fn audited(setting: Setting, wanted: u64) -> Result<Audited, Failure> {
    let directory = tempfile::tempdir().map_err(Failure::could_not_run)?;
    let data = directory.path().join("league");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failure::could_not_run)?;
    let made = runtime.block_on(make(setting, &data, wanted))?;

    let itself = std::env::current_exe().map_err(Failure::could_not_run)?;
    let began = Instant::now();
    let audit = Command::new(itself).args(["audit", "--json", "--data"]).arg(&data).stderr(Stdio::inherit()).output();
    let audit = audit.map_err(Failure::could_not_run)?;
    let seconds = began.elapsed().as_secs_f64();
    if !audit.status.success() {
        return Err(Failure::refused(format!("the audit found something: {}", String::from_utf8_lossy(&audit.stdout))));
    }
    Ok(Audited { made, seconds })
}

struct Made {
    postings: u64,
    entries: u64,
    applying: Lap,
}

async fn make(setting: Setting, data: &std::path::Path, wanted: u64) -> Result<Made, Failure> {
    let founding = Founding { accounts: setting.size(20_000, 200), instruments: 50 };
    let mut script = Script::new(setting.seed, 10);
    let meta = LeagueMeta { league: "bench".into(), clock: JournalClock::Supplied, created_at: At(0) };
    let league = DataDir::at(data).create(&meta, OpenOptions::default()).await?;
    let books = founding.books(&mut script);
    let mut entries = founding.entries(&mut script, &books);
    let rules = Rules { fee_bps: Bps(10), ..Rules::of(Preset::Fair, u64::from(founding.accounts)) };
    entries.push(script.entry(Action::SetRules(Box::new(rules))));
    let mut trades = Trades::new(script, books, founding.instruments, Popularity::Uniform);
    entries.extend(trades.opening());

    let bar = progress("a league to audit, postings", wanted as usize);
    let (mut state, mut made) = (State::<ftl_core::rulebook::Standard>::new(), Made { postings: 0, entries: 0, applying: Lap::default() });
    let (mut tip, mut waiting) = (league.journal.head().await?, std::collections::VecDeque::from(entries));
    while made.postings < wanted {
        if waiting.len() < TOGETHER {
            waiting.extend(trades.next(TOGETHER));
        }
        // A batch has one time: that of its last entry.
        let some: Vec<Entry> = waiting.drain(..TOGETHER).collect();
        let at = some.last().map_or(At(0), |entry| entry.at);
        let some: Vec<Entry> = some.into_iter().map(|entry| Entry { at, ..entry }).collect();
        let commands = some.iter().map(|entry| entry.command.clone()).collect();
        let appended = league.journal.append(tip, Some(at), commands).await?;
        let from = tip.seq;
        tip = Tip { seq: appended.last, ..tip };
        let outcomes: Vec<Outcome> = made.applying.time(|| some.iter().map(|entry| state.apply(entry)).collect());
        record(&league, from, appended.last, &outcomes).await?;
        let postings: usize = outcomes.iter().flat_map(|outcome| &outcome.events).map(|event| event.postings().len()).sum();
        made.postings += postings as u64;
        made.entries = appended.last.0;
        bar.set_position(made.postings);
    }
    bar.finish_and_clear();
    if state.positions().count() == 0 {
        return Err(at_fault("nobody holds anything"));
    }
    league.close().await?;
    Ok(made)
}

async fn record(league: &ftl_store::data_dir::League, from: Seq, to: Seq, outcomes: &[Outcome]) -> Result<(), Failure> {
    league.projections.write(from, to, outcomes.iter().flat_map(rows_of).collect()).await?;
    Ok(league.projections.remember(from, to, outcomes).await?)
}
