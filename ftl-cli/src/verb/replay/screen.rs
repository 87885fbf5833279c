//! What a person sees of a replay: a bar with minute and score while it runs, a summary at the end.

use std::fmt::Write;

use ftl_core::fixture::Side;
use ftl_core::replay::ReplayReport;
use ftl_core::source::MatchSource;
use ftl_core::state::State;
use indicatif::{ProgressBar, ProgressStyle};

use crate::output;

/// Lines of the summary's table of prices.
const MOVERS: usize = 8;

/// A bar on a terminal, nothing elsewhere.
pub struct Screen {
    bar: ProgressBar,
}

impl Screen {
    pub fn of(source: &MatchSource) -> Self {
        if !output::is_watched() {
            return Self { bar: ProgressBar::hidden() };
        }
        let played = source.phases.iter().filter(|span| span.phase.base_minute().is_some());
        let seconds = played.map(|span| span.ends.saturating_sub(span.starts)).sum();
        let bar = ProgressBar::new(seconds);
        if let Ok(style) = ProgressStyle::with_template("{msg:32} {wide_bar:.green} {elapsed}") {
            bar.set_style(style);
        }
        Self { bar }
    }

    pub fn show(&mut self, state: &State) {
        if self.bar.is_hidden() {
            return;
        }
        let Some(fixture) = state.fixtures().last() else { return };
        let minute = fixture.display_minute().map_or_else(String::new, |minute| format!(" {}'", minute + 1));
        let (home, away) = (fixture.goals(Side::Home), fixture.goals(Side::Away));
        self.bar.set_message(format!("{} {home}-{away} {}{minute}", fixture.home, fixture.away));
        self.bar.set_position(fixture.clock.0 / 1_000);
    }

    pub fn end(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// The report for people, within 80 columns.
pub fn summary(source: &MatchSource, report: &ReplayReport) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = write_summary(&mut text, source, report);
    text
}

fn write_summary(out: &mut String, source: &MatchSource, report: &ReplayReport) -> std::fmt::Result {
    writeln!(out, "{}", source.name)?;
    writeln!(out, "{} entries, {} orders, {} fills, {} washouts", report.seq, report.orders, report.fills, report.washouts)?;
    let mut movers: Vec<_> = report.instruments.iter().collect();
    movers.sort_by_key(|line| std::cmp::Reverse((line.close - line.open).magnitude()));
    writeln!(out, "\n{:32} {:>10} {:>10} {:>10} {:>10}", "moved most", "open", "low", "high", "close")?;
    for line in movers.iter().take(MOVERS) {
        let (slug, columns) = (line.slug.as_str(), [line.open, line.low, line.high, line.close].map(|price| price.to_string()));
        writeln!(out, "{slug:32} {:>10} {:>10} {:>10} {:>10}", columns[0], columns[1], columns[2], columns[3])?;
    }
    if !report.boards.pnl.is_empty() {
        writeln!(out, "\n{:>4} {:38} {:>16}", "rank", "account", "realised")?;
        for line in &report.boards.pnl {
            writeln!(out, "{:>4} {:38} {:>16}", line.rank, line.account.to_string(), line.score)?;
        }
    }
    for (what, counts) in [("cancelled", &report.cancelled), ("refused", &report.refused)] {
        if !counts.is_empty() {
            let all: Vec<String> = counts.iter().map(|(code, n)| format!("{code} {n}")).collect();
            writeln!(out, "\n{what}: {}", all.join(", "))?;
        }
    }
    writeln!(out, "\nhouse {}", report.house)?;
    writeln!(out, "hash  {}", report.hash)
}
