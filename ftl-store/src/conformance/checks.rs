//! The checks, each one function, in a table.

mod appending;
mod reading;
mod refusals;
mod surviving;
mod time;
mod waiting;

use std::sync::Arc;

use ftl_core::command::{Action, Command};
use ftl_core::id::{CommandId, Seq};
use ftl_core::journal::{AppendError, Appended, Journal, StoredBatch, Tip};
use ftl_core::time::At;
use futures::FutureExt;

use super::{Check, Founding, Harness, Subject, Violation};

type Checked = Result<(), Violation>;

/// A row of the table: the function's name is the check's.
macro_rules! check {
    ($module:ident :: $name:ident) => {
        Check { name: stringify!($name), run: |harness| $module::$name(harness).boxed() }
    };
}

/// Every check, in the order in which they run.
pub const CHECKS: &[Check] = &[
    check!(appending::seqs_are_dense_from_one),
    check!(appending::no_seq_is_given_twice),
    check!(appending::a_batch_is_whole),
    check!(appending::commands_keep_their_order),
    check!(appending::commands_come_back_as_they_were),
    check!(appending::a_repeated_command_is_stored_again),
    check!(appending::concurrent_appends_each_get_their_own_place),
    check!(appending::an_append_whose_caller_left_is_whole_or_absent),
    check!(reading::batches_link_and_hash),
    check!(reading::a_read_sees_what_was_acknowledged),
    check!(reading::a_read_from_the_start_begins_at_one_or_says_trimmed),
    check!(reading::a_limit_counts_entries_and_splits_no_batch),
    check!(reading::a_read_behind_the_head_is_empty),
    check!(reading::the_head_is_the_end_of_what_can_be_read),
    check!(reading::history_never_changes),
    check!(time::stamped_time_never_goes_back),
    check!(time::supplied_time_never_goes_back),
    check!(time::time_comes_from_one_side_only),
    check!(refusals::an_append_from_another_epoch_is_refused),
    check!(refusals::an_append_of_a_caller_ahead_of_the_head_is_refused),
    check!(refusals::an_empty_batch_is_refused),
    check!(refusals::a_refused_append_changes_nothing),
    check!(waiting::waiting_ends_when_an_entry_arrives),
    check!(waiting::waiting_ends_at_once_where_there_is_more),
    check!(surviving::what_was_acknowledged_survives_reopening),
    check!(surviving::a_reopened_journal_goes_on_where_it_ended),
];

fn violation<T>(why: impl Into<String>) -> Result<T, Violation> {
    Err(Violation(why.into()))
}

/// Fails with `why` where it does not hold.
fn require(holds: bool, why: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { violation(why()) }
}

/// Commands whose ids, bodies and contents all differ.
fn commands(ids: std::ops::Range<u64>) -> Vec<Command> {
    let command = |n: u64| Command {
        id: CommandId((u128::from(n) << 64) | 0x7000),
        body: n.wrapping_mul(0x9E37_79B9),
        not_after: n.is_multiple_of(2).then_some(At(10_000 + n)),
        action: Action::Tick { due: At(n) },
    };
    ids.map(command).collect()
}

/// A journal founded with supplied time, and what was appended to it.
struct Log {
    subject: Box<dyn Subject>,
    journal: Arc<dyn Journal>,
    at: u64,
    next_id: u64,
    acknowledged: Vec<(Appended, Vec<Command>)>,
}

impl Log {
    async fn create(harness: &dyn Harness) -> Self {
        let subject = harness.create(Founding::Supplied).await;
        Self { journal: subject.journal(), subject, at: 1_000, next_id: 1, acknowledged: Vec::new() }
    }

    /// Appends a batch of `count` new commands, a millisecond after the one before.
    async fn append(&mut self, count: u64) -> Result<Appended, Violation> {
        let batch = commands(self.next_id..self.next_id + count);
        self.next_id += count;
        self.append_these(batch).await
    }

    async fn append_these(&mut self, batch: Vec<Command>) -> Result<Appended, Violation> {
        self.at += 1;
        let seen = self.tip().await?;
        let appended = self.journal.append(seen, Some(At(self.at)), batch.clone()).await.map_err(unexpected)?;
        self.acknowledged.push((appended, batch));
        Ok(appended)
    }

    async fn append_all(&mut self, counts: &[u64]) -> Checked {
        for count in counts {
            self.append(*count).await?;
        }
        Ok(())
    }

    async fn tip(&self) -> Result<Tip, Violation> {
        self.journal.head().await.map_err(|error| Violation(error.to_string()))
    }

    async fn read(&self, after: Seq, limit: usize) -> Result<Vec<StoredBatch>, Violation> {
        self.journal.read(after, limit).await.map_err(|error| Violation(error.to_string()))
    }

    async fn read_all(&self) -> Result<Vec<StoredBatch>, Violation> {
        self.read(Seq(0), usize::MAX).await
    }

    /// That everything acknowledged is there, where it was said to be.
    async fn require_acknowledged(&self) -> Checked {
        let stored = self.read_all().await?;
        for (appended, batch) in &self.acknowledged {
            let Some(found) = stored.iter().find(|found| found.first == appended.first) else {
                return violation(format!("the batch acknowledged at {} is not there", appended.first));
            };
            require(found.commands == *batch, || format!("the batch at {} is not what was appended", appended.first))?;
            require(found.at == appended.at, || format!("the batch at {} has another time than was acknowledged", appended.first))?;
            require(found.last() == appended.last, || format!("the batch at {} ends at {}", appended.first, found.last()))?;
        }
        require(stored.len() == self.acknowledged.len(), || {
            format!("{} batches stored, {} acknowledged", stored.len(), self.acknowledged.len())
        })
    }

    async fn reopen(self) -> Self {
        // The other handle goes first: a store may hold on to its files until the last one is gone.
        let Self { subject, journal, at, next_id, acknowledged } = self;
        drop(journal);
        let subject = subject.reopen().await;
        Self { journal: subject.journal(), subject, at, next_id, acknowledged }
    }
}

fn unexpected(error: AppendError) -> Violation {
    Violation(format!("an append that should go in: {error}"))
}
