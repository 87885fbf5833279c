//! The port for where batches are kept for good behind a journal that forgets: what a stream in memory has trimmed is read
//! from here, and a recovery begins here.
//!
//! A flusher stores; journals and recoveries read. Its head moves only from where the caller believes it to be, so two
//! flushers never both move it, and only in the epoch that the caller believes in, so a flusher that slept through a
//! recovery stores nothing.

use async_trait::async_trait;
use ftl_core::id::Seq;
use ftl_core::journal::{ChainCheck, JournalError, ReadError, StoredBatch};

/// Where batches are kept for good.
#[async_trait]
pub trait Archive: Send + Sync {
    /// Where it ends: the last batch, its chain hash, its time.
    async fn head(&self) -> Result<ChainCheck, JournalError>;

    /// The epoch that stores.
    async fn epoch(&self) -> Result<u64, JournalError>;

    /// Whole batches behind entry `after`, in order, until they hold `limit` entries or the archive ends; links and hashes
    /// are checked. `after` must be the end of a batch (or 0).
    async fn read(&self, after: Seq, limit: usize) -> Result<Vec<StoredBatch>, ReadError>;

    /// Stores `batches` behind `from`, all or none, and says where the archive ends then. Links and hashes are checked
    /// before anything is stored.
    async fn store(&self, epoch: u64, from: &ChainCheck, batches: &[StoredBatch]) -> Result<ChainCheck, ArchiveError>;
}

/// Why nothing was stored.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// Another flusher was first: catch up from `head` and go on.
    #[error("the archive's head is {head}, another flusher was first")]
    Moved {
        /// Where it is now.
        head: Seq,
    },
    /// A recovery happened since: read the journal of the new epoch.
    #[error("the archive is in epoch {current}, not {expected}")]
    WrongEpoch {
        /// Its epoch.
        current: u64,
        /// The caller's.
        expected: u64,
    },
    /// The batches do not follow what is there: they are of another history, or damaged.
    #[error(transparent)]
    Unlinked(#[from] ReadError),
    /// The archive did not answer; the batches may be in. Ask for its head.
    #[error(transparent)]
    Unavailable(#[from] JournalError),
}
