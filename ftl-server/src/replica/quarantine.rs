//! Entries that an operator has set aside, kept beside the journal and read before it is replayed.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

use ftl_core::id::Seq;
use ftl_store::postgres::connect::Database;
use ftl_store::postgres::quarantine::{PostgresQuarantine, QuarantineError};
use ftl_store::quarantine::{Quarantined, read, write};
use parking_lot::Mutex;

/// See the module.
#[derive(Debug)]
pub struct Quarantine {
    place: Place,
    entries: Mutex<BTreeMap<Seq, String>>,
}

#[derive(Debug)]
enum Place {
    Memory,
    File(PathBuf),
    Database(PostgresQuarantine),
}

impl Quarantine {
    /// Kept with the process: for journals that are.
    pub fn in_memory() -> Self {
        Self { place: Place::Memory, entries: Mutex::default() }
    }

    /// Kept in `quarantine.json` of the league's directory.
    pub fn in_directory(directory: &std::path::Path) -> io::Result<Self> {
        let path = directory.join("quarantine.json");
        let entries = by_seq(read(&path)?);
        Ok(Self { place: Place::File(path), entries: Mutex::new(entries) })
    }

    /// Kept in the database that the league's processes share.
    pub async fn in_database(database: &Database, league: &str) -> Result<Self, QuarantineError> {
        let stored = PostgresQuarantine::at(database, league);
        let entries = by_seq(stored.read().await?);
        Ok(Self { place: Place::Database(stored), entries: Mutex::new(entries) })
    }

    /// All of them, as they were last read.
    pub fn entries(&self) -> BTreeMap<Seq, String> {
        self.entries.lock().clone()
    }

    /// Reads again what another process may have set aside; whether there is anything new.
    pub(super) async fn refresh(&self) -> io::Result<bool> {
        let Place::Database(stored) = &self.place else { return Ok(false) };
        let found = by_seq(stored.read().await.map_err(io::Error::other)?);
        let mut entries = self.entries.lock();
        let more = *entries != found;
        *entries = found;
        Ok(more)
    }

    /// One more: stored before it counts.
    pub(super) async fn add(&self, seq: Seq, reason: String) -> io::Result<()> {
        let mut all = self.entries();
        all.insert(seq, reason.clone());
        match &self.place {
            Place::Memory => {}
            Place::File(path) => {
                let records: Vec<_> = all.iter().map(|(seq, reason)| Quarantined { seq: *seq, reason: reason.clone() }).collect();
                write(path, &records)?;
            }
            Place::Database(stored) => stored.add(&Quarantined { seq, reason }).await.map_err(io::Error::other)?,
        }
        *self.entries.lock() = all;
        Ok(())
    }
}

fn by_seq(entries: Vec<Quarantined>) -> BTreeMap<Seq, String> {
    entries.into_iter().map(|entry| (entry.seq, entry.reason)).collect()
}
