//! Entries that an operator has set aside, kept beside the journal and read before it is replayed.

use std::collections::BTreeMap;
use std::path::PathBuf;

use ftl_core::id::Seq;
use ftl_store::quarantine::{Quarantined, read, write};
use parking_lot::Mutex;

/// See the module.
#[derive(Debug)]
pub struct Quarantine {
    path: Option<PathBuf>,
    entries: Mutex<BTreeMap<Seq, String>>,
}

impl Quarantine {
    /// Kept with the process: for journals that are.
    pub fn in_memory() -> Self {
        Self { path: None, entries: Mutex::default() }
    }

    /// Kept in `quarantine.json` of the league's directory.
    pub fn in_directory(directory: &std::path::Path) -> std::io::Result<Self> {
        let path = directory.join("quarantine.json");
        let entries = read(&path)?.into_iter().map(|entry| (entry.seq, entry.reason)).collect();
        Ok(Self { path: Some(path), entries: Mutex::new(entries) })
    }

    /// All of them.
    pub fn entries(&self) -> BTreeMap<Seq, String> {
        self.entries.lock().clone()
    }

    /// One more: on the disk before it counts.
    pub(super) fn add(&self, seq: Seq, reason: String) -> std::io::Result<()> {
        let mut entries = self.entries.lock();
        let mut all = entries.clone();
        all.insert(seq, reason);
        if let Some(path) = &self.path {
            let records: Vec<_> = all.iter().map(|(seq, reason)| Quarantined { seq: *seq, reason: reason.clone() }).collect();
            write(path, &records)?;
        }
        *entries = all;
        Ok(())
    }
}
