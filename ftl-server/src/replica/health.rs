//! How a replica is, as `readyz` tells it.

use ftl_core::id::Seq;
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::Problem;

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// It applies what was in the journal before it served.
    CatchingUp,
    /// It serves.
    Serving,
    /// The journal does not answer: what is read is as old as the last entry.
    Degraded(String),
    /// It will not go on by itself.
    Stopped {
        /// The entry that it stopped at.
        seq: Seq,
        /// Why.
        why: String,
    },
    /// It takes no more commands.
    Draining,
}

impl Health {
    /// Whether there is a state to look at.
    pub(crate) fn readable(&self) -> Result<(), Problem> {
        match self {
            Self::Serving | Self::Degraded(_) | Self::Draining => Ok(()),
            Self::CatchingUp => Err(Problem::unavailable("catching_up", "The league is starting", "it replays its journal")),
            Self::Stopped { seq, .. } => {
                Err(Problem::unavailable("stopped", "The league has stopped", "an operator must look at an entry").at(*seq).retry_after(30))
            }
        }
    }
}

/// The body of `readyz`.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReadyAnswer {
    /// `ready`, `degraded`, `catching_up`, `stopped`, `draining` or `streams_ended`.
    pub status: &'static str,
    /// What this process does.
    pub role: &'static str,
    /// Which league it serves.
    pub league: String,
    /// The journal's epoch; raised by every recovery.
    pub epoch: u64,
    /// The last entry applied; of a stopped replica, the entry that it stopped at.
    pub seq: u64,
    /// Age of what is read, in milliseconds of wall-clock time since the last entry.
    pub age_ms: u64,
    /// Why it is not ready, or what is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}
