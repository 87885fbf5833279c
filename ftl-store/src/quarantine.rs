//! Entries that an operator set aside, in a file beside the journal: `[{"seq":4711,"reason":"panics"}]`.
//!
//! They are read before every replay and are part of the state's hash, so whoever executes a journal reads them first:
//! the server, which writes them too, and the operator's audit and verify.

use std::io;
use std::path::Path;

use ftl_core::id::Seq;
use serde::{Deserialize, Serialize};

use crate::durable_file;

/// An entry that was set aside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quarantined {
    /// Which.
    pub seq: Seq,
    /// A reason code.
    pub reason: String,
}

/// What is set aside; nothing where there is no file. A file that cannot be read is an error, never "nothing".
pub fn read(path: &Path) -> io::Result<Vec<Quarantined>> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(serde_json::from_slice(&bytes)?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// Sets aside exactly these, for good when it returns.
pub fn write(path: &Path, entries: &[Quarantined]) -> io::Result<()> {
    durable_file::write(path, &[&serde_json::to_vec_pretty(entries)?])
}
