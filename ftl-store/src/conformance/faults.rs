//! Journals with one seeded fault each, over any journal that has none: they prove that the suite notices.
//!
//! A faulty journal keeps its entries in a sound one and distorts what callers see of them. Links and hashes are made
//! anew over the distorted entries, so that it takes the check that is meant for a fault to notice it, not just a hash.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use ftl_core::command::Command;
use ftl_core::hash::Hash;
use ftl_core::id::{CommandId, Seq};
use ftl_core::journal::{AppendError, Appended, BatchId, Journal, JournalError, ReadError, StoredBatch, Tip};
use ftl_core::time::At;

use super::{Founding, Harness, Subject};

/// What a journal does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A seq is left out.
    Gap,
    /// A seq is given to two commands.
    DuplicateSeq,
    /// A batch is stored with an earlier time than the one before.
    AtBackwards,
    /// The last batch lacks its last command.
    TornBatch,
    /// The last batch is gone after a restart.
    LostTail,
    /// The first read after an append does not see it.
    StaleRead,
    /// An append by a caller of another epoch goes in.
    WrongEpochAccepted,
    /// A command comes back without its id.
    ForgottenId,
    /// Whoever waits is not woken.
    MissedWakeUp,
    /// Commands of a batch change places.
    ReorderedBatch,
    /// The oldest batches go, and a read from the start does not say so.
    SilentTrim,
    /// A batch that was acknowledged makes room for the next one.
    Rollback,
    /// A batch of commands that were stored before is acknowledged with their old place and not stored.
    SwallowedRetry,
    /// An append by a caller ahead of the head goes in.
    LostTailAccepted,
}

impl Fault {
    /// All of them, each with the check that is meant for it.
    pub const ALL: [(Self, &'static str); 14] = [
        (Self::Gap, "seqs_are_dense_from_one"),
        (Self::DuplicateSeq, "no_seq_is_given_twice"),
        (Self::AtBackwards, "supplied_time_never_goes_back"),
        (Self::TornBatch, "a_batch_is_whole"),
        (Self::LostTail, "what_was_acknowledged_survives_reopening"),
        (Self::StaleRead, "a_read_sees_what_was_acknowledged"),
        (Self::WrongEpochAccepted, "an_append_from_another_epoch_is_refused"),
        (Self::ForgottenId, "commands_come_back_as_they_were"),
        (Self::MissedWakeUp, "waiting_ends_when_an_entry_arrives"),
        (Self::ReorderedBatch, "commands_keep_their_order"),
        (Self::SilentTrim, "a_read_from_the_start_begins_at_one_or_says_trimmed"),
        (Self::Rollback, "history_never_changes"),
        (Self::SwallowedRetry, "a_repeated_command_is_stored_again"),
        (Self::LostTailAccepted, "an_append_of_a_caller_ahead_of_the_head_is_refused"),
    ];
}

/// Another harness's journals, with one fault.
pub struct FaultyHarness<'h> {
    /// Where the sound journals come from.
    pub sound: &'h dyn Harness,
    /// What goes wrong.
    pub fault: Fault,
}

#[async_trait]
impl Harness for FaultyHarness<'_> {
    fn name(&self) -> String {
        format!("{} with {:?}", self.sound.name(), self.fault)
    }

    async fn create(&self, clock: Founding) -> Box<dyn Subject> {
        let sound = self.sound.create(clock).await;
        Box::new(FaultySubject { journal: Arc::new(Faulty::over(sound.journal(), self.fault)), sound })
    }
}

struct FaultySubject {
    sound: Box<dyn Subject>,
    journal: Arc<Faulty>,
}

#[async_trait]
impl Subject for FaultySubject {
    fn journal(&self) -> Arc<dyn Journal> {
        self.journal.clone()
    }

    async fn reopen(self: Box<Self>) -> Box<dyn Subject> {
        let Self { sound, journal } = *self;
        let fault = journal.fault;
        let lost = journal.sound.head().await.map(|tip| tip.seq).unwrap_or_default();
        drop(journal);
        let sound = sound.reopen().await;
        let journal = Faulty::over(sound.journal(), fault);
        if fault == Fault::LostTail {
            journal.lost.store(lost.0, Ordering::SeqCst);
        }
        Box::new(FaultySubject { journal: Arc::new(journal), sound })
    }
}

/// A sound journal behind a fault.
struct Faulty {
    sound: Arc<dyn Journal>,
    fault: Fault,
    /// The last seq that a restart lost; 0: none.
    lost: AtomicU64,
    /// The next read is to be stale.
    stale: AtomicBool,
    places: Mutex<BTreeMap<CommandId, Appended>>,
}

impl Faulty {
    fn over(sound: Arc<dyn Journal>, fault: Fault) -> Self {
        Self { sound, fault, lost: AtomicU64::new(0), stale: AtomicBool::new(false), places: Mutex::default() }
    }

    /// Everything stored, as the fault shows it.
    async fn view(&self) -> Result<Vec<StoredBatch>, ReadError> {
        let mut batches = self.sound.read(Seq(0), usize::MAX).await?;
        self.distort(&mut batches);
        seal(&mut batches);
        Ok(batches)
    }

    fn distort(&self, batches: &mut Vec<StoredBatch>) {
        let from_third = batches.iter_mut().skip(2);
        match self.fault {
            Fault::Gap => from_third.for_each(|batch| batch.first.0 += 1),
            Fault::DuplicateSeq => from_third.for_each(|batch| batch.first.0 -= 1),
            Fault::AtBackwards => from_third.step_by(2).for_each(|batch| batch.at.0 -= 500),
            Fault::ForgottenId => from_third.flat_map(|batch| &mut batch.commands).for_each(|command| command.id = CommandId(0)),
            Fault::ReorderedBatch => from_third.for_each(|batch| batch.commands.reverse()),
            Fault::TornBatch => {
                if let Some(last) = batches.last_mut().filter(|batch| batch.commands.len() > 1) {
                    last.commands.pop();
                }
            }
            Fault::LostTail => batches.retain(|batch| batch.last().0 != self.lost.load(Ordering::SeqCst)),
            Fault::SilentTrim if batches.len() > 16 => drop(batches.drain(..8)),
            Fault::Rollback if batches.len() > 4 => {
                let gone = batches.remove(3);
                let room = gone.last().0 - gone.first.0 + 1;
                batches.iter_mut().skip(3).for_each(|batch| batch.first.0 -= room);
            }
            Fault::SilentTrim
            | Fault::Rollback
            | Fault::StaleRead
            | Fault::WrongEpochAccepted
            | Fault::MissedWakeUp
            | Fault::SwallowedRetry
            | Fault::LostTailAccepted => {}
        }
    }

    fn places(&self) -> std::sync::MutexGuard<'_, BTreeMap<CommandId, Appended>> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Links and hashes as if the entries had always been these.
fn seal(batches: &mut [StoredBatch]) {
    let (mut prev, mut chain) = (BatchId::default(), Hash::default());
    for batch in batches {
        batch.prev = prev;
        batch.chain = batch.chain_after(&chain);
        (prev, chain) = (batch.batch_id, batch.chain);
    }
}

#[async_trait]
impl Journal for Faulty {
    async fn append(&self, seen: Tip, at: Option<At>, commands: Vec<Command>) -> Result<Appended, AppendError> {
        let mut seen = seen;
        let unknown = |error: JournalError| AppendError::Unknown(error.to_string());
        let head = self.sound.head().await.map_err(unknown)?;
        match self.fault {
            Fault::WrongEpochAccepted => seen.epoch = head.epoch,
            Fault::LostTailAccepted | Fault::Gap | Fault::LostTail => seen.seq = seen.seq.min(head.seq),
            Fault::SwallowedRetry => {
                let places = self.places();
                let known = commands.iter().map(|command| places.get(&command.id)).collect::<Option<Vec<_>>>();
                if let Some(place) = known.and_then(|places| places.first().copied().copied()) {
                    return Ok(place);
                }
            }
            _ => {}
        }
        let ids: Vec<CommandId> = commands.iter().map(|command| command.id).collect();
        let mut appended = self.sound.append(seen, at, commands).await?;
        self.places().extend(ids.into_iter().map(|id| (id, appended)));
        self.stale.store(true, Ordering::SeqCst);
        if matches!(self.fault, Fault::Gap | Fault::DuplicateSeq | Fault::Rollback | Fault::AtBackwards) {
            // These give out the places that they show.
            let view = self.view().await.map_err(|error| AppendError::Unknown(error.to_string()))?;
            if let Some(batch) = view.last() {
                appended = Appended { first: batch.first, last: batch.last(), at: batch.at };
            }
        }
        Ok(appended)
    }

    async fn read(&self, after: Seq, limit: usize) -> Result<Vec<StoredBatch>, ReadError> {
        let mut view = self.view().await?;
        if self.fault == Fault::StaleRead && self.stale.swap(false, Ordering::SeqCst) {
            view.pop();
        }
        let mut entries = 0;
        let behind = view.into_iter().skip_while(|batch| batch.last() <= after);
        let wanted = behind.take_while(|batch| {
            let wanted = entries < limit;
            entries += batch.commands.len();
            wanted
        });
        Ok(wanted.collect())
    }

    async fn head(&self) -> Result<Tip, JournalError> {
        let view = self.view().await.map_err(|error| JournalError(error.to_string()))?;
        match view.last() {
            Some(batch) => Ok(Tip { epoch: batch.epoch, seq: batch.last(), batch_id: batch.batch_id }),
            None => self.sound.head().await,
        }
    }

    async fn wait(&self, after: Seq) -> Result<(), JournalError> {
        if self.fault != Fault::MissedWakeUp {
            return self.sound.wait(after).await;
        }
        if self.sound.head().await?.seq > after { Ok(()) } else { std::future::pending().await }
    }
}
