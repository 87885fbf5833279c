//! R11.13, R3.1: no price is below 10, no base outside its range.

use ftl_core::units::Price;

use super::{Finding, Moment};
use crate::holds;

pub fn check(moment: &Moment) -> Finding {
    let rules = moment.after.rules();
    for row in moment.after.instruments() {
        let mark = moment.after.mark(row.idx).unwrap_or_default();
        let slug = &row.footballer.instrument;
        holds!(mark >= Price::from_units(100_000), "{slug} trades at {mark}");
        holds!((rules.floor..=rules.ceiling).contains(&row.live_base), "{slug} has a base of {}", row.live_base);
        holds!((rules.floor..=rules.ceiling).contains(&row.base()), "{slug} has a base with bump of {}", row.base());
    }
    Ok(())
}
