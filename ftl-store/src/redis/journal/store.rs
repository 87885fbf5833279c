//! How a batch gets into the stream: a transaction that runs only if nobody touched the head since it was looked at.
//!
//! ```text
//! WATCH head, HMGET head, TIME        ──▶ where the head is, and the store's clock
//! MULTI, XADD, HSET head, EXEC, WATCH head, HMGET head, TIME
//!                                     ──▶ stored, or touched; and the same as above, for the next batch: one round trip
//! ```
//! The head says in which life of the server it was set. A server that began anew, or a replica that was promoted, may have
//! lost its last entries without a word: its head is none until a recovery has set it. No script: Redis's Lua looks at every byte of what it is given, which costs ten times what storing it does. The
//! connection does nothing else; where it broke, its watch is gone with it.

use std::time::Instant;

use async_trait::async_trait;
use ftl_core::journal::{AppendError, Refusal, StoredBatch};
use ftl_core::time::At;
use redis::aio::MultiplexedConnection;
use redis::{ErrorKind, Pipeline, RedisError, RedisResult, Value};

use super::gone;
use crate::appending::{Advanced, Head, HeadStore, last_of};
use crate::raw_batch::{self, RawBatch};
use crate::redis::connect::{Keys, Link, life, time_of};
use crate::redis::fate::{self, Fate};
use crate::redis::stream::{self, FIELDS};

/// Where `EXEC` and what follows it stand among the answers.
const EXEC: usize = 3;
const WATCHED: usize = 4;

/// The connection that appends.
pub(super) struct Store {
    link: Link,
    keys: Keys,
    most_skew_ms: u64,
    /// The life of the server that the connection is to.
    run: String,
    watched: Option<Watched>,
}

/// What the connection's watch is for.
struct Watched {
    /// `None` where Redis knows of no head, or of one out of a former life.
    head: Option<Head>,
    clock: At,
    seen: Instant,
}

impl Watched {
    /// The store's clock, now.
    fn clock(&self) -> At {
        At(self.clock.0.saturating_add(u64::try_from(self.seen.elapsed().as_millis()).unwrap_or(u64::MAX)))
    }

    /// Out of the answers to `WATCH`, `HMGET` and `TIME`.
    fn of(answers: &[RedisResult<Value>], run: &str) -> RedisResult<Self> {
        let strange = || RedisError::from((ErrorKind::UnexpectedReturnType, "no head and no time"));
        let [watch, fields, time] = answers else { return Err(strange()) };
        watch.clone()?;
        let (Value::Array(fields), Value::Array(time)) = (fields.clone()?, time.clone()?) else { return Err(strange()) };
        let number = |place: usize| match time.get(place) {
            Some(Value::BulkString(digits)) => std::str::from_utf8(digits).ok()?.parse::<u64>().ok(),
            _ => None,
        };
        let (seconds, micros) = number(0).zip(number(1)).ok_or_else(strange)?;
        let clock = time_of((seconds, micros));
        let head = if stream::is_of(&fields, run) { stream::head_of(&fields) } else { None };
        Ok(Self { head, clock, seen: Instant::now() })
    }
}

impl Store {
    pub(super) fn new(link: Link, keys: Keys, most_skew_ms: u64) -> Self {
        Self { link, keys, most_skew_ms, run: String::new(), watched: None }
    }

    fn look(&self, pipe: &mut Pipeline) {
        pipe.cmd("WATCH").arg(self.keys.head());
        pipe.cmd("HMGET").arg(self.keys.head()).arg(&FIELDS);
        pipe.cmd("TIME");
    }

    /// Watches the head. Nothing is asked to be stored.
    async fn watch(&mut self) -> Result<&Watched, Refusal> {
        self.watched = None;
        let asked = async {
            let mut connection = self.link.connection().await?;
            let life = life(&mut connection).await?;
            let mut pipe = redis::pipe();
            self.look(&mut pipe);
            Ok((Watched::of(&run(&mut connection, &mut pipe).await?, &life)?, life))
        };
        let (watched, life) = self.link.checked(asked.await).await.map_err(|error| Refusal::Store(error.to_string()))?;
        self.run = life;
        Ok(self.watched.insert(watched))
    }

    fn transaction(&self, head: &Head, batch: &StoredBatch, encoded: &[u8]) -> Pipeline {
        let count = usize::try_from(raw_batch::count(encoded).unwrap_or(0)).unwrap_or(usize::MAX);
        let last = last_of(batch.first, count);
        let mut pipe = redis::pipe();
        pipe.cmd("MULTI");
        let add = pipe.cmd("XADD").arg(self.keys.stream(head.epoch));
        // Only the first batch of all makes the stream.
        if head.check.tip.seq.0 != 0 {
            add.arg("NOMKSTREAM");
        }
        add.arg(stream::id(last)).arg("b").arg(RawBatch::flat(batch, encoded));
        pipe.cmd("HSET")
            .arg(self.keys.head())
            .arg("last")
            .arg(last.0)
            .arg("at")
            .arg(batch.at.0)
            .arg("batch_epoch")
            .arg(batch.epoch)
            .arg("id")
            .arg(&batch.batch_id.0.to_be_bytes()[..])
            .arg("chain")
            .arg(&batch.chain.0[..]);
        pipe.cmd("EXEC");
        self.look(&mut pipe);
        pipe
    }
}

#[async_trait]
impl HeadStore for Store {
    async fn head(&mut self) -> Result<Head, Refusal> {
        self.watch().await?.head.clone().ok_or_else(gone)
    }

    async fn advance(&mut self, head: &Head, batch: &StoredBatch, encoded: &[u8], now: Option<At>) -> Result<Advanced, AppendError> {
        let watched = match self.watched.take() {
            Some(watched) => watched,
            None => {
                self.watch().await.map_err(AppendError::Refused)?;
                self.watched.take().ok_or_else(|| AppendError::Refused(gone()))?
            }
        };
        // What is watched is what the batch was made for, or it is not sent.
        let Some(found) = &watched.head else { return Err(AppendError::Refused(gone())) };
        if found != head {
            let found = found.clone();
            self.watched = Some(watched);
            return Ok(Advanced::Elsewhere(found));
        }
        let server = watched.clock();
        if now.is_some_and(|now| now.0.abs_diff(server.0) > self.most_skew_ms) {
            return Ok(Advanced::Skewed { server });
        }
        // Nothing was sent yet: that it cannot be is certain.
        let mut connection = self.link.connection().await.map_err(|error| AppendError::Refused(Refusal::Store(error.to_string())))?;
        let mut pipe = self.transaction(head, batch, encoded);
        let answers = match run(&mut connection, &mut pipe).await {
            Ok(answers) => answers,
            Err(error) => {
                self.link.renew().await;
                return Err(fate::append_error(&error));
            }
        };
        let done = outcome(&answers);
        match answers.get(WATCHED..).map(|looked| Watched::of(looked, &self.run)) {
            Some(Ok(watched)) if done.is_ok() => self.watched = Some(watched),
            _ => self.link.renew().await,
        }
        match done? {
            true => Ok(Advanced::Stored),
            false => {
                let found = self.watched.as_ref().and_then(|watched| watched.head.clone());
                let found = found.ok_or_else(|| AppendError::Refused(gone()))?;
                if found.check.tip.seq <= head.check.tip.seq {
                    // Others only add: one that went back may be of another life, though the connection has outlived it.
                    self.watched = None;
                }
                Ok(Advanced::Elsewhere(found))
            }
        }
    }
}

/// Whether the transaction ran and stored; `false` where somebody had touched the head.
fn outcome(answers: &[RedisResult<Value>]) -> Result<bool, AppendError> {
    // A command that was not even queued: then nothing is executed.
    if let Some(Err(error)) = answers.iter().take(EXEC).find(|answer| answer.is_err()) {
        return Err(AppendError::Refused(Refusal::Store(error.to_string())));
    }
    match answers.get(EXEC) {
        Some(Ok(Value::Nil)) => Ok(false),
        Some(Ok(Value::Array(done))) => match done.as_slice() {
            [Value::BulkString(_), Value::Int(_)] => Ok(true),
            // The head is there and its stream is not: the head says what is nowhere, which a recovery finds.
            [Value::Nil, _] => Err(AppendError::Refused(gone())),
            other => Err(AppendError::Unknown(format!("the transaction answered {other:?}"))),
        },
        Some(Err(error)) if fate::of(error) == Fate::Refused => Err(AppendError::Refused(Refusal::Store(error.to_string()))),
        other => Err(AppendError::Unknown(format!("the transaction answered {other:?}"))),
    }
}

async fn run(connection: &mut MultiplexedConnection, pipe: &mut Pipeline) -> RedisResult<Vec<RedisResult<Value>>> {
    pipe.ignore_errors().query_async(connection).await
}
