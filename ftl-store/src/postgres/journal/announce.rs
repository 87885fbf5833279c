//! Tells other processes that there are new entries, after they were committed and from a session of its own: a notification
//! holds a lock of the whole database while it commits, which no append should wait for.

use std::time::Duration;

use ftl_core::id::Seq;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::postgres::connect::Database;

/// Where notifications go; what they say is the league's name.
pub(super) const CHANNEL: &str = "ftl_journal";

const AT_MOST_ONCE_PER: Duration = Duration::from_millis(5);

pub(super) fn start(database: &Database, league: &str, mut appended: watch::Receiver<Seq>) -> JoinHandle<()> {
    // Nothing is stored by it, so nobody waits for a sync on its account.
    let pool = database.named("ftl notify").without_sync().pool(1);
    let league = league.to_owned();
    tokio::spawn(async move {
        while appended.changed().await.is_ok() {
            // Polling finds the entries anyway.
            let told = sqlx::query("SELECT pg_notify($1, $2)").bind(CHANNEL).bind(&league).execute(&pool).await;
            if let Err(error) = told {
                tracing::debug!(%error, "new entries were not announced");
            }
            tokio::time::sleep(AT_MOST_ONCE_PER).await;
        }
    })
}
