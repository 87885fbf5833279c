//! Whose turn it is to mend a stream, as Redis knows it. A recovery holds its lock with a session of PostgreSQL; one that was
//! frozen, or cut off, finds the lock gone too late: in between it would take another's head away, or set an older one. So a
//! recovery leaves a mark in Redis when it begins, and what it changes there is changed only while the mark is its own.

use redis::aio::MultiplexedConnection;
use redis::{Pipeline, RedisError, RedisResult, Value};

use super::connect::Keys;

/// See the module.
pub(super) struct Turn {
    key: String,
    mark: Vec<u8>,
}

impl Turn {
    /// Takes it: from now on nothing is changed by whoever had it before.
    pub(super) async fn take(connection: &mut MultiplexedConnection, keys: &Keys) -> RedisResult<Self> {
        let mut mark = vec![0; 16];
        getrandom::fill(&mut mark).map_err(|error| RedisError::from(std::io::Error::other(error)))?;
        let turn = Self { key: keys.turn(), mark };
        redis::cmd("SET").arg(&turn.key).arg(&turn.mark).exec_async(connection).await?;
        Ok(turn)
    }

    /// Does all of `change`, or nothing: `false` where another recovery has begun since, or everything was flushed. The
    /// connection must do nothing else.
    pub(super) async fn change(&self, connection: &mut MultiplexedConnection, change: &mut Pipeline) -> RedisResult<bool> {
        redis::cmd("WATCH").arg(&self.key).exec_async(connection).await?;
        let mark: Option<Vec<u8>> = redis::cmd("GET").arg(&self.key).query_async(connection).await?;
        if mark.as_ref() != Some(&self.mark) {
            redis::cmd("UNWATCH").exec_async(connection).await?;
            return Ok(false);
        }
        let done: Value = change.atomic().query_async(connection).await?;
        Ok(done != Value::Nil)
    }
}
