//! `ftl sim`: a season of traders without a server, and what it came to.
//!
//! ```text
//!  source ─▶ Plan ─▶ Season::step … ─▶ Tally ─▶ report (JSON, lines)
//! ```

mod memory;
mod report;
mod screen;
mod source;

use std::process::ExitCode;
use std::time::Instant;

use clap::Args;
use ftl_core::season::{Plan, Season};

use self::report::Report;
use self::screen::Screen;
use crate::failure::Failure;
use crate::output;
use crate::verb::Preset;

/// Plays a season: every fixture of a source, traders of mixed temper, all rules on.
///
/// The source is only read. The same source, rules, accounts and seed give the same state hash.
#[derive(Args)]
#[command(after_help = "Examples:
  ftl sim synthetic:64 --accounts 10000 --seed 7
  ftl sim synthetic:1000 --accounts 0 --seed 1
  ftl sim wc2022-final --accounts 500 --seed 7 --rules classic --json")]
pub struct Sim {
    /// A bundled match, a file, or synthetic:N, which is N matches drawn from the priors.
    source: String,
    /// How many traders.
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    accounts: u32,
    /// Everything that is drawn follows from it.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// The rules of the league.
    #[arg(long, value_enum, default_value_t = Preset::Fair)]
    rules: Preset,
    /// One JSON object on stdout.
    #[arg(long)]
    json: bool,
}

impl Sim {
    pub async fn run(self) -> Result<ExitCode, Failure> {
        let matches = source::matches(&self.source, self.seed)?;
        let plan = Plan { matches, rules: self.rules.into(), accounts: self.accounts, seed: self.seed };
        let began = Instant::now();
        let mut season = Season::new(plan, false);
        let mut screen = Screen::of(season.plan());
        while season.step() {
            screen.show(&season);
        }
        screen.end();
        let report = Report::of(&self.source, &mut season, began.elapsed());
        if self.json {
            output::json(&report)?
        } else {
            output::text_lines(&report.as_text())?
        }
        Ok(ExitCode::SUCCESS)
    }
}
