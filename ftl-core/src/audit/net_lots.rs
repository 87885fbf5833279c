//! R11.3: `net_lots` equals the sum over open positions, and so do the gross lots of each side (R2.1, R2.4).

use std::collections::BTreeSet;

use super::Check;
use crate::id::InstrumentIdx;
use crate::rulebook::Rulebook;
use crate::state::State;
use crate::units::{Direction, Wide};

/// Every instrument, against every open position.
pub fn equal_the_sum_over_positions<R: Rulebook>(state: &State<R>, check: &mut Check) {
    let mut sums: Vec<[Wide; 2]> = vec![[Wide::ZERO; 2]; state.instruments().count()];
    let mut unlisted: BTreeSet<InstrumentIdx> = BTreeSet::new();
    for position in state.positions() {
        let Some([long, short]) = sums.get_mut(position.instrument.index()) else {
            unlisted.insert(position.instrument);
            continue;
        };
        let side = match position.direction {
            Direction::Long => long,
            Direction::Short => short,
        };
        *side = *side + position.lots.wide();
    }
    for (instrument, [long, short]) in state.instruments().zip(sums) {
        let kept = [instrument.gross_long.wide(), instrument.gross_short.wide(), instrument.net.wide()];
        let what =
            || format!("{}: net {}, its positions sum to {}e-2", instrument.footballer.instrument, instrument.net, (long - short).get());
        check.that(kept == [long, short, long - short], state.seq(), what);
    }
    check.that(unlisted.is_empty(), state.seq(), || format!("positions in {} instruments that are not listed", unlisted.len()));
}
