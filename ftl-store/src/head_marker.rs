//! How far the journal was acknowledged, in a file of its own.
//!
//! SQLite drops a tail of its write-ahead log whose checksums fail, without a word: after a flipped byte, acknowledged
//! entries would be gone and the journal would look sound. So the writer notes `(seq, chain hash)` here after each
//! commit and before it acknowledges, and a journal that ends before its mark is refused.
//!
//! ```text
//! commit (synced by SQLite) ──▶ mark (written, in the kernel's hands) ──▶ acknowledge      once a second: sync the mark
//! ```
//! A killed process leaves the mark exact; after a loss of power it may be up to a second old. Two slots are written in
//! turn, so that a torn write costs one mark and is noticed by its checksum. The file has its full size from the start:
//! a full disk does not stop the marks.
//!
//! The journal's writer calls it; it must never be repaired by the program.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use ftl_core::hash::Hash;
use ftl_core::id::Seq;

use crate::durable_file;

const MAGIC: &[u8; 8] = b"FTLHEAD1";
const SLOT: usize = 4_096;
const RECORD: usize = 8 + 8 + 32;
const SYNC_EVERY: Duration = Duration::from_secs(1);

/// Up to where a journal was acknowledged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// The last entry.
    pub seq: Seq,
    /// The journal's chain hash up to it.
    pub chain: Hash,
}

/// A marker's failure.
#[derive(Debug, thiserror::Error)]
pub enum MarkerError {
    /// A slot is damaged: restore a backup, or look into the disk. Nothing was changed.
    #[error("its {0} slot is damaged")]
    Damaged(&'static str),
    /// The file cannot be read or written.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// The marker, held by the journal's writer.
#[derive(Debug)]
pub struct HeadMarker {
    file: File,
    next_slot: usize,
    unsynced: bool,
    synced_at: Instant,
}

impl HeadMarker {
    /// Writes a new marker at `mark`, whole or not at all.
    pub fn create(path: &Path, mark: Mark) -> io::Result<()> {
        let mut bytes = vec![0; 2 * SLOT];
        for slot in bytes.chunks_mut(SLOT) {
            slot[..RECORD + 32].copy_from_slice(&encode(mark));
        }
        durable_file::write(path, &[&bytes])
    }

    /// Opens it for its one writer: both slots must be sound.
    pub fn open(path: &Path) -> Result<(Self, Mark), MarkerError> {
        let mut file = File::options().read(true).write(true).open(path)?;
        let [first, second] = read_slots(&mut file)?;
        let first = first.ok_or(MarkerError::Damaged("first"))?;
        let second = second.ok_or(MarkerError::Damaged("second"))?;
        let (mark, next_slot) = if first.seq >= second.seq { (first, 1) } else { (second, 0) };
        Ok((Self { file, next_slot, unsynced: false, synced_at: Instant::now() }, mark))
    }

    /// Reads it beside a writer, who may be writing one of the slots: the other is enough.
    pub fn read(path: &Path) -> Result<Mark, MarkerError> {
        let slots = read_slots(&mut File::open(path)?)?;
        slots.into_iter().flatten().max_by_key(|mark| mark.seq).ok_or(MarkerError::Damaged("every"))
    }

    /// Notes `mark`. It outlives the process from here on, and the machine after [`sync`](Self::sync).
    pub fn set(&mut self, mark: Mark) -> io::Result<()> {
        let offset = u64::try_from(self.next_slot * SLOT).map_err(io::Error::other)?;
        self.file.seek(SeekFrom::Start(offset))?;
        self.file.write_all(&encode(mark))?;
        self.next_slot = 1 - self.next_slot;
        self.unsynced = true;
        Ok(())
    }

    /// Syncs when the last time was a second ago.
    pub fn sync_when_due(&mut self) -> io::Result<()> {
        if self.unsynced && self.synced_at.elapsed() >= SYNC_EVERY { self.sync() } else { Ok(()) }
    }

    /// Makes what was noted outlive the machine.
    pub fn sync(&mut self) -> io::Result<()> {
        if self.unsynced {
            self.file.sync_data()?;
            self.unsynced = false;
        }
        self.synced_at = Instant::now();
        Ok(())
    }
}

fn encode(mark: Mark) -> [u8; RECORD + 32] {
    let mut bytes = [0; RECORD + 32];
    bytes[..8].copy_from_slice(MAGIC);
    bytes[8..16].copy_from_slice(&mark.seq.0.to_be_bytes());
    bytes[16..RECORD].copy_from_slice(&mark.chain.0);
    let check = Hash::of(&bytes[..RECORD]);
    bytes[RECORD..].copy_from_slice(&check.0);
    bytes
}

fn decode(slot: &[u8]) -> Option<Mark> {
    let seq = Seq(u64::from_be_bytes(slot.get(8..16)?.try_into().ok()?));
    let chain = Hash(slot.get(16..RECORD)?.try_into().ok()?);
    let mark = Mark { seq, chain };
    (slot.get(..RECORD + 32)? == encode(mark)).then_some(mark)
}

fn read_slots(file: &mut File) -> io::Result<[Option<Mark>; 2]> {
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let slot = |n: usize| bytes.get(n * SLOT..).and_then(decode);
    Ok([slot(0), slot(1)])
}
