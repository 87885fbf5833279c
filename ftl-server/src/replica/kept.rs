//! `ACK`: when a command counts as kept. Where the journal itself keeps what it takes there is nothing to wait for; where it
//! forgets, `ACK=postgres` waits until the archive behind it has the entry.
//!
//! While anybody waits one task looks at where the archive ends; nobody waits, nobody looks. Where it does not get on, because
//! it does not answer or because nobody writes it, nobody waits for it long: the fate of what is asked then is unknown.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ftl_core::id::Seq;
use ftl_core::journal::{BatchId, JournalError, Tip};
use ftl_store::archive::Archive;
use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::append::SubmitError;
use crate::config::Ack;

/// How long a look may take.
const LONGEST_LOOK: Duration = Duration::from_millis(800);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(2);
/// After a look that failed.
const AGAIN: Duration = Duration::from_millis(100);
/// An archive that somebody waits for and that has not got on for so long keeps nobody waiting any more: one look that fails.
const STALLED: Duration = LONGEST_LOOK;
/// The longest wait: within the time that a request may take.
const LONGEST: Duration = Duration::from_secs(8);
/// Applied batches that are remembered.
const BATCHES: usize = 65_536;

/// See the module.
pub struct Kept {
    watching: Option<Watching>,
    ack: Ack,
    lineage: Mutex<Lineage>,
}

/// What is applied here: which history, and where its batches end.
#[derive(Debug, Default)]
struct Lineage {
    life: u64,
    batches: VecDeque<(Seq, BatchId)>,
}

struct Watching {
    wanted: watch::Sender<Seq>,
    archived: watch::Receiver<Archived>,
    task: JoinHandle<()>,
}

/// Where the archive was seen to end.
#[derive(Clone, Copy, Debug, Default)]
struct Archived {
    tip: Tip,
    /// It does not answer, or does not get on.
    away: bool,
}

/// Whether the entry is in the archive: of `Unknown` nobody can tell.
#[derive(Debug)]
pub(super) struct Unknown;

impl Kept {
    /// By the journal.
    pub fn by_the_journal() -> Self {
        Self { watching: None, ack: Ack::Journal, lineage: Mutex::default() }
    }

    /// By this archive for good, on the runtime of the caller; `ack` says whether an acknowledgement waits for that.
    pub fn by(archive: Arc<dyn Archive>, ack: Ack) -> Self {
        let (wanted, asked) = watch::channel(Seq(0));
        let (told, archived) = watch::channel(Archived::default());
        let task = tokio::spawn(look(archive, asked, told));
        Self { watching: Some(Watching { wanted, archived, task }), ack, lineage: Mutex::default() }
    }

    /// A batch was applied.
    pub(super) fn applied(&self, tip: Tip) {
        if self.watching.is_some() {
            let batches = &mut self.lineage.lock().batches;
            batches.push_back((tip.seq, tip.batch_id));
            if batches.len() > BATCHES {
                batches.pop_front();
            }
        }
    }

    /// Which load of the state this is: what was applied in another one may be of another history.
    pub(super) fn life(&self) -> u64 {
        self.lineage.lock().life
    }

    /// Waits until an entry may be acknowledged that was applied in `life`. Where that takes too long its fate is unknown:
    /// it may still be lost.
    pub(super) async fn acknowledged(&self, seq: Seq, life: u64) -> Result<(), SubmitError> {
        match self.ack {
            Ack::Journal => Ok(()),
            Ack::Postgres => self.archived(seq, life).await.map_err(|Unknown| SubmitError::Unknown),
        }
    }

    /// Waits until an entry is kept for good: until the archive ends with a batch that is applied here, at the entry or
    /// behind it. That the archive is longer says nothing: it may hold another history.
    pub(super) async fn archived(&self, seq: Seq, life: u64) -> Result<(), Unknown> {
        let Some(watching) = &self.watching else { return Ok(()) };
        let waiting = async {
            let mut archived = watching.archived.clone();
            loop {
                watching.wanted.send_if_modified(|wanted| {
                    let more = seq > *wanted;
                    *wanted = seq.max(*wanted);
                    more
                });
                let end = *archived.wait_for(|end| end.away || end.tip.seq >= seq).await.map_err(|_| Unknown)?;
                if end.tip.seq < seq {
                    return Err(Unknown);
                }
                match self.lineage.lock().holds(life, end.tip) {
                    Some(true) => return Ok(()),
                    Some(false) => return Err(Unknown),
                    None => {}
                }
                // The archive is further than what is applied here.
                tokio::time::sleep(LOOK).await;
            }
        };
        tokio::time::timeout(LONGEST, waiting).await.unwrap_or(Err(Unknown))
    }

    /// The state is loaded anew: what was applied before may be of another history.
    pub(super) fn restart(&self) {
        let mut lineage = self.lineage.lock();
        *lineage = Lineage { life: lineage.life.wrapping_add(1), batches: VecDeque::new() };
        if let Some(watching) = &self.watching {
            watching.wanted.send_replace(Seq(0));
        }
    }
}

impl Lineage {
    /// Whether the batch that ends at `tip` is applied here; `None` where it may be yet.
    fn holds(&self, life: u64, tip: Tip) -> Option<bool> {
        if life != self.life {
            return Some(false);
        }
        if self.batches.back().is_none_or(|(last, _)| *last < tip.seq) {
            return None;
        }
        let found = self.batches.binary_search_by_key(&tip.seq, |(last, _)| *last);
        Some(found.is_ok_and(|n| self.batches.get(n).is_some_and(|(_, id)| *id == tip.batch_id)))
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn look(archive: Arc<dyn Archive>, mut asked: watch::Receiver<Seq>, told: watch::Sender<Archived>) {
    let mut moved = Instant::now();
    loop {
        let wanted = *asked.borrow_and_update();
        if told.borrow().tip.seq >= wanted {
            told.send_if_modified(|end| std::mem::take(&mut end.away));
            if asked.changed().await.is_err() {
                return;
            }
            moved = Instant::now();
            continue;
        }
        let looked = tokio::time::timeout(LONGEST_LOOK, archive.head()).await;
        let pause = match looked.unwrap_or_else(|_| Err(JournalError("no answer".into()))) {
            Ok(head) => {
                if head.tip != told.borrow().tip {
                    moved = Instant::now();
                }
                told.send_replace(Archived { tip: head.tip, away: moved.elapsed() >= STALLED });
                LOOK
            }
            Err(error) => {
                tracing::warn!(%error, "where the archive ends cannot be read");
                told.send_modify(|end| end.away = moved.elapsed() >= STALLED);
                AGAIN
            }
        };
        tokio::time::sleep(pause).await;
    }
}

#[cfg(test)]
mod tests {
    use ftl_core::journal::{ChainCheck, ReadError, StoredBatch};
    use ftl_store::archive::ArchiveError;

    use super::*;

    fn tip(seq: u64, id: u128) -> Tip {
        Tip { epoch: 0, seq: Seq(seq), batch_id: BatchId(id) }
    }

    #[test]
    fn an_archive_of_another_history_keeps_nothing_of_this_one() {
        let mut lineage = Lineage::default();
        lineage.batches.extend([(Seq(4), BatchId(40)), (Seq(9), BatchId(90))]);
        assert_eq!(lineage.holds(0, tip(9, 90)), Some(true));
        assert_eq!(lineage.holds(0, tip(4, 40)), Some(true));
        assert_eq!(lineage.holds(0, tip(9, 91)), Some(false), "another batch at the same place");
        assert_eq!(lineage.holds(0, tip(7, 70)), Some(false), "no batch ends there");
        assert_eq!(lineage.holds(0, tip(12, 120)), None, "not applied yet");
        assert_eq!(lineage.holds(1, tip(9, 90)), Some(false), "loaded anew meanwhile");
    }

    /// An archive that somebody writes, or nobody.
    struct Written(Mutex<Tip>);

    #[async_trait::async_trait]
    impl Archive for Written {
        async fn head(&self) -> Result<ChainCheck, JournalError> {
            Ok(ChainCheck { tip: *self.0.lock(), ..ChainCheck::default() })
        }

        async fn epoch(&self) -> Result<u64, JournalError> {
            Ok(0)
        }

        async fn read(&self, _: Seq, _: usize) -> Result<Vec<StoredBatch>, ReadError> {
            Ok(Vec::new())
        }

        async fn store(&self, _: u64, from: &ChainCheck, _: &[StoredBatch]) -> Result<ChainCheck, ArchiveError> {
            Ok(from.clone())
        }
    }

    #[tokio::test]
    async fn an_archive_that_does_not_get_on_keeps_nobody_waiting_and_one_that_does_is_waited_for() {
        let archive = Arc::new(Written(Mutex::default()));
        let kept = Kept::by(archive.clone(), Ack::Postgres);
        (1..=8).for_each(|n| kept.applied(tip(n, n.into())));
        let begun = Instant::now();
        assert!(matches!(kept.acknowledged(Seq(8), 0).await, Err(SubmitError::Unknown)));
        assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
        // Slowly, and on: it is waited for.
        let writing = tokio::spawn({
            let archive = archive.clone();
            async move {
                for n in 5..=8 {
                    *archive.0.lock() = tip(n, n.into());
                    tokio::time::sleep(Duration::from_millis(700)).await;
                }
            }
        });
        tokio::time::sleep(Duration::from_millis(10)).await;
        kept.acknowledged(Seq(8), 0).await.unwrap();
        assert!(begun.elapsed() > Duration::from_millis(2_900), "{:?}", begun.elapsed());
        writing.await.unwrap();
    }
}
