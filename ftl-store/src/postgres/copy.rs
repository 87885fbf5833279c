//! `CopyRows`: rows for tables that only grow, in the binary format of PostgreSQL's `COPY`.
//!
//! Columns are pushed in the order of the table's, each with the type of its column: the server checks both.
//!
//! Many rows go by `COPY`. Few go as an `INSERT` of arrays, whose elements are the same bytes: `COPY` is a statement, data and
//! an end, and the connection sends the end only when the data's receipt is acknowledged, which a server that has nothing to
//! say yet puts off for 40 ms.

mod arrays;

use sqlx::PgConnection;

use arrays::Arrays;

/// What the format begins with: a signature, no flags, no extension.
const HEAD: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// What it ends with, in the place of a row's number of columns.
const END: i16 = -1;
/// Bytes from which on `COPY` is the faster way.
const MANY: usize = 1 << 20;

/// A column's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Boolean,
    Bytes,
    Bigint,
    Smallint,
    Integer,
    Text,
    Uuid,
}

/// See the module.
pub(crate) struct CopyRows {
    columns: i16,
    rows: u32,
    bytes: Vec<u8>,
    /// Of each column, once a row had something in it.
    kinds: Vec<Option<Kind>>,
    /// Where the row stands.
    column: usize,
}

impl CopyRows {
    /// No rows yet, of so many columns.
    pub(crate) fn of(columns: i16) -> Self {
        let kinds = vec![None; usize::try_from(columns).unwrap_or_default()];
        Self { columns, rows: 0, bytes: HEAD.to_vec(), kinds, column: 0 }
    }

    /// How many bytes they take.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Begins a row.
    pub(crate) fn row(&mut self) -> &mut Self {
        self.rows += 1;
        self.column = 0;
        self.bytes.extend_from_slice(&self.columns.to_be_bytes());
        self
    }

    fn field(&mut self, kind: Kind, value: &[u8]) -> &mut Self {
        if let Some(known) = self.kinds.get_mut(self.column) {
            *known = Some(kind);
        }
        self.column += 1;
        let length = i32::try_from(value.len()).unwrap_or(i32::MAX);
        self.bytes.extend_from_slice(&length.to_be_bytes());
        self.bytes.extend_from_slice(value);
        self
    }

    pub(crate) fn bytes(&mut self, value: &[u8]) -> &mut Self {
        self.field(Kind::Bytes, value)
    }

    pub(crate) fn text(&mut self, value: &str) -> &mut Self {
        self.field(Kind::Text, value.as_bytes())
    }

    pub(crate) fn bigint(&mut self, value: i64) -> &mut Self {
        self.field(Kind::Bigint, &value.to_be_bytes())
    }

    pub(crate) fn integer(&mut self, value: i32) -> &mut Self {
        self.field(Kind::Integer, &value.to_be_bytes())
    }

    pub(crate) fn smallint(&mut self, value: i16) -> &mut Self {
        self.field(Kind::Smallint, &value.to_be_bytes())
    }

    pub(crate) fn boolean(&mut self, value: bool) -> &mut Self {
        self.field(Kind::Boolean, &[u8::from(value)])
    }

    pub(crate) fn uuid(&mut self, value: u128) -> &mut Self {
        self.field(Kind::Uuid, &value.to_be_bytes())
    }

    pub(crate) fn null(&mut self) -> &mut Self {
        self.column += 1;
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
    pub(crate) async fn send(self, to: &mut PgConnection, table: &str) -> Result<u64, sqlx::Error> {
        match self.rows {
            0 => Ok(0),
            _ if self.len() < MANY => self.insert(to, table).await,
            _ => self.copy(to, table).await,
        }
    }

    async fn insert(self, to: &mut PgConnection, table: &str) -> Result<u64, sqlx::Error> {
        let rows = &self.bytes[HEAD.len()..];
        let arrays = Arrays::of(rows, self.rows, &self.kinds).ok_or_else(|| sqlx::Error::Encode("rows of other columns".into()))?;
        let statement = arrays.insert_into(table);
        let mut query = sqlx::query(sqlx::AssertSqlSafe(statement));
        for array in arrays.0.into_iter().flatten() {
            query = query.bind(array);
        }
        Ok(query.execute(to).await?.rows_affected())
    }

    async fn copy(mut self, to: &mut PgConnection, table: &str) -> Result<u64, sqlx::Error> {
        self.bytes.extend_from_slice(&END.to_be_bytes());
        let mut copy = to.copy_in_raw(&format!("COPY {table} FROM STDIN WITH (FORMAT binary)")).await?;
        copy.send(self.bytes).await?;
        copy.finish().await
    }
}

#[cfg(all(test, feature = "throwaway"))]
mod tests {
    use sqlx::Row;

    use super::*;
    use crate::postgres::connect::Database;
    use crate::throwaway::ThrowawayPostgres;

    fn rows(count: u32) -> CopyRows {
        let mut rows = CopyRows::of(8);
        for n in 0..count {
            rows.row()
                .text(["", "ä, \"quoted\"", "{1,NULL}"][n as usize % 3])
                .bigint(i64::MIN + i64::from(n))
                .integer(-7)
                .opt((n % 2 == 1).then_some(5), CopyRows::smallint)
                .boolean(n.is_multiple_of(2))
                .null()
                .uuid(u128::MAX - u128::from(n))
                .bytes(&vec![0xff; n as usize % 5]);
        }
        rows
    }

    #[tokio::test]
    async fn few_rows_are_the_same_as_many() {
        let server = ThrowawayPostgres::start().unwrap();
        let mut connection = Database::at(&server.tcp_url_of("postgres")).unwrap().connect().await.unwrap();
        for table in ["few", "many"] {
            let made = format!("CREATE TABLE {table} (a text, b bigint, c integer, d smallint, e boolean, f uuid, g uuid, h bytea)");
            sqlx::query(sqlx::AssertSqlSafe(made)).execute(&mut connection).await.unwrap();
        }
        assert_eq!(rows(0).send(&mut connection, "few").await.unwrap(), 0);
        assert_eq!(rows(1).insert(&mut connection, "few").await.unwrap(), 1);
        assert_eq!(rows(30).insert(&mut connection, "few").await.unwrap(), 30);
        assert_eq!(rows(1).copy(&mut connection, "many").await.unwrap(), 1);
        assert_eq!(rows(30).copy(&mut connection, "many").await.unwrap(), 30);
        let apart = "SELECT count(*) FROM (SELECT * FROM few EXCEPT ALL SELECT * FROM many) AS apart";
        assert_eq!(sqlx::query(apart).fetch_one(&mut connection).await.unwrap().get::<i64, _>(0), 0);
        let all = "SELECT count(*) FROM few";
        assert_eq!(sqlx::query(all).fetch_one(&mut connection).await.unwrap().get::<i64, _>(0), 31);
        // Small commits over TCP, one after the other, wait for no acknowledgement of the network's.
        let began = std::time::Instant::now();
        for _ in 0..50 {
            rows(2).send(&mut connection, "few").await.unwrap();
        }
        assert!(began.elapsed() < std::time::Duration::from_secs(1), "{:?}", began.elapsed());
    }
}
