//! In `fair` the red team gains nothing; in `classic` it wins where classic leaks, so that this test can fail.
//!
//! Matches are drawn from the priors on fixed seeds; a match is the unit of the statistics, since traders of one match
//! share its luck. `FTL_MATCHES` (default 10,000) is how many are played in `fair`; classic plays a twentieth.
//! The 99.9 % interval is 3.29 standard errors of the ratio Σ result / Σ stake. Prints the table that it judges.
#![allow(clippy::arithmetic_side_effects, clippy::as_conversions, clippy::float_arithmetic, clippy::disallowed_types)]
#![allow(clippy::disallowed_methods)]

mod figures;
mod season;

use figures::{Figures, play_all};
use ftl_core::redteam::{Leaks, TEAM};
use ftl_core::rules::Rules;

/// Half-width of the 99.9 % interval in standard errors.
const WIDE: f64 = 3.29;
const SEED: u64 = 2022;

fn matches() -> u64 {
    std::env::var("FTL_MATCHES").ok().and_then(|n| n.parse().ok()).unwrap_or(10_000)
}

#[test]
fn in_fair_the_red_team_gains_nothing_and_prices_do_not_drift() {
    let figures = play_all(SEED, matches(), &Rules::fair(1_000));
    println!("{}", figures.table("fair", |row| if row.low(WIDE) <= 0.0 { "gains nothing" } else { "GAINS" }));
    println!("{}", figures.drift_table());
    let gainers: Vec<&str> = figures.rows.iter().filter(|row| row.low(WIDE) > 0.0).map(|row| row.name).collect();
    assert!(gainers.is_empty(), "the fair rules leak to: {gainers:?}");
    if matches() >= 1_000 {
        let silent: Vec<&str> = figures.rows.iter().filter(|row| row.never_traded()).map(|row| row.name).collect();
        assert_eq!(silent, ["a goal 4 s early, market", "all else 4 s early"], "whom the rules leave nothing to fill, and nobody else");
    }
    // Two standard errors on the seeds that are always played; of others one in twenty is further out.
    let bound = if matches() == 10_000 { 2.0 } else { WIDE };
    let adrift: Vec<_> = figures.drifts.iter().filter(|drift| drift.mean().abs() > bound * drift.error()).map(|drift| drift.name).collect();
    assert!(adrift.is_empty(), "prices drift without trading: {adrift:?}");
}

#[test]
fn in_classic_the_red_team_wins_where_classic_leaks() {
    let figures = play_all(SEED, (matches() / 20).max(50), &Rules::classic(1_000));
    let leaks = |figures: &Figures, n: usize| TEAM[n].leaks == Leaks::Classic && figures.rows[n].mean() < 0.01;
    println!("{}", figures.table("classic", |row| if row.mean() >= 0.01 { "wins" } else { "" }));
    let short: Vec<&str> = (0..TEAM.len()).filter(|n| leaks(&figures, *n)).map(|n| figures.rows[n].name).collect();
    assert!(short.is_empty(), "classic should leak at least 1 % of stake to: {short:?}");
}
