//! The watch: one task a journal that knows where it ends, for whoever waits.
//!
//! It looks at the head every 5 ms while entries arrive and every 50 ms while none do. That is the truth; a notification, or
//! an append of this process, only makes it look at once. Its listening connection is its own.

use std::time::Duration;

use ftl_core::id::Seq;
use ftl_core::journal::JournalError;
use sqlx::postgres::{PgListener, PgPool};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::announce::CHANNEL;
use super::{PostgresBatches, no_answer};
use crate::journal_end::{JournalEnd, Teller, journal_end};
use crate::postgres::connect::Database;

const SHORTEST: Duration = Duration::from_millis(5);
const LONGEST: Duration = Duration::from_millis(50);

pub(super) struct Watch {
    end: JournalEnd,
    looking: JoinHandle<()>,
}

impl Watch {
    pub(super) fn start(database: &Database, league: &str, batches: PostgresBatches, appended: watch::Receiver<Seq>) -> Self {
        let (told, end) = journal_end();
        let listening = database.named("ftl listen").pool(1);
        let looking = tokio::spawn(look(batches, Notices { pool: listening, league: league.into(), listener: None }, appended, told));
        Self { end, looking }
    }

    pub(super) async fn wait(&self, after: Seq) -> Result<(), JournalError> {
        self.end.wait(after).await
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.looking.abort();
    }
}

async fn look(batches: PostgresBatches, mut notices: Notices, mut appended: watch::Receiver<Seq>, told: Teller) {
    let mut rest = SHORTEST;
    loop {
        match batches.stored_head().await {
            Ok(head) => {
                rest = if told.at(head.check.tip.seq) { SHORTEST } else { LONGEST.min(rest * 2) };
            }
            Err(error) => {
                told.failed(no_answer(error).0);
                rest = LONGEST;
            }
        }
        tokio::select! {
            () = tokio::time::sleep(rest) => {}
            () = notices.next() => {}
            // An appender that is gone tells nothing any more.
            Ok(()) = appended.changed() => {}
        }
    }
}

/// Notifications of this league, over a connection that does nothing else.
struct Notices {
    pool: PgPool,
    league: String,
    listener: Option<PgListener>,
}

impl Notices {
    /// Returns at a notification; never where none can be had.
    async fn next(&mut self) {
        loop {
            if self.listener.is_none() {
                self.listener = self.listen().await.ok();
            }
            let Some(listener) = &mut self.listener else {
                tokio::time::sleep(Duration::from_secs(1)).await;
                continue;
            };
            match listener.recv().await {
                Ok(notice) if notice.payload() == self.league => return,
                Ok(_of_another_league) => {}
                Err(_) => self.listener = None,
            }
        }
    }

    async fn listen(&self) -> Result<PgListener, sqlx::Error> {
        let mut listener = PgListener::connect_with(&self.pool).await?;
        listener.listen(CHANNEL).await?;
        Ok(listener)
    }
}
