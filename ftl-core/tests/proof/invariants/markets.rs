//! R11.4: nothing is open where there is no market.

use ftl_core::fixture::MatchPhase;

use super::{Finding, Moment};
use crate::holds;

pub fn check(moment: &Moment) -> Finding {
    let state = moment.after;
    let standing = state.positions().map(|p| (p.instrument, "open")).chain(state.orders().map(|o| (o.instrument, "resting")));
    for (instrument, what) in standing {
        let row = state.instrument(instrument).ok_or("it trades in nothing")?;
        let slug = &row.footballer.instrument;
        holds!(row.active, "{what} on {slug}, which is off the market");
        let over = state.fixture_of(row).is_some_and(|f| matches!(f.phase, MatchPhase::Finished | MatchPhase::Abandoned));
        holds!(!over, "{what} on {slug}, whose match is over");
    }
    for row in state.instruments() {
        let in_squads = state.fixtures().filter(|f| f.phase.is_live() && f.participant(row.idx).is_some()).count();
        holds!(in_squads <= 1, "{} plays {in_squads} matches at a time", row.footballer.instrument);
        holds!(row.review.is_none() || in_squads == 1, "{} is under review outside a match", row.footballer.instrument);
    }
    Ok(())
}
