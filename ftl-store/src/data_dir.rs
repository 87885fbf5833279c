//! A league's directory: one writer, readers beside it, and everything checked before anything is written.
//!
//! ```text
//! DIR/journal.db    the journal (with -wal and -shm)          DIR/lock        held by the one writer, names it
//! DIR/head-marker   how far the journal was acknowledged      DIR/snapshots/  states beside the journal
//! DIR/history.db    projections: can be rebuilt               DIR/accounts.db identity and sessions
//! DIR/quarantine.json  entries that an operator set aside, if any
//! ```
//! Opening walks the whole journal: every hash and every link, then the head marker. What does not hold is refused with
//! its place and left as it is; nothing is ever repaired in passing.

mod error;
mod lock;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ftl_core::id::Seq;
use ftl_core::journal::{Clock, JournalClock};
use ftl_core::time::At;
use serde::{Deserialize, Serialize};

pub use error::OpenError;
pub use lock::WriterLock;

use crate::clock::SystemClock;
use crate::durable_file;
use crate::head_marker::{HeadMarker, Mark};
use crate::snapshots::Snapshots;
use crate::sqlite::identities::SqliteIdentities;
use crate::sqlite::journal::{JournalFiles, SqliteJournal};
use crate::sqlite::projections::SqliteProjections;

/// Where a league's files are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataDir {
    path: PathBuf,
}

/// What a league was founded as; fixed for good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeagueMeta {
    /// Its name.
    pub league: String,
    /// Which clock stamps its entries.
    pub clock: JournalClock,
    /// When the directory was made.
    pub created_at: At,
}

/// How a league is opened for writing.
#[derive(Clone)]
pub struct OpenOptions {
    /// The wall clock of a journal that stamps by itself.
    pub clock: Arc<dyn Clock>,
    /// How large the journal's file may grow, in bytes: beyond that appends are refused as on a full disk.
    pub max_journal_bytes: Option<u64>,
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self { clock: Arc::new(SystemClock), max_journal_bytes: None }
    }
}

/// A league that is open. Dropping it closes it; [`close`](Self::close) says whether that went well.
pub struct League {
    /// What it was founded as.
    pub meta: LeagueMeta,
    /// Its journal.
    pub journal: Arc<SqliteJournal>,
    /// Its history, and the answers that the state may have forgotten.
    pub projections: Arc<SqliteProjections>,
    /// Who its accounts are.
    pub identities: Arc<SqliteIdentities>,
    /// Its snapshots.
    pub snapshots: Snapshots,
}

impl DataDir {
    /// The directory at `path`, which need not exist yet.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The directory itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The journal's file.
    pub fn journal(&self) -> PathBuf {
        self.path.join("journal.db")
    }

    /// See [`head_marker`](crate::head_marker).
    pub fn head_marker(&self) -> PathBuf {
        self.path.join("head-marker")
    }

    /// The projections' file.
    pub fn history(&self) -> PathBuf {
        self.path.join("history.db")
    }

    /// The accounts' file.
    pub fn accounts(&self) -> PathBuf {
        self.path.join("accounts.db")
    }

    /// The snapshots' directory.
    pub fn snapshots(&self) -> PathBuf {
        self.path.join("snapshots")
    }

    /// See [`quarantine`](crate::quarantine).
    pub fn quarantine(&self) -> PathBuf {
        self.path.join("quarantine.json")
    }

    /// The writer's lock.
    pub fn lock(&self) -> PathBuf {
        self.path.join("lock")
    }

    /// Whether there is a league.
    pub fn exists(&self) -> bool {
        self.journal().exists() || self.head_marker().exists()
    }

    /// Makes a league where there is none, and opens it for writing.
    pub async fn create(&self, meta: &LeagueMeta, options: OpenOptions) -> Result<League, OpenError> {
        if self.exists() {
            return Err(OpenError::Exists { path: self.path.clone() });
        }
        self.open_or_create(meta, options).await
    }

    /// Opens a league for writing; makes it where there is none. One of another name or clock is refused.
    pub async fn open_or_create(&self, meta: &LeagueMeta, options: OpenOptions) -> Result<League, OpenError> {
        std::fs::create_dir_all(self.snapshots()).map_err(|error| OpenError::io(&self.path, error))?;
        let lock = WriterLock::take(&self.lock())?;
        if !self.exists() {
            let marker = self.head_marker();
            durable_file::sync_parent(&self.path).map_err(|error| OpenError::io(&self.path, error))?;
            HeadMarker::create(&marker, Mark::default()).map_err(|error| OpenError::io(&marker, error))?;
        }
        let league = self.open_locked(lock, Some(meta), options).await?;
        let differs = |what, found: String, asked: String| Err(OpenError::Differs { what, found, asked });
        let found = &league.meta;
        if found.league != meta.league {
            return differs("name", found.league.clone(), meta.league.clone());
        }
        if found.clock != meta.clock {
            return differs("clock", format!("{:?}", found.clock), format!("{:?}", meta.clock));
        }
        Ok(league)
    }

    /// Opens the league for writing.
    pub async fn open(&self, options: OpenOptions) -> Result<League, OpenError> {
        self.require()?;
        let lock = WriterLock::take(&self.lock())?;
        self.open_locked(lock, None, options).await
    }

    /// Opens the league to read it, beside its writer if it has one. Appends are refused.
    pub async fn open_for_reading(&self) -> Result<League, OpenError> {
        self.require()?;
        let (journal, meta) = SqliteJournal::open_for_reading(&self.journal_files()).await?;
        let projections = SqliteProjections::open_for_reading(&self.history()).await?;
        let identities = SqliteIdentities::open_for_reading(&self.accounts()).await?;
        Ok(self.assemble(meta, journal, projections, identities))
    }

    async fn open_locked(&self, lock: WriterLock, founding: Option<&LeagueMeta>, options: OpenOptions) -> Result<League, OpenError> {
        let lock = Arc::new(lock);
        let (journal, meta) = SqliteJournal::open(&self.journal_files(), founding, options, lock.clone()).await?;
        let projections = SqliteProjections::open(&self.history(), lock.clone()).await?;
        let (head, written) = (journal.opened_at().tip.seq, projections.furthest().await?);
        if written > head {
            return Err(OpenError::HistoryAhead { journal: head, history: written });
        }
        // History can be written again from the journal; who the accounts are cannot.
        if head > Seq(0) && !self.accounts().exists() {
            return Err(OpenError::Missing { file: self.accounts() });
        }
        let identities = SqliteIdentities::open(&self.accounts(), lock).await?;
        Ok(self.assemble(meta, journal, projections, identities))
    }

    fn assemble(&self, meta: LeagueMeta, journal: SqliteJournal, projections: SqliteProjections, identities: SqliteIdentities) -> League {
        League {
            meta,
            journal: Arc::new(journal),
            projections: Arc::new(projections),
            identities: Arc::new(identities),
            snapshots: Snapshots::at(self.snapshots()),
        }
    }

    /// What the journal consists of.
    pub fn journal_files(&self) -> JournalFiles {
        JournalFiles { database: self.journal(), marker: self.head_marker(), quarantine: self.quarantine() }
    }

    fn require(&self) -> Result<(), OpenError> {
        if self.exists() { Ok(()) } else { Err(OpenError::NoLeague { path: self.path.clone() }) }
    }
}

impl League {
    /// Closes every file, the journal last, and frees the lock. Handles that are still about refuse from then on.
    pub async fn close(self) -> Result<(), OpenError> {
        self.projections.close().await;
        self.identities.close().await;
        self.journal.close().await
    }
}
