//! Why a command has no outcome, and what the client who asked is told.

use ftl_core::id::Seq;

use crate::problem::Problem;

/// Why there is no outcome.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubmitError {
    /// Nothing was appended: the league is behind and sheds opens.
    #[error("the league is overloaded")]
    Overloaded,
    /// Nothing was appended: the journal refuses.
    #[error("the journal refuses: {0}")]
    Refused(String),
    /// Nothing was appended: the journal does not answer, or is being caught up with.
    #[error("the journal is away")]
    Away,
    /// It may have been appended.
    #[error("whether the command is in is not known yet")]
    Unknown,
    /// The replica has stopped; the command may be in.
    #[error("the league has stopped")]
    Stopped(Option<Seq>),
    /// Nothing was appended: the server ends.
    #[error("the server ends")]
    Draining,
}

impl From<SubmitError> for Problem {
    fn from(error: SubmitError) -> Self {
        match error {
            SubmitError::Overloaded => {
                Self::unavailable("overloaded", "The league is overloaded", "new positions wait; closing goes first")
            }
            SubmitError::Refused(why) => {
                tracing::error!(why, "an append was refused");
                Self::unavailable("journal_refused", "The journal takes nothing", "nothing was appended")
            }
            SubmitError::Away => Self::unavailable("journal_unavailable", "The journal does not answer", "nothing was appended"),
            SubmitError::Unknown => {
                Self::unavailable("append_unknown", "It is not known yet whether this is in", "ask again under the same key").retry_after(2)
            }
            SubmitError::Stopped(seq) => {
                let problem = Self::unavailable("stopped", "The league has stopped", "an operator must look at an entry").retry_after(30);
                seq.into_iter().fold(problem, Self::at)
            }
            SubmitError::Draining => Self::unavailable("draining", "The server ends", "nothing was appended"),
        }
    }
}
