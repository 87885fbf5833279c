//! What a read gives.

use ftl_core::id::Seq;
use ftl_core::journal::{ChainCheck, ReadError};

use super::{Checked, Log, require, violation};
use crate::conformance::{Harness, Violation};

pub(super) async fn batches_link_and_hash(harness: &dyn Harness) -> Checked {
    let mut log = Log::create(harness).await;
    log.append_all(&[1, 4, 2, 8, 1]).await?;
    let mut check = ChainCheck::default();
    for batch in log.read_all().await? {
        check.follow(&batch).map_err(|error| Violation(error.to_string()))?;
    }
    require(check.tip == log.tip().await?, || "the links do not end at the head".into())
}

pub(super) async fn a_read_sees_what_was_acknowledged(harness: &dyn Harness) -> Checked {
    let mut log = Log::create(harness).await;
    for count in [1, 2, 1] {
        let appended = log.append(count).await?;
        let stored = log.read(Seq(appended.first.0 - 1), usize::MAX).await?;
        let seen = stored.last().is_some_and(|batch| batch.last() == appended.last);
        require(seen, || format!("the batch at {} was acknowledged and cannot be read", appended.first))?;
    }
    Ok(())
}

pub(super) async fn a_read_from_the_start_begins_at_one_or_says_trimmed(harness: &dyn Harness) -> Checked {
    let mut log = Log::create(harness).await;
    for _ in 0..40 {
        log.append(2).await?;
        match log.journal.read(Seq(0), 1).await {
            Ok(batches) if batches.first().is_some_and(|batch| batch.first == Seq(1)) => {}
            Ok(batches) => {
                let first = batches.first().map_or(Seq(0), |batch| batch.first);
                return violation(format!("a read from the start begins at {first}, and nothing says that the rest was trimmed"));
            }
            Err(ReadError::Trimmed { first }) => require(first > Seq(1), || "trimmed to the first entry".into())?,
            Err(error) => return violation(error.to_string()),
        }
    }
    Ok(())
}

pub(super) async fn a_limit_counts_entries_and_splits_no_batch(harness: &dyn Harness) -> Checked {
    let mut log = Log::create(harness).await;
    log.append_all(&[1, 3, 2, 5, 1, 1, 4]).await?;
    let all = log.read_all().await?;
    for limit in 1..=18usize {
        let mut paged = Vec::new();
        let mut after = Seq(0);
        loop {
            let page = log.read(after, limit).await?;
            let Some(last) = page.last() else { break };
            let before_last: usize = page.iter().map(|batch| batch.commands.len()).sum::<usize>() - last.commands.len();
            require(before_last < limit, || format!("a read of {limit} entries from {after} gave a batch too many"))?;
            let enough = before_last + last.commands.len() >= limit || Some(last) == all.last();
            require(enough, || format!("a read of {limit} entries from {after} gave too few"))?;
            after = last.last();
            paged.extend(page);
        }
        require(paged == all, || format!("pages of {limit} are not the whole"))?;
    }
    require(log.read(Seq(0), 0).await?.is_empty(), || "a read of nothing gave something".into())
}

pub(super) async fn a_read_behind_the_head_is_empty(harness: &dyn Harness) -> Checked {
    let mut log = Log::create(harness).await;
    require(log.read_all().await?.is_empty(), || "a new journal holds something".into())?;
    log.append_all(&[3, 2]).await?;
    for after in [5, 6, 1_000, u64::MAX] {
        require(log.read(Seq(after), 10).await?.is_empty(), || format!("there is something behind {after}"))?;
    }
    Ok(())
}

pub(super) async fn the_head_is_the_end_of_what_can_be_read(harness: &dyn Harness) -> Checked {
    let mut log = Log::create(harness).await;
    require(log.tip().await?.seq == Seq(0), || "a new journal has a head".into())?;
    for count in [2, 1, 7] {
        let appended = log.append(count).await?;
        let (tip, stored) = (log.tip().await?, log.read_all().await?);
        require(tip.seq == appended.last, || format!("the head is {}, acknowledged was {}", tip.seq, appended.last))?;
        let last = stored.last().map(|batch| (batch.last(), batch.batch_id, batch.epoch));
        require(last == Some((tip.seq, tip.batch_id, tip.epoch)), || "the head is not the last batch".into())?;
    }
    Ok(())
}

pub(super) async fn history_never_changes(harness: &dyn Harness) -> Checked {
    let mut log = Log::create(harness).await;
    let mut before = Vec::new();
    for count in [1, 2, 3, 1, 2, 3] {
        log.append(count).await?;
        let now = log.read_all().await?;
        require(now.starts_with(&before), || "entries that were read before are others now".into())?;
        before = now;
    }
    log.require_acknowledged().await
}
