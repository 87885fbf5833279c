//! [`Identities`] in PostgreSQL: tables that are no projection, and that a person can be deleted from.

use async_trait::async_trait;
use ftl_core::command::AccountKind;
use ftl_core::hash::Hash;
use ftl_core::id::{AccountId, District};
use ftl_core::time::At;
use sqlx::Row;
use sqlx::postgres::{PgPool, PgRow};

use super::column::{Id, at, code, coded, id, limited, ordered};
use super::connect::Database;
use crate::identity::{Identities, Identity, IdentityError, NewIdentity, Session, new_id};

/// See the module.
pub struct PostgresIdentities {
    pool: PgPool,
    league: String,
}

impl PostgresIdentities {
    /// The accounts of `league` in a database whose tables are up to date, over so many connections.
    pub fn at(database: &Database, league: &str, connections: u32) -> Self {
        Self { pool: database.named("ftl identities").pool(connections), league: league.to_owned() }
    }

    /// Ends its connections.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

#[async_trait]
impl Identities for PostgresIdentities {
    async fn find_or_create(&self, wanted: &[NewIdentity], now: At) -> Result<Vec<Identity>, IdentityError> {
        let mut ids = Vec::with_capacity(wanted.len());
        for _ in wanted {
            ids.push(Id(new_id(now)?.0));
        }
        let names: Vec<String> = wanted.iter().map(|one| one.name.clone()).collect();
        let districts: Vec<String> = wanted.iter().map(|one| one.district.as_str().to_owned()).collect();
        let kinds: Vec<String> = wanted.iter().map(|one| code(&one.kind)).collect();
        let mut transaction = self.pool.begin().await.map_err(failed)?;
        // In the order of names, so that two who make the same accounts do not wait for each other.
        sqlx::query(
            "INSERT INTO identities (league, id, name, district, kind, created_at)
             SELECT $1, c.id, c.name, c.district, c.kind, $6
             FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[]) WITH ORDINALITY AS c (id, name, district, kind, place)
             ORDER BY c.name, c.place
             ON CONFLICT (league, name) DO NOTHING",
        )
        .bind(&self.league)
        .bind(&ids)
        .bind(&names)
        .bind(&districts)
        .bind(&kinds)
        .bind(ordered(now.0))
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
        let rows = sqlx::query(
            "SELECT i.id, i.name, i.district, i.kind, i.created_at
             FROM unnest($2::text[]) WITH ORDINALITY AS w (name, place)
             JOIN identities i ON i.league = $1 AND i.name = w.name ORDER BY w.place",
        )
        .bind(&self.league)
        .bind(&names)
        .fetch_all(&mut *transaction)
        .await
        .map_err(failed)?;
        let found = rows.iter().map(identity).collect::<Result<Vec<_>, _>>().map_err(failed)?;
        if found.len() != wanted.len() {
            return Err(IdentityError("an account was forgotten while it was asked for".into()));
        }
        transaction.commit().await.map_err(failed)?;
        Ok(found)
    }

    async fn by_id(&self, id: AccountId) -> Result<Option<Identity>, IdentityError> {
        let query = sqlx::query("SELECT id, name, district, kind, created_at FROM identities WHERE league = $1 AND id = $2");
        let row = query.bind(&self.league).bind(Id(id.0)).fetch_optional(&self.pool).await.map_err(failed)?;
        row.as_ref().map(identity).transpose().map_err(failed)
    }

    async fn by_name(&self, name: &str) -> Result<Option<Identity>, IdentityError> {
        let query = sqlx::query("SELECT id, name, district, kind, created_at FROM identities WHERE league = $1 AND name = $2");
        let row = query.bind(&self.league).bind(name).fetch_optional(&self.pool).await.map_err(failed)?;
        row.as_ref().map(identity).transpose().map_err(failed)
    }

    async fn list(&self, after: Option<AccountId>, limit: usize) -> Result<Vec<Identity>, IdentityError> {
        // The nil id is nobody's: ids are UUIDv7.
        let query = "SELECT id, name, district, kind, created_at FROM identities WHERE league = $1 AND id > $2 ORDER BY id LIMIT $3";
        let after = Id(after.map_or(0, |id| id.0));
        let rows = sqlx::query(query).bind(&self.league).bind(after).bind(limited(limit)).fetch_all(&self.pool).await;
        rows.and_then(|rows| rows.iter().map(identity).collect()).map_err(failed)
    }

    async fn forget(&self, id: AccountId) -> Result<bool, IdentityError> {
        let done = sqlx::query("DELETE FROM identities WHERE league = $1 AND id = $2").bind(&self.league).bind(Id(id.0));
        Ok(done.execute(&self.pool).await.map_err(failed)?.rows_affected() == 1)
    }

    async fn open_session(&self, session: &Session) -> Result<(), IdentityError> {
        // Whoever logs in clears away what has expired: nobody else has to.
        sqlx::query(
            "WITH expired AS (DELETE FROM sessions WHERE league = $1 AND expires_at <= $4)
             INSERT INTO sessions (league, token_hash, account, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(&self.league)
        .bind(session.token_hash.0.to_vec())
        .bind(Id(session.account.0))
        .bind(ordered(session.created_at.0))
        .bind(ordered(session.expires_at.0))
        .execute(&self.pool)
        .await
        .map_err(failed)?;
        Ok(())
    }

    async fn session(&self, token_hash: &Hash, now: At) -> Result<Option<Session>, IdentityError> {
        let query = "SELECT token_hash, account, created_at, expires_at FROM sessions
                     WHERE league = $1 AND token_hash = $2 AND expires_at > $3";
        let query = sqlx::query(query).bind(&self.league).bind(token_hash.0.to_vec()).bind(ordered(now.0));
        let row = query.fetch_optional(&self.pool).await.map_err(failed)?;
        row.as_ref().map(session).transpose().map_err(failed)
    }

    async fn sessions_of(&self, account: AccountId, now: At) -> Result<Vec<Session>, IdentityError> {
        let query = "SELECT token_hash, account, created_at, expires_at FROM sessions
                     WHERE league = $1 AND account = $2 AND expires_at > $3 ORDER BY created_at DESC";
        let rows = sqlx::query(query).bind(&self.league).bind(Id(account.0)).bind(ordered(now.0)).fetch_all(&self.pool).await;
        rows.and_then(|rows| rows.iter().map(session).collect()).map_err(failed)
    }

    async fn end_session(&self, token_hash: &Hash) -> Result<bool, IdentityError> {
        let done = sqlx::query("DELETE FROM sessions WHERE league = $1 AND token_hash = $2").bind(&self.league);
        Ok(done.bind(token_hash.0.to_vec()).execute(&self.pool).await.map_err(failed)?.rows_affected() == 1)
    }
}

fn identity(row: &PgRow) -> Result<Identity, sqlx::Error> {
    let kind: AccountKind = coded(row.try_get("kind")?)?;
    Ok(Identity {
        id: AccountId(id(row, "id")?),
        name: row.try_get("name")?,
        district: District::from(row.try_get::<&str, _>("district")?),
        kind,
        created_at: at(row, "created_at")?,
    })
}

fn session(row: &PgRow) -> Result<Session, sqlx::Error> {
    let hash: &[u8] = row.try_get("token_hash")?;
    let token_hash = Hash(hash.try_into().map_err(|error| sqlx::Error::Decode(Box::new(error)))?);
    let account = AccountId(id(row, "account")?);
    Ok(Session { token_hash, account, created_at: at(row, "created_at")?, expires_at: at(row, "expires_at")? })
}

fn failed(error: sqlx::Error) -> IdentityError {
    IdentityError(error.to_string())
}
