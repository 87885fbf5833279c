//! The verbs, one a file, and what is common to all: `--help` with an example, `--json`, where a league is.

mod admin;
mod audit;
mod backfill;
mod backup;
mod bench;
mod completions;
mod config;
mod demo;
mod export;
mod import;
mod migrate;
mod replay;
mod serve;
mod show;
mod sim;
mod snapshot;
mod verify;
mod watch;

use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};
use ftl_core::rules;

use crate::failure::Failure;

/// A platform for live-sports trading leagues.
#[derive(Parser)]
#[command(name = "ftl", version, about, max_term_width = 100, after_help = "Five minutes to see it work: ftl demo")]
pub struct Ftl {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    Demo(demo::Demo),
    Serve(serve::Serve),
    Replay(replay::Replay),
    Sim(sim::Sim),
    Audit(audit::Audit),
    Verify(verify::Verify),
    Show(show::Show),
    Export(export::Export),
    Import(import::Import),
    Backup(backup::Backup),
    Restore(backup::Restore),
    Snapshot(snapshot::Snapshot),
    Config(config::Config),
    Backfill(backfill::Backfill),
    Migrate(migrate::Migrate),
    Admin(admin::Admin),
    Watch(watch::Watch),
    Bench(bench::Bench),
    Completions(completions::Completions),
}

impl Ftl {
    /// Does what was asked.
    pub fn run(self) -> Result<ExitCode, Failure> {
        match self.verb {
            Verb::Demo(verb) => on_a_runtime(verb.run()),
            Verb::Serve(verb) => on_a_runtime(verb.run()),
            Verb::Config(verb) => verb.run(),
            Verb::Replay(verb) => on_a_runtime(verb.run()),
            Verb::Sim(verb) => on_a_runtime(verb.run()),
            Verb::Audit(verb) => on_a_runtime(verb.run()),
            Verb::Verify(verb) => on_a_runtime(verb.run()),
            Verb::Show(verb) => on_a_runtime(verb.run()),
            Verb::Export(verb) => on_a_runtime(verb.run()),
            Verb::Import(verb) => on_a_runtime(verb.run()),
            Verb::Backup(verb) => on_a_runtime(verb.run()),
            Verb::Restore(verb) => on_a_runtime(verb.run()),
            Verb::Snapshot(verb) => on_a_runtime(verb.run()),
            Verb::Backfill(verb) => on_a_runtime(verb.run()),
            Verb::Migrate(verb) => on_a_runtime(verb.run()),
            Verb::Admin(verb) => on_a_runtime(verb.run()),
            Verb::Watch(verb) => on_a_runtime(verb.run()),
            Verb::Bench(verb) => verb.run(),
            Verb::Completions(verb) => verb.run(),
        }
    }
}

/// The rules of a league, as on the command line.
#[derive(Clone, Copy, ValueEnum)]
pub enum Preset {
    /// The default.
    Fair,
    /// The game as it ran; never with prizes.
    Classic,
}

impl From<Preset> for rules::Preset {
    fn from(preset: Preset) -> Self {
        match preset {
            Preset::Fair => Self::Fair,
            Preset::Classic => Self::Classic,
        }
    }
}

fn on_a_runtime(verb: impl Future<Output = Result<ExitCode, Failure>>) -> Result<ExitCode, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failure::could_not_run)?;
    runtime.block_on(verb)
}
