//! `ftl bench`: how fast it is, each row beside a baseline that runs in the same process, minutes apart at most.
//!
//! ```text
//!  catalogue ──▶ the rows that were asked for ──▶ each in a process of its own ──▶ table, JSON, record
//! ```
//! What is timed is never what prepares it: workloads are made before the clock starts (`ftl-workload`).

mod apply;
mod audit;
mod catalogue;
mod http;
mod machine;
mod memory;
mod part;
mod ranks;
mod reference;
mod report;
mod row;
mod season;
mod shared;
mod ticks;
mod washout;
mod ws;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use self::catalogue::Benchmark;
use self::row::Row;
use crate::failure::Failure;
use crate::output;

/// Measures speed and memory, each beside a baseline in the same run.
///
/// A figure alone says more of the machine than of the program: look at the ratio. Workloads follow from --seed, and
/// results are verified: what `apply` came to is executed again and must have the same hash.
#[derive(Args)]
#[command(after_help = "Examples:
  ftl bench --list
  ftl bench apply-100k-uniform
  ftl bench apply --json
  ftl bench --record benches/runs/mine.json")]
pub struct Bench {
    /// A row's name, or what several names begin with; all of them when absent.
    name: Option<String>,
    /// Lists the rows.
    #[arg(long)]
    list: bool,
    /// What is drawn follows from it.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// One JSON object on stdout.
    #[arg(long)]
    json: bool,
    /// Writes the rows and a description of the machine to a file.
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// Divides every size by this: for tests of the command, the figures mean nothing then.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..), hide = true)]
    divide: u32,
    /// What this process does for another one that measures.
    #[arg(long, value_enum, hide = true, requires = "part_file")]
    part: Option<part::Part>,
    #[arg(long, value_name = "FILE", hide = true)]
    part_file: Option<PathBuf>,
}

/// How large a run is.
#[derive(Clone, Copy)]
pub struct Setting {
    /// What is drawn follows from it.
    pub seed: u64,
    divide: u32,
}

impl Setting {
    /// A size, or the part of it that was asked for, but not below `least`.
    pub fn size(self, whole: u32, least: u32) -> u32 {
        (whole / self.divide).max(least)
    }
}

impl Bench {
    pub fn run(self) -> Result<ExitCode, Failure> {
        if let (Some(part), Some(file)) = (self.part, &self.part_file) {
            return part.take(file).map(|()| ExitCode::SUCCESS);
        }
        let chosen = catalogue::matching(self.name.as_deref().unwrap_or_default());
        if chosen.is_empty() {
            return Err(Failure::could_not_run("there is no such row; ftl bench --list names them"));
        }
        if self.list {
            return self.print_list(&chosen);
        }
        let setting = Setting { seed: self.seed, divide: self.divide };
        let mut rows = Vec::new();
        for benchmark in &chosen {
            if chosen.len() > 1 {
                rows.push(self.in_a_process(benchmark)?);
            } else {
                rows.push((benchmark.run)(setting)?.named(benchmark.name));
            }
        }
        if let Some(path) = &self.record {
            record(path, &rows)?;
        }
        if self.json {
            output::json(&json!({ "rows": rows }))?;
        } else {
            output::text_lines(&report::table(&rows))?;
        }
        Ok(ExitCode::SUCCESS)
    }

    /// A process of its own for each row: memory that an earlier one left behind neither helps nor hurts.
    fn in_a_process(&self, benchmark: &Benchmark) -> Result<Row, Failure> {
        let itself = std::env::current_exe().map_err(Failure::could_not_run)?;
        let (seed, divide) = (self.seed.to_string(), self.divide.to_string());
        let arguments = ["bench", benchmark.name, "--json", "--seed", &seed, "--divide", &divide];
        let output = Command::new(itself).args(arguments).stdin(Stdio::null()).stderr(Stdio::inherit()).output();
        let output = output.map_err(Failure::could_not_run)?;
        if !output.status.success() {
            return Err(Failure::refused(format!("{} failed, see above", benchmark.name)));
        }
        let printed: report::Printed = serde_json::from_slice(&output.stdout).map_err(Failure::could_not_run)?;
        let row = printed.rows.into_iter().next();
        row.ok_or_else(|| Failure::could_not_run(format!("{} printed no row", benchmark.name)))
    }

    fn print_list(&self, chosen: &[Benchmark]) -> Result<ExitCode, Failure> {
        if self.json {
            let names: Vec<_> = chosen.iter().map(|row| json!({"name": row.name, "what": row.what, "baseline": row.baseline})).collect();
            output::json(&json!({ "benchmarks": names }))?;
        } else {
            output::text_lines(&report::list(chosen))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// A bar on a terminal, nothing elsewhere.
fn progress(what: &str, steps: usize) -> ProgressBar {
    if !output::is_watched() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(steps as u64);
    if let Ok(style) = ProgressStyle::with_template("{msg:44} {wide_bar:.green} {eta}") {
        bar.set_style(style);
    }
    bar.with_message(what.to_owned())
}

fn record(path: &Path, rows: &[Row]) -> Result<(), Failure> {
    let record = json!({ "machine": machine::describe(), "version": env!("CARGO_PKG_VERSION"), "rows": rows });
    let text = serde_json::to_string_pretty(&record).map_err(Failure::could_not_run)?;
    std::fs::write(path, text + "\n").map_err(|error| Failure::file(path, &error))
}
