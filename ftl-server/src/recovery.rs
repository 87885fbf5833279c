//! Looks after the stream of a league that Redis orders: whether it goes on where the archive ends, how long it is, how full
//! Redis is. One task of every process that has databases to look at; a flusher's also mends.
//!
//! ```text
//!  examine ──sound──▶ trim what is archived and behind the last snapshot
//!     └──unsound, twice──▶ recover: a new epoch from what the archive has ──▶ replicas notice, and load their state anew
//! ```

use std::time::Duration;

use ftl_core::id::Seq;
use ftl_store::archive::Archive;
use ftl_store::redis::connect::RedisServer;
use ftl_store::redis::journal::RedisJournal;
use ftl_store::redis::recovery::{self, Health, Known, RecoveryError};

use crate::app::App;
use crate::stores::shared::{SharedLeague, Stream};

/// Between two looks.
const LOOK: Duration = Duration::from_millis(500);
/// Looks that find a stream unsound before it is recovered; a restart of Redis is certain at once.
const STRIKES: u32 = 2;
/// How long a recovery waits for what this process has read of the stream to reach the archive.
const LAST_WORDS: Duration = Duration::from_secs(3);
/// Entries that may wait for the archive before opens are shed.
const MOST_BEHIND: u64 = 2_000_000;
/// Of Redis's memory, in thousandths, before opens are shed.
const FULLEST: u64 = 700;
/// Looks between two trims, and between two looks at the memory.
const SELDOM: u32 = 10;

/// Looks after the stream until the server ends.
pub(crate) async fn look_after(app: App, league: SharedLeague) {
    let Some(Stream { redis, journal }) = league.stream.clone() else { return };
    let mut strikes = 0;
    let mut looks = 0u32;
    let mut archived = app.seq();
    loop {
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            () = app.ending.cancelled() => return,
        }
        looks = looks.wrapping_add(1);
        if looks.is_multiple_of(SELDOM) {
            measure(&app, &league, &redis, &mut archived).await;
        }
        if league.flusher.is_none() {
            continue;
        }
        match recovery::examine(&redis, &league.batches).await {
            Ok(Health::Sound) => {
                strikes = 0;
                if looks.is_multiple_of(SELDOM) {
                    trim(&app, &journal).await;
                }
            }
            Ok(unsound) => {
                strikes += 1;
                tracing::warn!(?unsound, strikes, "the stream does not go on where the archive ends");
                if strikes >= STRIKES || unsound == Health::Restarted {
                    recover(&app, &league, &redis).await;
                    strikes = 0;
                }
            }
            Err(error) => {
                strikes = 0;
                tracing::debug!(%error, "the stream cannot be looked at");
            }
        }
    }
}

/// Sheds opens while the archive is far behind, or Redis fills up.
async fn measure(app: &App, league: &SharedLeague, redis: &RedisServer, archived: &mut Seq) {
    let (archive, memory) = tokio::join!(league.batches.head(), redis.memory_permille());
    // An archive that does not answer stays where it was.
    if let Ok(head) = archive {
        *archived = head.tip.seq;
    }
    let behind = app.seq().0.saturating_sub(archived.0);
    let memory = memory.ok().flatten();
    metrics::gauge!("ftl_archive_lag_entries").set(behind as f64);
    metrics::gauge!("ftl_redis_memory_permille").set(memory.unwrap_or(0) as f64);
    app.replica.shed_opens(behind > MOST_BEHIND || memory.is_some_and(|permille| permille > FULLEST));
}

/// What is behind the last snapshot is read from the archive.
async fn trim(app: &App, journal: &RedisJournal) {
    let upto = app.replica.last_snapshot().await;
    match journal.trim(upto).await {
        Ok(trimmed) => tracing::debug!(%upto, trimmed, "the stream is trimmed"),
        Err(error) => tracing::warn!(%error, "the stream cannot be trimmed"),
    }
}

async fn recover(app: &App, league: &SharedLeague, redis: &RedisServer) {
    let applied = app.seq();
    if let Some(flusher) = &league.flusher {
        let mut archived = flusher.archived();
        // What does not come in time is lost, and named.
        let _ = tokio::time::timeout(LAST_WORDS, archived.wait_for(|at| *at >= applied)).await;
    }
    let refill_after = app.replica.last_snapshot().await;
    let known = Known { epoch: app.replica.epoch(), tailed: Vec::new(), acknowledged: applied, refill_after };
    match recovery::recover(redis, &league.database, &app.config.league, known).await {
        Ok(done) => {
            let (epoch, head, lost) = (done.epoch, done.head.tip.seq, done.lost);
            if let Some((first, last)) = lost {
                metrics::counter!("ftl_lost_entries_total").increment(last.0.saturating_sub(first.0) + 1);
            }
            tracing::warn!(epoch, %head, ?lost, archived = done.archived, refilled = done.refilled, "the journal goes on in a new epoch");
        }
        Err(RecoveryError::Done(epoch)) => tracing::info!(epoch, "another process has begun a new epoch"),
        Err(error) => tracing::warn!(%error, "the stream is not recovered yet"),
    }
}
