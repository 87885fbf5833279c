//! That whoever waits for an entry is woken.

use ftl_core::id::Seq;
use futures::future::{join, join_all};

use super::{Checked, Log, require};
use crate::conformance::{Harness, Violation};

pub(super) async fn waiting_ends_when_an_entry_arrives(harness: &dyn Harness) -> Checked {
    let mut log = Log::create(harness).await;
    for round in 0..20 {
        let (journal, after) = (log.journal.clone(), log.tip().await?.seq);
        let mut waits: Vec<_> = (0..3).map(|_| journal.wait(after)).collect();
        // Everybody waits before the entry comes; a wake-up that gets lost is a wait that hangs.
        for wait in &mut waits {
            require(futures::poll!(wait).is_pending(), || format!("round {round}: nothing was there to wait for"))?;
        }
        let (appended, woken) = join(log.append(2), join_all(waits)).await;
        appended?;
        woken.into_iter().collect::<Result<Vec<()>, _>>().map_err(|error| Violation(error.to_string()))?;
    }
    Ok(())
}

pub(super) async fn waiting_ends_at_once_where_there_is_more(harness: &dyn Harness) -> Checked {
    let mut log = Log::create(harness).await;
    log.append_all(&[2, 1]).await?;
    for after in [0, 1, 2] {
        log.journal.wait(Seq(after)).await.map_err(|error| Violation(error.to_string()))?;
    }
    Ok(())
}
