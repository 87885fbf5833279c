//! `Part`: what another process of ours does for the one that measures: what it holds, memory or connections, is not the
//! measured one's.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::{memory, ws};
use crate::failure::Failure;

/// What another process does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Part {
    /// Applies entries that come in, then takes a snapshot into the file.
    Apply,
    /// Gives entries that come in to the sketch.
    Sketch,
    /// Restores the snapshot in the file.
    Restore,
    /// Connects with every ticket in the file, and reads.
    Readers,
}

impl Part {
    /// Starts the process; what it says and hears are pipes.
    pub fn spawn(self, file: &Path) -> Result<Child, Failure> {
        let itself = std::env::current_exe().map_err(Failure::could_not_run)?;
        let part = format!("{self:?}").to_lowercase();
        let arguments = ["bench", "--part", &part, "--part-file"];
        let child = Command::new(itself).args(arguments).arg(file).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        child.map_err(Failure::could_not_run)
    }

    /// Does it.
    pub fn take(self, file: &Path) -> Result<(), Failure> {
        match self {
            Self::Apply => memory::take_apply(file),
            Self::Sketch => memory::take_sketch(),
            Self::Restore => memory::take_restore(file),
            Self::Readers => ws::readers::take(file),
        }
    }
}
