//! What a person sees while a season runs: a bar of matches with the rate of commands and the time that is left.

use std::time::{Duration, Instant};

use ftl_core::season::{Plan, Season};
use indicatif::{HumanCount, ProgressBar, ProgressStyle};

use crate::output;

/// Between two looks at the bar.
const EVERY: Duration = Duration::from_millis(200);

/// A bar on a terminal, nothing elsewhere.
pub struct Screen {
    bar: ProgressBar,
    began: Instant,
    shown: Instant,
    steps: u32,
}

impl Screen {
    pub fn of(plan: &Plan) -> Self {
        let bar = if output::is_watched() { ProgressBar::new(plan.matches.count()) } else { ProgressBar::hidden() };
        if let Ok(style) = ProgressStyle::with_template("{pos} of {len} matches {wide_bar:.green} {msg}, {eta} left") {
            bar.set_style(style);
        }
        Self { bar, began: Instant::now(), shown: Instant::now(), steps: 0 }
    }

    pub fn show(&mut self, season: &Season) {
        self.steps = self.steps.wrapping_add(1);
        if self.bar.is_hidden() || !self.steps.is_multiple_of(64) || self.shown.elapsed() < EVERY {
            return;
        }
        self.shown = Instant::now();
        let rate = season.state().seq().0 as f64 / self.began.elapsed().as_secs_f64().max(0.001);
        self.bar.set_message(format!("{} commands/s", HumanCount(rate as u64)));
        let played = season.tally().matches.iter().filter(|line| line.played).count();
        self.bar.set_position(u64::try_from(played).unwrap_or(0));
    }

    pub fn end(&mut self) {
        self.bar.finish_and_clear();
    }
}
