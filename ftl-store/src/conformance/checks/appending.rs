//! What an append does.

use ftl_core::id::Seq;
use ftl_core::journal::Tip;
use ftl_core::time::At;
use futures::future::join_all;

use super::{Checked, Log, commands, require, unexpected};
use crate::conformance::Harness;

pub(super) async fn seqs_are_dense_from_one(harness: &dyn Harness) -> Checked {
    let mut log = Log::create(harness).await;
    let mut next = Seq(1);
    for count in [1, 3, 2, 1, 5] {
        let appended = log.append(count).await?;
        require(appended.first == next, || format!("a batch begins at {}, expected {next}", appended.first))?;
        next = appended.last.next();
        require(next.0 == appended.first.0 + count, || format!("{count} commands end at {}", appended.last))?;
    }
    let mut next = Seq(1);
    for batch in log.read_all().await? {
        require(batch.first == next, || format!("a stored batch begins at {}, expected {next}", batch.first))?;
        next = batch.last().next();
    }
    Ok(())
}

pub(super) async fn no_seq_is_given_twice(harness: &dyn Harness) -> Checked {
    let mut log = Log::create(harness).await;
    log.append_all(&[2, 2, 2, 2]).await?;
    let mut given: Vec<Seq> = log.acknowledged.iter().flat_map(|(appended, _)| (appended.first.0..=appended.last.0).map(Seq)).collect();
    given.sort_unstable();
    let twice = given.windows(2).find(|pair| pair[0] == pair[1]);
    require(twice.is_none(), || format!("{} was acknowledged twice", given[0]))?;
    let mut stored: Vec<Seq> =
        log.read_all().await?.iter().flat_map(|batch| batch.entries().map(|entry| entry.seq).collect::<Vec<_>>()).collect();
    stored.sort_unstable();
    require(stored == given, || "what is stored has other seqs than what was acknowledged".into())
}

pub(super) async fn a_batch_is_whole(harness: &dyn Harness) -> Checked {
    let mut log = Log::create(harness).await;
    for count in [4, 1, 64] {
        log.append(count).await?;
        log.require_acknowledged().await?;
    }
    Ok(())
}

pub(super) async fn commands_keep_their_order(harness: &dyn Harness) -> Checked {
    let mut log = Log::create(harness).await;
    log.append_all(&[3, 3, 3, 3]).await?;
    let ids: Vec<_> = log.read_all().await?.iter().flat_map(|batch| batch.commands.iter().map(|command| command.id)).collect();
    require(ids.is_sorted(), || "commands do not stand in the order in which they were appended".into())
}

pub(super) async fn commands_come_back_as_they_were(harness: &dyn Harness) -> Checked {
    let mut log = Log::create(harness).await;
    log.append_all(&[2, 2, 2]).await?;
    let stored = log.read_all().await?.into_iter().flat_map(|batch| batch.commands);
    for (stored, appended) in stored.zip(commands(1..7)) {
        require(stored.id == appended.id, || format!("the id {} came back as {}", appended.id, stored.id))?;
        require(stored == appended, || format!("the command {} came back changed", appended.id))?;
    }
    Ok(())
}

/// The journal orders; it is the state that knows a retry by its id.
pub(super) async fn a_repeated_command_is_stored_again(harness: &dyn Harness) -> Checked {
    let mut log = Log::create(harness).await;
    log.append_these(commands(1..2)).await?;
    log.append_these(commands(2..3)).await?;
    let again = log.append_these(commands(1..2)).await?;
    require(again.first == Seq(3), || format!("the repeated command went to {}", again.first))?;
    log.require_acknowledged().await
}

pub(super) async fn concurrent_appends_each_get_their_own_place(harness: &dyn Harness) -> Checked {
    let mut log = Log::create(harness).await;
    let at = Some(At(log.at));
    let appends = (0..32u64).map(|n| {
        let (journal, batch) = (log.journal.clone(), commands(n * 3..n * 3 + 3));
        async move { (journal.append(Tip::default(), at, batch.clone()).await, batch) }
    });
    for (appended, batch) in join_all(appends).await {
        log.acknowledged.push((appended.map_err(unexpected)?, batch));
    }
    log.require_acknowledged().await
}

pub(super) async fn an_append_whose_caller_left_is_whole_or_absent(harness: &dyn Harness) -> Checked {
    let mut log = Log::create(harness).await;
    log.append(2).await?;
    for _ in 0..5 {
        let seen = log.tip().await?;
        let append = log.journal.append(seen, Some(At(log.at)), commands(500..503));
        // Polled once, then dropped: the caller is gone.
        drop(futures::poll!(append));
    }
    let behind = log.append(3).await?;
    let stored = log.read_all().await?;
    for batch in &stored {
        let whole = batch.commands.len() == if batch.first == Seq(1) { 2 } else { 3 };
        require(whole, || format!("the batch at {} has {} commands", batch.first, batch.commands.len()))?;
    }
    require(stored.last().is_some_and(|batch| batch.first == behind.first), || "the append after them is not the last".into())
}
