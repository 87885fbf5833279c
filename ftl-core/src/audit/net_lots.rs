//! R11.3: `net_lots` equals the sum over open positions, and so do the gross lots of each side (R2.1, R2.4).

use std::collections::BTreeMap;

use super::Check;
use crate::id::InstrumentIdx;
use crate::rulebook::Rulebook;
use crate::state::State;
use crate::units::{Direction, Wide};

/// Every instrument, against every open position.
pub fn equal_the_sum_over_positions<R: Rulebook>(state: &State<R>, check: &mut Check) {
    let mut sums: BTreeMap<InstrumentIdx, [Wide; 2]> = BTreeMap::new();
    for position in state.positions() {
        let [long, short] = sums.entry(position.instrument).or_insert([Wide::ZERO; 2]);
        let side = match position.direction {
            Direction::Long => long,
            Direction::Short => short,
        };
        *side = *side + position.lots.wide();
    }
    for instrument in state.instruments() {
        let [long, short] = sums.remove(&instrument.idx).unwrap_or([Wide::ZERO; 2]);
        let kept = [instrument.gross_long.wide(), instrument.gross_short.wide(), instrument.net.wide()];
        let what =
            || format!("{}: net {}, its positions sum to {}e-2", instrument.footballer.instrument, instrument.net, (long - short).get());
        check.that(kept == [long, short, long - short], state.seq(), what);
    }
    check.that(sums.is_empty(), state.seq(), || format!("positions in {} instruments that are not listed", sums.len()));
}
