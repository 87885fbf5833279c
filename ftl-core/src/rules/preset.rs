//! The two presets, number by number.

use super::{
    BoardRules, BumpRules, ExposureRules, Formula, InPlayRules, MarginRules, Preset, PriceLimitRules, ReviewRules, Rules, ScoringRules,
    Settlement, Tally, TopUpRules,
};
use crate::time::Span;
use crate::units::{Bps, KMod, Lots, Money, Price, Score, Wide};

/// Thousandths of a point of score.
const fn milli(n: i64) -> Score {
    Score::from_units(n.saturating_mul(1_000))
}
/// Whole points of price.
const fn points(n: i64) -> Price {
    Price::from_units(n.saturating_mul(10_000))
}
/// Whole points of money.
const fn money(n: i64) -> Money {
    Money::from_units(n.saturating_mul(1_000_000))
}

/// R2.3: min(0.05, 100 / expected accounts) point a lot. For 10,000 accounts 0.01.
pub fn k_mod_for(expected_accounts: u64) -> KMod {
    let hundred = Wide::of(10_000_000_000);
    let k = hundred.div_floor(Wide::from(expected_accounts.max(1)));
    KMod::from_units(k.clamp_i64().clamp(1, 5_000_000))
}

impl Rules {
    /// The rules of `preset` for a league of `expected_accounts`.
    pub fn of(preset: Preset, expected_accounts: u64) -> Self {
        match preset {
            Preset::Fair => Self::fair(expected_accounts),
            Preset::Classic => Self::classic(expected_accounts),
        }
    }

    /// The default.
    pub fn fair(expected_accounts: u64) -> Self {
        Self {
            preset: Preset::Fair,
            floor: points(50),
            ceiling: points(500),
            contract_size: 100,
            k_mod: k_mod_for(expected_accounts),
            min_lots: Lots::from_units(1),
            max_lots: Lots::from_units(1_000),
            exposure: ExposureRules {
                side_cap: Bps(2_000),
                floor_multiple: 4,
                account_cap: Bps(200),
                account_min: Lots::from_units(1_000),
            },
            bump: None,
            price_limit: Some(PriceLimitRules {
                long_above_floor: Bps(11_000),
                long_above_floor_goalkeeper: Bps(12_000),
                short_below_ceiling: Bps(10_500),
            }),
            scoring: ScoringRules {
                weights: fair_weights(),
                priors: priors(),
                max_expected: [milli(14_000), milli(18_000), milli(17_000), milli(17_000)],
                formula: Formula::Martingale {
                    weight: Bps(1_000),
                    length: Span::minutes(96),
                    prior_conceded: Score::from_units(1_347_074),
                },
                prior_matches: 10,
            },
            review: Some(ReviewRules { goal: Span::seconds(60), longest: Span::seconds(300), other: Span::seconds(10) }),
            in_play: Some(InPlayRules {
                min_delay: Span::seconds(5),
                over_lag: Span::seconds(2),
                stale_after: Span::seconds(15),
                last_open_minute: 88,
                last_open_minute_extra: 118,
            }),
            margin: MarginRules {
                leverage: 10,
                gap_multiple: Some(Bps(21_000)),
                warn_below: Bps(10_000),
                rearm_at: Bps(11_000),
                washout_at: Bps(5_000),
            },
            settlement: Settlement::ClearingPrice,
            finalise_after: Span::minutes(30),
            seed: money(10_000),
            top_up: Some(TopUpRules { to: money(2_000), closed_positions: 3, held: Span::seconds(60) }),
            fee_bps: Bps(0),
            spread_bps: Bps(0),
            boards: BoardRules { bots: false, roi_min_margin: money(5_000), roi_min_positions: 5, roi_min_fixtures: 3 },
            dedup_window: Span::minutes(10),
            dedup_max: 1_000_000,
        }
    }

    /// The game as it ran: only for comparison and for play without prizes.
    pub fn classic(expected_accounts: u64) -> Self {
        Self {
            preset: Preset::Classic,
            bump: Some(BumpRules {
                goal: points(12),
                assist: points(6),
                own_goal: points(-8),
                red: points(-15),
                yellow: points(-3),
                penalty_missed: points(-8),
                penalty_saved: points(10),
                clean_sheet: points(5),
                span: Span::seconds(120),
            }),
            price_limit: None,
            scoring: ScoringRules {
                weights: classic_weights(),
                priors: priors(),
                max_expected: [milli(25_000); 4],
                formula: Formula::Blend { weight: Bps(7_000), clean_sheet_after: Span::minutes(60) },
                prior_matches: 10,
            },
            review: None,
            in_play: None,
            margin: MarginRules {
                leverage: 10,
                gap_multiple: None,
                warn_below: Bps(10_000),
                rearm_at: Bps(11_000),
                washout_at: Bps(5_000),
            },
            settlement: Settlement::Mark,
            top_up: None,
            ..Self::fair(expected_accounts)
        }
    }
}

/// R3.2, the fair table.
fn fair_weights() -> [Tally; 4] {
    let all =
        Tally { own_goal: milli(-3_000), yellow: milli(-1_000), red: milli(-4_000), penalty_missed: milli(-2_000), ..Tally::default() };
    [
        Tally { goal: milli(3_000), assist: milli(2_000), shot_on_target: milli(1_500), key_pass: milli(1_000), ..all },
        Tally {
            goal: milli(2_500),
            assist: milli(2_000),
            shot_on_target: milli(1_000),
            key_pass: milli(1_500),
            tackle: milli(1_000),
            interception: milli(1_000),
            clearance: milli(500),
            ..all
        },
        Tally {
            goal: milli(3_500),
            assist: milli(2_000),
            tackle: milli(1_000),
            interception: milli(1_000),
            clearance: milli(500),
            aerial: milli(500),
            clean_sheet: milli(3_000),
            own_goal: milli(-1_000),
            ..all
        },
        Tally {
            goal: milli(4_000),
            assist: milli(2_000),
            save: milli(2_000),
            inside_box: milli(500),
            penalty_saved: milli(3_000),
            conceded: milli(-1_000),
            clean_sheet: milli(3_000),
            own_goal: milli(-1_000),
            ..all
        },
    ]
}

/// R3.2, as FTL published it. A save inside the box is 2.5 *instead of* 3, hence −0.5 on top.
fn classic_weights() -> [Tally; 4] {
    let [forward, midfielder, defender, goalkeeper] = fair_weights();
    [
        forward,
        midfielder,
        Tally { tackle: milli(2_000), interception: milli(2_000), clearance: milli(1_500), aerial: milli(1_000), ..defender },
        Tally { save: milli(3_000), inside_box: milli(-500), clean_sheet: milli(4_000), ..goalkeeper },
    ]
}

/// R3.3: how often each statistic happens in 96 minutes.
fn priors() -> [Tally; 4] {
    let all = Tally { red: milli(4), own_goal: milli(3), ..Tally::default() };
    [
        Tally {
            goal: milli(400),
            assist: milli(150),
            shot_on_target: milli(1_300),
            key_pass: milli(1_200),
            yellow: milli(120),
            penalty_missed: milli(10),
            ..all
        },
        Tally {
            goal: milli(100),
            assist: milli(120),
            shot_on_target: milli(500),
            key_pass: milli(1_200),
            tackle: milli(1_600),
            interception: milli(1_100),
            clearance: milli(1_200),
            yellow: milli(200),
            ..all
        },
        Tally {
            goal: milli(50),
            assist: milli(50),
            tackle: milli(1_400),
            interception: milli(1_400),
            clearance: milli(4_000),
            aerial: milli(2_000),
            yellow: milli(200),
            own_goal: milli(10),
            ..all
        },
        Tally { save: milli(3_000), inside_box: milli(1_900), penalty_saved: milli(30), conceded: milli(1_350), yellow: milli(50), ..all },
    ]
}
