//! `CopyRows`: rows in the binary format of PostgreSQL's `COPY`, for tables that only grow.
//!
//! Columns are pushed in the order of the table's, each with the width of its type: the server checks both.

use sqlx::PgConnection;

/// What the format begins with: a signature, no flags, no extension.
const HEAD: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// What it ends with, in the place of a row's number of columns.
const END: i16 = -1;

/// See the module.
pub(crate) struct CopyRows {
    columns: i16,
    rows: u64,
    bytes: Vec<u8>,
}

impl CopyRows {
    /// No rows yet, of so many columns.
    pub(crate) fn of(columns: i16) -> Self {
        Self { columns, rows: 0, bytes: HEAD.to_vec() }
    }

    /// How many bytes they take.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Begins a row.
    pub(crate) fn row(&mut self) -> &mut Self {
        self.rows += 1;
        self.bytes.extend_from_slice(&self.columns.to_be_bytes());
        self
    }

    pub(crate) fn bytes(&mut self, value: &[u8]) -> &mut Self {
        let length = i32::try_from(value.len()).unwrap_or(i32::MAX);
        self.bytes.extend_from_slice(&length.to_be_bytes());
        self.bytes.extend_from_slice(value);
        self
    }

    pub(crate) fn text(&mut self, value: &str) -> &mut Self {
        self.bytes(value.as_bytes())
    }

    pub(crate) fn bigint(&mut self, value: i64) -> &mut Self {
        self.bytes(&value.to_be_bytes())
    }

    pub(crate) fn integer(&mut self, value: i32) -> &mut Self {
        self.bytes(&value.to_be_bytes())
    }

    pub(crate) fn smallint(&mut self, value: i16) -> &mut Self {
        self.bytes(&value.to_be_bytes())
    }

    pub(crate) fn boolean(&mut self, value: bool) -> &mut Self {
        self.bytes(&[u8::from(value)])
    }

    pub(crate) fn uuid(&mut self, value: u128) -> &mut Self {
        self.bytes(&value.to_be_bytes())
    }

    pub(crate) fn null(&mut self) -> &mut Self {
        self.bytes.extend_from_slice(&(-1i32).to_be_bytes());
        self
    }

    /// A column that may be null.
    pub(crate) fn opt<T>(&mut self, value: Option<T>, push: impl FnOnce(&mut Self, T) -> &mut Self) -> &mut Self {
        match value {
            Some(value) => push(self, value),
            None => self.null(),
        }
    }

    /// Sends them; says how many there were.
    pub(crate) async fn send(mut self, to: &mut PgConnection, table: &str) -> Result<u64, sqlx::Error> {
        if self.rows == 0 {
            return Ok(0);
        }
        self.bytes.extend_from_slice(&END.to_be_bytes());
        let mut copy = to.copy_in_raw(&format!("COPY {table} FROM STDIN WITH (FORMAT binary)")).await?;
        copy.send(self.bytes).await?;
        copy.finish().await
    }
}
