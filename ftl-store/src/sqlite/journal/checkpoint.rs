//! `Checkpointer`: brings the write-ahead log into the database beside the writer, so that no commit waits for it.
//!
//! ```text
//! writer ──nudge, every so many pages──▶ checkpointer: passive checkpoint, on a connection of its own
//! writer ◀──the log is long─────────────┘   the writer then finishes the few pages that came meanwhile: the log begins anew
//! ```
//! A passive checkpoint waits for nobody. Under a steady load it never ends level with the writer, and the log would grow
//! for ever: hence the writer's own short one, now and then. A checkpoint that fails is tried again with the next nudge;
//! what is committed stays in the log meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use futures::executor::block_on;
use sqlx::{Connection, Row, SqliteConnection};

/// Pages of the log from which on the writer brings it to its end: 64 MiB.
const LONG: i64 = 16_384;

/// See the module. Dropping it closes its connection.
pub(super) struct Checkpointer {
    nudges: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
    log_is_long: Arc<AtomicBool>,
}

impl Checkpointer {
    pub(super) fn start(connection: SqliteConnection) -> std::io::Result<Self> {
        let (nudges, inbox) = sync_channel(1);
        let log_is_long = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&log_is_long);
        let thread = std::thread::Builder::new().name("ftl-checkpoint".into()).spawn(move || run(connection, &inbox, &told))?;
        Ok(Self { nudges: Some(nudges), thread: Some(thread), log_is_long })
    }

    /// Asks for a checkpoint; one that is asked for already is enough.
    pub(super) fn nudge(&self) {
        if let Some(nudges) = &self.nudges {
            // Full or gone: nothing is lost by it.
            let _ = nudges.try_send(());
        }
    }

    /// Whether the writer should bring the log to its end; told once.
    pub(super) fn log_is_long(&self) -> bool {
        self.log_is_long.swap(false, Ordering::AcqRel)
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        self.nudges = None;
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has closed its connection too.
            let _ = thread.join();
        }
    }
}

fn run(mut connection: SqliteConnection, inbox: &Receiver<()>, log_is_long: &AtomicBool) {
    while inbox.recv().is_ok() {
        if checkpoint(&mut connection).is_some_and(|pages| pages > LONG) {
            log_is_long.store(true, Ordering::Release);
        }
    }
    if let Err(error) = block_on(connection.close()) {
        tracing::warn!(%error, "the checkpoint's connection did not close well");
    }
}

/// Brings into the database what is in the log; how many pages that holds.
pub(super) fn checkpoint(connection: &mut SqliteConnection) -> Option<i64> {
    match block_on(sqlx::query("PRAGMA wal_checkpoint(PASSIVE)").fetch_one(connection)) {
        Ok(row) => row.try_get(1).ok(),
        Err(error) => {
            tracing::warn!(%error, "a checkpoint failed; the journal's log grows meanwhile");
            None
        }
    }
}
