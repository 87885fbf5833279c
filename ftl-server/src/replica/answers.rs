//! Who waits for what: requests for the outcome of their entry, `?wait=` for the end of an order; and what is in doubt.

use std::collections::VecDeque;
use std::sync::Arc;

use ftl_core::event::{CancelReason, Event, PositionClosed, PositionOpened};
use ftl_core::id::{CommandId, OrderId, Seq};
use ftl_core::outcome::Outcome;
use ftl_core::time::At;
use parking_lot::Mutex;
use rustc_hash::FxHashMap;
use tokio::sync::oneshot;

use super::append::{Asker, SubmitError};

/// Outcomes that are kept for whoever asks a moment late.
const RECENT: usize = 16_384;
/// Ends of orders that are kept.
const RECENT_ENDS: usize = 50_000;

/// See the module.
#[derive(Debug, Default)]
pub struct Answers(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    recent: VecDeque<Arc<Outcome>>,
    waiting: FxHashMap<Seq, Asker>,
    ends: FxHashMap<OrderId, OrderEnd>,
    ends_in_order: VecDeque<OrderId>,
    orders: FxHashMap<OrderId, Vec<oneshot::Sender<OrderEnd>>>,
    /// Commands whose append is of unknown fate, until when they may still land.
    doubtful: FxHashMap<CommandId, At>,
    /// Those of them that cannot land any more, once the entry is applied that took their place.
    settled: Vec<(Seq, Vec<CommandId>)>,
}

/// How an order ended.
#[derive(Clone, Debug)]
pub enum OrderEnd {
    /// It opened a position.
    Opened(Arc<PositionOpened>),
    /// It closed one, or a part.
    Closed(Arc<PositionClosed>),
    /// It is gone.
    Cancelled {
        /// Whose.
        book: ftl_core::id::BookId,
        /// Why.
        reason: CancelReason,
    },
}

impl OrderEnd {
    /// Whose order it was.
    pub fn book(&self) -> ftl_core::id::BookId {
        match self {
            Self::Opened(opened) => opened.book,
            Self::Closed(closed) => closed.book,
            Self::Cancelled { book, .. } => *book,
        }
    }
}

impl Answers {
    /// The outcomes of the entries from `first` on go to these askers, at once where they are applied already. Who asks
    /// for one that was applied too long ago asks again, under his command's id.
    pub(crate) fn expect(&self, first: Seq, askers: Vec<Asker>) {
        let (mut applied, mut too_late) = (Vec::new(), Vec::new());
        {
            let mut inner = self.0.lock();
            let begin = inner.recent.front().map_or(first, |outcome| outcome.seq);
            for (seq, asker) in (first.0..).zip(askers) {
                let Some(place) = seq.checked_sub(begin.0) else {
                    too_late.push(asker);
                    continue;
                };
                match usize::try_from(place).ok().and_then(|n| inner.recent.get(n)).cloned() {
                    Some(outcome) => applied.push((asker, outcome)),
                    None => drop(inner.waiting.insert(Seq(seq), asker)),
                }
            }
        }
        tell(applied);
        too_late.into_iter().for_each(|asker| asker.tell(Err(SubmitError::Unknown)));
    }

    /// Takes note of what was applied. Whoever waits for one of these is to be told: outside, since telling wakes him.
    #[must_use]
    pub(crate) fn applied(&self, outcomes: &[Arc<Outcome>]) -> Vec<(Asker, Arc<Outcome>)> {
        let mut told = Vec::new();
        let mut inner = self.0.lock();
        for outcome in outcomes {
            if let Some(asker) = inner.waiting.remove(&outcome.seq) {
                told.push((asker, Arc::clone(outcome)));
            }
            if !inner.doubtful.is_empty() {
                inner.doubtful.remove(&outcome.id);
                inner.settle(outcome.seq);
            }
            for event in &outcome.events {
                if let Some((order, end)) = end_of(event) {
                    inner.ended(order, end);
                }
            }
            inner.recent.push_back(Arc::clone(outcome));
            if inner.recent.len() > RECENT {
                inner.recent.pop_front();
            }
        }
        told
    }

    /// Something was appended at `first`, after what is in doubt: every append is put behind the head that it saw, so that
    /// what is not in before that entry will never be. Whoever asks again once it is applied is answered, or asks anew.
    pub(crate) fn appended_behind_doubts(&self, first: Seq) {
        let mut inner = self.0.lock();
        if inner.doubtful.is_empty() {
            return;
        }
        let ids = inner.doubtful.keys().copied().collect();
        inner.settled.push((first, ids));
        let applied = inner.recent.back().map(|outcome| outcome.seq).unwrap_or_default();
        inner.settle(applied);
    }

    /// Whether something is in doubt that nothing was appended behind.
    pub(crate) fn is_in_doubt(&self) -> bool {
        let inner = self.0.lock();
        !inner.doubtful.is_empty() && inner.settled.is_empty()
    }

    /// The replica has stopped or begins anew: whoever waits is told by his sender's end.
    pub(crate) fn forget(&self) {
        let mut inner = self.0.lock();
        let doubtful = std::mem::take(&mut inner.doubtful);
        *inner = Inner { doubtful, ..Inner::default() };
    }

    /// An append of this command is of unknown fate.
    pub(crate) fn doubt(&self, id: CommandId, until: At) {
        let mut inner = self.0.lock();
        // It may have been applied before its append came back.
        if !inner.recent.iter().any(|outcome| outcome.id == id) {
            inner.doubtful.insert(id, until);
        }
    }

    pub(crate) fn is_doubtful(&self, id: CommandId, now: At) -> bool {
        let mut inner = self.0.lock();
        if inner.doubtful.is_empty() {
            return false;
        }
        inner.doubtful.retain(|_, until| *until >= now);
        inner.doubtful.contains_key(&id)
    }

    /// How an order ended, or where that will be told.
    pub(crate) fn await_order(&self, order: OrderId) -> Result<OrderEnd, oneshot::Receiver<OrderEnd>> {
        let mut inner = self.0.lock();
        if let Some(end) = inner.ends.get(&order) {
            return Ok(end.clone());
        }
        let (sender, receiver) = oneshot::channel();
        let waiting = inner.orders.entry(order).or_default();
        waiting.retain(|other| !other.is_closed());
        waiting.push(sender);
        Err(receiver)
    }

    pub(crate) fn order_end(&self, order: OrderId) -> Option<OrderEnd> {
        self.0.lock().ends.get(&order).cloned()
    }
}

impl Inner {
    fn settle(&mut self, applied: Seq) {
        let doubtful = &mut self.doubtful;
        self.settled.retain(|(first, ids)| {
            let waits = applied < *first;
            if !waits {
                doubtful.retain(|id, _| !ids.contains(id));
            }
            waits
        });
    }

    fn ended(&mut self, order: OrderId, end: OrderEnd) {
        for sender in self.orders.remove(&order).unwrap_or_default() {
            drop(sender.send(end.clone()));
        }
        self.ends.insert(order, end);
        self.ends_in_order.push_back(order);
        if self.ends_in_order.len() > RECENT_ENDS
            && let Some(oldest) = self.ends_in_order.pop_front()
        {
            self.ends.remove(&oldest);
        }
    }
}

/// Whoever asked may be gone; his command is in all the same.
pub(crate) fn tell(told: Vec<(Asker, Arc<Outcome>)>) {
    told.into_iter().for_each(|(asker, outcome)| asker.tell(Ok(outcome)));
}

fn end_of(event: &Event) -> Option<(OrderId, OrderEnd)> {
    match event {
        Event::PositionOpened(opened) => Some((opened.order, OrderEnd::Opened(Arc::new((**opened).clone())))),
        Event::PositionClosed(closed) => Some((closed.order?, OrderEnd::Closed(Arc::new((**closed).clone())))),
        Event::OrderCancelled { book, order, reason } => Some((*order, OrderEnd::Cancelled { book: *book, reason: reason.clone() })),
        _ => None,
    }
}
