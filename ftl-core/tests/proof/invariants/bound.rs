//! R11.11: wherever every base goes, the house pays the present book no more than the published bound.

use ftl_core::units::Direction;

use super::{Finding, Moment};
use crate::holds;
use crate::numbers::Numbers;

pub fn check(moment: &Moment) -> Finding {
    let state = moment.after;
    let rules = state.rules();
    let bound = i128::from(state.risk().worst_loss.units());
    let mut numbers = Numbers::of(state.seq().0);
    for trial in 0..3 {
        let mut paid = 0i128;
        for row in state.instruments() {
            let (floor, ceiling) = (rules.floor.units(), rules.ceiling.units());
            let there = match trial {
                0 if row.net.units() > 0 => ceiling,
                0 => floor,
                _ => numbers.within(floor, ceiling),
            };
            let shares = |direction: Direction| i128::from(row.gross(direction).units()) * i128::from(rules.contract_size);
            paid += i128::from(there - row.live_base.units()) * (shares(Direction::Long) - shares(Direction::Short));
        }
        holds!(paid <= bound, "prices could go where the house pays {paid}, it published {bound}");
    }
    Ok(())
}
