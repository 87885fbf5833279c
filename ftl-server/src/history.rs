//! History: what outcomes leave behind, written with its watermark and read by the routes of the past.
//!
//! ```text
//!  apply thread ──Told──▶ one thread ─┬─ Here:      the ports of this process's own store
//!                                    ├─ Flusher:   the flusher of a shared database
//!                                    └─ Elsewhere: nothing; another process writes
//! ```
//! The writer is behind the replica by a flush interval, or by a few times as long as a write takes; a reader asks for a
//! flush instead of waiting for it. When this process's own store is [`FAR`] behind, no new positions are taken until it
//! has caught up. It learns of every batch, in order, from the apply thread; after a start the replica begins no later than the
//! watermark, so that catching up is the ordinary re-execution and nothing else.

mod flushed;
mod past_ids;

use std::sync::Arc;
use std::time::{Duration, Instant};

use ftl_core::id::{CommandId, Seq};
use ftl_core::outcome::Outcome;
use ftl_core::projection::{Executed, ProjectionError, Projections, rows_of};
use ftl_core::time::{At, Span};
use ftl_store::answers::{Answers, PastAnswer};
use ftl_store::postgres::flusher::Flusher;
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinHandle;

use crate::own_thread::on_own_thread;
use crate::problem::Problem;
use past_ids::PastIds;

/// Outcomes in one transaction.
const BATCH: usize = 20_000;
/// After a write there is none for so many times as long as it took: many entries together cost less.
const REST: u32 = 4;
const LONGEST_REST: Duration = Duration::from_secs(1);
/// Outcomes that may wait to be written: about 200 MB.
pub const FAR: u64 = 200_000;
/// How long a reader waits for what he has seen happen.
const READ_WAIT: Duration = Duration::from_secs(1);
/// After a write that failed.
const AGAIN: Duration = Duration::from_millis(500);
/// Ids of earlier runs that are read at a time.
const IDS_TOGETHER: usize = 20_000;
/// How long an answer is kept for a retry.
const ANSWERS_KEPT: Span = Span::minutes(24 * 60);

/// Between two looks at how far another process has written.
const LOOK: Duration = Duration::from_millis(20);

/// Who writes history.
#[derive(Clone)]
pub enum Keeping {
    /// This process, through its ports.
    Here,
    /// This process, with the flusher of a shared database.
    Flusher(Arc<Flusher>),
    /// Another process.
    Elsewhere,
}

/// What the apply thread tells.
#[derive(Debug)]
pub enum Told {
    /// The state was loaded anew: what follows goes on from there.
    Restarted,
    /// A batch was executed.
    Executed(Executed),
}

/// See the module.
pub struct History {
    /// Rows of the past.
    pub projections: Arc<dyn Projections>,
    answers: Arc<dyn Answers>,
    past_ids: PastIds,
    keeping: Keeping,
    written: watch::Sender<Seq>,
    /// The entry behind which the replica began, when it last did.
    begun: watch::Sender<Option<Seq>>,
    flush: Notify,
}

/// The writer, to be ended.
pub struct Writer {
    task: JoinHandle<()>,
}

impl History {
    /// History in these stores.
    pub async fn open(
        projections: Arc<dyn Projections>,
        answers: Arc<dyn Answers>,
        keeping: Keeping,
    ) -> Result<Arc<Self>, ProjectionError> {
        let low = projections.watermark().await?.min(answers.answered().await?);
        let (past_ids, written, flush) = (PastIds::default(), watch::Sender::new(low), Notify::new());
        Ok(Arc::new(Self { projections, answers, past_ids, keeping, written, begun: watch::Sender::new(None), flush }))
    }

    /// Tells how far history is.
    pub fn written(&self) -> watch::Receiver<Seq> {
        self.written.subscribe()
    }

    /// Whether this process writes history; such a process takes snapshots too.
    pub fn is_written_here(&self) -> bool {
        !matches!(self.keeping, Keeping::Elsewhere)
    }

    /// Where a replica says behind which entry it begins, before it serves: answers before that may be on their way still.
    pub fn begun(&self) -> watch::Sender<Option<Seq>> {
        self.begun.clone()
    }

    /// No later than this a replica must begin: what comes behind it is not written, and nobody else would bring it.
    pub fn brought_up_to(&self) -> watch::Receiver<Seq> {
        match &self.keeping {
            Keeping::Here => self.written.subscribe(),
            Keeping::Flusher(flusher) => flusher.archived(),
            // The receiver keeps the value when its sender is gone.
            Keeping::Elsewhere => watch::channel(Seq(u64::MAX)).1,
        }
    }

    /// Starts the writer; it ends when the replica is gone, with everything written. Where the flusher finds that its
    /// entries are of a former epoch, `reload` makes the replica begin anew.
    pub fn write_from(
        self: &Arc<Self>,
        told: mpsc::UnboundedReceiver<Told>,
        interval: Duration,
        reload: Arc<Notify>,
    ) -> std::io::Result<Writer> {
        // Beside the writer: until it is done, every id is looked up.
        tokio::spawn(learn_past_ids(Arc::clone(self)));
        let history = Arc::clone(self);
        let task = match &self.keeping {
            // Making thousands of rows would hold up requests.
            Keeping::Here => on_own_thread("history", run(history, told, interval))?,
            Keeping::Flusher(flusher) => tokio::spawn(flushed::run(history, Arc::clone(flusher), told, interval, reload)),
            Keeping::Elsewhere => tokio::spawn(follow(history, told)),
        };
        Ok(Writer { task })
    }

    /// Waits until what was applied by `seq` is history; how far history is then.
    pub async fn reach(&self, seq: Seq) -> Seq {
        if matches!(self.keeping, Keeping::Elsewhere) {
            // A slow flusher makes history old, not unreadable: the answer says how far it is.
            let _ = tokio::time::timeout(READ_WAIT, self.look_until(seq)).await;
            return *self.written.borrow();
        }
        let mut written = self.written.subscribe();
        if *written.borrow() < seq {
            self.flush.notify_one();
            // A slow disk makes history old, not unreadable: the answer says how far it is.
            let _ = tokio::time::timeout(READ_WAIT, written.wait_for(|at| *at >= seq)).await;
        }
        *self.written.borrow()
    }

    /// Whether this process's own history is too far behind `seq` for more to be promised. How far a shared database is
    /// behind is the archive's matter.
    pub(crate) fn is_far_behind(&self, seq: Seq) -> bool {
        matches!(self.keeping, Keeping::Here) && seq.0.saturating_sub(self.written.borrow().0) > FAR
    }

    /// Looks at the watermark of a history that another process writes.
    async fn look_until(&self, seq: Seq) {
        while *self.written.borrow() < seq {
            match self.projections.watermark().await {
                Ok(at) => self.raise(at),
                Err(error) => tracing::debug!(%error, "history's watermark cannot be read"),
            }
            if *self.written.borrow() < seq {
                tokio::time::sleep(LOOK).await;
            }
        }
    }

    fn raise(&self, seq: Seq) {
        self.written.send_if_modified(|at| {
            let further = seq > *at;
            *at = seq.max(*at);
            further
        });
    }

    /// The ids of a batch, whose answers are in the store or on their way; those of a day ago are `forgotten` now and then.
    /// Says before when answers are to be dropped, when that is due.
    fn learn(&self, executed: &Executed, forgotten: &mut At) -> Option<At> {
        self.insert(&executed.outcomes);
        let at = executed.batch.at;
        (at.since(*forgotten) > Span::minutes(60)).then(|| {
            *forgotten = at;
            let before = At(at.0.saturating_sub(ANSWERS_KEPT.0));
            self.past_ids.forget_before(before);
            before
        })
    }

    /// The outcomes of what was told; their ids are known from now on. What is behind a watermark is left out when it is
    /// written: that the replica began anew changes nothing.
    fn received(&self, told: &mut Vec<Told>) -> Vec<Arc<Outcome>> {
        let outcomes = told.drain(..).flat_map(|told| match told {
            Told::Executed(executed) => executed.outcomes,
            Told::Restarted => Vec::new(),
        });
        let outcomes: Vec<Arc<Outcome>> = outcomes.collect();
        self.insert(&outcomes);
        outcomes
    }

    fn insert(&self, outcomes: &[Arc<Outcome>]) {
        self.past_ids.insert(outcomes.iter().map(|outcome| (outcome.id, outcome.at)));
        if let (Some(first), Some(last)) = (outcomes.first(), outcomes.last()) {
            self.past_ids.extend(first.seq, last.seq);
        }
    }

    async fn drop_answers(&self, before: At) {
        if let Err(error) = self.answers.forget_before(before).await {
            tracing::warn!(%error, "old answers could not be dropped");
        }
    }

    /// `false`: certainly no answer of this command is stored.
    pub(crate) fn may_have_answered(&self, id: CommandId) -> bool {
        self.began().is_none_or(|begun| self.past_ids.may_hold(id, begun))
    }

    fn began(&self) -> Option<Seq> {
        *self.begun.borrow()
    }

    /// Whether an id that is neither known here nor in the store was never answered: nothing from before the replica's
    /// beginning is on its way to the store. To be asked before the store is.
    async fn store_is_complete(&self) -> Result<bool, Problem> {
        match self.began() {
            Some(begun) if self.past_ids.is_complete(begun) => Ok(true),
            Some(begun) => Ok(self.answers.answered().await.map_err(away)? >= begun),
            None => Ok(false),
        }
    }

    /// The answer that a command was given, if it was within 24 hours. `applied` is the last entry applied here: an answer
    /// that is nowhere may be on its way to the store, and a command that is asked anew would be executed twice.
    pub(crate) async fn answer(&self, id: CommandId, applied: Seq) -> Result<Option<PastAnswer>, Problem> {
        let complete = self.store_is_complete().await?;
        if let Some(answer) = self.answers.find(id).await.map_err(away)? {
            return Ok(Some(answer));
        }
        if complete && !self.past_ids.holds(id) {
            return Ok(None);
        }
        self.reach(applied).await;
        if self.answers.answered().await.map_err(away)? < applied {
            return Err(Problem::unavailable("history_behind", "History is not there yet", "ask again under the same key").retry_after(2));
        }
        self.answers.find(id).await.map_err(away)
    }
}

impl Writer {
    /// Waits until everything is written.
    pub async fn finish(self) {
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the writer of history failed");
        }
    }
}

/// The store of history does not answer.
pub(crate) fn away(error: ProjectionError) -> Problem {
    tracing::error!(%error, "history does not answer");
    Problem::unavailable("history_unavailable", "History does not answer", "try again")
}

/// Reads the ids from before the replica's beginning, each time that it begins.
async fn learn_past_ids(history: Arc<History>) {
    let mut begun = history.begun.subscribe();
    loop {
        let start = *begun.borrow_and_update();
        if let Some(start) = start.filter(|start| !history.past_ids.is_complete(*start)) {
            match read_past_ids(&history, start).await {
                Ok(true) => continue,
                Ok(false) => tracing::debug!(%start, "answers from before the start are not stored yet: every id is looked up"),
                Err(error) => tracing::warn!(%error, "the ids of earlier runs cannot be read: every id is looked up"),
            }
            tokio::time::sleep(AGAIN).await;
        } else if begun.changed().await.is_err() {
            return;
        }
    }
}

/// Whether all ids up to `start` are known now; not while answers of theirs are on their way to the store.
async fn read_past_ids(history: &History, start: Seq) -> Result<bool, ProjectionError> {
    if history.answers.answered().await? < start {
        return Ok(false);
    }
    let mut after = None;
    loop {
        let ids = history.answers.ids(after, IDS_TOGETHER).await?;
        after = ids.last().map(|(id, _)| *id).or(after);
        let all = ids.len() < IDS_TOGETHER;
        history.past_ids.insert(ids.into_iter());
        if all {
            history.past_ids.complete(start);
            return Ok(true);
        }
    }
}

/// Another process writes: only the ids are learnt.
async fn follow(history: Arc<History>, mut told: mpsc::UnboundedReceiver<Told>) {
    let mut forgotten = At(0);
    while let Some(told) = told.recv().await {
        if let Told::Executed(executed) = told {
            let _dropped_by_the_writer = history.learn(&executed, &mut forgotten);
        }
    }
}

async fn run(history: Arc<History>, mut told: mpsc::UnboundedReceiver<Told>, shortest: Duration) {
    let mut pending: Vec<Arc<Outcome>> = Vec::new();
    let mut received: Vec<Told> = Vec::new();
    let mut forgotten = At(0);
    let mut interval = shortest;
    loop {
        if pending.is_empty() {
            if told.recv_many(&mut received, BATCH).await == 0 {
                return;
            }
            pending.extend(history.received(&mut received));
        }
        let deadline = tokio::time::sleep(interval);
        tokio::pin!(deadline);
        while pending.len() < BATCH {
            let room = BATCH - pending.len();
            tokio::select! {
                biased;
                n = told.recv_many(&mut received, room) => if n == 0 { break },
                () = &mut deadline => break,
                () = history.flush.notified() => break,
            }
            pending.extend(history.received(&mut received));
        }
        let began = Instant::now();
        while let Err(error) = write(&history, &pending).await {
            tracing::error!(%error, "history could not be written");
            tokio::time::sleep(AGAIN).await;
        }
        interval = shortest.max(began.elapsed().saturating_mul(REST).min(LONGEST_REST));
        if let Some(last) = pending.last() {
            metrics::gauge!("ftl_history_seq").set(last.seq.0 as f64);
            if last.at.since(forgotten) > Span::minutes(60) {
                forgotten = last.at;
                let before = At(last.at.0.saturating_sub(ANSWERS_KEPT.0));
                history.past_ids.forget_before(before);
                history.drop_answers(before).await;
            }
        }
        pending.clear();
    }
}

/// Writes what is behind each watermark. Outcomes before it come again after every start.
async fn write(history: &History, pending: &[Arc<Outcome>]) -> Result<(), ProjectionError> {
    let Some(last) = pending.last().map(|outcome| outcome.seq) else { return Ok(()) };
    let from = history.projections.watermark().await?;
    if from < last {
        let rows = pending.iter().filter(|outcome| outcome.seq > from).flat_map(|outcome| rows_of(outcome)).collect();
        history.projections.write(from, last, rows).await?;
    }
    let from = history.answers.answered().await?;
    if from < last {
        // The answers need no events: what happened is in the projections.
        let answered = |outcome: &Arc<Outcome>| Outcome { events: Vec::new(), answer: outcome.answer.clone(), ..**outcome };
        let behind: Vec<Outcome> = pending.iter().filter(|outcome| outcome.seq > from).map(answered).collect();
        history.answers.remember(from, last, &behind).await?;
    }
    history.raise(last);
    Ok(())
}

#[cfg(test)]
mod tests {
    use ftl_core::outcome::{Answer, Receipt};
    use ftl_store::memory::MemoryProjections;

    use super::*;

    fn outcome(seq: u64) -> Outcome {
        let answer = Answer { seq: Seq(seq), result: Ok(Receipt::Done) };
        Outcome { seq: Seq(seq), at: At(1), id: CommandId(u128::from(seq)), body: 0, replayed: false, answer, events: Vec::new() }
    }

    #[tokio::test]
    async fn an_id_between_the_start_and_the_stored_answers_is_not_taken_for_a_new_one() {
        let store = Arc::new(MemoryProjections::default());
        store.remember(Seq(0), Seq(5), &[outcome(5)]).await.unwrap();
        let history = History::open(store.clone(), store.clone(), Keeping::Elsewhere).await.unwrap();
        let (_told, inbox) = mpsc::unbounded_channel();
        let writer = history.write_from(inbox, Duration::from_millis(1), Arc::default()).unwrap();
        // The replica begins from a snapshot at 10; the flusher has stored the answers up to 5.
        history.begun().send_replace(Some(Seq(10)));
        assert!(history.may_have_answered(CommandId(8)));
        let unknown = history.answer(CommandId(8), Seq(10)).await.unwrap_err();
        assert_eq!(unknown.code(), "history_behind");
        store.remember(Seq(5), Seq(10), &[outcome(8)]).await.unwrap();
        assert_eq!(history.answer(CommandId(8), Seq(10)).await.unwrap().unwrap().seq, Seq(8));
        while history.may_have_answered(CommandId(9)) {
            tokio::task::yield_now().await;
        }
        assert!(history.may_have_answered(CommandId(8)));
        // It begins anew, further on: the same holds again.
        history.begun().send_replace(Some(Seq(20)));
        assert!(history.may_have_answered(CommandId(9)));
        drop(writer);
    }
}
