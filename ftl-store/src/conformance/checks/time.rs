//! Where an entry's time comes from, and that it never goes back.

use std::sync::Arc;

use ftl_core::journal::{AppendError, Refusal, Tip};
use ftl_core::time::At;

use super::{Checked, Log, commands, require, unexpected, violation};
use crate::conformance::{Founding, Harness, ManualClock};

pub(super) async fn stamped_time_never_goes_back(harness: &dyn Harness) -> Checked {
    let clock = Arc::new(ManualClock::at(At(100_000)));
    let subject = harness.create(Founding::StampedBy(clock.clone())).await;
    let journal = subject.journal();
    // Set back by half a minute: the journal's time stands until the clock has caught up.
    for (now, expected) in [(100_000, 100_000), (100_500, 100_500), (70_500, 100_500), (100_499, 100_500), (100_501, 100_501)] {
        clock.set(At(now));
        let appended = journal.append(Tip::default(), None, commands(now..now + 2)).await.map_err(unexpected)?;
        require(appended.at == At(expected), || format!("at {now} it stamped {}, expected {expected}", appended.at.0))?;
    }
    let times: Vec<At> = journal
        .read(Default::default(), 100)
        .await
        .map_err(|error| super::Violation(error.to_string()))?
        .iter()
        .map(|batch| batch.at)
        .collect();
    require(times.is_sorted(), || "stored time goes back".into())
}

pub(super) async fn supplied_time_never_goes_back(harness: &dyn Harness) -> Checked {
    let mut log = Log::create(harness).await;
    log.append_all(&[1, 1, 1, 1, 1]).await?;
    let times: Vec<At> = log.read_all().await?.iter().map(|batch| batch.at).collect();
    require(times.is_sorted(), || "stored time goes back".into())?;
    let head = log.tip().await?;
    match log.journal.append(head, Some(At(log.at - 1)), commands(90..91)).await {
        Err(AppendError::Refused(Refusal::SuppliedTime(_))) => {}
        other => return violation(format!("a time that goes back was not refused as such: {other:?}")),
    }
    // The same time again is no step back.
    log.at -= 1;
    log.append(1).await.map(|_| ())
}

pub(super) async fn time_comes_from_one_side_only(harness: &dyn Harness) -> Checked {
    let log = Log::create(harness).await;
    let missing = log.journal.append(Tip::default(), None, commands(1..2)).await;
    require(matches!(missing, Err(AppendError::Refused(Refusal::SuppliedTime(_)))), || format!("no time: {missing:?}"))?;
    let stamped = harness.create(Founding::StampedBy(Arc::new(ManualClock::at(At(1_000))))).await;
    let doubled = stamped.journal().append(Tip::default(), Some(At(1_000)), commands(1..2)).await;
    require(matches!(doubled, Err(AppendError::Refused(Refusal::SuppliedTime(_)))), || format!("two times: {doubled:?}"))
}
