//! `ftl replay`: a match without a server, on a journal in memory or in a directory.
//!
//! ```text
//!  ReplayDriver ──batch──▶ pace ──append──▶ journal ──apply──▶ report, history, plot, what a terminal shows
//! ```

mod history;
mod pace;
mod plot;
mod screen;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use ftl_core::journal::memory::MemoryJournal;
use ftl_core::journal::{Journal, JournalClock, Tip};
use ftl_core::openfootball::Tournament;
use ftl_core::outcome::Entry;
use ftl_core::replay::{Replay as Played, ReplayReport};
use ftl_core::source::MatchSource;
use ftl_core::state::State;
use ftl_store::data_dir::{DataDir, League, LeagueMeta, OpenOptions};
use serde_json::json;

use self::history::History;
use self::pace::{Pace, Speed};
use self::plot::Plot;
use self::screen::Screen;
use crate::failure::Failure;
use crate::output;

/// Plays a match without a server and says what it came to.
///
/// The journal's clock is match time: --speed only paces what you see. The same source, rules, bots and seed give the
/// same state hash at every speed and on every journal.
#[derive(Args)]
#[command(after_help = "Examples:
  ftl replay wc2022-final --bots 200 --seed 7
  ftl replay wc2022-final --speed 600
  ftl replay my-match.json --rules classic --plot prices.svg --json
  ftl replay worldcup.json --match 64 --bots 200")]
pub struct Replay {
    /// The name of a bundled match (see --list), or a file: a match, or a tournament of the openfootball projects.
    #[arg(required_unless_present = "list")]
    source: Option<String>,
    /// Which match of a tournament, in the order of kick-off: 1 is the first of which it is known who scored.
    #[arg(long = "match", value_name = "N")]
    number: Option<usize>,
    /// Lists the bundled matches.
    #[arg(long)]
    list: bool,
    /// The rules of the league.
    #[arg(long, value_enum, default_value_t = super::Preset::Fair)]
    rules: super::Preset,
    /// How many bots trade.
    #[arg(long, value_name = "N", default_value_t = 0)]
    bots: u32,
    /// Everything that is drawn follows from it.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// How fast it is shown: `max`, or so many times as fast as it was.
    #[arg(long, value_name = "max|N", default_value = "max")]
    speed: Speed,
    /// Keeps the league in this directory, which must not hold one yet; else it is gone afterwards.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Draws the prices that moved most.
    #[arg(long, value_name = "FILE.svg")]
    plot: Option<PathBuf>,
    /// One JSON object on stdout.
    #[arg(long)]
    json: bool,
}

impl Replay {
    pub async fn run(self) -> Result<ExitCode, Failure> {
        if self.list {
            return self.print_list();
        }
        let source = one_of(self.source.as_deref().unwrap_or_default(), self.number)?;
        let replay = Played { source, rules: self.rules.into(), bots: self.bots, seed: self.seed };
        let mut plot = self.plot.as_ref().map(|_| Plot::default());
        let report = match &self.data {
            Some(path) => {
                let league = create(path, &replay).await?;
                let history = Some(History::new(&league));
                let report = play(&replay, &*league.journal, history, self.speed, plot.as_mut()).await?;
                league.close().await?;
                report
            }
            None => play(&replay, &MemoryJournal::supplied(), None, self.speed, plot.as_mut()).await?,
        };
        if let (Some(path), Some(plot)) = (&self.plot, &plot) {
            plot.draw(path, &replay, &report)?;
        }
        if self.json {
            output::json(&report)?
        } else {
            output::text_lines(&screen::summary(&replay.source, &report))?
        }
        Ok(ExitCode::SUCCESS)
    }

    fn print_list(&self) -> Result<ExitCode, Failure> {
        let mut sources = Vec::new();
        for name in MatchSource::bundled_names() {
            sources.push((name, source_of(name)?.name));
        }
        if self.json {
            let rows: Vec<_> = sources.iter().map(|(name, title)| json!({"source": name, "name": title})).collect();
            output::json(&json!({ "sources": rows }))?;
        } else {
            let lines: String = sources.iter().map(|(name, title)| format!("{name:16}  {title}\n")).collect();
            output::text_lines(&lines)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// A match by its source; of a tournament's file the one of that number.
fn one_of(source: &str, number: Option<usize>) -> Result<MatchSource, Failure> {
    let text = std::fs::read_to_string(source).ok().filter(|text| Tournament::is_one(text));
    let Some(text) = text else { return source_of(source) };
    let tournament = Tournament::parse(&text, None).map_err(|error| Failure::refused(format!("{source}: {error}")))?;
    let mut matches = tournament.matches();
    let place = number.and_then(|number| number.checked_sub(1)).filter(|place| *place < matches.len());
    place.map(|place| matches.swap_remove(place)).ok_or_else(|| match matches.len() {
        0 => Failure::refused(format!("{source}: of no match of this tournament it is known who scored")),
        n => Failure::refused(format!("{source} is a tournament: say which match with --match 1 to --match {n}")),
    })
}

/// A bundled match by its name, else a file.
pub(super) fn source_of(source: &str) -> Result<MatchSource, Failure> {
    if let Some(bundled) = MatchSource::bundled(source) {
        return bundled.map_err(Failure::refused);
    }
    let path = Path::new(source);
    if !path.exists() {
        let names: Vec<&str> = MatchSource::bundled_names().collect();
        let text = format!("{source} is neither a file nor a bundled match; there are {}", names.join(", "));
        return Err(Failure::could_not_run(text));
    }
    let text = std::fs::read_to_string(path).map_err(|error| Failure::file(path, &error))?;
    MatchSource::parse(&text).map_err(|error| Failure::refused(format!("{source}: {error}")))
}

async fn create(path: &Path, replay: &Played) -> Result<League, Failure> {
    let meta = LeagueMeta { league: "replay".into(), clock: JournalClock::Supplied, created_at: replay.source.kick_off };
    Ok(DataDir::at(path).create(&meta, OpenOptions::default()).await?)
}

async fn play(
    replay: &Played,
    journal: &dyn Journal,
    mut history: Option<History>,
    speed: Speed,
    mut plot: Option<&mut Plot>,
) -> Result<ReplayReport, Failure> {
    let (mut state, mut driver, mut report) = (State::new(), replay.driver(), replay.report());
    let mut screen = Screen::of(&replay.source);
    let mut pace = Pace::new(speed);
    let mut tip: Tip = journal.head().await?;
    while let Some((at, commands)) = driver.next(&state) {
        pace.wait_for(at).await;
        let appended = journal.append(tip, Some(at), commands.clone()).await?;
        for (seq, command) in (appended.first.0..).zip(commands) {
            let entry = Entry { seq: ftl_core::id::Seq(seq), at: appended.at, command };
            let outcome = state.apply(&entry);
            report.observe(&outcome);
            if let Some(plot) = &mut plot {
                plot.observe(&outcome);
            }
            if let Some(history) = &mut history {
                history.observe(outcome).await?;
            }
        }
        tip.seq = appended.last;
        screen.show(&state);
    }
    if let Some(history) = &mut history {
        history.finish(&state).await?;
    }
    screen.end();
    report.finish(&mut state);
    Ok(report)
}
