//! Rows of `batch`, as the checks take them.

use ftl_core::hash::Hash;
use ftl_core::id::Seq;
use ftl_core::journal::{BatchId, StoredBatch};
use ftl_core::time::At;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

pub(super) use crate::raw_batch::RawBatch;

impl RawBatch {
    /// Columns in the order of the table, `last` first.
    pub(crate) fn of(row: SqliteRow) -> Result<Self, sqlx::Error> {
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
}

pub(super) fn batch_id(row: &SqliteRow, column: usize) -> Result<BatchId, sqlx::Error> {
    Ok(BatchId(u128::from_be_bytes(fixed(row, column)?)))
}

fn fixed<const N: usize>(row: &SqliteRow, column: usize) -> Result<[u8; N], sqlx::Error> {
    let bytes: &[u8] = row.try_get(column)?;
    bytes.try_into().map_err(|error| sqlx::Error::Decode(Box::new(error)))
}
