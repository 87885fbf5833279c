//! The watch: one task a journal that knows where it ends, for whoever waits. It asks for the head, then blocks until the
//! stream has an entry behind it, on a connection that does nothing else. While nobody waits it asks for nothing: what a
//! blocking read brings along is a whole batch.

use std::time::Duration;

use ftl_core::id::Seq;
use ftl_core::journal::JournalError;
use redis::{RedisResult, Value};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::journal_end::{JournalEnd, Teller, journal_end};
use crate::redis::connect::{Keys, Link, RedisServer};
use crate::redis::stream;

/// How long a read blocks; a recovery, which makes another stream, is noticed after that at the latest.
const BLOCK: Duration = Duration::from_millis(250);

/// How long the connection waits for an answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long it rests after a failure.
const REST: Duration = Duration::from_millis(50);

pub(super) struct Watch {
    end: JournalEnd,
    /// How many wait.
    waiting: watch::Sender<usize>,
    looking: JoinHandle<()>,
}

/// Somebody who waits, for as long as he does.
struct Waiting<'w>(&'w watch::Sender<usize>);

impl<'w> Waiting<'w> {
    fn begin(waiting: &'w watch::Sender<usize>) -> Self {
        waiting.send_modify(|waiting| *waiting += 1);
        Self(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|waiting| *waiting -= 1);
    }
}

impl Watch {
    pub(super) fn start(redis: &RedisServer, keys: Keys) -> Self {
        let (told, end) = journal_end();
        let (waiting, awaited) = watch::channel(0);
        let looking = tokio::spawn(look(Link::new(redis, PATIENCE), keys, told, awaited));
        Self { end, waiting, looking }
    }

    pub(super) async fn wait(&self, after: Seq) -> Result<(), JournalError> {
        let _waiting = Waiting::begin(&self.waiting);
        self.end.wait(after).await
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.looking.abort();
    }
}

async fn look(link: Link, keys: Keys, told: Teller, mut awaited: watch::Receiver<usize>) {
    // It ends with the journal.
    while awaited.wait_for(|waiting| *waiting > 0).await.is_ok() {
        let looked = link.checked(once(&link, &keys, &told).await).await;
        let failed = match looked {
            Ok(true) => continue,
            Ok(false) => "the stream is gone; it is recovered from the archive".into(),
            Err(error) => error.to_string(),
        };
        told.failed(failed);
        tokio::time::sleep(REST).await;
    }
}

/// Tells where the journal ends and blocks until it may end elsewhere; `false` where there is none.
async fn once(link: &Link, keys: &Keys, told: &Teller) -> RedisResult<bool> {
    let mut connection = link.connection().await?;
    let Some(head) = stream::head(&mut connection, keys).await? else { return Ok(false) };
    let seq = head.check.tip.seq;
    told.at(seq);
    let _entries: Value = redis::cmd("XREAD")
        .arg("COUNT")
        .arg(1)
        .arg("BLOCK")
        .arg(BLOCK.as_millis().to_string())
        .arg("STREAMS")
        .arg(keys.stream(head.epoch))
        .arg(stream::id(seq))
        .query_async(&mut connection)
        .await?;
    Ok(true)
}
