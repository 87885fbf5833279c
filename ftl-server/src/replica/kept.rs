//! `ACK`: when a command counts as kept. Where the journal itself keeps what it takes there is nothing to wait for; where it
//! forgets, `ACK=postgres` waits until the archive behind it has the entry.
//!
//! While anybody waits one task looks at where the archive ends; nobody waits, nobody looks.

use std::sync::Arc;
use std::time::Duration;

use ftl_core::id::Seq;
use ftl_core::journal::Tip;
use ftl_store::archive::Archive;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::append::SubmitError;
use crate::config::Ack;

/// Between two looks.
const LOOK: Duration = Duration::from_millis(2);
/// After a look that failed.
const AGAIN: Duration = Duration::from_millis(100);
/// The longest wait: within the time that a request may take.
const LONGEST: Duration = Duration::from_secs(8);

/// See the module.
pub struct Kept {
    watching: Option<Watching>,
    ack: Ack,
}

struct Watching {
    wanted: watch::Sender<Seq>,
    archived: watch::Receiver<Tip>,
    task: JoinHandle<()>,
}

/// Whether the entry is in the archive: of `Unknown` nobody can tell.
#[derive(Debug)]
pub(super) struct Unknown;

impl Kept {
    /// By the journal.
    pub fn by_the_journal() -> Self {
        Self { watching: None, ack: Ack::Journal }
    }

    /// By this archive for good, on the runtime of the caller; `ack` says whether an acknowledgement waits for that.
    pub fn by(archive: Arc<dyn Archive>, ack: Ack) -> Self {
        let (wanted, asked) = watch::channel(Seq(0));
        let (told, archived) = watch::channel(Tip::default());
        let task = tokio::spawn(look(archive, asked, told));
        Self { watching: Some(Watching { wanted, archived, task }), ack }
    }

    /// Waits until an entry may be acknowledged that was appended in `epoch`. Where that takes too long its fate is
    /// unknown: it may still be lost.
    pub(super) async fn acknowledged(&self, seq: Seq, epoch: u64) -> Result<(), SubmitError> {
        match self.ack {
            Ack::Journal => Ok(()),
            Ack::Postgres => self.archived(seq, epoch).await.map_err(|Unknown| SubmitError::Unknown),
        }
    }

    /// Waits until the entry is kept for good. In a later epoch than its own nobody can tell from the archive's end
    /// whether it was before the cut: a retry finds out.
    pub(super) async fn archived(&self, seq: Seq, epoch: u64) -> Result<(), Unknown> {
        let Some(watching) = &self.watching else { return Ok(()) };
        let mut archived = watching.archived.clone();
        let fate = |tip: &Tip| if tip.epoch == epoch { Ok(()) } else { Err(Unknown) };
        if archived.borrow().seq >= seq {
            return fate(&archived.borrow());
        }
        watching.wanted.send_if_modified(|wanted| {
            let more = seq > *wanted;
            *wanted = seq.max(*wanted);
            more
        });
        match tokio::time::timeout(LONGEST, archived.wait_for(|tip| tip.seq >= seq)).await {
            Ok(Ok(tip)) => fate(&tip),
            Ok(Err(_)) | Err(_) => Err(Unknown),
        }
    }

    /// The journal lost its tail: what was waited for is no measure any more.
    pub(super) fn restart(&self) {
        if let Some(watching) = &self.watching {
            watching.wanted.send_replace(Seq(0));
        }
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn look(archive: Arc<dyn Archive>, mut asked: watch::Receiver<Seq>, told: watch::Sender<Tip>) {
    loop {
        let wanted = *asked.borrow_and_update();
        if told.borrow().seq >= wanted && asked.changed().await.is_err() {
            return;
        }
        let pause = match archive.head().await {
            Ok(head) => {
                told.send_replace(head.tip);
                LOOK
            }
            Err(error) => {
                tracing::warn!(%error, "where the archive ends cannot be read");
                AGAIN
            }
        };
        tokio::time::sleep(pause).await;
    }
}
