//! What is there after a restart.

use super::{Checked, Log, require};
use crate::conformance::Harness;

pub(super) async fn what_was_acknowledged_survives_reopening(harness: &dyn Harness) -> Checked {
    let mut log = Log::create(harness).await;
    for counts in [[1, 3], [2, 1], [5, 2]] {
        log.append_all(&counts).await?;
        log = log.reopen().await;
        log.require_acknowledged().await?;
    }
    Ok(())
}

pub(super) async fn a_reopened_journal_goes_on_where_it_ended(harness: &dyn Harness) -> Checked {
    let mut log = Log::create(harness).await;
    log.append_all(&[2, 2]).await?;
    let (head, stored) = (log.tip().await?, log.read_all().await?);
    let mut log = log.reopen().await;
    require(log.tip().await? == head, || "the head is another one".into())?;
    require(log.read_all().await? == stored, || "what is stored is not what it was".into())?;
    let next = log.append(1).await?;
    require(next.first == head.seq.next(), || format!("it goes on at {}, expected {}", next.first, head.seq.next()))?;
    log.require_acknowledged().await
}
