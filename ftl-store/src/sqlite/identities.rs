//! [`Identities`] in a database of its own.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use ftl_core::command::AccountKind;
use ftl_core::hash::Hash;
use ftl_core::id::{AccountId, District};
use ftl_core::time::At;
use sqlx::sqlite::{SqlitePool, SqliteRow};
use sqlx::{ConnectOptions, Connection, Row, SqliteConnection};
use tokio::sync::{Mutex, MutexGuard};

use super::{ACCOUNTS, Durability, WriteConnection, ordered, reading, writing};
use crate::data_dir::{OpenError, WriterLock};
use crate::identity::{Identities, Identity, IdentityError, NewIdentity, Session, new_id};

const IDENTITY: &str = "SELECT id, name, district, kind, created_at FROM account";

/// See the module.
pub struct SqliteIdentities {
    /// `None` once closed, or where it is only read.
    writer: Mutex<Option<WriteConnection>>,
    readers: SqlitePool,
}

impl SqliteIdentities {
    /// Opens the accounts for their one writer; makes them where there are none.
    pub async fn open(file: &Path, lock: Arc<WriterLock>) -> Result<Self, OpenError> {
        let mut writer = writing(file, Durability::EveryCommit).connect().await.map_err(|error| OpenError::database(file, error))?;
        ACCOUNTS.migrate(&mut writer, file).await?;
        require_sound(&mut writer, file).await?;
        Ok(Self { writer: Mutex::new(Some(WriteConnection::new(writer, lock))), readers: super::readers(file) })
    }

    /// Opens the accounts to read them.
    pub async fn open_for_reading(file: &Path) -> Result<Self, OpenError> {
        let failed = |error| OpenError::database(file, error);
        let mut connection = reading(file).connect().await.map_err(failed)?;
        ACCOUNTS.require_current(&mut connection, file).await?;
        require_sound(&mut connection, file).await?;
        connection.close().await.map_err(failed)?;
        Ok(Self { writer: Mutex::new(None), readers: super::readers(file) })
    }

    /// Closes the files; later writes are refused.
    pub async fn close(&self) {
        self.readers.close().await;
        if let Some(writer) = self.writer.lock().await.take() {
            writer.close("accounts").await;
        }
    }
}

#[async_trait]
impl Identities for SqliteIdentities {
    async fn find_or_create(&self, wanted: &[NewIdentity], now: At) -> Result<Vec<Identity>, IdentityError> {
        let mut guard = self.writer.lock().await;
        let writer = connection(&mut guard)?;
        let mut transaction = writer.begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
        let mut found = Vec::with_capacity(wanted.len());
        for one in wanted {
            sqlx::query("INSERT INTO account (id, name, district, kind, created_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT (name) DO NOTHING")
                .bind(new_id(now)?.0.to_be_bytes().to_vec())
                .bind(&one.name)
                .bind(one.district.as_str())
                .bind(code(one.kind))
                .bind(ordered(now.0))
                .execute(&mut *transaction)
                .await
                .map_err(failed)?;
            let row = sqlx::query("SELECT id, name, district, kind, created_at FROM account WHERE name = ?")
                .bind(&one.name)
                .fetch_one(&mut *transaction)
                .await;
            found.push(row.and_then(|row| identity(&row)).map_err(failed)?);
        }
        transaction.commit().await.map_err(failed)?;
        Ok(found)
    }

    async fn by_id(&self, id: AccountId) -> Result<Option<Identity>, IdentityError> {
        let query = sqlx::query(sqlx::AssertSqlSafe(format!("{IDENTITY} WHERE id = ?"))).bind(key(id));
        let row = query.fetch_optional(&self.readers).await.map_err(failed)?;
        row.as_ref().map(identity).transpose().map_err(failed)
    }

    async fn by_name(&self, name: &str) -> Result<Option<Identity>, IdentityError> {
        let query = sqlx::query(sqlx::AssertSqlSafe(format!("{IDENTITY} WHERE name = ?"))).bind(name.to_owned());
        let row = query.fetch_optional(&self.readers).await.map_err(failed)?;
        row.as_ref().map(identity).transpose().map_err(failed)
    }

    async fn list(&self, after: Option<AccountId>, limit: usize) -> Result<Vec<Identity>, IdentityError> {
        let rows = sqlx::query(sqlx::AssertSqlSafe(format!("{IDENTITY} WHERE id > ? ORDER BY id LIMIT ?")))
            .bind(after.map(key).unwrap_or_default())
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(&self.readers)
            .await;
        rows.and_then(|rows| rows.iter().map(identity).collect()).map_err(failed)
    }

    async fn forget(&self, id: AccountId) -> Result<bool, IdentityError> {
        let mut guard = self.writer.lock().await;
        let done = sqlx::query("DELETE FROM account WHERE id = ?").bind(key(id)).execute(connection(&mut guard)?).await;
        Ok(done.map_err(failed)?.rows_affected() == 1)
    }

    async fn open_session(&self, session: &Session) -> Result<(), IdentityError> {
        let mut guard = self.writer.lock().await;
        let writer = connection(&mut guard)?;
        // Whoever logs in clears away what has expired: nobody else has to.
        sqlx::query("DELETE FROM session WHERE expires_at <= ?")
            .bind(ordered(session.created_at.0))
            .execute(&mut *writer)
            .await
            .map_err(failed)?;
        sqlx::query("INSERT INTO session (token_hash, account, created_at, expires_at) VALUES (?, ?, ?, ?)")
            .bind(session.token_hash.0.to_vec())
            .bind(key(session.account))
            .bind(ordered(session.created_at.0))
            .bind(ordered(session.expires_at.0))
            .execute(writer)
            .await
            .map_err(failed)?;
        Ok(())
    }

    async fn session(&self, token_hash: &Hash, now: At) -> Result<Option<Session>, IdentityError> {
        let row = sqlx::query("SELECT token_hash, account, created_at, expires_at FROM session WHERE token_hash = ? AND expires_at > ?")
            .bind(token_hash.0.to_vec())
            .bind(ordered(now.0))
            .fetch_optional(&self.readers)
            .await
            .map_err(failed)?;
        row.as_ref().map(session).transpose().map_err(failed)
    }

    async fn sessions_of(&self, account: AccountId, now: At) -> Result<Vec<Session>, IdentityError> {
        let query =
            "SELECT token_hash, account, created_at, expires_at FROM session WHERE account = ? AND expires_at > ? ORDER BY created_at DESC";
        let rows = sqlx::query(query).bind(key(account)).bind(ordered(now.0)).fetch_all(&self.readers).await;
        rows.and_then(|rows| rows.iter().map(session).collect()).map_err(failed)
    }

    async fn end_session(&self, token_hash: &Hash) -> Result<bool, IdentityError> {
        let mut guard = self.writer.lock().await;
        let writer = connection(&mut guard)?;
        let done = sqlx::query("DELETE FROM session WHERE token_hash = ?").bind(token_hash.0.to_vec()).execute(writer).await;
        Ok(done.map_err(failed)?.rows_affected() == 1)
    }
}

fn connection<'g>(guard: &'g mut MutexGuard<'_, Option<WriteConnection>>) -> Result<&'g mut SqliteConnection, IdentityError> {
    let writer = guard.as_mut().map(|writer| &mut writer.connection);
    writer.ok_or_else(|| IdentityError("they are closed, or open for reading only".into()))
}

/// These rows carry no hashes of their own: what SQLite can tell is looked at before anybody relies on them.
async fn require_sound(connection: &mut SqliteConnection, file: &Path) -> Result<(), OpenError> {
    let found: Vec<String> =
        sqlx::query_scalar("PRAGMA quick_check").fetch_all(connection).await.map_err(|error| OpenError::database(file, error))?;
    match found.iter().find(|line| *line != "ok") {
        Some(what) => Err(OpenError::Damaged { file: file.into(), what: what.clone() }),
        None => Ok(()),
    }
}

fn identity(row: &SqliteRow) -> Result<Identity, sqlx::Error> {
    let kind = if row.try_get::<&str, _>(3)? == "bot" { AccountKind::Bot } else { AccountKind::Human };
    Ok(Identity {
        id: account(row, 0)?,
        name: row.try_get(1)?,
        district: District::from(row.try_get::<&str, _>(2)?),
        kind,
        created_at: At(row.try_get::<i64, _>(4)?.cast_unsigned()),
    })
}

fn session(row: &SqliteRow) -> Result<Session, sqlx::Error> {
    let hash: &[u8] = row.try_get(0)?;
    let at = |column: usize| row.try_get::<i64, _>(column).map(|at| At(at.cast_unsigned()));
    let token_hash = Hash(hash.try_into().map_err(|error| sqlx::Error::Decode(Box::new(error)))?);
    Ok(Session { token_hash, account: account(row, 1)?, created_at: at(2)?, expires_at: at(3)? })
}

fn account(row: &SqliteRow, column: usize) -> Result<AccountId, sqlx::Error> {
    let bytes: &[u8] = row.try_get(column)?;
    bytes.try_into().map(|bytes| AccountId(u128::from_be_bytes(bytes))).map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

fn key(id: AccountId) -> Vec<u8> {
    id.0.to_be_bytes().to_vec()
}

fn code(kind: AccountKind) -> &'static str {
    match kind {
        AccountKind::Human => "human",
        AccountKind::Bot => "bot",
    }
}

fn failed(error: sqlx::Error) -> IdentityError {
    IdentityError(error.to_string())
}
