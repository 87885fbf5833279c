//! R11.3: imbalance and gross sides are sums over open positions, and no side passes its cap by an open.

use ftl_core::units::{Direction, Lots};

use super::{Finding, Moment};
use crate::holds;

pub fn check(moment: &Moment) -> Finding {
    let mut sums: Vec<(Lots, Lots)> = moment.after.instruments().map(|_| (Lots::ZERO, Lots::ZERO)).collect();
    for position in moment.after.positions() {
        holds!(position.lots > Lots::ZERO, "position {} has {} lots", position.id, position.lots);
        let (long, short) = &mut sums[position.instrument.index()];
        match position.direction {
            Direction::Long => *long += position.lots,
            Direction::Short => *short += position.lots,
        }
    }
    for (row, (long, short)) in moment.after.instruments().zip(sums) {
        let slug = &row.footballer.instrument;
        holds!(row.net == long - short, "{slug} has net {}, its positions make {}", row.net, long - short);
        holds!(
            (row.gross_long, row.gross_short) == (long, short),
            "{slug}: gross {} {}, not {long} {short}",
            row.gross_long,
            row.gross_short
        );
    }
    Ok(())
}
