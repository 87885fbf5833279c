//! The thread that orders, stamps and stores. It alone holds the connection that writes, the head marker and the lock.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use ftl_core::command::Command;
use ftl_core::hash::Hash;
use ftl_core::id::Seq;
use ftl_core::journal::{AppendError, Appended, BatchId, ChainCheck, Clock, Refusal, StoredBatch, Tip};
use ftl_core::time::At;
use futures::executor::block_on;
use sqlx::{Connection, SqliteConnection};
use tokio::sync::{oneshot, watch};

use super::checkpoint::{Checkpointer, checkpoint};
use super::tail::Tail;
use crate::data_dir::WriterLock;
use crate::head_marker::{HeadMarker, Mark};
use crate::sqlite::{bits, result_code};

/// How far the wall clock may stand behind the journal before an append is refused.
pub const CLOCK_BEHIND_MS: u64 = 60_000;

/// Pages of the log after which the checkpointer is asked for a checkpoint: 8 MiB.
const PAGES_TO_NUDGE: usize = 2_048;

/// Where the answer to a request goes.
pub(super) type Reply = oneshot::Sender<Result<Appended, AppendError>>;

/// A batch to be stored, encoded already.
pub(super) struct Request {
    pub(super) seen: Tip,
    pub(super) at: Option<At>,
    pub(super) commands: Vec<Command>,
    pub(super) encoded: Vec<u8>,
    pub(super) reply: Reply,
}

/// Where an entry's time comes from.
pub(super) enum Stamp {
    By(Arc<dyn Clock>),
    Supplied,
}

/// Where readers of the same process learn of what is on disk.
pub(super) struct Told {
    pub(super) tail: Arc<Tail>,
    pub(super) tip: watch::Sender<Tip>,
}

/// The running writer. Dropping it finishes what was asked for.
pub(super) struct WriterHandle {
    requests: Option<Sender<Request>>,
    thread: Option<JoinHandle<io::Result<()>>>,
}

impl WriterHandle {
    pub(super) fn start(writer: Writer) -> io::Result<Self> {
        let (requests, inbox) = channel();
        let thread = std::thread::Builder::new().name("ftl-journal".into()).spawn(move || writer.run(&inbox))?;
        Ok(Self { requests: Some(requests), thread: Some(thread) })
    }

    /// `false` where the writer is gone.
    pub(super) fn send(&self, request: Request) -> bool {
        self.requests.as_ref().is_some_and(|requests| requests.send(request).is_ok())
    }

    /// Blocks until everything asked for is done and the files are closed.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.join()
    }

    fn join(&mut self) -> io::Result<()> {
        self.requests = None;
        let Some(thread) = self.thread.take() else { return Ok(()) };
        thread.join().unwrap_or_else(|_| Err(io::Error::other("the journal's writer panicked")))
    }
}

impl Drop for WriterHandle {
    fn drop(&mut self) {
        if let Err(error) = self.join() {
            tracing::error!(%error, "the journal did not close well");
        }
    }
}

/// See the module.
pub(super) struct Writer {
    connection: SqliteConnection,
    marker: HeadMarker,
    head: ChainCheck,
    stamp: Stamp,
    told: Told,
    checkpointer: Checkpointer,
    /// Pages of the log since the last nudge, about.
    pages: usize,
    /// Set by a failure after which nobody knows what the file holds: no append until it is opened anew.
    failed: Option<String>,
    _lock: Arc<WriterLock>,
}

impl Writer {
    pub(super) fn new(
        connection: SqliteConnection,
        marker: HeadMarker,
        head: ChainCheck,
        stamp: Stamp,
        told: Told,
        checkpointer: Checkpointer,
        lock: Arc<WriterLock>,
    ) -> Self {
        Self { connection, marker, head, stamp, told, checkpointer, pages: 0, failed: None, _lock: lock }
    }

    fn run(mut self, inbox: &Receiver<Request>) -> io::Result<()> {
        loop {
            match inbox.recv_timeout(Duration::from_secs(1)) {
                Ok(Request { seen, at, commands, encoded, reply }) => {
                    // At least a leaf and what lies above it.
                    self.pages += 2 + encoded.len() / 4_096;
                    // A caller that went away is no reason not to store it.
                    let _ = reply.send(self.append(seen, at, commands, encoded));
                    self.keep_log_short();
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if let Err(error) = self.marker.sync_when_due() {
                self.fail(format!("the head marker: {error}"));
            }
        }
        // The last connection to close takes the log into the database and removes it: that is the writer's.
        drop(self.checkpointer);
        let closed = block_on(self.connection.close()).map_err(io::Error::other);
        self.marker.sync().and(closed)
    }

    /// What the log holds is brought into the database beside the writer; only a long log costs it a moment.
    fn keep_log_short(&mut self) {
        if self.pages >= PAGES_TO_NUDGE {
            self.pages = 0;
            self.checkpointer.nudge();
        }
        if self.checkpointer.log_is_long() {
            checkpoint(&mut self.connection);
        }
    }

    fn append(&mut self, seen: Tip, at: Option<At>, commands: Vec<Command>, encoded: Vec<u8>) -> Result<Appended, AppendError> {
        let head = self.head.tip;
        let count = u64::try_from(commands.len()).unwrap_or(u64::MAX);
        if count == 0 {
            return refuse(Refusal::Empty);
        }
        if seen.epoch != head.epoch {
            return refuse(Refusal::WrongEpoch { current: head.epoch, seen: seen.epoch });
        }
        if head.seq < seen.seq {
            return refuse(Refusal::HeadBehind { head: head.seq, seen: seen.seq });
        }
        if let Some(why) = &self.failed {
            return refuse(Refusal::Store(format!("an earlier write failed, open the journal anew: {why}")));
        }
        let at = self.stamp(at)?;
        let first = head.seq.next();
        let Some(last) = first.0.checked_add(count - 1).filter(|last| i64::try_from(*last).is_ok()) else {
            return refuse(Refusal::Store("the journal is full: no seqs are left".into()));
        };

        let batch_id = random_batch_id()?;
        let mut batch =
            StoredBatch { batch_id, prev: head.batch_id, first, at, epoch: head.epoch, chain: Hash::default(), commands: Vec::new() };
        batch.chain = batch.chain_over(&self.head.chain, &encoded);
        self.insert(Seq(last), &batch, encoded)?;

        // On disk from here on: only its mark stands between it and its acknowledgement.
        self.head = ChainCheck { tip: Tip { epoch: head.epoch, seq: Seq(last), batch_id }, chain: batch.chain, at };
        let marked = self.marker.set(Mark { seq: Seq(last), chain: batch.chain });
        self.told.tail.push(StoredBatch { commands, ..batch });
        self.told.tip.send_replace(self.head.tip);
        if let Err(error) = marked {
            self.fail(format!("the head marker: {error}"));
            return Err(AppendError::Unknown(format!("stored, but its mark is not: {error}")));
        }
        Ok(Appended { first, last: Seq(last), at })
    }

    fn stamp(&self, supplied: Option<At>) -> Result<At, AppendError> {
        let previous = self.head.at;
        let wrong = |why: &str| refuse(Refusal::SuppliedTime(why.into()));
        match (&self.stamp, supplied) {
            (Stamp::By(_), Some(_)) => wrong("this journal stamps by itself"),
            (Stamp::Supplied, None) => wrong("this journal needs a time with each append"),
            (Stamp::Supplied, Some(at)) if at < previous => wrong("it goes back"),
            (Stamp::Supplied, Some(at)) => Ok(at),
            (Stamp::By(clock), None) => {
                let now = clock.now();
                let behind = previous.since(now);
                if behind.0 > CLOCK_BEHIND_MS {
                    let why = format!("the wall clock is {} s behind the journal; set it right", behind.0 / 1_000);
                    return refuse(Refusal::Clock(why));
                }
                Ok(previous.max(now))
            }
        }
    }

    fn insert(&mut self, last: Seq, batch: &StoredBatch, encoded: Vec<u8>) -> Result<(), AppendError> {
        let insert =
            sqlx::query("INSERT INTO batch (last, first, at, epoch, batch_id, prev, chain, commands) VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
                .bind(bits(last.0))
                .bind(bits(batch.first.0))
                .bind(bits(batch.at.0))
                .bind(bits(batch.epoch))
                .bind(batch.batch_id.0.to_be_bytes().to_vec())
                .bind(batch.prev.0.to_be_bytes().to_vec())
                .bind(batch.chain.0.to_vec())
                .bind(encoded)
                .execute(&mut self.connection);
        block_on(insert).map(|_| ()).map_err(|error| self.store_error(&error))
    }

    /// Whether a failed statement is certainly not in. SQLite rolls back a statement that ran out of space, could not
    /// get the file, or broke a constraint; after an error of reading, writing or syncing nobody knows what a restart finds.
    fn store_error(&mut self, error: &sqlx::Error) -> AppendError {
        const BUSY: i64 = 5;
        const LOCKED: i64 = 6;
        const NOMEM: i64 = 7;
        const READONLY: i64 = 8;
        const FULL: i64 = 13;
        const CANTOPEN: i64 = 14;
        const TOOBIG: i64 = 18;
        const CONSTRAINT: i64 = 19;
        match result_code(error) {
            Some(BUSY | LOCKED | NOMEM | READONLY | FULL | CANTOPEN | TOOBIG | CONSTRAINT) => {
                AppendError::Refused(Refusal::Store(error.to_string()))
            }
            _ => {
                self.fail(error.to_string());
                AppendError::Unknown(error.to_string())
            }
        }
    }

    fn fail(&mut self, why: String) {
        if self.failed.is_none() {
            tracing::error!(%why, "the journal takes no more entries until it is opened anew");
            self.failed = Some(why);
        }
    }
}

fn refuse<T>(why: Refusal) -> Result<T, AppendError> {
    Err(AppendError::Refused(why))
}

fn random_batch_id() -> Result<BatchId, AppendError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| AppendError::Refused(Refusal::Store(format!("no randomness: {error}"))))?;
    Ok(BatchId(u128::from_be_bytes(bytes)))
}
