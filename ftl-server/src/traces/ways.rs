//! The spans that are open, each by what the next step knows of its command: first its id, then its seq.

use std::collections::{BTreeMap, HashMap};

use ftl_core::id::{CommandId, Seq};
use parking_lot::Mutex;
use tracing::{Span, info_span};

/// Commands whose spans are held; what comes on top is not traced.
const MOST: usize = 10_000;

/// See the module above.
#[derive(Debug, Default)]
pub struct Traces(Mutex<Ways>);

#[derive(Debug, Default)]
struct Ways {
    appending: HashMap<CommandId, Step>,
    applying: BTreeMap<Seq, Step>,
    flushing: BTreeMap<Seq, Span>,
    applied: Seq,
    flushed: Seq,
}

/// A span that is open, and the request's, under which the next one begins.
#[derive(Debug)]
struct Step {
    request: Span,
    _open: Span,
}

impl Traces {
    /// A request asks for a command; called within its span.
    pub(crate) fn begin(&self, id: CommandId) {
        let request = Span::current();
        if request.is_disabled() {
            return;
        }
        let mut ways = self.0.lock();
        if ways.appending.len() + ways.applying.len() + ways.flushing.len() < MOST {
            let open = info_span!(parent: &request, "append");
            ways.appending.insert(id, Step { request, _open: open });
        }
    }

    /// It was not appended, as far as is known.
    pub(crate) fn failed(&self, id: CommandId) {
        self.0.lock().appending.remove(&id);
    }

    /// The journal has them, from `first` on.
    pub(crate) fn appended(&self, ids: impl Iterator<Item = CommandId>, first: Seq) {
        let mut ways = self.0.lock();
        if ways.appending.is_empty() {
            return;
        }
        let mut seq = first;
        for id in ids {
            if let Some(Step { request, .. }) = ways.appending.remove(&id) {
                let open = info_span!(parent: &request, "apply", seq = seq.0);
                ways.applying.insert(seq, Step { request, _open: open });
            }
            seq = seq.next();
        }
        // The apply thread may have been faster.
        let applied = ways.applied;
        ways.apply(applied);
    }

    /// Everything up to `last` is applied here.
    pub(crate) fn applied(&self, last: Seq) {
        self.0.lock().apply(last);
    }

    /// Everything up to `last` is history.
    pub(crate) fn flushed(&self, last: Seq) {
        self.0.lock().flush(last);
    }
}

impl Ways {
    fn apply(&mut self, last: Seq) {
        self.applied = last;
        while let Some(entry) = self.applying.first_entry().filter(|entry| *entry.key() <= last) {
            let (seq, Step { request, .. }) = entry.remove_entry();
            self.flushing.insert(seq, info_span!(parent: &request, "flush", seq = seq.0));
        }
        self.flush(self.flushed);
    }

    fn flush(&mut self, last: Seq) {
        self.flushed = last;
        while self.flushing.first_entry().is_some_and(|entry| *entry.key() <= last) {
            self.flushing.pop_first();
        }
    }
}
