//! A league's directory as its one writer sees it: executed up to its head, appended to, and left with its history
//! written, as a server would leave it.

use std::path::Path;
use std::sync::Arc;

use ftl_core::command::Command;
use ftl_core::id::Seq;
use ftl_core::journal::{Clock, Journal, JournalClock, Tip};
use ftl_core::outcome::{Entry, Outcome};
use ftl_core::projection::{Projections, rows_of};
use ftl_core::state::State;
use ftl_server::stores::{default_genesis, found};
use ftl_store::answers::Answers;
use ftl_store::clock::SystemClock;
use ftl_store::data_dir::{DataDir, League, LeagueMeta, OpenError, OpenOptions};

use super::Reading;
use super::execution::Execution;
use crate::failure::Failure;

/// Entries whose history is written in one transaction.
const TOGETHER: usize = 5_000;

/// See the module.
pub struct Writing {
    league: League,
    /// The league at its head.
    pub state: State,
    tip: Tip,
    /// Outcomes whose history is not written yet.
    behind: Vec<Outcome>,
}

impl Writing {
    /// Opens the league in `path` for writing; where there is none one of that name is made, with the wall's clock.
    pub async fn open_or_create(path: &Path, name: &str) -> Result<League, OpenError> {
        let directory = DataDir::at(path);
        if directory.exists() {
            return directory.open(OpenOptions::default()).await;
        }
        let meta = LeagueMeta { league: name.to_owned(), clock: JournalClock::Store, created_at: SystemClock.now() };
        directory.open_or_create(&meta, OpenOptions::default()).await
    }

    /// The league in `path`, open for writing; a new one is founded, with the rules of `fair`.
    pub async fn of(league: League, path: &Path) -> Result<Self, Failure> {
        if league.meta.clock == JournalClock::Store {
            found(&*league.journal, default_genesis(&league.meta.league)).await?;
        }
        let projections = Arc::clone(&league.projections);
        let reading = Reading::of(league, path).await?;
        // A league whose history lags is executed from where it lags.
        let written = projections.watermark().await?.min(projections.answered().await?);
        let mut execution = Execution::near(&reading, written, reading.head).await?;
        let mut behind = Vec::new();
        while let Some((_, outcome)) = execution.next().await? {
            if outcome.seq > written {
                behind.push(outcome);
            }
        }
        let state = std::mem::take(&mut execution.state);
        let Some(league) = reading.directory() else { return Err(Failure::could_not_run("only a directory is written to")) };
        let tip = league.journal.head().await?;
        let mut writing = Self { league, state, tip, behind };
        writing.write_history(TOGETHER).await?;
        Ok(writing)
    }

    /// Appends commands as one batch and applies them; the first that the league refuses is a failure.
    pub async fn append(&mut self, commands: Vec<Command>) -> Result<(), Failure> {
        let at = (self.league.meta.clock == JournalClock::Supplied).then(|| self.state.at());
        let appended = self.league.journal.append(self.tip, at, commands.clone()).await?;
        let mut refused = None;
        for (seq, command) in (appended.first.0..).zip(commands) {
            let entry = Entry { seq: Seq(seq), at: appended.at, command };
            let outcome = self.state.apply(&entry);
            if let Err(rejection) = &outcome.answer.result {
                refused.get_or_insert_with(|| format!("the league refuses entry {seq}: {rejection}"));
            }
            self.behind.push(outcome);
        }
        self.tip = self.league.journal.head().await?;
        self.write_history(TOGETHER).await?;
        refused.map_or(Ok(()), |refused| Err(Failure::refused(refused)))
    }

    /// Writes what history lacks and closes the league.
    pub async fn close(mut self) -> Result<(), Failure> {
        self.write_history(1).await?;
        self.league.close().await?;
        Ok(())
    }

    /// Writes history as soon as `least` entries wait for it, each store's behind its own watermark.
    async fn write_history(&mut self, least: usize) -> Result<(), Failure> {
        let Some(last) = self.behind.last().map(|outcome| outcome.seq).filter(|_| self.behind.len() >= least) else { return Ok(()) };
        let projections = Arc::clone(&self.league.projections);
        for together in self.behind.chunks(TOGETHER) {
            let to = together.last().map_or(last, |outcome| outcome.seq);
            let from = projections.watermark().await?;
            if from < to {
                projections.write(from, to, together.iter().filter(|outcome| outcome.seq > from).flat_map(rows_of).collect()).await?;
            }
            let from = projections.answered().await?;
            if from < to {
                let answered: Vec<Outcome> = together.iter().filter(|outcome| outcome.seq > from).cloned().collect();
                projections.remember(from, to, &answered).await?;
            }
        }
        self.behind.clear();
        Ok(())
    }
}
