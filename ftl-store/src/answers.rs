//! The port for answers that the state may have forgotten: a retry after ten minutes and within 24 hours gets its first
//! outcome from here, and nothing is appended.
//!
//! Written behind the journal by whoever writes the projections, with a watermark of its own; read by the api before it
//! appends a command whose key it has not seen lately.

use async_trait::async_trait;
use ftl_core::id::{CommandId, Seq};
use ftl_core::outcome::{Answer, Outcome};
use ftl_core::projection::ProjectionError;
use ftl_core::time::At;

/// What became of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastAnswer {
    /// The entry that the command came in with first.
    pub seq: Seq,
    /// Its time.
    pub at: At,
    /// Hash of the request's body: the same id with another body is refused.
    pub body: u64,
    /// The answer.
    pub answer: Answer,
}

/// Where answers go and are found again.
#[async_trait]
pub trait Answers: Send + Sync {
    /// Up to which entry answers are written.
    async fn answered(&self) -> Result<Seq, ProjectionError>;

    /// Writes the answers of the entries behind `from` up to `to` and moves the watermark, in one transaction.
    /// An id that is known keeps its first answer.
    async fn remember(&self, from: Seq, to: Seq, outcomes: &[Outcome]) -> Result<(), ProjectionError>;

    /// The answer that `id` was given.
    async fn find(&self, id: CommandId) -> Result<Option<PastAnswer>, ProjectionError>;

    /// At most `limit` ids that have an answer, with its time, in order behind `after`.
    async fn ids(&self, after: Option<CommandId>, limit: usize) -> Result<Vec<(CommandId, At)>, ProjectionError>;

    /// Drops answers that were given before `at`; says how many.
    async fn forget_before(&self, at: At) -> Result<u64, ProjectionError>;
}
