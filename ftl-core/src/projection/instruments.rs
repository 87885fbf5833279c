//! Instruments as rows: who is on the market, and at what price.

use super::changes::{Changes, Patch};
use super::run::Run;
use crate::command::Footballer;
use crate::event::Event;
use crate::id::{InstrumentIdx, Seq};
use crate::instrument::Review;
use crate::time::At;
use crate::units::{Lots, Price, Score};

/// An instrument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstrumentRow {
    /// His number.
    pub instrument: InstrumentIdx,
    /// Who he is.
    pub footballer: Footballer,
    /// Since when.
    pub listed_at: At,
    /// Since which entry.
    pub listed_seq: Seq,
    /// R3.4.
    pub form: Score,
    /// R3.1.
    pub live_base: Price,
    /// R2.5.
    pub bump: Price,
    /// R2.1. A listing has no imbalance: its mark is its base.
    pub mark: Price,
    /// R2.1.
    pub net: Lots,
    /// R2.4.
    pub side_cap: Lots,
    /// On the market.
    pub active: bool,
    /// Trading stands.
    pub frozen: bool,
    /// R3.9.
    pub review: Option<Review>,
}

/// What a run changes of an instrument: the last of each that it said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InstrumentPatch {
    /// R3.4, R3.1 and R2.5: these come together.
    pub price: Option<(Score, Price, Price)>,
    /// R2.1: the mark and the imbalance that made it.
    pub mark: Option<(Price, Lots)>,
    /// R2.4.
    pub side_cap: Option<Lots>,
    /// On the market.
    pub active: Option<bool>,
    /// Trading stands.
    pub frozen: Option<bool>,
    /// R3.9: held, or ended.
    pub review: Option<Option<Review>>,
}

impl Patch<InstrumentRow> for InstrumentPatch {
    fn apply(self, row: &mut InstrumentRow) {
        (row.form, row.live_base, row.bump) = self.price.unwrap_or((row.form, row.live_base, row.bump));
        (row.mark, row.net) = self.mark.unwrap_or((row.mark, row.net));
        row.side_cap = self.side_cap.unwrap_or(row.side_cap);
        row.active = self.active.unwrap_or(row.active);
        row.frozen = self.frozen.unwrap_or(row.frozen);
        row.review = self.review.unwrap_or(row.review);
    }
}

/// What a run does to instruments.
pub fn instrument_changes(run: Run<'_>) -> Changes<InstrumentIdx, InstrumentRow, InstrumentPatch> {
    let mut changes = Changes::<InstrumentIdx, InstrumentRow, InstrumentPatch>::default();
    for outcome in run.outcomes() {
        for event in &outcome.events {
            #[allow(clippy::wildcard_enum_match_arm, reason = "the others change no instrument's row")]
            match event {
                Event::InstrumentListed { instrument, footballer, form, live_base, side_cap } => {
                    let row = InstrumentRow {
                        instrument: *instrument,
                        footballer: (**footballer).clone(),
                        listed_at: outcome.at,
                        listed_seq: outcome.seq,
                        form: *form,
                        live_base: *live_base,
                        bump: Price::ZERO,
                        mark: *live_base,
                        net: Lots::ZERO,
                        side_cap: *side_cap,
                        active: true,
                        frozen: false,
                        review: None,
                    };
                    changes.made.insert(*instrument, row);
                }
                Event::InstrumentFrozen { instrument, frozen } => changes.change(*instrument, |patch| patch.frozen = Some(*frozen)),
                Event::InstrumentDeactivated { instrument } => changes.change(*instrument, |patch| patch.active = Some(false)),
                Event::PriceChanged { instrument, form, live_base, bump, net, mark } => changes.change(*instrument, |patch| {
                    patch.price = Some((*form, *live_base, *bump));
                    patch.mark = Some((*mark, *net));
                }),
                Event::SideCapSet { instrument, side_cap } => changes.change(*instrument, |patch| patch.side_cap = Some(*side_cap)),
                Event::ReviewHeld { instrument, review } => changes.change(*instrument, |patch| patch.review = Some(Some(*review))),
                Event::ReviewEnded { instrument } => changes.change(*instrument, |patch| patch.review = Some(None)),
                Event::PositionOpened(e) => changes.change(e.instrument, |patch| patch.mark = Some((e.mark, e.net))),
                Event::PositionClosed(e) => changes.change(e.instrument, |patch| patch.mark = Some((e.mark, e.net))),
                _ => {}
            }
        }
    }
    changes.settled()
}
