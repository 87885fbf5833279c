//! Rows in the format of `COPY`, turned into arrays: one a column, as the binary protocol has them.

use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::types::Oid;
use sqlx::postgres::{PgArgumentBuffer, PgTypeInfo};
use sqlx::{Encode, Postgres, Type};

use super::Kind;

/// One a column; none of a column in which no row has anything.
pub(super) struct Arrays(pub(super) Vec<Option<Array>>);

/// Values of one column.
pub(super) struct Array {
    kind: Kind,
    rows: u32,
    nulls: bool,
    /// Each with its length before it, as it stands in the row.
    values: Vec<u8>,
}

impl Kind {
    /// PostgreSQL's numbers of the type and of its arrays, which are the same in every database.
    const fn oids(self) -> (u32, u32) {
        match self {
            Self::Boolean => (16, 1000),
            Self::Bytes => (17, 1001),
            Self::Bigint => (20, 1016),
            Self::Smallint => (21, 1005),
            Self::Integer => (23, 1007),
            Self::Text => (25, 1009),
            Self::Uuid => (2950, 2951),
        }
    }
}

impl Arrays {
    /// Of `count` rows, each a number of columns and then every column's length and value. `None`: a row is cut off.
    pub(super) fn of(mut rows: &[u8], count: u32, kinds: &[Option<Kind>]) -> Option<Self> {
        let array = |kind: Option<Kind>| kind.map(|kind| Array { kind, rows: count, nulls: false, values: Vec::new() });
        let mut arrays: Vec<Option<Array>> = kinds.iter().copied().map(array).collect();
        while !rows.is_empty() {
            (_, rows) = rows.split_first_chunk::<2>()?;
            for array in &mut arrays {
                let (length, rest) = rows.split_first_chunk::<4>()?;
                let length = i32::from_be_bytes(*length);
                let value = rest.get(..usize::try_from(length).unwrap_or_default())?;
                if let Some(array) = array {
                    array.nulls |= length < 0;
                    array.values.extend_from_slice(&length.to_be_bytes());
                    array.values.extend_from_slice(value);
                }
                rows = &rest[value.len()..];
            }
        }
        Some(Self(arrays))
    }

    /// A statement that takes the arrays there are as its arguments.
    pub(super) fn insert_into(&self, table: &str) -> String {
        let name = |(n, array): (usize, &Option<Array>)| array.as_ref().map(|_| format!("c{n}"));
        let columns: Vec<Option<String>> = self.0.iter().enumerate().map(name).collect();
        let selected: Vec<&str> = columns.iter().map(|name| name.as_deref().unwrap_or("NULL")).collect();
        let named: Vec<&str> = columns.iter().filter_map(Option::as_deref).collect();
        let arguments: Vec<String> = (1..=named.len()).map(|n| format!("${n}")).collect();
        format!("INSERT INTO {table} SELECT {} FROM unnest({}) AS given({})", selected.join(", "), arguments.join(", "), named.join(", "))
    }
}

impl Type<Postgres> for Array {
    fn type_info() -> PgTypeInfo {
        <[Vec<u8>] as Type<Postgres>>::type_info()
    }
}

impl Encode<'_, Postgres> for Array {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        let (of_one, _) = self.kind.oids();
        // One dimension, whether there are nulls, what it is of; how many, counted from 1.
        for number in [1, u32::from(self.nulls), of_one, self.rows, 1] {
            buffer.extend_from_slice(&number.to_be_bytes());
        }
        buffer.extend_from_slice(&self.values);
        Ok(IsNull::No)
    }

    fn produces(&self) -> Option<PgTypeInfo> {
        let (_, of_many) = self.kind.oids();
        Some(PgTypeInfo::with_oid(Oid(of_many)))
    }
}
