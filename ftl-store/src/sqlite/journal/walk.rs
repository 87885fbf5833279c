//! Checking a journal from its first entry to its last, and against its head marker, before it is opened.

use std::path::Path;

use ftl_core::codec::FORMAT_VERSION;
use ftl_core::id::Seq;
use ftl_core::journal::{ChainCheck, ReadError, Tip};
use futures::TryStreamExt;
use sqlx::SqliteConnection;

use super::row::RawBatch;
use crate::data_dir::OpenError;
use crate::head_marker::Mark;

/// Every row, in order: hashes, links, times. Then the marker: the journal must have been there.
pub(super) async fn verify(connection: &mut SqliteConnection, file: &Path, mark: Mark) -> Result<ChainCheck, OpenError> {
    let mut check = ChainCheck::default();
    let mut marked = mark == Mark::default();
    let mut rows = sqlx::query("SELECT last, first, at, epoch, batch_id, prev, chain, commands FROM batch ORDER BY last").fetch(connection);
    loop {
        let row = match rows.try_next().await {
            Ok(Some(row)) => row,
            Ok(None) => break,
            Err(error) => return Err(damaged_at(check.tip.seq, OpenError::database(file, error))),
        };
        let raw = RawBatch::of(row).map_err(|error| OpenError::Corrupt { at: check.tip.seq.next(), what: error.to_string() })?;
        raw.follow(&mut check).map_err(refused)?;
        // Its hash held: this is what was written, by a program that knows more.
        if let Some(found) = raw.encoded.first().copied().filter(|found| *found > FORMAT_VERSION) {
            return Err(OpenError::NewerEntry { at: raw.batch.first, found, known: FORMAT_VERSION });
        }
        if check.tip.seq == mark.seq {
            if check.chain != mark.chain {
                return Err(OpenError::OtherHistory { marked: mark.seq });
            }
            marked = true;
        }
    }
    match marked {
        true => Ok(check),
        false if check.tip.seq < mark.seq => Err(OpenError::LostTail { head: check.tip.seq, marked: mark.seq }),
        false => Err(OpenError::OtherHistory { marked: mark.seq }),
    }
}

/// A journal that was never written must not have been acknowledged.
pub(super) fn unwritten(mark: Mark) -> Result<ChainCheck, OpenError> {
    if mark == Mark::default() { Ok(ChainCheck::default()) } else { Err(OpenError::LostTail { head: Seq(0), marked: mark.seq }) }
}

/// The end of a journal that was checked.
pub(super) async fn head(connection: &mut SqliteConnection, epoch: u64) -> Result<ChainCheck, sqlx::Error> {
    let last = sqlx::query("SELECT last, first, at, epoch, batch_id, prev, chain, commands FROM batch ORDER BY last DESC LIMIT 1")
        .fetch_optional(connection)
        .await?;
    match last {
        Some(row) => Ok(RawBatch::of(row)?.check()),
        None => Ok(ChainCheck { tip: Tip { epoch, ..Tip::default() }, ..ChainCheck::default() }),
    }
}

fn damaged_at(after: Seq, error: OpenError) -> OpenError {
    match error {
        OpenError::Damaged { what, .. } => OpenError::Corrupt { at: after.next(), what },
        other => other,
    }
}

fn refused(error: ReadError) -> OpenError {
    match error {
        ReadError::Corrupt { at, what } => OpenError::Corrupt { at, what },
        other => OpenError::Corrupt { at: Seq(0), what: other.to_string() },
    }
}
