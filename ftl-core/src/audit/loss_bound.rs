//! R11.11: what the present book can cost the house is within the bound that it publishes (R7.2).

use super::Check;
use crate::instrument::Instrument;
use crate::rulebook::{Curve, PricingCurve, Rulebook};
use crate::state::State;
use crate::units::{Price, Wide};

/// Everybody settled with every live base at the end of its range that costs most, against `risk`.
pub fn covers_the_present_book<R: Rulebook>(state: &State<R>, check: &mut Check) {
    let rules = state.rules();
    let worst = |row: &Instrument| loss_at(state, row, rules.floor).max(loss_at(state, row, rules.ceiling));
    let loss: Wide = state.instruments().map(worst).sum();
    let bound = state.risk().worst_loss;
    check.that(loss <= bound.wide(), state.seq(), || format!("the present book can cost {}e-6, the bound is {bound}", loss.get()));
}

/// What settling everybody with the live base at `end` costs more than settling everybody now.
fn loss_at<R: Rulebook>(state: &State<R>, instrument: &Instrument, end: Price) -> Wide {
    let clearing = |base| R::Pricing::clearing_price(state.rules(), Curve { base, net: instrument.net }).wide();
    let net = instrument.gross_long.wide() - instrument.gross_short.wide();
    (clearing(end) - clearing(instrument.live_base)) * net * i64::from(state.rules().contract_size)
}
