//! What an append must refuse, for certain.

use ftl_core::id::Seq;
use ftl_core::journal::{AppendError, Refusal, Tip};
use ftl_core::time::At;

use super::{Checked, Log, commands, require};
use crate::conformance::Harness;

pub(super) async fn an_append_from_another_epoch_is_refused(harness: &dyn Harness) -> Checked {
    let mut log = Log::create(harness).await;
    log.append_all(&[1, 2]).await?;
    let head = log.tip().await?;
    let elsewhere = Tip { epoch: head.epoch + 1, ..head };
    let refused = log.journal.append(elsewhere, Some(At(log.at)), commands(50..51)).await;
    let expected = Refusal::WrongEpoch { current: head.epoch, seen: head.epoch + 1 };
    require(matches!(&refused, Err(AppendError::Refused(why)) if *why == expected), || format!("{refused:?}"))?;
    log.require_acknowledged().await
}

/// A caller that has applied more than there is has seen a journal that lost its tail.
pub(super) async fn an_append_of_a_caller_ahead_of_the_head_is_refused(harness: &dyn Harness) -> Checked {
    let mut log = Log::create(harness).await;
    log.append_all(&[1, 2]).await?;
    let head = log.tip().await?;
    let ahead = Tip { seq: Seq(head.seq.0 + 1), ..head };
    let refused = log.journal.append(ahead, Some(At(log.at)), commands(50..51)).await;
    let expected = Refusal::HeadBehind { head: head.seq, seen: ahead.seq };
    require(matches!(&refused, Err(AppendError::Refused(why)) if *why == expected), || format!("{refused:?}"))?;
    log.require_acknowledged().await?;
    // A caller that is behind is not refused: it will read what it has not seen.
    let behind = log.journal.append(Tip { seq: Seq(1), ..head }, Some(At(log.at)), commands(60..61)).await;
    require(behind.is_ok(), || format!("a caller behind the head: {behind:?}"))
}

pub(super) async fn an_empty_batch_is_refused(harness: &dyn Harness) -> Checked {
    let mut log = Log::create(harness).await;
    log.append(1).await?;
    let refused = log.journal.append(log.tip().await?, Some(At(log.at)), Vec::new()).await;
    require(matches!(refused, Err(AppendError::Refused(Refusal::Empty))), || format!("{refused:?}"))?;
    log.require_acknowledged().await
}

pub(super) async fn a_refused_append_changes_nothing(harness: &dyn Harness) -> Checked {
    let mut log = Log::create(harness).await;
    log.append_all(&[2, 2]).await?;
    let (head, stored) = (log.tip().await?, log.read_all().await?);
    let refused = [
        log.journal.append(head, None, commands(50..51)).await,
        log.journal.append(head, Some(At(0)), commands(50..51)).await,
        log.journal.append(head, Some(At(log.at)), Vec::new()).await,
        log.journal.append(Tip { epoch: head.epoch + 1, ..head }, Some(At(log.at)), commands(50..51)).await,
        log.journal.append(Tip { seq: Seq(head.seq.0 + 9), ..head }, Some(At(log.at)), commands(50..51)).await,
    ];
    for refused in refused {
        require(matches!(refused, Err(AppendError::Refused(_))), || format!("not refused: {refused:?}"))?;
    }
    require(log.tip().await? == head, || "the head moved".into())?;
    require(log.read_all().await? == stored, || "what is stored changed".into())?;
    log.append(1).await?;
    log.require_acknowledged().await
}
