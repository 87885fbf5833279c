//! What a client asked and what it was told, attempt by attempt.

use std::time::{Duration, Instant};

use ftl_core::id::{AccountId, CommandId};
use serde_json::Value;

/// What was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    Open { instrument: String, direction: &'static str, lots: String },
    Close { position: String, lots: Option<String> },
}

/// One request.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// Of which api.
    pub api: usize,
    pub invoked: Instant,
    pub took: Duration,
    /// The status, or how it failed.
    pub answer: Result<u16, &'static str>,
}

/// The final answer to a call.
#[derive(Clone, Debug)]
pub struct Told {
    pub received: Instant,
    pub status: u16,
    /// The entry that gave it.
    pub seq: u64,
    /// As text: there are many of them.
    body: Box<str>,
}

impl Told {
    pub fn now(status: u16, body: &Value) -> Self {
        let seq = body["seq"].as_u64().unwrap_or_default();
        Self { received: Instant::now(), status, seq, body: body.to_string().into() }
    }

    pub fn body(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// A mutation under one key, with all its retries.
#[derive(Clone, Debug)]
pub struct Call {
    pub account: AccountId,
    pub key: String,
    pub id: CommandId,
    pub asked: Asked,
    pub attempts: Vec<Attempt>,
    /// `None`: nobody ever said.
    pub told: Option<Told>,
}

impl Call {
    pub fn invoked(&self) -> Instant {
        self.attempts[0].invoked
    }
}

/// A portfolio that was read.
#[derive(Clone, Debug)]
pub struct Read {
    pub account: AccountId,
    /// It was asked to be at least of this entry.
    pub min_seq: u64,
    pub body: Value,
}

/// Everything that one client did.
#[derive(Clone, Debug, Default)]
pub struct History {
    pub calls: Vec<Call>,
    pub reads: Vec<Read>,
}
