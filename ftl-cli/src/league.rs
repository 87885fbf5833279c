//! A league's directory as a reader sees it: opened beside its writer, every hash checked, and executed again.

pub mod execution;
pub mod history;
pub mod writing;

use std::collections::BTreeMap;
use std::path::Path;

use ftl_core::id::Seq;
use ftl_core::journal::Journal;
use ftl_server::replica::quarantine::Quarantine;
use ftl_store::data_dir::{DataDir, League};

use crate::failure::Failure;

/// A league that is only read.
pub struct Reading {
    /// Its stores.
    pub league: League,
    /// Its last entry when it was opened.
    pub head: Seq,
    /// Entries that an operator set aside.
    pub quarantine: BTreeMap<Seq, String>,
}

impl Reading {
    /// Opens the league in `path`, which a server may be writing.
    pub async fn open(path: &Path) -> Result<Self, Failure> {
        let league = DataDir::at(path).open_for_reading().await?;
        Self::of(league, path).await
    }

    /// The league in `path`, open already.
    pub async fn of(league: League, path: &Path) -> Result<Self, Failure> {
        let head = league.journal.head().await?.seq;
        let quarantined = league.journal.quarantined().await?;
        let mut quarantine: BTreeMap<Seq, String> = quarantined.into_iter().map(|entry| (entry.seq, entry.reason)).collect();
        let beside = Quarantine::in_directory(path).map_err(|error| Failure::file(path, &error))?;
        quarantine.extend(beside.entries());
        Ok(Self { league, head, quarantine })
    }

    /// `seq`, or the head where none is given; what the journal does not have is refused.
    pub fn up_to(&self, seq: Option<u64>) -> Result<Seq, Failure> {
        match seq.map(Seq) {
            Some(seq) if seq > self.head => Err(Failure::refused(format!("the journal ends at {}, there is no entry {seq}", self.head))),
            Some(seq) => Ok(seq),
            None => Ok(self.head),
        }
    }
}
