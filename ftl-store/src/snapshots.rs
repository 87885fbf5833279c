//! Snapshots of the state: a start applies only what came after. [`SnapshotStore`] is the port; here are the files beside a
//! journal in a directory, and `postgres::snapshots` keeps them in a database that several processes share.
//!
//! A snapshot is written whole or not at all, and counts once it is confirmed: two computations of the state at its seq
//! had the same hash. The last three confirmed are kept. A file whose bytes do not have the hash that it carries is
//! never used and never repaired: it is named in what [`Snapshots::load`] returns, and an older one is taken.
//!
//! ```text
//! "FTLSNAP2" · BLAKE3 of the rest · length of the head · head (journal's encoding) · the state's bytes
//! ```
//! What the bytes mean is the core's business; the replica loop and the operator's `snapshot` call this.

use std::fmt;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use ftl_core::codec::{self, DecodeError};
use ftl_core::hash::Hash;
use ftl_core::id::Seq;
use ftl_core::journal::ChainCheck;
use serde::{Deserialize, Serialize};

use crate::durable_file;

const NAME: &[u8; 7] = b"FTLSNAP";
/// What the state's rows are. A snapshot of another version is passed over, and the journal replayed.
pub(crate) const VERSION: u8 = b'4';
/// Confirmed snapshots that are kept.
pub(crate) const KEPT: usize = 3;
const CONFIRMED: &str = "snapshot";
const UNCONFIRMED: &str = "unconfirmed";

/// What a snapshot is of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotHead {
    /// The journal up to its last entry: reading goes on from here, checked without a break.
    pub journal: ChainCheck,
    /// The state's hash.
    pub state_hash: Hash,
}

/// A snapshot that was read and has the hash that it carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadedSnapshot {
    /// What it is of.
    pub head: SnapshotHead,
    /// The state, in the core's encoding.
    pub bytes: Vec<u8>,
}

/// A snapshot that was not used.
#[derive(Debug)]
pub struct RefusedSnapshot {
    /// Which: a file, or what a database calls it.
    pub path: PathBuf,
    /// Why.
    pub why: SnapshotError,
}

/// The newest confirmed snapshot that is sound, and what was passed over to find it.
#[derive(Debug, Default)]
pub struct Load {
    /// `None`: replay from the first entry.
    pub snapshot: Option<LoadedSnapshot>,
    /// Newest first. An operator should know of them.
    pub refused: Vec<RefusedSnapshot>,
}

impl Load {
    pub(crate) fn warn(&self) {
        for refused in &self.refused {
            tracing::warn!(path = %refused.path.display(), why = %refused.why, "a snapshot is not used");
        }
    }
}

/// A snapshot's failure.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// An older one is used; the operator looks into the disk.
    #[error("the snapshot is damaged: {0}")]
    Damaged(&'static str),
    /// An older one is used; the operator looks into the database.
    #[error("the snapshot is damaged: its chunk {chunk} {why}")]
    Chunk {
        /// Which, from 0.
        chunk: i32,
        /// How.
        why: &'static str,
    },
    /// The journal is replayed instead; the next snapshot is of this version.
    #[error("the snapshot is of version {0}, this program's are of version {known}: the journal is replayed instead", known = char::from(VERSION))]
    Version(char),
    /// An older one is used, or the program that wrote it.
    #[error("the snapshot cannot be read: {0}")]
    Unreadable(#[from] DecodeError),
    /// Two computations of the state differ: whoever took it stops.
    #[error("the snapshot at {seq} has hash {found}, not {expected}")]
    Diverged {
        /// Where.
        seq: Seq,
        /// In the file.
        found: Hash,
        /// Of the other computation.
        expected: Hash,
    },
    /// An older one is used; where this is news, the operator asks what became of the journal.
    #[error("the snapshot is of an entry beyond {0}, up to which one was asked for")]
    Beyond(Seq),
    /// There is none to confirm.
    #[error("there is no snapshot at {0}")]
    Missing(Seq),
    /// The operator looks into the system's message; the league goes on without the snapshot.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The database did not answer; the league goes on without the snapshot.
    #[error("the snapshots do not answer: {0}")]
    Unavailable(String),
}

/// Where the snapshots of a league are kept. Everything here blocks on a disk or on a connection: not for an async thread.
pub trait SnapshotStore: fmt::Debug + Send + Sync {
    /// Writes a snapshot that is not confirmed yet. Where several processes share the store and another one wrote it
    /// already, that is one of two computations: equal hashes confirm it, others are [`SnapshotError::Diverged`].
    fn write(&self, head: &SnapshotHead, bytes: &[u8]) -> Result<(), SnapshotError>;

    /// Confirms the snapshot at `seq`: another computation of the state there has `state_hash`. Older ones than the last
    /// three go, and so do unconfirmed ones that it overtook.
    fn confirm(&self, seq: Seq, state_hash: &Hash) -> Result<(), SnapshotError>;

    /// The newest confirmed snapshot that is sound and not beyond `up_to`: the journal's head, or an earlier entry.
    fn load(&self, up_to: Seq) -> Result<Load, SnapshotError>;

    /// The newest confirmed snapshot that is sound and that `wanted` says yes to, by what it is of.
    fn load_newest(&self, wanted: &dyn Fn(&SnapshotHead) -> bool) -> Result<Load, SnapshotError>;

    /// The seqs of the confirmed snapshots, newest first.
    fn confirmed(&self) -> Result<Vec<Seq>, SnapshotError>;

    /// The seqs of the snapshots that wait to be confirmed, newest first.
    fn unconfirmed(&self) -> Result<Vec<Seq>, SnapshotError>;

    /// What each snapshot is of, confirmed or not, oldest first; damaged ones are left out.
    fn heads(&self) -> Result<Vec<SnapshotHead>, SnapshotError>;

    /// Those that are not sound, confirmed or not: for an audit.
    fn damaged(&self) -> Result<Vec<RefusedSnapshot>, SnapshotError>;
}

impl SnapshotStore for Snapshots {
    fn write(&self, head: &SnapshotHead, bytes: &[u8]) -> Result<(), SnapshotError> {
        Self::write(self, head, bytes).map(drop)
    }

    fn confirm(&self, seq: Seq, state_hash: &Hash) -> Result<(), SnapshotError> {
        Self::confirm(self, seq, state_hash)
    }

    fn load(&self, up_to: Seq) -> Result<Load, SnapshotError> {
        Self::load(self, up_to)
    }

    fn load_newest(&self, wanted: &dyn Fn(&SnapshotHead) -> bool) -> Result<Load, SnapshotError> {
        Self::load_newest(self, wanted)
    }

    fn confirmed(&self) -> Result<Vec<Seq>, SnapshotError> {
        Self::confirmed(self)
    }

    fn unconfirmed(&self) -> Result<Vec<Seq>, SnapshotError> {
        Self::unconfirmed(self)
    }

    fn heads(&self) -> Result<Vec<SnapshotHead>, SnapshotError> {
        Self::heads(self)
    }

    fn damaged(&self) -> Result<Vec<RefusedSnapshot>, SnapshotError> {
        let files = self.list(CONFIRMED)?.into_iter().chain(self.list(UNCONFIRMED)?);
        Ok(files.filter_map(|(_, path)| read(&path).err().map(|why| RefusedSnapshot { path, why })).collect())
    }
}

/// The snapshots of a league.
#[derive(Clone, Debug)]
pub struct Snapshots {
    directory: PathBuf,
}

impl Snapshots {
    /// The snapshots in `directory`.
    pub fn at(directory: impl Into<PathBuf>) -> Self {
        Self { directory: directory.into() }
    }

    /// Writes a snapshot that is not confirmed yet. Blocks on the disk: not for an async thread.
    pub fn write(&self, head: &SnapshotHead, bytes: &[u8]) -> Result<PathBuf, SnapshotError> {
        fs::create_dir_all(&self.directory)?;
        let encoded = codec::encode(head);
        let length = u32::try_from(encoded.len()).unwrap_or(u32::MAX).to_be_bytes();
        let hash = hash_of(&length, &encoded, bytes);
        let path = self.file(UNCONFIRMED, head.journal.tip.seq);
        durable_file::write(&path, &[NAME, &[VERSION], &hash.0, &length, &encoded, bytes])?;
        Ok(path)
    }

    /// Confirms the snapshot at `seq`: another computation of the state there has `state_hash`. Older ones than the
    /// last three go, and so do unconfirmed ones that it overtook. Blocks on the disk.
    pub fn confirm(&self, seq: Seq, state_hash: &Hash) -> Result<(), SnapshotError> {
        let (unconfirmed, confirmed) = (self.file(UNCONFIRMED, seq), self.file(CONFIRMED, seq));
        let path = if confirmed.exists() { &confirmed } else { &unconfirmed };
        if !path.exists() {
            return Err(SnapshotError::Missing(seq));
        }
        let found = read(path)?.head.state_hash;
        if found != *state_hash {
            return Err(SnapshotError::Diverged { seq, found, expected: *state_hash });
        }
        if path == &unconfirmed {
            durable_file::rename(&unconfirmed, &confirmed)?;
        }
        let overtaken = self.list(UNCONFIRMED)?.into_iter().filter(|(other, _)| *other < seq);
        for (_, path) in self.list(CONFIRMED)?.into_iter().skip(KEPT).chain(overtaken) {
            fs::remove_file(path)?;
        }
        Ok(())
    }

    /// The newest confirmed snapshot that is sound and not beyond `up_to`: the journal's head, or an earlier entry.
    /// Blocks on the disk.
    pub fn load(&self, up_to: Seq) -> Result<Load, SnapshotError> {
        let mut load = Load::default();
        for (seq, path) in self.list(CONFIRMED)? {
            if seq > up_to {
                load.refused.push(RefusedSnapshot { path, why: SnapshotError::Beyond(up_to) });
                continue;
            }
            match read(&path) {
                Ok(snapshot) if snapshot.head.journal.tip.seq == seq => {
                    load.snapshot = Some(snapshot);
                    break;
                }
                Ok(_) => {
                    load.refused.push(RefusedSnapshot { path, why: SnapshotError::Damaged("it is of another seq than its name says") })
                }
                Err(why) => load.refused.push(RefusedSnapshot { path, why }),
            }
        }
        load.warn();
        Ok(load)
    }

    /// The newest confirmed snapshot that is sound and that `wanted` says yes to, by what it is of: for a look at the past.
    /// Blocks on the disk; of those that are not wanted it reads the head alone.
    pub fn load_newest(&self, wanted: impl Fn(&SnapshotHead) -> bool) -> Result<Load, SnapshotError> {
        let mut load = Load::default();
        for (_, path) in self.list(CONFIRMED)? {
            match peek(&path).and_then(|head| if wanted(&head) { read(&path).map(Some) } else { Ok(None) }) {
                Ok(Some(snapshot)) => {
                    load.snapshot = Some(snapshot);
                    break;
                }
                Ok(None) => {}
                Err(why) => load.refused.push(RefusedSnapshot { path, why }),
            }
        }
        load.warn();
        Ok(load)
    }

    /// The seqs of the confirmed snapshots, newest first.
    pub fn confirmed(&self) -> Result<Vec<Seq>, SnapshotError> {
        Ok(self.list(CONFIRMED)?.into_iter().map(|(seq, _)| seq).collect())
    }

    /// The seqs of the snapshots that wait to be confirmed, newest first.
    pub fn unconfirmed(&self) -> Result<Vec<Seq>, SnapshotError> {
        Ok(self.list(UNCONFIRMED)?.into_iter().map(|(seq, _)| seq).collect())
    }

    /// What each snapshot is of, confirmed or not, oldest first; damaged ones are left out. Blocks on the disk.
    pub fn heads(&self) -> Result<Vec<SnapshotHead>, SnapshotError> {
        let files = self.list(CONFIRMED)?.into_iter().chain(self.list(UNCONFIRMED)?);
        let mut heads: Vec<SnapshotHead> = files.filter_map(|(_, path)| Some(read(&path).ok()?.head)).collect();
        heads.sort_by_key(|head| head.journal.tip.seq);
        Ok(heads)
    }

    fn file(&self, kind: &str, seq: Seq) -> PathBuf {
        self.directory.join(format!("{kind}-{:020}.bin", seq.0))
    }

    fn list(&self, kind: &str) -> Result<Vec<(Seq, PathBuf)>, SnapshotError> {
        let mut found = Vec::new();
        match fs::read_dir(&self.directory) {
            Ok(entries) => {
                for entry in entries {
                    let path = entry?.path();
                    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
                    let seq = name.strip_prefix(kind).and_then(|rest| rest.strip_prefix('-')).and_then(|rest| rest.strip_suffix(".bin"));
                    if let Some(seq) = seq.and_then(|seq| seq.parse().ok()) {
                        found.push((Seq(seq), path));
                    }
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
        found.sort_by_key(|(seq, _)| std::cmp::Reverse(*seq));
        Ok(found)
    }
}

fn hash_of(length: &[u8], head: &[u8], bytes: &[u8]) -> Hash {
    let mut hasher = blake3::Hasher::new();
    hasher.update(length).update(head).update(bytes);
    Hash(*hasher.finalize().as_bytes())
}

/// What a snapshot says that it is of. Not checked: who uses it reads it whole.
fn peek(path: &Path) -> Result<SnapshotHead, SnapshotError> {
    let mut file = fs::File::open(path)?;
    let mut front = [0; NAME.len() + 1 + 32 + 4];
    file.read_exact(&mut front)?;
    if front[NAME.len()] != VERSION {
        return Err(SnapshotError::Version(char::from(front[NAME.len()])));
    }
    let length = front.last_chunk::<4>().map_or(0, |length| u32::from_be_bytes(*length));
    let mut head = Vec::new();
    file.take(u64::from(length)).read_to_end(&mut head)?;
    Ok(codec::decode(&head)?)
}

fn read(path: &Path) -> Result<LoadedSnapshot, SnapshotError> {
    let file = fs::read(path)?;
    let short = || SnapshotError::Damaged("it is cut short");
    let (name, rest) = file.split_first_chunk::<7>().ok_or_else(short)?;
    let (version, rest) = rest.split_first().ok_or_else(short)?;
    if name != NAME {
        return Err(SnapshotError::Damaged("it does not begin as a snapshot does"));
    }
    if *version != VERSION {
        return Err(SnapshotError::Version(char::from(*version)));
    }
    let (hash, rest) = rest.split_first_chunk::<32>().ok_or_else(short)?;
    if blake3::hash(rest).as_bytes() != hash {
        return Err(SnapshotError::Damaged("its bytes do not have the hash that it carries"));
    }
    let (length, rest) = rest.split_first_chunk::<4>().ok_or_else(short)?;
    let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
    let (head, bytes) = rest.split_at_checked(length).ok_or_else(short)?;
    Ok(LoadedSnapshot { head: codec::decode(head)?, bytes: bytes.to_vec() })
}
