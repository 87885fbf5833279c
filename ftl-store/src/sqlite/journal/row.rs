//! A batch as its row holds it, checked without being decoded.

use ftl_core::codec::{self, DecodeError};
use ftl_core::hash::Hash;
use ftl_core::id::Seq;
use ftl_core::journal::{BatchId, ChainCheck, ReadError, StoredBatch, Tip};
use ftl_core::time::At;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

/// One row of `batch`; columns in the order of the table, `last` first.
pub(super) struct RawBatch {
    pub(super) last: Seq,
    /// Everything but the commands.
    pub(super) batch: StoredBatch,
    pub(super) encoded: Vec<u8>,
}

impl RawBatch {
    pub(super) fn of(row: SqliteRow) -> Result<Self, sqlx::Error> {
        let number = |column: usize| row.try_get::<i64, _>(column).map(i64::cast_unsigned);
        let batch = StoredBatch {
            batch_id: batch_id(&row, 4)?,
            prev: batch_id(&row, 5)?,
            first: Seq(number(1)?),
            at: At(number(2)?),
            epoch: number(3)?,
            chain: Hash(fixed(&row, 6)?),
            commands: Vec::new(),
        };
        Ok(Self { last: Seq(number(0)?), batch, encoded: row.try_get(7)? })
    }

    /// The check as it stands after this batch, taken on trust.
    pub(super) fn check(&self) -> ChainCheck {
        let tip = Tip { epoch: self.batch.epoch, seq: self.last, batch_id: self.batch.batch_id };
        ChainCheck { tip, chain: self.batch.chain, at: self.batch.at }
    }

    /// The rules of [`ChainCheck::follow`], over the bytes as they are stored.
    pub(super) fn follow(&self, check: &mut ChainCheck) -> Result<(), ReadError> {
        let batch = &self.batch;
        let corrupt = |what: String| Err(ReadError::Corrupt { at: check.tip.seq.next(), what });
        if batch.first != check.tip.seq.next() {
            return corrupt(format!("a batch begins at {}, expected {}", batch.first, check.tip.seq.next()));
        }
        if batch.prev != check.tip.batch_id {
            return corrupt("does not link to the batch before".into());
        }
        if batch.at < check.at {
            return corrupt("its time goes back".into());
        }
        if batch.epoch < check.tip.epoch {
            return corrupt("its epoch goes back".into());
        }
        if batch.chain_over(&check.chain, &self.encoded) != batch.chain {
            return corrupt("its hash does not match".into());
        }
        // The row's key is not hashed: it follows from the number of commands, which is.
        let count = count(&self.encoded).filter(|count| *count > 0);
        if count.and_then(|count| batch.first.0.checked_add(count - 1)) != Some(self.last.0) {
            return corrupt(format!("its last entry is not {}", self.last));
        }
        *check = self.check();
        Ok(())
    }

    pub(super) fn decode(self) -> Result<StoredBatch, ReadError> {
        let first = self.batch.first;
        match codec::decode(&self.encoded) {
            Ok(commands) => Ok(StoredBatch { commands, ..self.batch }),
            // Its hash held, so these are the bytes that were written.
            Err(error) => Err(ReadError::Corrupt { at: first, what: unreadable(error) }),
        }
    }
}

fn unreadable(error: DecodeError) -> String {
    format!("cannot be read: {error}")
}

/// How many commands an encoded batch holds: a format byte, then a varint.
pub(super) fn count(encoded: &[u8]) -> Option<u64> {
    let mut count = 0u64;
    for (place, byte) in encoded.get(1..)?.iter().take(10).enumerate() {
        let bits = u64::from(byte & 0x7f);
        count |= bits.checked_shl(u32::try_from(place).ok()? * 7)?;
        if byte & 0x80 == 0 {
            return Some(count);
        }
    }
    None
}

pub(super) fn batch_id(row: &SqliteRow, column: usize) -> Result<BatchId, sqlx::Error> {
    Ok(BatchId(u128::from_be_bytes(fixed(row, column)?)))
}

fn fixed<const N: usize>(row: &SqliteRow, column: usize) -> Result<[u8; N], sqlx::Error> {
    let bytes: &[u8] = row.try_get(column)?;
    bytes.try_into().map_err(|error| sqlx::Error::Decode(Box::new(error)))
}
