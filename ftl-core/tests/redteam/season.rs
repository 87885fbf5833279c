//! The red team inside a season: whoever has found nothing ends where random traders end.
//!
//! `FTL_SEASON_MATCHES` (default 24) and `FTL_SEASON_TRADERS` (default 400) say how long it is and how many trade.

use ftl_core::rules::Rules;
use ftl_core::season::persona::{Kind, PERSONAS};
use ftl_core::season::{Attacker, Matches, Plan, Season};
use std::fmt::Write;

use crate::WIDE;

const SEED: u64 = 7;

fn setting(name: &str, default: u32) -> u32 {
    std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(default)
}

fn played(rules: Rules, matches: u32, accounts: u32) -> Season {
    let matches = Matches::drawn(SEED, u64::from(matches));
    let mut season = Season::new(Plan { matches, rules, accounts, red_team: true, seed: SEED }, false);
    while season.step() {}
    season
}

/// What random traders made of the margin that they committed, in rising order.
fn random(season: &Season) -> Vec<f64> {
    let lines = season.tally().personas(season.state());
    let random = lines.iter().filter(|line| PERSONAS[line.persona].kind == Kind::Random);
    random.flat_map(|line| line.returns.sorted()).map(|ratio| ratio.units() as f64 / 1e6).collect()
}

/// The return, and its standard error with the match as the unit.
fn return_of(attacker: &Attacker) -> (f64, f64) {
    let committed = (attacker.committed.units() as f64).max(1.0);
    let n = attacker.by_match.len() as f64;
    let mean = attacker.result.units() as f64 / n;
    let squares: f64 = attacker.by_match.iter().map(|made| (made.all.units() as f64 - mean).powi(2)).sum();
    (attacker.result.units() as f64 / committed, (squares * n / (n - 1.0)).sqrt() / committed)
}

#[test]
fn in_a_fair_season_no_attacker_ends_above_random_traders_and_their_noise() {
    let (matches, traders) = (setting("FTL_SEASON_MATCHES", 24), setting("FTL_SEASON_TRADERS", 400));
    let season = played(Rules::fair(u64::from(traders)), matches, traders);
    let random = random(&season);
    let (median, high) = (random[random.len() / 2], random[random.len() * 975 / 1_000]);
    let mut table = format!("random traders: median {:+.3} %, the best 2.5 % from {:+.3} % on\n", 100.0 * median, 100.0 * high);
    let mut gainers = Vec::new();
    for attacker in season.attackers() {
        let (returned, error) = return_of(attacker);
        let gains = returned > high && returned - median > WIDE * error;
        let verdict = if gains { "GAINS" } else { "" };
        let _ = writeln!(table, "{:<48} {:>+9.3} {:>8.3} {verdict}", attacker.name, 100.0 * returned, 100.0 * error);
        gainers.extend(gains.then_some(attacker.name));
    }
    println!("{table}");
    assert_eq!(season.tally().bad_debt.units(), 0, "nobody owed more than he had");
    assert!(gainers.is_empty(), "above random traders: {gainers:?}");
}

#[test]
fn in_a_classic_season_attackers_end_above() {
    let season = played(Rules::classic(200), 6, 200);
    let random = random(&season);
    let high = random[random.len() * 975 / 1_000];
    let above = season.attackers().iter().filter(|attacker| return_of(attacker).0 > high).count();
    assert!(above >= 5, "{above} attackers are above 97.5 % of random traders");
}
