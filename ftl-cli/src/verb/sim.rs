//! `ftl sim`: a season of traders without a server, and what it came to.
//!
//! ```text
//!  source ─▶ Plan ─▶ Season::step … ─┬─▶ Tally ─▶ report (JSON, lines), plots
//!                                    └─▶ journal, where --out says so
//! ```

mod journal;
mod memory;
mod paths;
mod plots;
mod report;
mod rules;
mod screen;
mod source;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::Args;
use ftl_core::season::{Plan, Season};

use self::journal::Out;
use self::paths::Paths;
use self::report::Report;
use self::screen::Screen;
use crate::failure::Failure;
use crate::output;
use crate::verb::Preset;

/// Plays a season: every fixture of a source, traders of mixed temper and the red team, all rules on.
///
/// The source is only read. The same source, rules, accounts and seed give the same state hash.
#[derive(Args)]
#[command(after_help = "Examples:
  ftl sim worldcup.json --squads squads.json --accounts 10000 --seed 7 --plot plots
  ftl sim synthetic:1000 --accounts 0
  ftl sim ./ftl-data --accounts 500 --rules classic --json
  ftl sim synthetic:64/32 --change '{\"margin\": {\"leverage\": 20}}'
  ftl sim wc2022-final --accounts 500 --out ./season && ftl audit --data ./season")]
pub struct Sim {
    /// A bundled match, a file (a match, or a tournament of openfootball), a league's directory, synthetic:N (N matches
    /// drawn from the priors, all of new teams) or synthetic:N/TEAMS.
    source: String,
    /// The squads of a tournament, as openfootball has them.
    #[arg(long, value_name = "FILE")]
    squads: Option<PathBuf>,
    /// How many traders; the red team comes on top.
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    accounts: u32,
    /// Everything that is drawn follows from it.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// The rules of the league.
    #[arg(long, value_enum, default_value_t = Preset::Fair)]
    rules: Preset,
    /// Other values for some of the rules, a JSON object of them.
    #[arg(long, value_name = "JSON")]
    change: Option<String>,
    /// Keeps the journal in this directory, which must not hold a league yet, for ftl audit and ftl verify.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Draws prices, wealth, the house's result, mark-outs and washouts into this directory, as SVG.
    #[arg(long, value_name = "DIR")]
    plot: Option<PathBuf>,
    /// One JSON object on stdout.
    #[arg(long)]
    json: bool,
}

impl Sim {
    pub async fn run(self) -> Result<ExitCode, Failure> {
        let matches = source::matches(&self.source, self.squads.as_deref(), self.seed).await?;
        let rules = rules::changed(self.rules.into(), self.accounts, self.change.as_deref())?;
        let plan = Plan { matches, rules, accounts: self.accounts, red_team: self.accounts > 0, seed: self.seed };
        let began = Instant::now();
        let season = self.play(plan).await?;
        let report = Report::of(&self.source, &season.0, began.elapsed());
        if let (Some(directory), Some(paths)) = (&self.plot, &season.1) {
            plots::draw(directory, &season.0, paths, &report)?;
        }
        if self.json {
            output::json(&report)?
        } else {
            output::text_lines(&report.as_text())?
        }
        Ok(ExitCode::SUCCESS)
    }

    async fn play(&self, plan: Plan) -> Result<(Season, Option<Paths>), Failure> {
        let mut screen = Screen::of(&plan);
        let mut season = Season::new(plan, self.out.is_some());
        let mut paths = self.plot.as_ref().map(|_| Paths::default());
        let mut out = None;
        let mut more = season.step();
        if season.state().genesis().is_none() {
            let codes: Vec<&str> = season.tally().refused.keys().map(String::as_str).collect();
            return Err(Failure::refused(format!("no league can be founded with these rules: {}", codes.join(", "))));
        }
        if let Some(directory) = &self.out {
            out = Some(Out::create(directory, season.state().at()).await?);
        }
        while more {
            if let Some(out) = &mut out {
                out.take(season.take_kept()).await?;
            }
            if let Some(paths) = &mut paths {
                paths.observe(&season);
            }
            screen.show(&season);
            more = season.step();
        }
        screen.end();
        if let Some(out) = out {
            out.finish(season.state()).await?;
        }
        Ok((season, paths))
    }
}
