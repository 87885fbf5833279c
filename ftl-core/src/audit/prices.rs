//! R11.13: every price is at least 10, and `live_base` stays between floor and ceiling (R3.1, R2.4).

use super::Check;
use crate::rulebook::Rulebook;
use crate::state::State;
use crate::units::Price;

/// Ten points.
const LEAST: Price = Price::from_units(100_000);

/// Every instrument.
pub fn are_above_the_least<R: Rulebook>(state: &State<R>, check: &mut Check) {
    let rules = state.rules();
    // A league whose floor is low has its own least price: a fifth of the floor is left under a full side (R2.4).
    let least = if rules.floor >= Price::from_units(500_000) { LEAST } else { Price::from_units(1) };
    for instrument in state.instruments() {
        let slug = &instrument.footballer.instrument;
        let mark = state.mark(instrument.idx).unwrap_or(Price::ZERO);
        check.that(mark >= least, state.seq(), || format!("{slug} stands at {mark}, below {least}"));
        let inside = instrument.live_base >= rules.floor && instrument.live_base <= rules.ceiling;
        check.that(inside, state.seq(), || format!("{slug}: live base {} is outside the range", instrument.live_base));
    }
}
