//! The appender: commands wait in three lanes, and everything that waits goes into the next append.
//!
//! A command belongs to the appender from the moment that it is submitted: a request that is dropped drops only its
//! wish to hear the outcome. Few opens go into one append, and few are under way from there to whoever asked, so that
//! what lowers risk never stands behind many of them; the others wait in their lane, which costs nothing, and are shed
//! when they waited too long.

mod refusal;
mod under_way;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ftl_core::command::{Action, Command};
use ftl_core::id::CommandId;
use ftl_core::journal::{AppendError, Refusal};
use ftl_core::outcome::Outcome;
use parking_lot::Mutex;
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

pub use self::refusal::SubmitError;
use self::under_way::{Opens, UnderWay};
use super::Shared;
use super::health::Health;
use crate::own_thread::on_own_thread;

/// Commands that may wait, in all lanes.
const QUEUE: usize = 4_096;
/// Commands in one append.
const BATCH: usize = 1_024;
/// Opens in one append: about 4 ms of two cores. Where the disk is slower than that there are more, as many as are
/// answered while the next append takes as long as the last.
const OPENS_AT_ONCE: usize = 64;
/// Appends' worth of opens that are under way: one at the disk, one being applied and answered.
const APPENDS_UNDER_WAY: usize = 2;
/// About what an open takes from its append to its answer.
const AN_OPEN: Duration = Duration::from_micros(60);
/// While so many are under way it is the processor that everybody waits for: an append that has fewer than half of its opens
/// waits a little for more, since syncing and waking cost as much for one as for all.
const MANY_UNDER_WAY: usize = 16;
const GATHERING: Duration = Duration::from_micros(250);
const LONGEST_GATHERING: u32 = 4;
/// After an append of unknown fate something is appended behind it within this.
const FENCE: Duration = Duration::from_millis(200);
/// Beyond these opens are shed.
const LONGEST_QUEUEING: Duration = Duration::from_millis(250);
const LONGEST_LAG: Duration = Duration::from_millis(500);

/// How often whoever waits looks whether apply gets on at all, and for how long it may not.
const LOOK: Duration = Duration::from_millis(150);
const STANDING: Duration = Duration::from_millis(700);

/// Which commands go first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// The feed, the operator, time.
    Feed,
    /// Close, cancel, stop: whatever lowers risk.
    Close,
    /// Opens, and whatever comes before them.
    Open,
}

/// Takes commands; cheap to clone.
#[derive(Clone)]
pub struct Appender(Arc<Inner>);

struct Inner {
    shared: Arc<Shared>,
    queue: Mutex<Queue>,
    opens: Arc<Opens>,
    more: Arc<Notify>,
    idle: Notify,
}

#[derive(Default)]
struct Queue {
    lanes: [VecDeque<Waiting>; 3],
    appending: bool,
    draining: bool,
    /// How long the last append took.
    last: Duration,
}

/// What a command comes to: its outcome once it is applied here, or why there will be none.
pub(crate) type Told = Result<Arc<Outcome>, SubmitError>;

struct Waiting {
    command: Command,
    since: Instant,
    asker: Asker,
}

/// Whoever waits for what becomes of a command.
#[derive(Debug)]
pub(crate) struct Asker {
    answer: oneshot::Sender<(Told, Option<UnderWay>)>,
    /// Of an open that was taken from its lane; it ends when the asker has his answer, or is gone.
    under_way: Option<UnderWay>,
}

/// Where an asker is told.
type Answer = oneshot::Receiver<(Told, Option<UnderWay>)>;

impl Asker {
    fn new() -> (Self, Answer) {
        let (answer, receiver) = oneshot::channel();
        (Self { answer, under_way: None }, receiver)
    }

    /// One that has gone away wants to know nothing.
    pub(crate) fn tell(self, told: Told) {
        drop(self.answer.send((told, self.under_way)));
    }
}

impl Queue {
    fn len(&self) -> usize {
        self.lanes.iter().map(VecDeque::len).sum()
    }

    fn oldest(&self) -> Duration {
        self.lanes.iter().filter_map(VecDeque::front).map(|waiting| waiting.since.elapsed()).max().unwrap_or_default()
    }

    /// Whether the next append should wait for more: never with what lowers risk.
    fn is_gathering(&self, under_way: &Opens) -> bool {
        let [feed, close, opens] = &self.lanes;
        let few = (1..OPENS_AT_ONCE / 2).contains(&opens.len());
        few && feed.is_empty() && close.is_empty() && !self.draining && under_way.count() >= MANY_UNDER_WAY
    }

    /// What goes into the next append, the first lane first. Opens are left where they are until there is room under way
    /// for an append of them; those that waited too long are told so instead.
    fn take(&mut self, under_way: &Arc<Opens>) -> Vec<Waiting> {
        let mut batch = Vec::new();
        let [feed, close, opens] = &mut self.lanes;
        for lane in [feed, close] {
            let room = BATCH.saturating_sub(batch.len());
            batch.extend(lane.drain(..room.min(lane.len())));
        }
        for late in late(opens) {
            metrics::counter!("ftl_shed_total").increment(1);
            late.asker.tell(Err(SubmitError::Overloaded));
        }
        let at_once = usize::try_from(self.last.as_micros() / AN_OPEN.as_micros()).unwrap_or(BATCH).max(OPENS_AT_ONCE);
        let wanted = at_once.min(opens.len()).min(BATCH.saturating_sub(batch.len()));
        if under_way.has_room_for(wanted, APPENDS_UNDER_WAY * at_once) {
            batch.extend(opens.drain(..wanted).map(|mut open| {
                open.asker.under_way = Some(under_way.one());
                open
            }));
        }
        batch
    }

    /// Behind an append that the journal did not answer: nobody who waited through it waits through a second one. What is
    /// still in a lane is certainly not in.
    fn give_up(&mut self) {
        self.lanes.iter_mut().flat_map(late).for_each(|late| late.asker.tell(Err(SubmitError::Away)));
    }
}

/// Takes whoever has waited too long out of a lane.
fn late(lane: &mut VecDeque<Waiting>) -> impl Iterator<Item = Waiting> {
    let now = Instant::now();
    std::iter::from_fn(move || lane.pop_front_if(|waiting| now.saturating_duration_since(waiting.since) > LONGEST_QUEUEING))
}

impl Appender {
    pub(super) fn start(shared: Arc<Shared>) -> std::io::Result<(Self, JoinHandle<()>)> {
        let more = Arc::<Notify>::default();
        let opens = Opens::waking(Arc::clone(&more));
        let inner = Arc::new(Inner { shared, queue: Mutex::default(), opens, more, idle: Notify::new() });
        let task = on_own_thread("append", run(Arc::clone(&inner)))?;
        Ok((Self(inner), task))
    }

    pub(super) async fn submit(&self, lane: Lane, command: Command) -> Result<Arc<Outcome>, SubmitError> {
        let id = command.id;
        let told = self.enqueue(lane, command)?;
        let outcome = self.outcome(told).await?;
        // Behind a recovery the place may be another's.
        if outcome.id == id { Ok(outcome) } else { Err(SubmitError::Unknown) }
    }

    /// All of them behind one another: what one append cannot take is the first that the next one takes, since a lane is
    /// emptied in its order and before those behind it. In the lane of the feed, then.
    pub(super) async fn submit_together(&self, lane: Lane, commands: Vec<Command>) -> Result<Vec<Arc<Outcome>>, SubmitError> {
        let mut outcomes = Vec::with_capacity(commands.len());
        let ids: Vec<CommandId> = commands.iter().map(|command| command.id).collect();
        for (told, id) in self.enqueue_together(lane, commands)?.into_iter().zip(ids) {
            let outcome = self.outcome(told).await?;
            if outcome.id != id {
                return Err(SubmitError::Unknown);
            }
            outcomes.push(outcome);
        }
        Ok(outcomes)
    }

    /// Nobody is left who could tell: the league has stopped, or the command's fate is not known.
    async fn outcome(&self, mut told: Answer) -> Told {
        loop {
            match tokio::time::timeout(LOOK, &mut told).await {
                Ok(told) => return told.map_or_else(|_| Err(fate(&self.0.shared)), |(told, _under_way)| told),
                // The journal has it, and does not give it back: whoever asked need not wait for that.
                Err(_) if self.0.shared.lag.stands_still(STANDING) => return Err(SubmitError::Unknown),
                Err(_) => {}
            }
        }
    }

    fn enqueue_together(&self, lane: Lane, commands: Vec<Command>) -> Result<Vec<Answer>, SubmitError> {
        if let Some(stopped) = stopped(&self.0.shared) {
            return Err(stopped);
        }
        let mut queue = self.0.queue.lock();
        if queue.draining {
            return Err(SubmitError::Draining);
        }
        if queue.len() + commands.len() > QUEUE {
            return Err(SubmitError::Overloaded);
        }
        let since = Instant::now();
        let mut receivers = Vec::with_capacity(commands.len());
        for command in commands {
            let (asker, receiver) = Asker::new();
            queue.lanes[lane as usize].push_back(Waiting { command, since, asker });
            receivers.push(receiver);
        }
        drop(queue);
        self.0.more.notify_one();
        Ok(receivers)
    }

    fn enqueue(&self, lane: Lane, command: Command) -> Result<Answer, SubmitError> {
        if let Some(stopped) = stopped(&self.0.shared) {
            return Err(stopped);
        }
        let (asker, receiver) = Asker::new();
        let mut queue = self.0.queue.lock();
        if queue.draining {
            return Err(SubmitError::Draining);
        }
        let behind = || queue.oldest() > LONGEST_QUEUEING || self.0.shared.lag.age() > LONGEST_LAG || self.0.shared.lag.is_shed();
        if lane == Lane::Open && (queue.len() >= QUEUE || behind()) {
            metrics::counter!("ftl_shed_total").increment(1);
            return Err(SubmitError::Overloaded);
        }
        if queue.len() >= QUEUE {
            // Room for what lowers risk is made by the open that came last.
            let Some(shed) = queue.lanes[Lane::Open as usize].pop_back() else { return Err(SubmitError::Overloaded) };
            metrics::counter!("ftl_shed_total").increment(1);
            shed.asker.tell(Err(SubmitError::Overloaded));
        }
        queue.lanes[lane as usize].push_back(Waiting { command, since: Instant::now(), asker });
        drop(queue);
        self.0.more.notify_one();
        Ok(receiver)
    }

    /// Commands that wait, lane by lane.
    pub(super) fn waiting(&self) -> [usize; 3] {
        let queue = self.0.queue.lock();
        [&queue.lanes[0], &queue.lanes[1], &queue.lanes[2]].map(VecDeque::len)
    }

    pub(super) async fn drain(&self) {
        self.0.queue.lock().draining = true;
        // Opens that are held back go as soon as others are answered: that wakes the appender by itself.
        self.0.more.notify_one();
        loop {
            let idle = self.0.idle.notified();
            {
                let queue = self.0.queue.lock();
                if queue.len() == 0 && !queue.appending {
                    return;
                }
            }
            idle.await;
        }
    }
}

/// Why nothing can be appended now.
fn stopped(shared: &Shared) -> Option<SubmitError> {
    match &**shared.health.load() {
        Health::Stopped { seq, .. } => Some(SubmitError::Stopped(Some(*seq))),
        Health::CatchingUp | Health::Degraded(_) => Some(SubmitError::Away),
        Health::Serving | Health::Draining => None,
    }
}

/// What is known of an entry that was appended and whose outcome nobody tells.
fn fate(shared: &Shared) -> SubmitError {
    match &**shared.health.load() {
        Health::Stopped { seq, .. } => SubmitError::Stopped(Some(*seq)),
        Health::CatchingUp | Health::Degraded(_) | Health::Serving | Health::Draining => SubmitError::Unknown,
    }
}

/// One append at a time; what comes meanwhile goes into the next one.
async fn run(inner: Arc<Inner>) {
    let mut closing = inner.shared.closing.subscribe();
    loop {
        for _ in 0..LONGEST_GATHERING {
            if !inner.queue.lock().is_gathering(&inner.opens) {
                break;
            }
            // The thread is its own, and the runtime's timers count milliseconds.
            std::thread::sleep(GATHERING);
        }
        let batch = {
            let mut queue = inner.queue.lock();
            let batch = queue.take(&inner.opens);
            queue.appending = !batch.is_empty();
            if batch.is_empty() && queue.len() == 0 {
                inner.idle.notify_waiters();
            }
            batch
        };
        if batch.is_empty() {
            tokio::select! {
                () = inner.more.notified() => {}
                () = fence(&inner.shared) => {}
                _ = closing.wait_for(|closing| *closing) => return,
            }
            continue;
        }
        let began = Instant::now();
        let heard = append(&inner.shared, batch).await;
        let mut queue = inner.queue.lock();
        (queue.appending, queue.last) = (false, began.elapsed());
        if !heard {
            queue.give_up();
        }
    }
}

/// While the fate of an append is unknown and nothing else is to be appended: an entry that changes nothing, so that
/// whoever waits for his command's fate need not wait until it expires.
async fn fence(shared: &Shared) {
    tokio::time::sleep(FENCE).await;
    if !shared.answers.is_in_doubt() || stopped(shared).is_some() {
        return;
    }
    let due = shared.clock.now();
    let command = Command { id: CommandId(u128::from(due.0)), body: due.0, not_after: None, action: Action::Tick { due } };
    let (asker, _nobody_waits) = Asker::new();
    append(shared, vec![Waiting { command, since: Instant::now(), asker }]).await;
}

/// Whether the journal said what became of it.
async fn append(shared: &Shared, batch: Vec<Waiting>) -> bool {
    if let Some(stopped) = stopped(shared) {
        // Nothing more goes behind the entry that an operator must look at.
        batch.into_iter().for_each(|waiting| waiting.asker.tell(Err(stopped.clone())));
        return true;
    }
    let (commands, askers): (Vec<Command>, Vec<_>) = batch.into_iter().map(|waiting| (waiting.command, waiting.asker)).unzip();
    let ids: Vec<_> = commands.iter().map(|command| (command.id, command.not_after)).collect();
    let seen = *shared.tip.lock();
    let began = Instant::now();
    let result = shared.journal.append(seen, None, commands).await;
    metrics::histogram!("ftl_append_seconds").record(began.elapsed());
    metrics::histogram!("ftl_append_entries").record(ids.len() as f64);
    let heard = !matches!(result, Err(AppendError::Unknown(_)));
    match result {
        Ok(appended) => {
            shared.lag.appended(appended.last);
            shared.traces.appended(ids.iter().map(|(id, _)| *id), appended.first);
            let (now, at) = (shared.clock.now(), appended.at);
            metrics::gauge!("ftl_clock_skew_seconds").set((at.0 as f64 - now.0 as f64) / 1e3);
            shared.skew.0.mend();
            shared.answers.appended_behind_doubts(appended.first);
            shared.answers.expect(appended.first, askers);
            if matches!(**shared.health.load(), Health::Stopped { .. } | Health::CatchingUp) {
                // It stopped or begins anew while the append returned: nobody will answer these.
                shared.answers.forget();
            }
        }
        Err(AppendError::Refused(why)) => {
            // The apply thread looks what became of the journal.
            shared.wake.notify_one();
            let is_new = match &why {
                Refusal::Clock(_) => shared.skew.0.say(why.to_string()),
                Refusal::Store(_) => shared.store.say(format!("the last append was refused: {why}")),
                Refusal::HeadBehind { .. } | Refusal::WrongEpoch { .. } | Refusal::SuppliedTime(_) | Refusal::Empty => false,
            };
            if is_new {
                tracing::error!(%why, "appends are refused");
            }
            let why = why.to_string();
            askers.into_iter().for_each(|asker| asker.tell(Err(SubmitError::Refused(why.clone()))));
        }
        Err(AppendError::Unknown(why)) => {
            tracing::warn!(why, entries = ids.len(), "an append is of unknown fate");
            // A command without `not_after` is once by its natural key: it is not asked for again under this id.
            ids.into_iter().filter_map(|(id, until)| Some((id, until?))).for_each(|(id, until)| shared.answers.doubt(id, until));
            askers.into_iter().for_each(|asker| asker.tell(Err(SubmitError::Unknown)));
        }
    }
    heard
}

#[cfg(test)]
mod tests {
    use ftl_core::time::At;

    use super::*;

    /// A command that has waited for so long, and where its end is told.
    fn waiting(lane: Lane, n: u64, waited: Duration) -> (Waiting, Answer) {
        let (asker, told) = Asker::new();
        let action = Action::Tick { due: At(n) };
        let command = Command { id: CommandId(lane as u128), body: n, not_after: None, action };
        (Waiting { command, since: Instant::now() - waited, asker }, told)
    }

    fn of(batch: &[Waiting], lane: Lane) -> usize {
        batch.iter().filter(|waiting| waiting.command.id == CommandId(lane as u128)).count()
    }

    #[test]
    fn what_lowers_risk_goes_into_the_next_append_and_few_opens_beside_it() {
        let mut queue = Queue::default();
        let mut told = Vec::new();
        for (lane, count) in [(Lane::Open, 500), (Lane::Close, 100), (Lane::Feed, 3)] {
            for n in 0..count {
                let (waiting, receiver) = waiting(lane, n, Duration::ZERO);
                queue.lanes[lane as usize].push_back(waiting);
                told.push(receiver);
            }
        }
        let opens = Opens::waking(Arc::default());
        let batch = queue.take(&opens);
        assert_eq!((of(&batch, Lane::Feed), of(&batch, Lane::Close), of(&batch, Lane::Open)), (3, 100, OPENS_AT_ONCE));
        assert!(batch[..103].iter().all(|waiting| waiting.command.id != CommandId(Lane::Open as u128)));
        let next = queue.take(&opens);
        assert_eq!(of(&next, Lane::Open), OPENS_AT_ONCE);
        // Both appends are under way: no more until one is answered, by whatever is told or by nobody being left.
        assert_eq!(queue.take(&opens).len(), 0);
        drop(batch);
        assert_eq!(of(&queue.take(&opens), Lane::Open), OPENS_AT_ONCE);
        drop(next);
        // A slow disk: more of them.
        queue.last = Duration::from_millis(12);
        let many = queue.take(&opens);
        assert_eq!(of(&many, Lane::Open), 200);
        for (asker, mut receiver) in many.into_iter().map(|waiting| waiting.asker).zip(told.into_iter().skip(3 * OPENS_AT_ONCE)) {
            asker.tell(Err(SubmitError::Unknown));
            assert_eq!(receiver.try_recv().unwrap().0.unwrap_err(), SubmitError::Unknown);
        }
        assert_eq!(of(&queue.take(&opens), Lane::Open), 500 - 3 * OPENS_AT_ONCE - 200);
    }

    #[test]
    fn nobody_waits_through_two_appends_that_the_journal_does_not_answer() {
        let mut queue = Queue::default();
        let long = LONGEST_QUEUEING + Duration::from_millis(1);
        let (close, mut told_close) = waiting(Lane::Close, 1, long);
        let (late, mut told_late) = waiting(Lane::Close, 2, Duration::ZERO);
        queue.lanes[Lane::Close as usize].extend([close, late]);
        queue.give_up();
        assert!(matches!(told_close.try_recv(), Ok((Err(SubmitError::Away), None))));
        assert!(told_late.try_recv().is_err());
        assert_eq!(queue.len(), 1);
    }

    #[test]
    fn opens_that_waited_too_long_are_told_so_and_closes_never() {
        let mut queue = Queue::default();
        let long = LONGEST_QUEUEING + Duration::from_millis(1);
        let (open, mut told_open) = waiting(Lane::Open, 1, long);
        let (close, mut told_close) = waiting(Lane::Close, 1, long);
        queue.lanes[Lane::Open as usize].push_back(open);
        queue.lanes[Lane::Close as usize].push_back(close);
        let batch = queue.take(&Opens::waking(Arc::default()));
        assert_eq!((batch.len(), of(&batch, Lane::Close)), (1, 1));
        assert!(matches!(told_open.try_recv(), Ok((Err(SubmitError::Overloaded), None))));
        assert!(told_close.try_recv().is_err());
    }

    #[test]
    fn few_opens_wait_for_more_behind_many_others_and_never_with_what_lowers_risk() {
        let opens = Opens::waking(Arc::default());
        let of_lanes = |in_lanes: [usize; 3]| {
            let mut queue = Queue::default();
            for (lane, n) in [Lane::Feed, Lane::Close, Lane::Open].into_iter().zip(in_lanes) {
                queue.lanes[lane as usize].extend((0..n).map(|_| waiting(lane, 1, Duration::ZERO).0));
            }
            queue
        };
        let mut under_way: Vec<_> = (1..MANY_UNDER_WAY).map(|_| opens.one()).collect();
        assert!(!of_lanes([0, 0, 1]).is_gathering(&opens));
        under_way.push(opens.one());
        let few = OPENS_AT_ONCE / 2 - 1;
        let cases =
            [([0, 0, 0], false), ([0, 0, 1], true), ([0, 0, few], true), ([0, 0, few + 1], false), ([0, 1, 1], false), ([1, 0, 1], false)];
        for (lanes, gathers) in cases {
            assert_eq!(of_lanes(lanes).is_gathering(&opens), gathers, "{lanes:?}");
        }
        assert!(!Queue { draining: true, ..of_lanes([0, 0, 1]) }.is_gathering(&opens));
    }
}
