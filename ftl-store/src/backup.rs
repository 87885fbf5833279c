//! A copy of a league's directory while it serves, and the way back; [`database`] does the same for one in PostgreSQL.
//!
//! ```text
//! history, snapshots, quarantine ─▶ journal ─▶ accounts ─▶ head marker ─▶ manifest.json (last: without it no backup)
//! ```
//! Each database is copied by SQLite as of one moment. The order makes the moments fit: history, snapshots and what
//! was set aside are never beyond the journal, and every account that the journal knows is there. The copied journal is
//! walked, hash by hash, and its head stands in the manifest with the BLAKE3 of every file. A restored directory is a
//! league like any other.
//!
//! The operator's `backup` and `restore` call it. It only reads the league.

pub mod database;

use std::fs::{self, File};
use std::io;
use std::path::{Component, Path, PathBuf};

use ftl_core::hash::Hash;
use ftl_core::id::Seq;
use ftl_core::time::At;
use serde::{Deserialize, Serialize};
use sqlx::{ConnectOptions, Connection};

use crate::data_dir::{DataDir, LeagueMeta, OpenError};
use crate::durable_file;
use crate::head_marker::{HeadMarker, Mark};
use crate::postgres::leagues::LeagueError;
use crate::postgres::presence::AloneError;
use crate::sqlite::journal::SqliteJournal;
use crate::sqlite::projections::SqliteProjections;
use crate::sqlite::reading;

/// The manifest's version that is written.
const FORMAT: u32 = 1;
const MANIFEST: &str = "manifest.json";
/// Where a fork of a league in a directory keeps what it cuts off.
pub(crate) const FORKS: &str = "forks";

/// What a backup is of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Manifest {
    /// Version of this file.
    pub format: u32,
    /// The league.
    pub league: LeagueMeta,
    /// When it was taken.
    pub taken_at: At,
    /// The journal's last entry.
    pub head: Seq,
    /// The journal's chain hash up to it.
    pub chain: Hash,
    /// Every file of the backup but this one.
    pub files: Vec<ManifestFile>,
}

/// One file of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ManifestFile {
    /// Below the directory, with `/` between names.
    pub path: String,
    /// Its length.
    pub bytes: u64,
    /// BLAKE3 of its bytes.
    pub blake3: Hash,
}

/// A backup's or a restore's failure. Nothing was left behind: both are made beside their directory first.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The operator names a directory that is empty or does not exist.
    #[error("{} is not empty", .0.display())]
    NotEmpty(PathBuf),
    /// The operator names a directory that holds a whole backup.
    #[error("{} holds no whole backup: {what}", path.display())]
    NoBackup {
        /// Where.
        path: PathBuf,
        /// What is wrong with its manifest.
        what: String,
    },
    /// The operator takes another backup: this one was changed.
    #[error("the backup's {path} is not what its manifest says: {what}")]
    Changed {
        /// Which file.
        path: String,
        /// In what.
        what: &'static str,
    },
    /// The operator names the league that the backup is of.
    #[error("the backup is of league {backup}, not {asked}")]
    OtherLeague {
        /// Of which it is.
        backup: String,
        /// Which was asked for.
        asked: String,
    },
    /// The operator restores into another database: nothing is overwritten.
    #[error("the database holds {what} of league {league} already")]
    There {
        /// Which.
        league: String,
        /// What it holds.
        what: &'static str,
    },
    /// The operator stops its processes.
    #[error(transparent)]
    Alone(#[from] AloneError),
    /// The operator names another league, or another database.
    #[error(transparent)]
    Founded(#[from] LeagueError),
    /// The database does not answer.
    #[error("the database: {0}")]
    Database(#[from] sqlx::Error),
    /// The accounts cannot be read.
    #[error("the accounts: {0}")]
    Accounts(String),
    /// The league, or its copy, does not open.
    #[error(transparent)]
    League(#[from] OpenError),
    /// The operator looks into the system's message.
    #[error("{}: {source}", path.display())]
    Io {
        /// Of what.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// Copies the league in `from`, which may be serving, to `to`, which must be empty or not exist.
pub async fn backup(from: &DataDir, to: &Path, taken_at: At) -> Result<Manifest, BackupError> {
    require_empty(to)?;
    if !from.exists() {
        return Err(OpenError::NoLeague { path: from.path().into() }.into());
    }
    let beside = Beside::of(to)?;
    let manifest = copy_out(from, &beside.path, taken_at).await?;
    beside.put_in_place(to)?;
    Ok(manifest)
}

/// Makes a league in `to`, which must be empty or not exist, from the backup in `from`.
pub async fn restore(from: &Path, to: &DataDir) -> Result<Manifest, BackupError> {
    require_empty(to.path())?;
    let manifest = verify(from)?;
    let beside = Beside::of(to.path())?;
    copy_back(from, &beside.path, &manifest).await?;
    beside.put_in_place(to.path())?;
    Ok(manifest)
}

/// A directory next to the one that is wanted: it becomes that one when it is whole, or goes.
struct Beside {
    path: PathBuf,
}

impl Beside {
    fn of(wanted: &Path) -> Result<Self, BackupError> {
        let mut name = wanted.file_name().unwrap_or_default().to_owned();
        name.push(format!(".part-{}", std::process::id()));
        let path = wanted.with_file_name(name);
        fs::create_dir_all(path.join("snapshots")).map_err(|error| io_error(&path, error))?;
        Ok(Self { path })
    }

    fn put_in_place(self, wanted: &Path) -> Result<(), BackupError> {
        if wanted.exists() {
            fs::remove_dir(wanted).map_err(|error| io_error(wanted, error))?;
        }
        durable_file::rename(&self.path, wanted).map_err(|error| io_error(wanted, error))
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        // Gone already where it was put in place; else it is of no use, and the error that matters is another one.
        let _ = fs::remove_dir_all(&self.path);
    }
}

async fn copy_out(from: &DataDir, to: &Path, taken_at: At) -> Result<Manifest, BackupError> {
    let target = DataDir::at(to);
    copy_database(&from.history(), &target.history()).await?;
    copy_snapshots(from, &target)?;
    copy_if_there(&from.quarantine(), &target.quarantine())?;
    copy_cuts(from, &target)?;
    // The mark first: the journal is never behind it, and a journal that is must not become a backup.
    let mark = HeadMarker::read(&from.head_marker()).map_err(|source| OpenError::Marker { path: from.head_marker(), source })?;
    HeadMarker::create(&target.head_marker(), mark).map_err(|error| io_error(to, error))?;
    copy_database(&from.journal(), &target.journal()).await?;
    copy_database(&from.accounts(), &target.accounts()).await?;
    sealed(&target, taken_at).await
}

/// The manifest of what was copied to `target`, written last: the copied journal is walked, every file synced and hashed.
async fn sealed(target: &DataDir, taken_at: At) -> Result<Manifest, BackupError> {
    let to = target.path();
    let (league, mark) = checked_head(target).await?;
    HeadMarker::create(&target.head_marker(), mark).map_err(|error| io_error(to, error))?;
    let mut files = Vec::new();
    for path in files_below(to)? {
        File::open(&path).and_then(|file| file.sync_all()).map_err(|error| io_error(&path, error))?;
        files.push(describe(to, &path)?);
    }
    let manifest = Manifest { format: FORMAT, league, taken_at, head: mark.seq, chain: mark.chain, files };
    let text = serde_json::to_vec_pretty(&manifest).map_err(|error| io_error(to, error.into()))?;
    durable_file::write(&to.join(MANIFEST), &[&text]).map_err(|error| io_error(to, error))?;
    Ok(manifest)
}

/// Checks that the backup in `directory` is what its manifest says, byte by byte.
pub fn verify(directory: &Path) -> Result<Manifest, BackupError> {
    let none = |what: String| BackupError::NoBackup { path: directory.into(), what };
    let text = fs::read(directory.join(MANIFEST)).map_err(|error| none(format!("{MANIFEST}: {error}")))?;
    let manifest: Manifest = serde_json::from_slice(&text).map_err(|error| none(format!("{MANIFEST}: {error}")))?;
    if manifest.format > FORMAT {
        return Err(none(format!("it is of format {}, this program knows {FORMAT}: use the program that wrote it", manifest.format)));
    }
    for listed in &manifest.files {
        let changed = |what| BackupError::Changed { path: listed.path.clone(), what };
        if Path::new(&listed.path).components().any(|part| !matches!(part, Component::Normal(_))) {
            return Err(changed("it is not a name below the directory"));
        }
        let path = directory.join(&listed.path);
        if !path.is_file() {
            return Err(changed("it is missing"));
        }
        if describe(directory, &path)? != *listed {
            return Err(changed("its bytes are others"));
        }
    }
    Ok(manifest)
}

async fn copy_back(from: &Path, beside: &Path, manifest: &Manifest) -> Result<(), BackupError> {
    let target = DataDir::at(beside);
    for listed in &manifest.files {
        let (source, copy) = (from.join(&listed.path), beside.join(&listed.path));
        make_room(&copy)?;
        fs::copy(&source, &copy).and_then(|_| File::open(&copy)?.sync_all()).map_err(|error| io_error(&copy, error))?;
        if describe(beside, &copy)? != *listed {
            return Err(BackupError::Changed { path: listed.path.clone(), what: "its copy has other bytes" });
        }
    }
    let (_, head) = checked_head(&target).await?;
    if (head.seq, head.chain) != (manifest.head, manifest.chain) {
        return Err(BackupError::Changed { path: "journal.db".into(), what: "its head is another one" });
    }
    // A database's backup has none: whoever opens the league writes it from the journal.
    if !target.history().exists() {
        SqliteProjections::found(&target.history()).await?;
    }
    durable_file::sync_parent(&target.journal()).map_err(|error| io_error(beside, error))
}

/// Walks a journal that nobody writes; what reading leaves beside it goes.
async fn checked_head(directory: &DataDir) -> Result<(LeagueMeta, Mark), BackupError> {
    let (journal, league) = SqliteJournal::open_for_reading(&directory.journal_files()).await?;
    let head = journal.opened_at().clone();
    journal.close().await?;
    for suffix in ["-wal", "-shm"] {
        for database in [directory.journal(), directory.history(), directory.accounts()] {
            let mut beside = database.into_os_string();
            beside.push(suffix);
            match fs::remove_file(&beside) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(io_error(Path::new(&beside), error)),
                _ => {}
            }
        }
    }
    Ok((league, Mark { seq: head.tip.seq, chain: head.chain }))
}

/// One moment of a database, written out whole.
pub(crate) async fn copy_database(from: &Path, to: &Path) -> Result<(), BackupError> {
    let failed = |error| OpenError::database(from, error);
    let mut connection = reading(from).connect().await.map_err(failed)?;
    let target = to.to_str().ok_or_else(|| io_error(to, io::Error::new(io::ErrorKind::InvalidFilename, "not UTF-8")))?;
    sqlx::query("VACUUM INTO ?").bind(target.to_owned()).execute(&mut connection).await.map_err(failed)?;
    connection.close().await.map_err(failed)?;
    Ok(())
}

fn copy_snapshots(from: &DataDir, to: &DataDir) -> Result<(), BackupError> {
    for path in files_below(&from.snapshots())? {
        let Some(name) = path.file_name().filter(|_| path.extension().is_some_and(|extension| extension == "bin")) else { continue };
        // The league may drop an old snapshot at any moment.
        copy_if_there(&path, &to.snapshots().join(name))?;
    }
    Ok(())
}

/// What operators cut off: here, and before the league came here from a database.
fn copy_cuts(from: &DataDir, to: &DataDir) -> Result<(), BackupError> {
    copy_if_there(&from.path().join(database::cuts::FILE), &to.path().join(database::cuts::FILE))?;
    let forks = from.path().join(FORKS);
    for path in if forks.is_dir() { files_below(&forks)? } else { Vec::new() } {
        let copy = to.path().join(path.strip_prefix(from.path()).unwrap_or(&path));
        make_room(&copy)?;
        fs::copy(&path, &copy).map_err(|error| io_error(&path, error))?;
    }
    Ok(())
}

fn make_room(file: &Path) -> Result<(), BackupError> {
    file.parent().map_or(Ok(()), fs::create_dir_all).map_err(|error| io_error(file, error))
}

fn copy_if_there(from: &Path, to: &Path) -> Result<(), BackupError> {
    match fs::copy(from, to) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(io_error(from, error)),
        _ => Ok(()),
    }
}

fn describe(directory: &Path, path: &Path) -> Result<ManifestFile, BackupError> {
    let failed = |error| io_error(path, error);
    let mut hasher = blake3::Hasher::new();
    let bytes = io::copy(&mut File::open(path).map_err(failed)?, &mut hasher).map_err(failed)?;
    let below = path.strip_prefix(directory).unwrap_or(path);
    let names: Vec<_> = below.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    Ok(ManifestFile { path: names.join("/"), bytes, blake3: Hash(*hasher.finalize().as_bytes()) })
}

/// Files in a directory and in its directories, sorted.
fn files_below(directory: &Path) -> Result<Vec<PathBuf>, BackupError> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).map_err(|error| io_error(directory, error))? {
        let path = entry.map_err(|error| io_error(directory, error))?.path();
        if path.is_dir() {
            files.extend(files_below(&path)?);
        } else {
            files.push(path);
        }
    }
    files.sort_unstable();
    Ok(files)
}

fn require_empty(directory: &Path) -> Result<(), BackupError> {
    match fs::read_dir(directory).map(|mut entries| entries.next().is_some()) {
        Ok(true) => Err(BackupError::NotEmpty(directory.into())),
        Ok(false) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(io_error(directory, error)),
    }
}

fn io_error(path: &Path, source: io::Error) -> BackupError {
    BackupError::Io { path: path.into(), source }
}
