//! Entries that an operator has set aside, kept beside the journal and read before it is replayed.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use ftl_core::id::Seq;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

/// See the module.
#[derive(Debug)]
pub struct Quarantine {
    path: Option<PathBuf>,
    entries: Mutex<BTreeMap<Seq, String>>,
}

/// The file's form.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    seq: Seq,
    reason: String,
}

impl Quarantine {
    /// Kept with the process: for journals that are.
    pub fn in_memory() -> Self {
        Self { path: None, entries: Mutex::default() }
    }

    /// Kept in `quarantine.json` of the league's directory.
    pub fn in_directory(directory: &std::path::Path) -> std::io::Result<Self> {
        let path = directory.join("quarantine.json");
        let entries = match std::fs::read(&path) {
            Ok(bytes) => {
                let records: Vec<Record> = serde_json::from_slice(&bytes)?;
                records.into_iter().map(|record| (record.seq, record.reason)).collect()
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => return Err(error),
        };
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
            let records: Vec<Record> = all.iter().map(|(seq, reason)| Record { seq: *seq, reason: reason.clone() }).collect();
            let draft = path.with_extension("json.new");
            let mut file = std::fs::File::create(&draft)?;
            file.write_all(&serde_json::to_vec_pretty(&records)?)?;
            file.sync_all()?;
            std::fs::rename(&draft, path)?;
            if let Some(directory) = path.parent() {
                std::fs::File::open(directory)?.sync_all()?;
            }
        }
        *entries = all;
        Ok(())
    }
}
