//! Appending to a journal that several processes share, over a store that does one thing: put a batch behind a head, if that
//! is still the head.
//!
//! ```text
//! append ──▶ task: stamp, link, hash over the head as it was last seen ──▶ store: is that the head? ──yes──▶ acknowledged
//!                        ▲──────────────────── no: here is the head ◀──────────────┘
//! ```
//! The store answers a guess that was wrong without having written anything, so guessing again is safe. What nobody
//! answered may have gone in: that is said, never tried again. The task outlives its callers: a request that went away does
//! not take its append with it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use ftl_core::codec;
use ftl_core::command::Command;
use ftl_core::hash::Hash;
use ftl_core::id::Seq;
use ftl_core::journal::{AppendError, Appended, BatchId, ChainCheck, Clock, JournalClock, Refusal, StoredBatch, Tip};
use ftl_core::time::At;
use tokio::sync::{mpsc, oneshot, watch};

use crate::clock::SystemClock;

/// How long an append goes on guessing while others are always first.
const CONTENTION: Duration = Duration::from_secs(2);

/// A connection that rested so long is asked for the head before anything is appended over it: that it broke meanwhile is
/// found out by a question that is safe to ask again, and not by an append of unknown fate.
const RESTED: Duration = Duration::from_millis(500);

/// How a journal that several processes share is opened.
#[derive(Clone)]
pub struct SharedOptions {
    /// This process's clock: it proposes an entry's time.
    pub clock: Arc<dyn Clock>,
    /// How far that clock may be from the store's, in milliseconds, before an append is refused.
    pub most_skew_ms: u64,
    /// How long an append waits for the store's answer before its fate is unknown.
    pub patience: Duration,
}

impl Default for SharedOptions {
    fn default() -> Self {
        Self { clock: Arc::new(SystemClock), most_skew_ms: 2_000, patience: Duration::from_secs(2) }
    }
}

/// Where a shared journal ends, and the epoch that takes more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) epoch: u64,
    /// The last batch; its own epoch may be an earlier one.
    pub(crate) check: ChainCheck,
}

impl Head {
    /// What a caller must have seen to append.
    pub(crate) fn tip(&self) -> Tip {
        Tip { epoch: self.epoch, ..self.check.tip }
    }
}

/// What became of a guess.
#[derive(Debug)]
pub(crate) enum Advanced {
    /// It was right, and the batch is in.
    Stored,
    /// It was wrong, and nothing is in.
    Elsewhere(Head),
    /// The clocks are too far apart, and nothing is in.
    Skewed {
        /// The store's clock.
        server: At,
    },
}

/// The one thing that a store does.
#[async_trait]
pub(crate) trait HeadStore: Send + 'static {
    /// Where the journal ends. Fails with a refusal: nothing was asked to be stored.
    async fn head(&mut self) -> Result<Head, Refusal>;

    /// Puts `batch` behind `head`. `now` is the caller's clock, where the journal's time is not supplied.
    async fn advance(&mut self, head: &Head, batch: &StoredBatch, encoded: &[u8], now: Option<At>) -> Result<Advanced, AppendError>;
}

struct Request {
    seen: Tip,
    at: Option<At>,
    count: usize,
    encoded: Vec<u8>,
    reply: oneshot::Sender<Result<Appended, AppendError>>,
}

/// The way to the task that appends. Dropping it lets the task finish what was asked for.
pub(crate) struct Appender {
    requests: mpsc::UnboundedSender<Request>,
    appended: watch::Receiver<Seq>,
}

impl Appender {
    /// Starts the task.
    pub(crate) fn start(store: impl HeadStore, clock: JournalClock, options: &SharedOptions) -> Self {
        let (requests, inbox) = mpsc::unbounded_channel();
        let (told, appended) = watch::channel(Seq(0));
        let clock = match clock {
            JournalClock::Store => Some(Arc::clone(&options.clock)),
            JournalClock::Supplied => None,
        };
        tokio::spawn(Task { store, clock, most_skew_ms: options.most_skew_ms, head: None, answered: Instant::now(), told }.run(inbox));
        Self { requests, appended }
    }

    pub(crate) async fn append(&self, seen: Tip, at: Option<At>, commands: Vec<Command>) -> Result<Appended, AppendError> {
        if commands.is_empty() {
            return Err(AppendError::Refused(Refusal::Empty));
        }
        let (reply, answer) = oneshot::channel();
        let request = Request { seen, at, count: commands.len(), encoded: codec::encode(&commands), reply };
        if self.requests.send(request).is_err() {
            return Err(AppendError::Refused(Refusal::Store("the journal is closed".into())));
        }
        answer.await.unwrap_or_else(|_| Err(AppendError::Unknown("the journal's task ended".into())))
    }

    /// The last entry that this process appended.
    pub(crate) fn appended(&self) -> watch::Receiver<Seq> {
        self.appended.clone()
    }
}

struct Task<S> {
    store: S,
    clock: Option<Arc<dyn Clock>>,
    most_skew_ms: u64,
    /// As it was last seen; `None` where nobody knows.
    head: Option<Head>,
    /// When the store last answered.
    answered: Instant,
    told: watch::Sender<Seq>,
}

impl<S: HeadStore> Task<S> {
    async fn run(mut self, mut inbox: mpsc::UnboundedReceiver<Request>) {
        while let Some(Request { seen, at, count, encoded, reply }) = inbox.recv().await {
            let result = self.append(seen, at, count, &encoded).await;
            if let Ok(appended) = &result {
                self.answered = Instant::now();
                self.told.send_replace(appended.last);
            }
            // A caller that went away is no reason not to store it.
            let _ = reply.send(result);
        }
    }

    /// Where the journal ends; over a new connection where the one at hand has broken.
    async fn look(&mut self) -> Result<Head, Refusal> {
        let asked = Instant::now();
        match self.store.head().await {
            // One that does not answer at all is not asked twice: whoever waits is told within his patience.
            Err(_broken) if asked.elapsed() < RESTED => self.store.head().await,
            other => other,
        }
    }

    async fn append(&mut self, seen: Tip, at: Option<At>, count: usize, encoded: &[u8]) -> Result<Appended, AppendError> {
        let began = Instant::now();
        let mut known = self.head.take().filter(|_| self.answered.elapsed() < RESTED).map(|head| (head, false));
        loop {
            let (head, fresh) = match known.take() {
                Some(known) => known,
                None => (self.look().await.map_err(AppendError::Refused)?, true),
            };
            let now = self.clock.as_ref().map(|clock| clock.now());
            let batch = match next(&head, seen, at, now, count, encoded) {
                Ok(batch) => batch,
                // Others may have moved it since it was seen: what is refused is refused by where it is.
                Err(_) if !fresh => continue,
                Err(why) => {
                    self.head = Some(head);
                    return Err(AppendError::Refused(why));
                }
            };
            match self.store.advance(&head, &batch, encoded, now).await? {
                Advanced::Stored => {
                    let tip = Tip { epoch: head.epoch, seq: last_of(batch.first, count), batch_id: batch.batch_id };
                    self.head = Some(Head { epoch: head.epoch, check: ChainCheck { tip, chain: batch.chain, at: batch.at } });
                    return Ok(Appended { first: batch.first, last: tip.seq, at: batch.at });
                }
                Advanced::Skewed { server } => {
                    let off = now.unwrap_or_default().0.abs_diff(server.0);
                    let why = format!("this process's clock and the store's are {off} ms apart, at most {} are allowed", self.most_skew_ms);
                    return Err(AppendError::Refused(Refusal::Clock(why)));
                }
                Advanced::Elsewhere(head) if began.elapsed() < CONTENTION => known = Some((head, true)),
                Advanced::Elsewhere(_) => return Err(AppendError::Refused(Refusal::Store("others append all the time".into()))),
            }
        }
    }
}

/// The batch that follows `head`, or why there is none.
fn next(head: &Head, seen: Tip, supplied: Option<At>, now: Option<At>, count: usize, encoded: &[u8]) -> Result<StoredBatch, Refusal> {
    if seen.epoch != head.epoch {
        return Err(Refusal::WrongEpoch { current: head.epoch, seen: seen.epoch });
    }
    let (tip, previous) = (head.check.tip, head.check.at);
    if tip.seq < seen.seq {
        return Err(Refusal::HeadBehind { head: tip.seq, seen: seen.seq });
    }
    let wrong = |why: &str| Err(Refusal::SuppliedTime(why.into()));
    let at = match (now, supplied) {
        (Some(_), Some(_)) => return wrong("this journal stamps by itself"),
        (None, None) => return wrong("this journal needs a time with each append"),
        (None, Some(at)) if at < previous => return wrong("it goes back"),
        (None, Some(at)) => at,
        (Some(now), None) => previous.max(now),
    };
    let first = tip.seq.next();
    if i64::try_from(last_of(first, count).0).is_err() || i64::try_from(at.0).is_err() {
        return Err(Refusal::Store("the journal is full: no seqs or times are left".into()));
    }
    let mut batch = StoredBatch {
        batch_id: random_batch_id()?,
        prev: tip.batch_id,
        first,
        at,
        epoch: head.epoch,
        chain: Hash::default(),
        commands: Vec::new(),
    };
    batch.chain = batch.chain_over(&head.check.chain, encoded);
    Ok(batch)
}

/// The seq of the last of `count` commands.
pub(crate) fn last_of(first: Seq, count: usize) -> Seq {
    Seq(first.0.saturating_add(u64::try_from(count).unwrap_or(u64::MAX)).saturating_sub(1))
}

fn random_batch_id() -> Result<BatchId, Refusal> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| Refusal::Store(format!("no randomness: {error}")))?;
    Ok(BatchId(u128::from_be_bytes(bytes)))
}
