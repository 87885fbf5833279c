//! What projections are made from: stored batches with what became of their entries, in order, behind a watermark.
//!
//! Whoever executes the journal makes [`Executed`]; each projection looks at it through a [`Run`] of its own, because
//! each is written up to a place of its own.

use std::sync::Arc;

use crate::command::Command;
use crate::id::Seq;
use crate::journal::StoredBatch;
use crate::outcome::Outcome;

/// A stored batch and the outcomes of its entries, one each, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Executed {
    /// As the journal holds it.
    pub batch: StoredBatch,
    /// As many as it has commands.
    pub outcomes: Vec<Arc<Outcome>>,
}

/// What lies behind a watermark in batches that follow one another.
#[derive(Clone, Copy, Debug)]
pub struct Run<'a> {
    /// Without a gap; the first may begin before `after`.
    pub executed: &'a [Executed],
    /// Written already up to here.
    pub after: Seq,
}

impl<'a> Run<'a> {
    /// Everything in `executed` that is behind `after`.
    pub const fn behind(after: Seq, executed: &'a [Executed]) -> Self {
        Self { executed, after }
    }

    /// The outcomes behind the watermark.
    pub fn outcomes(self) -> impl Iterator<Item = &'a Outcome> {
        self.executed.iter().flat_map(|executed| &executed.outcomes).map(Arc::as_ref).filter(move |outcome| outcome.seq > self.after)
    }

    /// The outcomes behind the watermark, each with its command.
    pub fn entries(self) -> impl Iterator<Item = (&'a Command, &'a Outcome)> {
        let pairs = self.executed.iter().flat_map(|executed| executed.batch.commands.iter().zip(&executed.outcomes));
        pairs.map(|(command, outcome)| (command, outcome.as_ref())).filter(move |(_, outcome)| outcome.seq > self.after)
    }

    /// The last entry; the watermark where there is none behind it.
    pub fn last(self) -> Seq {
        self.executed.last().map_or(self.after, |executed| executed.batch.last().max(self.after))
    }

    /// Whether nothing is missing between the watermark and the first batch.
    pub fn is_gapless(self) -> bool {
        self.executed.first().is_none_or(|executed| executed.batch.first <= self.after.next())
    }
}
