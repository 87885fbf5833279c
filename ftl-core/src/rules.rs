//! Rules that operators tune: data in the state, changed by a command. `fair` is the default, `classic` the game as
//! FTL ran it (milkable in known ways, never with prizes). Every number's rule is cited; ◆ marks where the two differ.

mod preset;

pub use preset::k_mod_for;

use serde::{Deserialize, Serialize};

use crate::fixture::Reported;
use crate::time::Span;
use crate::units::{Bps, KMod, Lots, Money, Price, Score};

/// All that can be tuned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rules {
    /// What they were made from.
    pub preset: Preset,
    /// R3.1: the price of a form of nothing.
    pub floor: Price,
    /// R3.1: the price of the best form.
    pub ceiling: Price,
    /// R1.1: shares in a lot.
    pub contract_size: u32,
    /// R2.3: how far one lot moves the price.
    pub k_mod: KMod,
    /// R4.2: the smallest order.
    pub min_lots: Lots,
    /// R4.2: the largest order.
    pub max_lots: Lots,
    /// R2.4.
    pub exposure: ExposureRules,
    /// R2.5 ◆.
    pub bump: Option<BumpRules>,
    /// R2.6 ◆.
    pub price_limit: Option<PriceLimitRules>,
    /// R3.
    pub scoring: ScoringRules,
    /// R3.9 ◆.
    pub review: Option<ReviewRules>,
    /// R4.4 ◆: the rest of in-play orders; `None` fills at once.
    pub in_play: Option<InPlayRules>,
    /// R4.7, R5.
    pub margin: MarginRules,
    /// R6.2 ◆.
    pub settlement: Settlement,
    /// R3.7: how long a finished fixture takes corrections.
    pub finalise_after: Span,
    /// R4.8: what an account starts with.
    pub seed: Money,
    /// R4.8 ◆: the weekly top-up.
    pub top_up: Option<TopUpRules>,
    /// R7.2: of a fill's notional, to `fees`.
    pub fee_bps: Bps,
    /// R7.2: the full spread of a fill's notional; half of it is paid on each fill.
    pub spread_bps: Bps,
    /// R8.1.
    pub boards: BoardRules,
    /// How long a command's id is remembered.
    pub dedup_window: Span,
    /// How many ids are remembered at most; the last half of that are for certain.
    pub dedup_max: u32,
}

/// What a league's rules were made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Preset {
    /// The game as it ran.
    Classic,
    /// The default.
    Fair,
}

/// R2.4: how much of an instrument may be held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExposureRules {
    /// A side's gross lots × `k_mod`, at most this part of min(live_base, `floor_multiple` × floor).
    pub side_cap: Bps,
    /// See `side_cap`.
    pub floor_multiple: u32,
    /// One account's lots on a side, as a part of the side cap …
    pub account_cap: Bps,
    /// … or this, whichever is more.
    pub account_min: Lots,
}

/// R2.5: what an event adds to the price for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BumpRules {
    /// For the scorer.
    pub goal: Price,
    /// For who assisted.
    pub assist: Price,
    /// For who scored it.
    pub own_goal: Price,
    /// For who is sent off, second yellows included.
    pub red: Price,
    /// For who is cautioned.
    pub yellow: Price,
    /// For the taker.
    pub penalty_missed: Price,
    /// For the keeper.
    pub penalty_saved: Price,
    /// At full time.
    pub clean_sheet: Price,
    /// Falls linearly to nothing over this.
    pub span: Span,
}

/// R2.6: where the price can only come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PriceLimitRules {
    /// A long is refused below this multiple of the floor.
    pub long_above_floor: Bps,
    /// The same for a goalkeeper.
    pub long_above_floor_goalkeeper: Bps,
    /// A short is refused above the ceiling over this.
    pub short_below_ceiling: Bps,
}

/// R3: from the pitch to the price. Tables are in the order of [`Position::ALL`](crate::fixture::Position::ALL).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ScoringRules {
    /// R3.2: score a unit of each statistic.
    pub weights: [Tally; 4],
    /// R3.3: how often each happens in 96 minutes.
    pub priors: [Tally; 4],
    /// R3.1.
    pub max_expected: [Score; 4],
    /// R3.4 ◆.
    pub formula: Formula,
    /// R3.3: earlier matches that the prior counts as.
    pub prior_matches: u32,
}

/// A figure for each statistic, in 10⁻⁶.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Tally {
    /// Goals.
    pub goal: Score,
    /// Assists.
    pub assist: Score,
    /// Shots on target, goals included.
    pub shot_on_target: Score,
    /// Key passes.
    pub key_pass: Score,
    /// Tackles.
    pub tackle: Score,
    /// Interceptions.
    pub interception: Score,
    /// Clearances.
    pub clearance: Score,
    /// Aerial duels won.
    pub aerial: Score,
    /// Saves, those inside the box and of penalties included.
    pub save: Score,
    /// Saves inside the box, on top of the save.
    pub inside_box: Score,
    /// Penalties saved, on top of both.
    pub penalty_saved: Score,
    /// Goals conceded on the pitch.
    pub conceded: Score,
    /// A clean sheet; no part of the drift.
    pub clean_sheet: Score,
    /// Own goals.
    pub own_goal: Score,
    /// Cautions.
    pub yellow: Score,
    /// Dismissals.
    pub red: Score,
    /// Penalties missed or saved.
    pub penalty_missed: Score,
}

impl Tally {
    /// The statistics in the order of R3.2, clean sheet apart.
    pub const COUNTED: [Reported; 16] = [
        Reported::Goal,
        Reported::Assist,
        Reported::ShotOnTarget,
        Reported::KeyPass,
        Reported::Tackle,
        Reported::Interception,
        Reported::Clearance,
        Reported::Aerial,
        Reported::Save,
        Reported::InsideBox,
        Reported::PenaltySaved,
        Reported::Conceded,
        Reported::OwnGoal,
        Reported::Yellow,
        Reported::Red,
        Reported::PenaltyMissed,
    ];

    /// The figure of one statistic; nothing for a signal.
    pub const fn of(&self, statistic: Reported) -> Score {
        match statistic {
            Reported::Goal => self.goal,
            Reported::Assist => self.assist,
            Reported::ShotOnTarget => self.shot_on_target,
            Reported::KeyPass => self.key_pass,
            Reported::Tackle => self.tackle,
            Reported::Interception => self.interception,
            Reported::Clearance => self.clearance,
            Reported::Aerial => self.aerial,
            Reported::Save => self.save,
            Reported::InsideBox => self.inside_box,
            Reported::PenaltySaved => self.penalty_saved,
            Reported::Conceded => self.conceded,
            Reported::CleanSheet => self.clean_sheet,
            Reported::OwnGoal => self.own_goal,
            Reported::Yellow => self.yellow,
            Reported::Red => self.red,
            Reported::PenaltyMissed => self.penalty_missed,
            Reported::PenaltyAwarded | Reported::Restart | Reported::VarCheck => Score::ZERO,
        }
    }
}

/// R3.4, R3.5 ◆: from score to form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Formula {
    /// Fair: what was expected so far is taken off; a clean sheet counts its probability.
    #[serde(rename_all = "camelCase")]
    Martingale {
        /// w of R3.4.
        weight: Bps,
        /// T of R3.4: the length of a match.
        length: Span,
        /// Goals that a side is expected to concede in T (R3.5): p0 = exp(−this), 0.26 by default.
        prior_conceded: Score,
    },
    /// Classic: `0.7 × score + 0.3 × previous`, from nothing at kick-off; a clean sheet at the whistle.
    #[serde(rename_all = "camelCase")]
    Blend {
        /// Of the match's score; the previous form has the rest.
        weight: Bps,
        /// A clean sheet counts from this much play on.
        clean_sheet_after: Span,
    },
}

/// R3.9.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReviewRules {
    /// After a goal (or dismissal) where the feed reports no restart.
    pub goal: Span,
    /// The longest.
    pub longest: Span,
    /// After any other event that moves the price.
    pub other: Span,
}

/// R4.2, R4.4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InPlayRules {
    /// The shortest delay.
    pub min_delay: Span,
    /// On top of the feed's declared lag.
    pub over_lag: Span,
    /// Without a clock tick for this long after the due time: cancelled `feed_stale`.
    pub stale_after: Span,
    /// No opens from this minute of the second half until extra time.
    pub last_open_minute: u16,
    /// No opens from this minute of extra time.
    pub last_open_minute_extra: u16,
}

/// R4.7, R5.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MarginRules {
    /// Notional over margin.
    pub leverage: u32,
    /// ◆ Margin is at least this multiple of the worst single event's gap.
    pub gap_multiple: Option<Bps>,
    /// R5.2: a warning below this level …
    pub warn_below: Bps,
    /// … and again only after this.
    pub rearm_at: Bps,
    /// R5.3: washout at or below this.
    pub washout_at: Bps,
}

/// R6.2 ◆: the one price of full time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Settlement {
    /// `live_base + k_mod × net / 2`.
    ClearingPrice,
    /// The mark.
    Mark,
}

/// R4.8.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TopUpRules {
    /// Up to this.
    pub to: Money,
    /// For who closed this many positions …
    pub closed_positions: u32,
    /// … held at least this long.
    pub held: Span,
}

/// R8.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BoardRules {
    /// Bots stand on boards (replays, simulations, the demo).
    pub bots: bool,
    /// `roi` divides by at least this margin.
    pub roi_min_margin: Money,
    /// `roi` needs this many closed positions …
    pub roi_min_positions: u32,
    /// … in this many fixtures.
    pub roi_min_fixtures: u32,
}
