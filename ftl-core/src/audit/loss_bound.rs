//! R11.11: what the present book can cost the house is within the bound that it publishes (R7.2).

use super::Check;
use crate::instrument::Instrument;
use crate::rulebook::{Curve, PricingCurve, Rulebook};
use crate::state::State;
use crate::units::{Price, Wide};

/// Every instrument: settled at either end of its range, against gross side × contract × distance.
pub fn covers_the_present_book<R: Rulebook>(state: &State<R>, check: &mut Check) {
    for instrument in state.instruments().filter(|row| row.gross_long.units() > 0 || row.gross_short.units() > 0) {
        let bound = bound(state, instrument);
        for end in [state.rules().floor, state.rules().ceiling] {
            let loss = loss_at(state, instrument, end);
            let what = || format!("{} at {end} costs {}e-6, the bound is {}e-6", instrument.footballer.instrument, loss.get(), bound.get());
            check.that(loss <= bound, state.seq(), what);
        }
    }
}

/// max over sides of gross × contract × distance to the end of the range that pays that side.
fn bound<R: Rulebook>(state: &State<R>, instrument: &Instrument) -> Wide {
    let rules = state.rules();
    let contract = i64::from(rules.contract_size);
    // Prices round down to a unit, once at each end.
    let up = rules.ceiling.wide() - instrument.live_base.wide() + Wide::of(1);
    let down = instrument.live_base.wide() - rules.floor.wide() + Wide::of(1);
    (instrument.gross_long.wide() * up * contract).max(instrument.gross_short.wide() * down * contract)
}

/// What settling everybody with the live base at `end` costs more than settling everybody now.
fn loss_at<R: Rulebook>(state: &State<R>, instrument: &Instrument, end: Price) -> Wide {
    let clearing = |base| R::Pricing::clearing_price(state.rules(), Curve { base, net: instrument.net }).wide();
    let net = instrument.gross_long.wide() - instrument.gross_short.wide();
    (clearing(end) - clearing(instrument.live_base)) * net * i64::from(state.rules().contract_size)
}
