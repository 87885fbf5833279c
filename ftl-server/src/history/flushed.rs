//! History that a flusher of a shared database writes: batches go on to it, and how far it is comes back.
//!
//! A flusher refuses entries of a former epoch. Then the replica is asked to begin anew, and whatever it told before
//! that is let go of: it comes again, as far as it is still so.

use std::sync::Arc;
use std::time::Duration;

use ftl_core::projection::Executed;
use ftl_core::time::At;
use ftl_store::postgres::flusher::Flusher;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;

use super::{AGAIN, History, Told};

/// How long the end waits for what is to be written.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// One life of the flusher: from one load of the state to the next.
struct Life {
    executed: mpsc::UnboundedSender<Executed>,
    flushing: JoinHandle<()>,
}

impl Life {
    fn begin(flusher: &Arc<Flusher>, interval: Duration, reload: &Arc<Notify>) -> Self {
        let (executed, inbox) = mpsc::unbounded_channel();
        let (flusher, reload) = (Arc::clone(flusher), Arc::clone(reload));
        let flushing = tokio::spawn(async move {
            if let Err(error) = flusher.keep_up(inbox, interval).await {
                tracing::warn!(%error, "what was executed is of another history: the state is loaded anew");
                tokio::time::sleep(AGAIN).await;
                reload.notify_one();
            }
        });
        Self { executed, flushing }
    }

    /// Waits until everything that it was given is written, or it has given up.
    async fn end(self) {
        drop(self.executed);
        if let Err(error) = self.flushing.await {
            tracing::error!(%error, "the flusher failed");
        }
    }
}

pub(super) async fn run(
    history: Arc<History>,
    flusher: Arc<Flusher>,
    mut told: mpsc::UnboundedReceiver<Told>,
    interval: Duration,
    reload: Arc<Notify>,
) {
    if let Err(error) = flusher.catch_up().await {
        tracing::warn!(%error, "projections that lag are brought up later");
    }
    let telling = tokio::spawn(tell(Arc::clone(&history), Arc::clone(&flusher)));
    let mut life = Life::begin(&flusher, interval, &reload);
    let mut forgotten = At(0);
    while let Some(told) = told.recv().await {
        match told {
            Told::Restarted => {
                // What the former life held comes again, as far as it is still so.
                std::mem::replace(&mut life, Life::begin(&flusher, interval, &reload)).flushing.abort();
            }
            Told::Executed(executed) => {
                if let Some(before) = history.learn(&executed, &mut forgotten) {
                    let history = Arc::clone(&history);
                    tokio::spawn(async move { history.drop_answers(before).await });
                }
                // A life that has ended asked for a reload: this comes again behind it.
                let _ = life.executed.send(executed);
            }
        }
    }
    // A database that is away holds up no end: what is not written comes again after the next start.
    if tokio::time::timeout(LAST_WORDS, life.end()).await.is_err() {
        tracing::warn!("the flusher is cut off");
    }
    telling.abort();
    flusher.close().await;
}

/// How far the flusher is becomes how far history is.
async fn tell(history: Arc<History>, flusher: Arc<Flusher>) {
    let mut projected = flusher.projected();
    loop {
        let seq = *projected.borrow_and_update();
        history.raise(seq);
        metrics::gauge!("ftl_history_seq").set(seq.0 as f64);
        if projected.changed().await.is_err() {
            return;
        }
    }
}
