//! How numbers, ids and batches stand in rows.

use ftl_core::hash::Hash;
use ftl_core::id::Seq;
use ftl_core::journal::{BatchId, ChainCheck, StoredBatch, Tip};
use ftl_core::time::At;
use sqlx::Row;
use sqlx::postgres::PgRow;

use crate::appending::Head;
use crate::raw_batch::RawBatch;

/// An unsigned number as PostgreSQL holds it: what does not fit stands at the end.
pub(crate) fn ordered(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

impl RawBatch {
    /// Columns `last, first, at, epoch, batch_id, prev, chain, commands`.
    pub(crate) fn of_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let batch = StoredBatch {
            batch_id: batch_id(row, 4)?,
            prev: batch_id(row, 5)?,
            first: Seq(number(row, 1)?),
            at: At(number(row, 2)?),
            epoch: number(row, 3)?,
            chain: Hash(fixed(row, 6)?),
            commands: Vec::new(),
        };
        Ok(Self { last: Seq(number(row, 0)?), batch, encoded: row.try_get(7)? })
    }
}

impl Head {
    /// Columns `epoch, last, at, batch_epoch, batch_id, chain`, from column `from` on.
    pub(crate) fn of_row(row: &PgRow, from: usize) -> Result<Self, sqlx::Error> {
        let tip = Tip { epoch: number(row, from + 3)?, seq: Seq(number(row, from + 1)?), batch_id: batch_id(row, from + 4)? };
        let check = ChainCheck { tip, chain: Hash(fixed(row, from + 5)?), at: At(number(row, from + 2)?) };
        Ok(Self { epoch: number(row, from)?, check })
    }
}

pub(crate) fn number(row: &PgRow, column: usize) -> Result<u64, sqlx::Error> {
    row.try_get::<i64, _>(column).map(i64::cast_unsigned)
}

fn batch_id(row: &PgRow, column: usize) -> Result<BatchId, sqlx::Error> {
    Ok(BatchId(u128::from_be_bytes(fixed(row, column)?)))
}

pub(crate) fn fixed<const N: usize>(row: &PgRow, column: usize) -> Result<[u8; N], sqlx::Error> {
    let bytes: &[u8] = row.try_get(column)?;
    bytes.try_into().map_err(|error| sqlx::Error::Decode(Box::new(error)))
}
