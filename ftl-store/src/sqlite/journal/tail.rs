//! `Tail`: the last batches of a journal, kept as they were stored, for readers in the writer's process.
//!
//! The writer puts a batch in once it is on disk; a replica that keeps up reads it from here and costs the file nothing.
//! What is older, or what was there when the journal was opened, comes from the file.

use std::collections::VecDeque;
use std::sync::{Arc, PoisonError, RwLock};

use ftl_core::id::Seq;
use ftl_core::journal::StoredBatch;

/// Entries that are kept, in whole batches.
const ENTRIES: usize = 16_384;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Tail(RwLock<Kept>);

#[derive(Debug, Default)]
struct Kept {
    batches: VecDeque<Arc<StoredBatch>>,
    entries: usize,
}

impl Tail {
    /// The newest batch; it is on disk.
    pub(super) fn push(&self, batch: StoredBatch) {
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        kept.entries += batch.commands.len();
        kept.batches.push_back(Arc::new(batch));
        while kept.entries > ENTRIES && kept.batches.len() > 1 {
            kept.entries -= kept.batches.pop_front().map_or(0, |batch| batch.commands.len());
        }
    }

    /// Whole batches behind `after` until they hold `limit` entries; `None` where the file must be asked.
    pub(super) fn behind(&self, after: Seq, limit: usize) -> Option<Vec<StoredBatch>> {
        let mut found: Vec<Arc<StoredBatch>> = Vec::new();
        {
            let kept = self.0.read().unwrap_or_else(PoisonError::into_inner);
            let begin = kept.batches.partition_point(|batch| batch.first <= after);
            if kept.batches.get(begin).is_none_or(|batch| batch.first != after.next()) {
                return None;
            }
            let mut entries = 0;
            for batch in kept.batches.range(begin..) {
                if entries >= limit {
                    break;
                }
                entries += batch.commands.len();
                found.push(Arc::clone(batch));
            }
        }
        Some(found.iter().map(|batch| StoredBatch::clone(batch)).collect())
    }
}

#[cfg(test)]
mod tests {
    use ftl_core::command::{Action, Command};
    use ftl_core::hash::Hash;
    use ftl_core::id::CommandId;
    use ftl_core::journal::BatchId;
    use ftl_core::time::At;

    use super::*;

    fn batch(first: u64, commands: u64) -> StoredBatch {
        let command = |n| Command { id: CommandId(n), body: 0, not_after: None, action: Action::Tick { due: At(0) } };
        StoredBatch {
            batch_id: BatchId(u128::from(first)),
            prev: BatchId(0),
            first: Seq(first),
            at: At(1),
            epoch: 0,
            chain: Hash::default(),
            commands: (0..u128::from(commands)).map(command).collect(),
        }
    }

    fn firsts(tail: &Tail, after: u64, limit: usize) -> Option<Vec<u64>> {
        tail.behind(Seq(after), limit).map(|batches| batches.iter().map(|batch| batch.first.0).collect())
    }

    #[test]
    fn whole_batches_are_given_until_the_limit_is_reached() {
        let tail = Tail::default();
        for (first, commands) in [(5, 3), (8, 1), (9, 2)] {
            tail.push(batch(first, commands));
        }
        assert_eq!(firsts(&tail, 4, 100), Some(vec![5, 8, 9]));
        assert_eq!(firsts(&tail, 4, 3), Some(vec![5]));
        assert_eq!(firsts(&tail, 4, 4), Some(vec![5, 8]));
        assert_eq!(firsts(&tail, 8, 1), Some(vec![9]));
    }

    #[test]
    fn what_is_not_here_or_begins_inside_a_batch_is_the_files_business() {
        let tail = Tail::default();
        assert_eq!(firsts(&tail, 0, 100), None);
        tail.push(batch(5, 3));
        for after in [0, 3, 5, 6, 7, 20] {
            assert_eq!(firsts(&tail, after, 100), None, "{after}");
        }
    }

    #[test]
    fn the_oldest_batches_go_when_there_are_too_many_entries() {
        let tail = Tail::default();
        let half = ENTRIES as u64 / 2 + 1;
        tail.push(batch(1, half));
        tail.push(batch(1 + half, half));
        assert_eq!(firsts(&tail, 0, 1), None);
        assert_eq!(firsts(&tail, half, 1), Some(vec![1 + half]));
    }
}
