//! A journal executed again, entry by entry.

use std::collections::VecDeque;

use ftl_core::engine::require_known;
use ftl_core::id::Seq;
use ftl_core::outcome::{Entry, Outcome};
use ftl_core::state::{AHEAD, State};
use ftl_core::time::At;
use ftl_store::snapshots::SnapshotHead;
use indicatif::{ProgressBar, ProgressStyle};

use super::{Entries, Reading};
use crate::failure::Failure;
use crate::output;

/// Entries read at a time.
const TOGETHER: usize = 4_096;

/// See the module.
pub struct Execution {
    entries: Entries,
    /// The league after the last entry given out.
    pub state: State,
    waiting: VecDeque<Entry>,
    read: Seq,
    to: Seq,
    bar: ProgressBar,
}

impl Execution {
    /// From the first entry up to `to`.
    pub fn from_the_start(reading: &Reading, to: Seq) -> Self {
        let state = State::new().with_quarantine(reading.quarantine.clone());
        Self::from(reading, state, to)
    }

    /// From the newest confirmed snapshot that is not beyond `before`, or from the first entry.
    pub async fn near(reading: &Reading, before: Seq, to: Seq) -> Result<Self, Failure> {
        Self::from_newest(reading, move |head| head.journal.tip.seq <= before, to).await
    }

    /// The same by time: from a snapshot that is not later than `before`.
    pub async fn near_time(reading: &Reading, before: At, to: Seq) -> Result<Self, Failure> {
        Self::from_newest(reading, move |head| head.journal.at <= before && head.journal.tip.seq <= to, to).await
    }

    async fn from_newest(reading: &Reading, wanted: impl Fn(&SnapshotHead) -> bool + Send + 'static, to: Seq) -> Result<Self, Failure> {
        match reading.snapshot(wanted).await? {
            Some(snapshot) => {
                let state = State::restore(&snapshot.bytes)?.with_quarantine(reading.quarantine.clone());
                Ok(Self::from(reading, state, to))
            }
            None => Ok(Self::from_the_start(reading, to)),
        }
    }

    fn from(reading: &Reading, state: State, to: Seq) -> Self {
        let read = state.seq();
        let entries = reading.entries();
        Self { entries, state, waiting: VecDeque::new(), read, to, bar: bar(to.0.saturating_sub(read.0)) }
    }

    /// The next entry, not applied yet; `None` at the end.
    pub async fn peek(&mut self) -> Result<Option<&Entry>, Failure> {
        if self.waiting.is_empty() && self.read < self.to {
            let batches = self.entries.read(self.read, TOGETHER).await?;
            self.read = batches.last().map_or(self.to, |batch| batch.last());
            self.waiting.extend(batches.iter().flat_map(|batch| batch.entries().collect::<Vec<_>>()));
        }
        Ok(self.waiting.front().filter(|entry| entry.seq <= self.to))
    }

    /// Applies the next entry.
    pub async fn next(&mut self) -> Result<Option<(Entry, Outcome)>, Failure> {
        if self.peek().await?.is_none() {
            self.bar.finish_and_clear();
            return Ok(None);
        }
        if self.state.seq().0.is_multiple_of(AHEAD as u64) {
            self.state.foresee(self.waiting.make_contiguous());
        }
        let Some(entry) = self.waiting.pop_front() else { return Ok(None) };
        require_known(&entry).map_err(Failure::could_not_run)?;
        let outcome = self.state.apply(&entry);
        self.bar.inc(1);
        Ok(Some((entry, outcome)))
    }

    /// Applies everything up to `to`, however far the execution goes.
    pub async fn skip_to(&mut self, to: Seq) -> Result<(), Failure> {
        while self.state.seq() < to && self.next().await?.is_some() {}
        Ok(())
    }
}

/// Progress over so many entries, where somebody watches.
pub fn bar(entries: u64) -> ProgressBar {
    if !output::is_watched() || entries < 100_000 {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(entries);
    if let Ok(style) = ProgressStyle::with_template("{human_pos} of {human_len} entries {wide_bar:.green} {eta}") {
        bar.set_style(style);
    }
    bar
}
