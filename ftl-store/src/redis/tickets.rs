//! Claims of tickets among processes that share a Redis.

use std::time::Duration;

use async_trait::async_trait;
use ftl_core::time::At;
use redis::RedisResult;

use super::connect::{Keys, Link, RedisServer};
use crate::tickets::{TicketError, Tickets};

/// See the module.
pub struct RedisTickets {
    link: Link,
    keys: Keys,
}

impl RedisTickets {
    /// Of `league`; an answer that takes longer than `patience` does not come.
    pub fn at(server: &RedisServer, league: &str, patience: Duration) -> Self {
        Self { link: Link::new(server, patience), keys: Keys::of(league) }
    }

    async fn set(&self, id: &str, until: At, now: At) -> RedisResult<bool> {
        let mut connection = self.link.connection().await?;
        let mut set = redis::cmd("SET");
        set.arg(self.keys.ticket(id)).arg("").arg("NX").arg("PX").arg(until.since(now).0.max(1));
        let done: RedisResult<Option<String>> = set.query_async(&mut connection).await;
        Ok(self.link.checked(done).await?.is_some())
    }
}

#[async_trait]
impl Tickets for RedisTickets {
    async fn claim(&self, id: &str, until: At, now: At) -> Result<bool, TicketError> {
        self.set(id, until, now).await.map_err(|error| TicketError(error.to_string()))
    }
}
