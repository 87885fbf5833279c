//! Which command ids may have an answer in the store: almost every command is new, and a new one need not be looked up.
//!
//! A Bloom filter for each million ids, dropped when the last of them is older than answers are kept. It may say "maybe"
//! of a new id (about one in a hundred), never "no" of a stored one: ids go in before their answers are written, and
//! until those before the replica's beginning are read, with none of them on its way to the store any more, it says
//! "maybe" of everything.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};

use fastbloom::BloomFilter;
use ftl_core::id::{CommandId, Seq};
use ftl_core::time::At;
use parking_lot::RwLock;

/// Ids in one filter: 1.2 MB of memory.
const IDS: usize = 1_000_000;
/// How often a filter says "maybe" of an id that it does not hold.
const FALSE_POSITIVES: f64 = 0.01;

/// See the module.
#[derive(Default)]
pub struct PastIds {
    /// The entry behind the last one whose id, and all before it, are in; 0 while nothing of the kind is known.
    complete: AtomicU64,
    filters: RwLock<VecDeque<Filter>>,
}

struct Filter {
    ids: BloomFilter,
    held: usize,
    newest: At,
}

impl PastIds {
    /// These may have an answer from now on.
    pub fn insert(&self, ids: impl Iterator<Item = (CommandId, At)>) {
        let mut filters = self.filters.write();
        for (id, at) in ids {
            if filters.back().is_none_or(|filter| filter.held >= IDS) {
                let ids = BloomFilter::with_false_pos(FALSE_POSITIVES).expected_items(IDS);
                filters.push_back(Filter { ids, held: 0, newest: At(0) });
            }
            let Some(filter) = filters.back_mut() else { return };
            filter.ids.insert(&id.0);
            filter.held += 1;
            filter.newest = filter.newest.max(at);
        }
    }

    /// Those up to `seq` are in, and have their answers in the store.
    pub fn complete(&self, seq: Seq) {
        self.complete.fetch_max(seq.0.saturating_add(1), Ordering::AcqRel);
    }

    /// Those of the entries from `first` to `last` are in too.
    pub fn extend(&self, first: Seq, last: Seq) {
        let follows = |complete: u64| (complete != 0 && first.0 <= complete).then(|| complete.max(last.0.saturating_add(1)));
        // Where they do not follow, or nothing is known yet, it stays as it was.
        let _ = self.complete.fetch_update(Ordering::AcqRel, Ordering::Acquire, follows);
    }

    /// Whether every id up to `seq` is in.
    pub fn is_complete(&self, seq: Seq) -> bool {
        self.complete.load(Ordering::Acquire) > seq.0
    }

    /// Answers before `at` are gone.
    pub fn forget_before(&self, at: At) {
        self.filters.write().retain(|filter| filter.newest >= at);
    }

    /// `false`: certainly there is no answer; `begun` is where the replica began.
    pub fn may_hold(&self, id: CommandId, begun: Seq) -> bool {
        !self.is_complete(begun) || self.holds(id)
    }

    /// Whether it was among those that were put in; now and then of one that was not.
    pub fn holds(&self, id: CommandId) -> bool {
        self.filters.read().iter().any(|filter| filter.ids.contains(&id.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(range: std::ops::Range<u128>, at: u64) -> impl Iterator<Item = (CommandId, At)> {
        range.map(move |n| (CommandId(n.wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835)), At(at)))
    }

    #[test]
    fn what_is_in_is_never_denied_and_few_others_are_looked_up() {
        let past = PastIds::default();
        past.complete(Seq(0));
        past.insert(ids(0..5_000, 7));
        assert!(ids(0..5_000, 7).all(|(id, _)| past.may_hold(id, Seq(0))));
        let maybe = ids(5_000..25_000, 7).filter(|(id, _)| past.may_hold(*id, Seq(0))).count();
        assert!(maybe < 400, "{maybe} of 20,000");
    }

    #[test]
    fn nothing_is_denied_before_earlier_runs_are_read() {
        let past = PastIds::default();
        assert!(past.may_hold(CommandId(1), Seq(0)));
        past.complete(Seq(0));
        assert!(!past.may_hold(CommandId(1), Seq(0)));
    }

    #[test]
    fn a_beginning_behind_what_is_in_makes_it_incomplete_again() {
        let past = PastIds::default();
        past.extend(Seq(1), Seq(9));
        assert!(!past.is_complete(Seq(0)), "what came before is not read yet");
        past.complete(Seq(5));
        assert!(past.is_complete(Seq(5)) && !past.is_complete(Seq(6)));
        past.extend(Seq(6), Seq(9));
        assert!(past.is_complete(Seq(9)));
        // A gap: the replica began anew from a snapshot that it had not applied itself.
        past.extend(Seq(12), Seq(14));
        assert!(past.may_hold(CommandId(1), Seq(11)));
    }

    #[test]
    fn a_filter_goes_when_its_last_answer_is_too_old() {
        let past = PastIds::default();
        past.complete(Seq(0));
        past.insert(ids(0..10, 100));
        past.forget_before(At(100));
        assert!(past.may_hold(CommandId(0), Seq(0)));
        past.forget_before(At(101));
        assert!(!past.may_hold(CommandId(0), Seq(0)));
    }
}
