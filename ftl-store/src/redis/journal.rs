//! The journal in a Redis stream, shared by as many processes as like, with an archive behind it.
//!
//! ```text
//! append ──▶ task ──▶ one transaction, if the head was not touched: into the stream, the head moves ──▶ acknowledged
//! wait   ──▶ the watch: a blocking read on a connection of its own
//! read   ──▶ the stream; what it has trimmed, the archive. Links and hashes are checked
//! ```
//! It must never serve a batch that it did not check, and never make a stream where there was one: that is recovery's.

mod store;
mod watch;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use ftl_core::command::Command;
use ftl_core::id::Seq;
use ftl_core::journal::{AppendError, Appended, ChainCheck, Journal, JournalError, ReadError, Refusal, StoredBatch, Tip};
use ftl_core::time::At;
use redis::RedisError;

use self::store::Store;
use self::watch::Watch;
use super::connect::{ConnectError, Keys, Link, RedisServer, life};
use super::stream::{self, Entry};
use crate::appending::{Appender, Head, SharedOptions};
use crate::archive::Archive;
use crate::postgres::batches::PostgresBatches;
use crate::postgres::connect::Database;
use crate::postgres::leagues::{self, Founded, LeagueError, OrderedBy};
use crate::safeguard::Safeguard;

/// Entries that are asked for at once.
const PAGE: usize = 512;

/// Why a journal is not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Redis.
    #[error(transparent)]
    Redis(#[from] ConnectError),
    /// PostgreSQL, or the league.
    #[error(transparent)]
    League(#[from] LeagueError),
}

/// See the module. Dropping it finishes what was asked for.
pub struct RedisJournal {
    founded: Founded,
    keys: Keys,
    link: Link,
    epoch: AtomicU64,
    appender: Appender,
    watch: Watch,
    archive: Arc<dyn Archive>,
}

impl RedisJournal {
    /// Opens the journal of a league that was founded to be ordered by Redis. A stream that was never begun is begun; one
    /// that is gone is not: its appends are refused until it is recovered.
    pub async fn open(redis: &RedisServer, database: &Database, league: &str, options: SharedOptions) -> Result<Self, OpenError> {
        let archive = Arc::new(PostgresBatches::new(database, league));
        Self::open_over(redis, database, league, archive, options).await
    }

    /// With another archive behind it.
    pub async fn open_over(
        redis: &RedisServer,
        database: &Database,
        league: &str,
        archive: Arc<dyn Archive>,
        options: SharedOptions,
    ) -> Result<Self, OpenError> {
        let founded = leagues::find(database, league).await?;
        if founded.ordered_by != OrderedBy::Redis {
            let (found, asked) = (founded.ordered_by.name().into(), OrderedBy::Redis.name().into());
            return Err(LeagueError::Differs { what: "order", found, asked }.into());
        }
        redis.require_settings().await?;
        let keys = Keys::of(league);
        let link = Link::new(redis, options.patience);
        if leagues::begin_stream(database, league).await? {
            let mut connection = link.connection().await.map_err(ConnectError::Unreachable)?;
            let empty = Head { epoch: 0, check: ChainCheck::default() };
            let run = life(&mut connection).await.map_err(ConnectError::Unreachable)?;
            let set = stream::setting_head(&keys, &empty, &run);
            set.exec_async(&mut connection).await.map_err(ConnectError::Unreachable)?;
        }
        let store = Store::new(Link::new(redis, options.patience), keys.clone(), options.most_skew_ms);
        let appender = Appender::start(store, founded.meta.clock, &options);
        let watch = Watch::start(redis, keys.clone());
        Ok(Self { founded, keys, link, epoch: AtomicU64::new(0), appender, watch, archive })
    }

    /// What the league was founded as.
    pub fn founded(&self) -> &Founded {
        &self.founded
    }

    /// The archive behind it.
    pub fn archive(&self) -> &Arc<dyn Archive> {
        &self.archive
    }

    /// The end of the stream, with its chain hash and its time.
    pub async fn checked_head(&self) -> Result<ChainCheck, JournalError> {
        Ok(self.stream_head().await?.check)
    }

    /// Drops from the stream what ends before `to`, as far as it is archived; the batch that ends there stays. Says how many
    /// batches went. `to` is the caller's last confirmed snapshot.
    pub async fn trim(&self, to: Seq) -> Result<u64, JournalError> {
        let head = self.stream_head().await?;
        // The archive's last batch stays: by it a stream that is gone, or another one, is told from a sound one.
        let to = to.min(self.archive.head().await?.tip.seq).min(head.check.tip.seq);
        let mut connection = self.link.connection().await.map_err(no_answer)?;
        let trimmed =
            redis::cmd("XTRIM").arg(self.keys.stream(head.epoch)).arg("MINID").arg(stream::id(to)).query_async(&mut connection).await;
        self.link.checked(trimmed).await.map_err(no_answer)
    }

    async fn stream_head(&self) -> Result<Head, JournalError> {
        let asked = async {
            let mut connection = self.link.connection().await?;
            let life = life(&mut connection).await?;
            Ok((stream::head_fields(&mut connection, &self.keys).await?, life))
        };
        let (fields, life) = self.link.checked(asked.await).await.map_err(no_answer)?;
        // Out of a former life of the server it may be an older one: who begins there would serve what is over.
        let head = if stream::is_of(&fields, &life) { stream::head_of(&fields) } else { None };
        head.ok_or_else(|| JournalError("the stream is gone, or its server began anew; it is recovered from the archive".into()))
    }

    /// Entries from `from` on, itself included, of the stream that takes more, and where that ends.
    async fn range(&self, from: Seq, count: usize) -> Result<(Head, Vec<Entry>), JournalError> {
        loop {
            let epoch = self.epoch.load(Ordering::Relaxed);
            let asked = async {
                let mut connection = self.link.connection().await?;
                stream::range(&mut connection, &self.keys, epoch, from, count).await
            };
            let (head, entries) = self.link.checked(asked.await).await.map_err(no_answer)?;
            let head = head.ok_or_else(|| JournalError("the stream is gone; it is recovered from the archive".into()))?;
            if head.epoch == epoch {
                return Ok((head, entries));
            }
            // A recovery happened since the last look.
            self.epoch.store(head.epoch, Ordering::Relaxed);
        }
    }

    /// What the archive has behind `after`, which the stream has no longer.
    async fn archived(&self, after: Seq, limit: usize) -> Result<Vec<StoredBatch>, ReadError> {
        let batches = self.archive.read(after, limit).await?;
        if batches.is_empty() {
            let what = "it is neither in the stream nor in the archive".into();
            return Err(ReadError::Corrupt { at: after.next(), what });
        }
        Ok(batches)
    }
}

#[async_trait]
impl Journal for RedisJournal {
    async fn append(&self, seen: Tip, at: Option<At>, commands: Vec<Command>) -> Result<Appended, AppendError> {
        self.appender.append(seen, at, commands).await
    }

    async fn read(&self, after: Seq, limit: usize) -> Result<Vec<StoredBatch>, ReadError> {
        if limit == 0 || after.0 == u64::MAX {
            return Ok(Vec::new());
        }
        let mut check: Option<ChainCheck> = (after == Seq(0)).then(ChainCheck::default);
        let (mut from, mut entries, mut batches) = (after, 0usize, Vec::new());
        loop {
            // One more than is wanted: the batch that ends at `from` comes along, what follows must link to it.
            let page = limit.saturating_sub(entries).saturating_add(1).min(PAGE);
            let (head, found) = self.range(from, page).await?;
            let full = found.len() == page;
            for entry in &found {
                let corrupt = |what: &str| ReadError::Corrupt { at: from.next(), what: what.into() };
                let raw = stream::raw(entry).ok_or_else(|| corrupt("the stream holds something that is no batch"))?;
                if raw.last == from && from != Seq(0) {
                    check.get_or_insert_with(|| raw.check());
                    continue;
                }
                if raw.batch.first > from.next() {
                    // What is in between was trimmed, before this read or during it.
                    return if batches.is_empty() { self.archived(after, limit).await } else { Ok(batches) };
                }
                if raw.batch.first < from.next() && !Safeguard::Links.is_off() {
                    return Err(corrupt("no batch ends there"));
                }
                match &mut check {
                    Some(check) => raw.follow(check)?,
                    // The batch before it was trimmed: whoever reads knows what this one must link to.
                    None => check = Some(raw.check()),
                }
                from = raw.last;
                let batch = raw.decode()?;
                entries += batch.commands.len();
                batches.push(batch);
                if entries >= limit {
                    return Ok(batches);
                }
            }
            if !full {
                let short = batches.is_empty() && head.check.tip.seq > after;
                return if short { self.archived(after, limit).await } else { Ok(batches) };
            }
        }
    }

    async fn head(&self) -> Result<Tip, JournalError> {
        Ok(self.stream_head().await?.tip())
    }

    async fn wait(&self, after: Seq) -> Result<(), JournalError> {
        self.watch.wait(after).await
    }
}

fn gone() -> Refusal {
    Refusal::Store("the stream is gone, or its server began anew; it is recovered from the archive".into())
}

pub(super) fn no_answer(error: RedisError) -> JournalError {
    JournalError(error.to_string())
}
