//! Why a league's directory is not opened.

use std::path::{Path, PathBuf};

use ftl_core::id::Seq;

use crate::head_marker::MarkerError;
use crate::sqlite::result_code;

/// Why a league's directory is not opened. Nothing was changed in any of these cases.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The operator names the right directory, or makes a league there.
    #[error("there is no league in {}", path.display())]
    NoLeague {
        /// Where.
        path: PathBuf,
    },
    /// The operator names another directory, or opens this one.
    #[error("there is a league in {} already", path.display())]
    Exists {
        /// Where.
        path: PathBuf,
    },
    /// The operator stops the holder, or goes through its API.
    #[error("{} is held by {holder}: one process writes a league at a time", path.display())]
    Locked {
        /// The lock's file.
        path: PathBuf,
        /// What the lock says of its holder.
        holder: String,
    },
    /// The operator uses the program that wrote it, or a later one.
    #[error("{} is of version {found}, this program knows {known}: use the program that wrote it, or a later one", file.display())]
    Newer {
        /// Which file.
        file: PathBuf,
        /// Its version.
        found: i64,
        /// This program's.
        known: i64,
    },
    /// The operator opens it for writing once, which brings it up to date.
    #[error("{} is of version {found}, this program reads {known}: open it for writing once to bring it up to date", file.display())]
    Older {
        /// Which file.
        file: PathBuf,
        /// Its version.
        found: i64,
        /// This program's.
        known: i64,
    },
    /// The operator names the right directory.
    #[error("{} is a database of something else", file.display())]
    Foreign {
        /// Which file.
        file: PathBuf,
    },
    /// The operator restores a backup.
    #[error("the journal is damaged at {at}: {what}; restore a backup")]
    Corrupt {
        /// The first entry that does not hold.
        at: Seq,
        /// How.
        what: String,
    },
    /// The operator uses the program that wrote it, or a later one.
    #[error("the journal's entry {at} is of format {found}, this program knows {known}: use the program that wrote it, or a later one")]
    NewerEntry {
        /// The first entry that this program cannot read.
        at: Seq,
        /// Its format.
        found: u8,
        /// This program's.
        known: u8,
    },
    /// The operator puts back the journal that belongs to the history, or takes `history.db` away to have it rebuilt.
    #[error("the history is written up to {history}, but the journal ends at {journal}: they do not belong together")]
    HistoryAhead {
        /// Where the journal ends.
        journal: Seq,
        /// Up to where the history is written.
        history: Seq,
    },
    /// The operator opens the league once for writing.
    #[error("{} is missing; `ftl serve` makes it again from the journal", file.display())]
    NoHistory {
        /// Where it should be.
        file: PathBuf,
    },
    /// The operator puts the file back, or restores a backup.
    #[error("{} is missing, and the journal has entries; put it back or restore a backup", file.display())]
    Missing {
        /// Which file.
        file: PathBuf,
    },
    /// The operator keeps the files for a look, and restores a backup.
    #[error("the journal ends at {head}, but {marked} was acknowledged: its tail is lost; keep the files for a look and restore a backup")]
    LostTail {
        /// Where it ends.
        head: Seq,
        /// What the head marker says.
        marked: Seq,
    },
    /// The operator restores a backup.
    #[error("the journal is not the one that was acknowledged: at {marked} its hash differs from the head marker's; restore a backup")]
    OtherHistory {
        /// What the head marker says.
        marked: Seq,
    },
    /// The operator restores a backup; the journal may be sound, but nothing says so.
    #[error("the head marker {}: {source}; without it a lost tail cannot be told, restore a backup", path.display())]
    Marker {
        /// Where.
        path: PathBuf,
        /// What is wrong with it.
        source: MarkerError,
    },
    /// The operator asks for what the league is, or names another directory.
    #[error("the league's {what} is {found}, not {asked}")]
    Differs {
        /// In what.
        what: &'static str,
        /// What it is.
        found: String,
        /// What was asked for.
        asked: String,
    },
    /// The operator restores a backup; history alone can be rebuilt from the journal.
    #[error("{} is damaged: {what}; restore a backup", file.display())]
    Damaged {
        /// Which file.
        file: PathBuf,
        /// What SQLite says.
        what: String,
    },
    /// The operator looks into the system's message.
    #[error("{}: {source}", path.display())]
    Io {
        /// Of what.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The operator looks into SQLite's message.
    #[error("{}: {source}", file.display())]
    Database {
        /// Of what.
        file: PathBuf,
        /// What SQLite says.
        source: sqlx::Error,
    },
}

impl OpenError {
    pub(crate) fn io(path: &Path, source: std::io::Error) -> Self {
        Self::Io { path: path.into(), source }
    }

    pub(crate) fn database(file: &Path, source: sqlx::Error) -> Self {
        const SQLITE_CORRUPT: i64 = 11;
        const SQLITE_NOTADB: i64 = 26;
        match result_code(&source) {
            Some(SQLITE_CORRUPT | SQLITE_NOTADB) => Self::Damaged { file: file.into(), what: source.to_string() },
            _ => Self::Database { file: file.into(), source },
        }
    }
}
