//! What is wrong with a stream, and a new epoch where something is.
//!
//! ```text
//! under the epoch's lock:  the head goes (appends are refused) ──▶ what was tailed, and what of the old stream still links,
//!   is archived ──▶ the epoch is raised ──▶ a new stream is filled from the archive ──▶ its head is set ──▶ the old one goes
//! ```
//! The archive's head is the truth. What was acknowledged beyond it and is nowhere any more is lost, and named. A recovery
//! that dies on the way leaves no head, so the next one begins anew; one that is frozen loses the lock, and what it does to
//! Redis when it thaws is not done. A flusher calls it; it must never run without the lock.

use ftl_core::id::Seq;
use ftl_core::journal::{ChainCheck, JournalError, ReadError, StoredBatch};
use redis::RedisError;
use std::time::Duration;

use super::connect::{Keys, RedisServer, life};
use super::stream;
use super::turn::Turn;
use crate::appending::Head;
use crate::archive::{Archive, ArchiveError};
use crate::postgres::batches::PostgresBatches;
use crate::postgres::connect::Database;
use crate::postgres::leagues::{EpochLock, LeagueError};

/// How long Redis may take for one step.
const PATIENCE: Duration = Duration::from_secs(4);

/// Batches that are written or read at once.
const PAGE: usize = 256;

/// What a stream is, seen from its archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// It goes on where the archive ends, or beyond.
    Sound,
    /// Redis knows of no head: it was emptied, or a recovery died.
    Missing,
    /// It is of another epoch than the league: an older copy, or a recovery that did not come to its end.
    OtherEpoch {
        /// The stream's.
        stream: u64,
        /// The league's.
        league: u64,
    },
    /// The server began anew since the head was set: it may have lost its last entries, and nobody can tell.
    Restarted,
    /// It ends before the archive: an older copy.
    Behind {
        /// Where the stream ends.
        stream: Seq,
        /// Where the archive ends.
        archive: Seq,
    },
    /// At its own end, or at the archive's, it holds something else or nothing: another history.
    Unlinked {
        /// Where.
        at: Seq,
    },
}

/// What the caller of a recovery knows.
#[derive(Clone, Debug)]
pub struct Known {
    /// The epoch in which it found the stream unsound: a recovery since then is enough.
    pub epoch: u64,
    /// What it has read of the stream and not archived yet, in order.
    pub tailed: Vec<StoredBatch>,
    /// The last entry that it knows to have been acknowledged.
    pub acknowledged: Seq,
    /// The stream is filled with what comes behind this: the last confirmed snapshot.
    pub refill_after: Seq,
}

/// What a recovery did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovered {
    /// The epoch that takes more.
    pub epoch: u64,
    /// Where the journal ends: a replica that has applied more drops its state.
    pub head: ChainCheck,
    /// Batches that were saved into the archive.
    pub archived: usize,
    /// Batches that the new stream began with.
    pub refilled: usize,
    /// The entries that were acknowledged and are lost: first and last.
    pub lost: Option<(Seq, Seq)>,
}

/// Why a stream is not recovered.
#[derive(Debug, thiserror::Error)]
pub enum RecoveryError {
    /// Another process did it: go on in this epoch.
    #[error("the league is in epoch {0} already")]
    Done(u64),
    /// Another process is at it, or the database does not answer: look again.
    #[error(transparent)]
    League(#[from] LeagueError),
    /// The archive does not answer, or what was tailed does not follow it.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The archive cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The archive does not answer.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// Redis does not answer: look again.
    #[error("Redis does not answer: {0}")]
    Redis(#[from] RedisError),
    /// It took so long that another process has begun, or Redis was emptied meanwhile: look again.
    #[error("another recovery has begun since")]
    Overtaken,
}

/// Looks at a stream, seen from its archive.
pub async fn examine(redis: &RedisServer, archive: &PostgresBatches) -> Result<Health, RecoveryError> {
    let archived = archive.stored_head().await.map_err(LeagueError::from)?;
    let keys = Keys::of(archive.league());
    let mut connection = redis.connect(PATIENCE).await?;
    let end = archived.check.tip.seq;
    let run = life(&mut connection).await?;
    let fields = stream::head_fields(&mut connection, &keys).await?;
    let Some(head) = stream::head_of(&fields) else { return Ok(Health::Missing) };
    if head.epoch != archived.epoch {
        return Ok(Health::OtherEpoch { stream: head.epoch, league: archived.epoch });
    }
    if !stream::is_of(&fields, &run) {
        return Ok(Health::Restarted);
    }
    if head.check.tip.seq < end {
        return Ok(Health::Behind { stream: head.check.tip.seq, archive: end });
    }
    if head.check.tip.seq > Seq(0) {
        // The head is the last batch of its stream, or the stream went from under it.
        let (_, last) = stream::range(&mut connection, &keys, head.epoch, head.check.tip.seq, 1).await?;
        if last.first().and_then(stream::raw).is_none_or(|raw| raw.check() != head.check) {
            return Ok(Health::Unlinked { at: head.check.tip.seq });
        }
    }
    if end == Seq(0) {
        return Ok(Health::Sound);
    }
    let (_, found) = stream::range(&mut connection, &keys, head.epoch, end, 1).await?;
    let linked = found.first().and_then(stream::raw).is_some_and(|raw| match raw.last == end {
        true => raw.check() == archived.check,
        // Trimmed up to there: then what follows must link.
        false => raw.batch.first == end.next() && raw.batch.prev == archived.check.tip.batch_id,
    });
    Ok(if linked { Health::Sound } else { Health::Unlinked { at: end } })
}

/// Begins a new epoch from what the archive has, after everything that can be saved was saved.
pub async fn recover(redis: &RedisServer, database: &Database, league: &str, known: Known) -> Result<Recovered, RecoveryError> {
    let mut lock = EpochLock::take(database, league).await?;
    let recovered = under_lock(redis, database, league, known, &mut lock).await;
    lock.release().await;
    if let Ok(Recovered { epoch, head, lost: Some((first, last)), .. }) = &recovered {
        tracing::error!(league, epoch, head = head.tip.seq.0, first = first.0, last = last.0, "acknowledged entries are lost");
    }
    recovered
}

/// Takes the head away: nothing is appended until a recovery has begun a new epoch.
pub async fn shut(redis: &RedisServer, league: &str) -> Result<(), RecoveryError> {
    let mut connection = redis.connect(PATIENCE).await?;
    Ok(redis::cmd("DEL").arg(Keys::of(league).head()).exec_async(&mut connection).await?)
}

async fn under_lock(
    redis: &RedisServer,
    database: &Database,
    league: &str,
    known: Known,
    lock: &mut EpochLock,
) -> Result<Recovered, RecoveryError> {
    let former = lock.epoch().await?;
    let archive = PostgresBatches::new(database, league);
    // The epoch alone says nothing: a recovery that died behind its raise left no stream.
    if former != known.epoch && examine(redis, &archive).await? == Health::Sound {
        return Err(RecoveryError::Done(former));
    }
    let keys = Keys::of(league);
    let mut connection = redis.connect(PATIENCE).await?;

    let run = life(&mut connection).await?;
    let turn = Turn::take(&mut connection, &keys).await?;

    // From here on nothing more is acknowledged.
    let left = stream::head(&mut connection, &keys).await?;
    let mut gone = redis::pipe();
    gone.del(keys.head());
    mend(&turn, &mut connection, &mut gone).await?;

    let mut head = archive.head().await?;
    let mut archived = 0;
    let tailed = behind(&known.tailed, &head);
    if !tailed.is_empty() {
        head = archive.store(former, &head, tailed).await?;
        archived += tailed.len();
    }
    let mut acknowledged = known.acknowledged.max(tailed.last().map_or(Seq(0), StoredBatch::last));
    if let Some(left) = &left {
        acknowledged = acknowledged.max(left.check.tip.seq);
    }
    // Of another epoch is what a former recovery has left behind, and named. Where there is no head one may have died
    // before its raise: the stream that it left is as it was.
    if left.as_ref().is_none_or(|left| left.epoch == former) {
        loop {
            lock.keep().await?;
            let rest = linked(&mut connection, &keys, former, &head).await?;
            let Some(last) = rest.last() else { break };
            acknowledged = acknowledged.max(last.last());
            head = archive.store(former, &head, &rest).await?;
            archived += rest.len();
        }
    }

    let epoch = lock.raise(former).await?;
    // Until then other flushers may have stored more of the former epoch; from here on nobody does.
    head = archive.head().await?;
    let mut former_attempt = redis::pipe();
    former_attempt.del(keys.stream(epoch));
    mend(&turn, &mut connection, &mut former_attempt).await?;
    let mut refilled = 0;
    let mut from = archive.end_before(Seq(known.refill_after.0.saturating_add(1).min(head.tip.seq.0))).await.map_err(LeagueError::from)?;
    while from < head.tip.seq {
        lock.keep().await?;
        let batches = archive.read(from, PAGE * 64).await?;
        let Some(last) = batches.last() else { break };
        from = last.last();
        mend(&turn, &mut connection, &mut stream::refill(&keys, epoch, &batches)).await?;
        refilled += batches.len();
    }
    let mut old = vec![keys.stream(former)];
    old.extend(left.filter(|left| left.epoch != epoch).map(|left| keys.stream(left.epoch)));
    let mut done = redis::pipe();
    done.add_command(stream::setting_head(&keys, &Head { epoch, check: head.clone() }, &run)).del(&old);
    mend(&turn, &mut connection, &mut done).await?;
    let lost = (acknowledged > head.tip.seq).then(|| (head.tip.seq.next(), acknowledged));
    Ok(Recovered { epoch, head, archived, refilled, lost })
}

/// Changes something in Redis, if nobody else has begun to mend since.
async fn mend(turn: &Turn, connection: &mut redis::aio::MultiplexedConnection, change: &mut redis::Pipeline) -> Result<(), RecoveryError> {
    if turn.change(connection, change).await? { Ok(()) } else { Err(RecoveryError::Overtaken) }
}

/// What of `tailed` the archive has not yet, if it follows it.
fn behind<'t>(tailed: &'t [StoredBatch], head: &ChainCheck) -> &'t [StoredBatch] {
    let begin = tailed.partition_point(|batch| batch.last() <= head.tip.seq);
    let rest = &tailed[begin..];
    if rest.first().is_some_and(|first| first.prev == head.tip.batch_id) { rest } else { &[] }
}

/// Batches of a stream behind `head`, as far as they follow it.
async fn linked(
    connection: &mut redis::aio::MultiplexedConnection,
    keys: &Keys,
    epoch: u64,
    head: &ChainCheck,
) -> Result<Vec<StoredBatch>, RecoveryError> {
    let (_, found) = stream::range(connection, keys, epoch, head.tip.seq.next(), PAGE).await?;
    let mut check = head.clone();
    let mut batches = Vec::new();
    for raw in found.iter().map_while(stream::raw) {
        if raw.follow(&mut check).is_err() {
            break;
        }
        batches.push(raw.decode()?);
    }
    Ok(batches)
}
