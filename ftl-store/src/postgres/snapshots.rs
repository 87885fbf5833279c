//! [`SnapshotStore`] in PostgreSQL, shared by a league's processes: in chunks, each compressed and with its own hash.
//!
//! ```text
//!  state's bytes ─▶ 4 MiB chunks ─▶ zstd ─▶ rows  ┐ one transaction: a snapshot is there whole or not at all
//!  head, hash of everything ──────────────▶ row   ┘
//! ```
//! Two processes that write the snapshot of one seq are two computations of it. What is damaged is named, never used and
//! never repaired.

use std::future::Future;
use std::path::PathBuf;
use std::time::Duration;

use ftl_core::codec;
use ftl_core::hash::Hash;
use ftl_core::id::Seq;
use sqlx::postgres::{PgPool, PgRow};
use sqlx::{PgConnection, Row};
use tokio::runtime::Handle;

use super::column::{limited, ordered, seq};
use super::connect::Database;
use crate::snapshots::{KEPT, Load, LoadedSnapshot, RefusedSnapshot, SnapshotError, SnapshotHead, SnapshotStore, VERSION};

/// Bytes of the state in a chunk.
const CHUNK: usize = 4 << 20;
/// A snapshot is written beside the running league: fast is better than small.
const LEVEL: i32 = 1;
/// A chunk, or a look at the table.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(60);

/// See the module.
#[derive(Debug)]
pub struct PostgresSnapshots {
    pool: PgPool,
    league: String,
    runtime: Handle,
}

/// A row of the table.
struct Kept {
    seq: Seq,
    id: Vec<u8>,
    version: u8,
    head: Vec<u8>,
    state_hash: Vec<u8>,
    hash: Vec<u8>,
    chunks: i32,
    bytes: usize,
}

impl PostgresSnapshots {
    /// The snapshots of `league` in a database whose tables are up to date. Calls block their thread, which must not be
    /// one of `runtime`'s; the connections live on `runtime`.
    pub fn at(database: &Database, league: &str, runtime: Handle) -> Self {
        let pool = database.named("ftl snapshots").statement_timeout(STATEMENT_TIMEOUT).pool(2);
        Self { pool, league: league.to_owned(), runtime }
    }

    fn wait<T>(&self, work: impl Future<Output = Result<T, SnapshotError>>) -> Result<T, SnapshotError> {
        self.runtime.block_on(work)
    }

    async fn insert(&self, head: &SnapshotHead, bytes: &[u8]) -> Result<bool, SnapshotError> {
        let mut id = vec![0; 16];
        getrandom::fill(&mut id).map_err(|error| SnapshotError::Unavailable(format!("no randomness: {error}")))?;
        let mut transaction = self.pool.begin().await.map_err(away)?;
        let mut chunks = 0i32;
        for chunk in bytes.chunks(CHUNK) {
            let body = zstd::bulk::compress(chunk, LEVEL)?;
            sqlx::query("INSERT INTO snapshot_chunks (id, n, hash, body) VALUES ($1, $2, $3, $4)")
                .bind(&id)
                .bind(chunks)
                .bind(hash_of_chunk(&id, chunks, &body).0.to_vec())
                .bind(body)
                .execute(&mut *transaction)
                .await
                .map_err(away)?;
            chunks += 1;
        }
        let encoded = codec::encode(head);
        let hash = hash_of(&encoded, bytes);
        let made = sqlx::query(
            "INSERT INTO snapshots (league, seq, id, version, head, state_hash, hash, chunks, bytes)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING",
        )
        .bind(&self.league)
        .bind(ordered(head.journal.tip.seq.0))
        .bind(id)
        .bind(i16::from(VERSION))
        .bind(encoded)
        .bind(head.state_hash.0.to_vec())
        .bind(hash.0.to_vec())
        .bind(chunks)
        .bind(limited(bytes.len()))
        .execute(&mut *transaction)
        .await
        .map_err(away)?;
        if made.rows_affected() == 0 {
            // Another process was first: its chunks are the ones that stay.
            transaction.rollback().await.map_err(away)?;
            return Ok(false);
        }
        transaction.commit().await.map_err(away)?;
        Ok(true)
    }

    async fn confirm_at(&self, at: Seq, state_hash: &Hash) -> Result<(), SnapshotError> {
        let mut transaction = self.pool.begin().await.map_err(away)?;
        let found: Option<Vec<u8>> = sqlx::query_scalar("SELECT state_hash FROM snapshots WHERE league = $1 AND seq = $2 FOR UPDATE")
            .bind(&self.league)
            .bind(ordered(at.0))
            .fetch_optional(&mut *transaction)
            .await
            .map_err(away)?;
        let found = found.ok_or(SnapshotError::Missing(at))?;
        if found != state_hash.0 {
            let found = Hash(found.try_into().map_err(|_| SnapshotError::Damaged("its hash is short"))?);
            return Err(SnapshotError::Diverged { seq: at, found, expected: *state_hash });
        }
        sqlx::query("UPDATE snapshots SET confirmed = true WHERE league = $1 AND seq = $2")
            .bind(&self.league)
            .bind(ordered(at.0))
            .execute(&mut *transaction)
            .await
            .map_err(away)?;
        self.drop_overtaken(&mut transaction, at).await.map_err(away)?;
        transaction.commit().await.map_err(away)
    }

    async fn drop_overtaken(&self, connection: &mut PgConnection, confirmed: Seq) -> Result<(), sqlx::Error> {
        let gone: Vec<Vec<u8>> = sqlx::query_scalar(
            "DELETE FROM snapshots WHERE league = $1 AND (
                 (NOT confirmed AND seq < $2)
                 OR (confirmed AND seq NOT IN (SELECT seq FROM snapshots WHERE league = $1 AND confirmed ORDER BY seq DESC LIMIT $3)))
             RETURNING id",
        )
        .bind(&self.league)
        .bind(ordered(confirmed.0))
        .bind(limited(KEPT))
        .fetch_all(&mut *connection)
        .await?;
        sqlx::query("DELETE FROM snapshot_chunks WHERE id = ANY($1)").bind(gone).execute(connection).await?;
        Ok(())
    }

    /// What is kept, newest first.
    async fn kept(&self, confirmed: bool) -> Result<Vec<Kept>, SnapshotError> {
        let query = "SELECT seq, id, version, head, state_hash, hash, chunks, bytes FROM snapshots WHERE league = $1 AND confirmed = $2 ORDER BY seq DESC";
        let rows = sqlx::query(query).bind(&self.league).bind(confirmed).fetch_all(&self.pool).await.map_err(away)?;
        let one = |row: &PgRow| {
            Ok(Kept {
                seq: seq(row, "seq")?,
                id: row.try_get("id")?,
                version: u8::try_from(row.try_get::<i16, _>("version")?).unwrap_or(0),
                head: row.try_get("head")?,
                state_hash: row.try_get("state_hash")?,
                hash: row.try_get("hash")?,
                chunks: row.try_get("chunks")?,
                bytes: usize::try_from(row.try_get::<i64, _>("bytes")?).unwrap_or(0),
            })
        };
        rows.iter().map(one).collect::<Result<_, sqlx::Error>>().map_err(away)
    }

    async fn read(&self, kept: &Kept) -> Result<LoadedSnapshot, SnapshotError> {
        if kept.version != VERSION {
            return Err(SnapshotError::Version(char::from(kept.version)));
        }
        let mut bytes = Vec::with_capacity(kept.bytes);
        for chunk in 0..kept.chunks {
            let damaged = |why| SnapshotError::Chunk { chunk, why };
            let row = sqlx::query("SELECT hash, body FROM snapshot_chunks WHERE id = $1 AND n = $2")
                .bind(&kept.id)
                .bind(chunk)
                .fetch_optional(&self.pool)
                .await
                .map_err(away)?;
            let row = row.ok_or_else(|| damaged("is not there"))?;
            let (hash, body): (&[u8], &[u8]) = (row.try_get(0).map_err(away)?, row.try_get(1).map_err(away)?);
            if hash != hash_of_chunk(&kept.id, chunk, body).0 {
                return Err(damaged("does not have the hash that it carries"));
            }
            bytes.extend(zstd::bulk::decompress(body, CHUNK).map_err(|_| damaged("cannot be decompressed"))?);
        }
        if hash_of(&kept.head, &bytes).0 != kept.hash.as_slice() {
            return Err(SnapshotError::Damaged("its bytes do not have the hash that it carries"));
        }
        let head: SnapshotHead = codec::decode(&kept.head)?;
        if head.journal.tip.seq != kept.seq {
            return Err(SnapshotError::Damaged("it is of another seq than its row says"));
        }
        if head.state_hash.0 != kept.state_hash.as_slice() {
            return Err(SnapshotError::Damaged("it is of another state than its row says"));
        }
        Ok(LoadedSnapshot { head, bytes })
    }

    /// The newest that is sound and wanted.
    async fn first_sound(&self, wanted: impl Fn(&Kept) -> Result<bool, SnapshotError>) -> Result<Load, SnapshotError> {
        let mut load = Load::default();
        for kept in self.kept(true).await? {
            let found = match wanted(&kept) {
                Ok(false) => continue,
                Ok(true) => self.read(&kept).await,
                Err(why) => Err(why),
            };
            match found {
                Ok(snapshot) => {
                    load.snapshot = Some(snapshot);
                    break;
                }
                Err(why @ SnapshotError::Unavailable(_)) => return Err(why),
                Err(why) => load.refused.push(RefusedSnapshot { path: self.name(kept.seq), why }),
            }
        }
        load.warn();
        Ok(load)
    }

    fn name(&self, seq: Seq) -> PathBuf {
        PathBuf::from(format!("snapshots/{}/{seq}", self.league))
    }
}

impl SnapshotStore for PostgresSnapshots {
    fn write(&self, head: &SnapshotHead, bytes: &[u8]) -> Result<(), SnapshotError> {
        self.wait(async {
            if self.insert(head, bytes).await? { Ok(()) } else { self.confirm_at(head.journal.tip.seq, &head.state_hash).await }
        })
    }

    fn confirm(&self, seq: Seq, state_hash: &Hash) -> Result<(), SnapshotError> {
        self.wait(self.confirm_at(seq, state_hash))
    }

    fn load(&self, up_to: Seq) -> Result<Load, SnapshotError> {
        self.wait(self.first_sound(|kept| if kept.seq > up_to { Err(SnapshotError::Beyond(up_to)) } else { Ok(true) }))
    }

    fn load_newest(&self, wanted: &dyn Fn(&SnapshotHead) -> bool) -> Result<Load, SnapshotError> {
        self.wait(self.first_sound(|kept| {
            if kept.version != VERSION {
                return Err(SnapshotError::Version(char::from(kept.version)));
            }
            Ok(wanted(&codec::decode(&kept.head)?))
        }))
    }

    fn confirmed(&self) -> Result<Vec<Seq>, SnapshotError> {
        self.wait(async { Ok(self.kept(true).await?.into_iter().map(|kept| kept.seq).collect()) })
    }

    fn unconfirmed(&self) -> Result<Vec<Seq>, SnapshotError> {
        self.wait(async { Ok(self.kept(false).await?.into_iter().map(|kept| kept.seq).collect()) })
    }

    fn heads(&self) -> Result<Vec<SnapshotHead>, SnapshotError> {
        self.wait(async {
            let mut heads = Vec::new();
            for kept in self.kept(true).await?.into_iter().chain(self.kept(false).await?) {
                match self.read(&kept).await {
                    Ok(snapshot) => heads.push(snapshot.head),
                    Err(why @ SnapshotError::Unavailable(_)) => return Err(why),
                    Err(_damaged) => {}
                }
            }
            heads.sort_by_key(|head| head.journal.tip.seq);
            Ok(heads)
        })
    }

    fn damaged(&self) -> Result<Vec<RefusedSnapshot>, SnapshotError> {
        self.wait(async {
            let mut damaged = Vec::new();
            for kept in self.kept(true).await?.into_iter().chain(self.kept(false).await?) {
                match self.read(&kept).await {
                    Ok(_) => {}
                    Err(why @ SnapshotError::Unavailable(_)) => return Err(why),
                    Err(why) => damaged.push(RefusedSnapshot { path: self.name(kept.seq), why }),
                }
            }
            Ok(damaged)
        })
    }
}

fn hash_of(head: &[u8], bytes: &[u8]) -> Hash {
    let mut hasher = blake3::Hasher::new();
    hasher.update(head).update(bytes);
    Hash(*hasher.finalize().as_bytes())
}

fn hash_of_chunk(id: &[u8], n: i32, body: &[u8]) -> Hash {
    let mut hasher = blake3::Hasher::new();
    hasher.update(id).update(&n.to_be_bytes()).update(body);
    Hash(*hasher.finalize().as_bytes())
}

fn away(error: sqlx::Error) -> SnapshotError {
    SnapshotError::Unavailable(error.to_string())
}
