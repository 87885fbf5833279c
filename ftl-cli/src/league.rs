//! A league as a reader sees it, in a directory or in a database: opened beside its writers, every hash checked, and
//! executed again.

pub mod again;
pub mod execution;
pub mod history;
pub mod outcomes;
pub mod place;
pub mod writing;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use ftl_core::id::Seq;
use ftl_core::journal::{Journal, ReadError, StoredBatch};
use ftl_server::replica::quarantine::Quarantine;
use ftl_store::archive::Archive;
use ftl_store::data_dir::{DataDir, League};
use ftl_store::postgres::backfill::{Backfill, BackfillError, Difference};
use ftl_store::postgres::batches::PostgresBatches;
use ftl_store::postgres::connect::Database;
use ftl_store::postgres::outcomes::StoredOutcomes;
use ftl_store::postgres::projections::PostgresProjections;
use ftl_store::postgres::snapshots::PostgresSnapshots;
use ftl_store::postgres::watermarks::Projection;
use ftl_store::postgres::{leagues, migrations};
use ftl_store::snapshots::{LoadedSnapshot, SnapshotError, SnapshotHead, SnapshotStore};
use tokio::runtime::Handle;

use crate::failure::Failure;
use again::Again;
use history::Rows;
use place::Place;

/// Connections for reading.
const CONNECTIONS: u32 = 2;

/// A league that is only read.
pub struct Reading {
    store: Store,
    /// Its last entry when it was opened.
    pub head: Seq,
    /// Entries that an operator set aside.
    pub quarantine: BTreeMap<Seq, String>,
}

enum Store {
    Directory(League),
    Database(Box<InDatabase>),
}

struct InDatabase {
    database: Database,
    league: String,
    batches: Arc<PostgresBatches>,
    projections: Arc<PostgresProjections>,
    snapshots: Arc<PostgresSnapshots>,
}

/// Where a league's entries are read from: what they are behind is checked by whoever reads.
#[derive(Clone)]
pub enum Entries {
    /// A journal.
    Journal(Arc<dyn Journal>),
    /// The batches of a database.
    Archive(Arc<PostgresBatches>),
}

impl Entries {
    /// Whole batches behind `after`; see [`Journal::read`].
    pub async fn read(&self, after: Seq, limit: usize) -> Result<Vec<StoredBatch>, ReadError> {
        match self {
            Self::Journal(journal) => journal.read(after, limit).await,
            Self::Archive(archive) => archive.read(after, limit).await,
        }
    }
}

impl Reading {
    /// Opens the league at `place`, which servers may be writing.
    pub async fn open(place: &Place) -> Result<Self, Failure> {
        match place {
            Place::Directory(path) => Self::of(DataDir::at(path).open_for_reading().await?, path).await,
            Place::Database { url, league } => Self::in_database(url, league).await,
        }
    }

    /// The league in the directory `path`, open already.
    pub async fn of(league: League, path: &Path) -> Result<Self, Failure> {
        let head = league.journal.head().await?.seq;
        let quarantined = league.journal.quarantined().await?;
        let mut quarantine: BTreeMap<Seq, String> = quarantined.into_iter().map(|entry| (entry.seq, entry.reason)).collect();
        let beside = Quarantine::in_directory(path).map_err(|error| Failure::file(path, &error))?;
        quarantine.extend(beside.entries());
        Ok(Self { store: Store::Directory(league), head, quarantine })
    }

    async fn in_database(url: &str, league: &str) -> Result<Self, Failure> {
        let database = Database::at(url)?;
        migrations::require_current(&database).await?;
        leagues::find(&database, league).await?;
        let batches = Arc::new(PostgresBatches::new(&database, league));
        let projections = Arc::new(PostgresProjections::open(&database, league, CONNECTIONS).await?);
        let head = batches.head().await?.tip.seq;
        let quarantine = Quarantine::in_database(&database, league).await.map_err(Failure::could_not_run)?.entries();
        let snapshots = Arc::new(PostgresSnapshots::at(&database, league, Handle::current()));
        let place = InDatabase { database, league: league.to_owned(), batches, projections, snapshots };
        Ok(Self { store: Store::Database(Box::new(place)), head, quarantine })
    }

    /// `seq`, or the head where none is given; what the journal does not have is refused.
    pub fn up_to(&self, seq: Option<u64>) -> Result<Seq, Failure> {
        match seq.map(Seq) {
            Some(seq) if seq > self.head => Err(Failure::refused(format!("the journal ends at {}, there is no entry {seq}", self.head))),
            Some(seq) => Ok(seq),
            None => Ok(self.head),
        }
    }

    /// Its entries.
    pub fn entries(&self) -> Entries {
        match &self.store {
            Store::Directory(league) => Entries::Journal(league.journal.clone()),
            Store::Database(place) => Entries::Archive(place.batches.clone()),
        }
    }

    /// Its history.
    pub fn rows(&self) -> Rows {
        match &self.store {
            Store::Directory(league) => Rows::Sqlite(league.projections.clone()),
            Store::Database(place) => Rows::Postgres(place.projections.clone()),
        }
    }

    /// The newest confirmed snapshot that is `wanted`.
    pub async fn snapshot(&self, wanted: impl Fn(&SnapshotHead) -> bool + Send + 'static) -> Result<Option<LoadedSnapshot>, Failure> {
        let snapshots = self.snapshots();
        let load = tokio::task::spawn_blocking(move || snapshots.load_newest(&wanted)).await.map_err(Failure::could_not_run)??;
        Ok(load.snapshot)
    }

    /// What is wrong with its snapshots: those of another version of the program are not damaged.
    pub async fn damaged_snapshots(&self) -> Result<Vec<String>, Failure> {
        let snapshots = self.snapshots();
        let damaged = tokio::task::spawn_blocking(move || snapshots.damaged()).await.map_err(Failure::could_not_run)??;
        let found = damaged.into_iter().filter(|found| !matches!(found.why, SnapshotError::Version(_)));
        Ok(found.map(|found| format!("{}: {}", found.path.display(), found.why)).collect())
    }

    /// The outcomes that a database keeps beside its batches.
    pub fn outcomes(&self) -> Option<StoredOutcomes> {
        match &self.store {
            Store::Directory(_) => None,
            Store::Database(place) => Some(StoredOutcomes::at(&place.database, &place.league)),
        }
    }

    /// What its snapshots say of themselves.
    pub async fn snapshot_heads(&self) -> Result<Vec<SnapshotHead>, Failure> {
        let snapshots = self.snapshots();
        Ok(tokio::task::spawn_blocking(move || snapshots.heads()).await.map_err(Failure::could_not_run)??)
    }

    fn snapshots(&self) -> Arc<dyn SnapshotStore> {
        match &self.store {
            Store::Directory(league) => Arc::new(league.snapshots.clone()),
            Store::Database(place) => place.snapshots.clone(),
        }
    }

    /// What the databases say is wrong with themselves.
    pub async fn integrity(&self) -> Result<Vec<String>, Failure> {
        match &self.store {
            Store::Directory(league) => {
                let mut found = league.journal.integrity().await?;
                found.extend(league.projections.integrity().await?);
                Ok(found)
            }
            Store::Database(place) => {
                ftl_store::postgres::integrity::integrity(&place.database, &place.league).await.map_err(Failure::could_not_run)
            }
        }
    }

    /// The database, where it is in one.
    pub fn database(&self) -> Option<&Database> {
        match &self.store {
            Store::Directory(_) => None,
            Store::Database(place) => Some(&place.database),
        }
    }

    /// What of its projections the journal does not make, or they lack; none for a directory, whose rows are compared
    /// one by one.
    pub async fn differences(&self, limit: usize) -> Result<Vec<Difference>, Failure> {
        let Store::Database(place) = &self.store else { return Ok(Vec::new()) };
        let mut source = Again::of(self.entries(), self.quarantine.clone(), execution::bar(self.head.0));
        let building = Backfill::of(&place.database, &place.league);
        let found = match building.differences(&Projection::ALL, &mut source, limit).await {
            Err(BackfillError::SourceEnds { projection, watermark, source_end }) => {
                let row = format!("its watermark says {watermark}, and what is executed up to there ends at {source_end}");
                vec![Difference { table: projection, stored: true, row }]
            }
            found => found.map_err(Failure::could_not_run)?,
        };
        building.close().await;
        Ok(found)
    }

    /// The directory's handle, where it is one.
    pub fn directory(self) -> Option<League> {
        match self.store {
            Store::Directory(league) => Some(league),
            Store::Database(_) => None,
        }
    }
}
