//! Every limit of the core in one place, and the checks of what comes from outside.

use crate::command::Footballer;
use crate::id::District;
use crate::rejection::Rejection;
use crate::rules::Rules;
use crate::units::{Bps, KMod, Lots, Money, Price};

/// Instruments in a league: their number is a `u16`.
pub const MAX_INSTRUMENTS: usize = 65_535;
/// Fixtures in a league.
pub const MAX_FIXTURES: usize = 100_000;
/// Footballers in one side's squad.
pub const MAX_SQUAD: usize = 60;
/// Events on one match's list.
pub const MAX_EVENTS: usize = 20_000;
/// Open positions and resting orders in a book.
pub const MAX_IN_BOOK: usize = 200;
/// Points in one grant.
pub const MAX_GRANT: Money = Money::from_units(1_000_000_000_000);
/// Districts of a league.
pub const MAX_DISTRICTS: usize = 1_000;
/// Time played in one match, in milliseconds.
pub const MAX_CLOCK_MS: u64 = 12_000_000;
/// A minute of football.
pub const MAX_MINUTE: u16 = 130;
/// The tolerance of a client that names a price and none (R4.1).
pub const DEFAULT_TOLERANCE: Bps = Bps(50);
/// Minutes of stoppage.
pub const MAX_OFFSET: u16 = 60;

/// A field has no valid value.
pub fn invalid(field: &str, expected: &str) -> Rejection {
    Rejection::InvalidField { field: field.into(), expected: expected.into() }
}

/// The league is full.
pub fn too_many(max: usize) -> Rejection {
    Rejection::TooMany { max: u32::try_from(max).unwrap_or(u32::MAX) }
}

/// 1 to 100 characters, none of them a control character.
pub fn check_name(field: &str, name: &str) -> Result<(), Rejection> {
    let n = name.chars().count();
    let good = (1..=100).contains(&n) && !name.chars().any(char::is_control);
    good.then_some(()).ok_or_else(|| invalid(field, "1 to 100 characters"))
}

/// A footballer as he may be listed.
pub fn check_footballer(footballer: &Footballer) -> Result<(), Rejection> {
    if !footballer.instrument.is_well_formed() {
        return Err(invalid("instrument", "a slug of 1 to 64 characters"));
    }
    check_name("name", &footballer.name)?;
    check_name("team", &footballer.team)
}

/// At least one, each once.
pub fn check_districts(districts: &[District]) -> Result<(), Rejection> {
    let distinct: std::collections::BTreeSet<_> = districts.iter().collect();
    let good = !districts.is_empty()
        && districts.len() <= MAX_DISTRICTS
        && distinct.len() == districts.len()
        && districts.iter().all(District::is_well_formed);
    good.then_some(()).ok_or_else(|| invalid("districts", "1 to 1,000 names, each once"))
}

/// Rules under which every formula stays inside its unit and every price above nothing.
pub fn check_rules(rules: &Rules) -> Result<(), Rejection> {
    let checks: [(bool, &str, &str); 14] = [
        (rules.floor >= Price::from_units(10_000) && rules.floor < rules.ceiling, "floor", "at least 1.0000 and below the ceiling"),
        (rules.ceiling <= Price::from_units(100_000_000), "ceiling", "at most 10000.0000"),
        ((1..=10_000).contains(&rules.contract_size), "contractSize", "1 to 10000"),
        (rules.k_mod > KMod::ZERO && rules.k_mod <= KMod::from_units(100_000_000), "kMod", "more than 0, at most 1.00000000"),
        (Lots::ZERO < rules.min_lots && rules.min_lots <= rules.max_lots, "minLots", "more than 0, at most maxLots"),
        (rules.max_lots <= Lots::from_units(1_000_000), "maxLots", "at most 10000.00"),
        (rules.exposure.side_cap.0 <= 2_000, "exposure.sideCap", "at most 2000: a price stays above nothing (R2.4)"),
        ((1..=4).contains(&rules.exposure.floor_multiple), "exposure.floorMultiple", "1 to 4"),
        ((1..=100).contains(&rules.margin.leverage), "margin.leverage", "1 to 100"),
        (rules.margin.washout_at.0 < rules.margin.warn_below.0, "margin.washoutAt", "below warnBelow"),
        (
            rules.margin.warn_below.0 <= rules.margin.rearm_at.0 && rules.margin.rearm_at.0 <= 100_000,
            "margin.rearmAt",
            "from warnBelow to 100000",
        ),
        (rules.seed >= Money::ZERO && rules.seed <= MAX_GRANT, "seed", "0.000000 to 1000000.000000"),
        (rules.fee_bps.0 <= 1_000 && rules.spread_bps.0 <= 1_000, "feeBps", "at most 1000, like spreadBps"),
        (rules.scoring.max_expected.iter().all(|max| max.units() > 0), "scoring.maxExpected", "more than 0"),
    ];
    match checks.iter().find(|(good, ..)| !good) {
        Some((_, field, expected)) => Err(invalid(field, expected)),
        None if rules.dedup_window.0 < 60_000 || rules.dedup_max == 0 => {
            Err(invalid("dedupWindow", "at least 60000, with dedupMax above 0"))
        }
        None => Ok(()),
    }
}
