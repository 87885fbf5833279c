//! The red team: traders who look for points that the rules give away. Tests and simulations set them on synthetic
//! matches, where nobody can know more than the priors: whoever still gains has found a leak.
//!
//! ```text
//!  synthetic match ─▶ Cast (who may be traded) ─▶ play ─▶ News ─▶ Trader::act ─▶ Desk ─▶ State::apply
//!                                                  └──────▶ Schedule: kick-off, events, clock ticks, full time ─┘
//! ```
//! Everything that a trader does is an ordinary command. He sees the whole state, hears of events a little before the
//! feed tells them (he sits in the stadium), and may act in the last millisecond before a clock tick.
//! What he must not know: what the match will bring.
//!
//! # What is measured
//! Of each trader and match: the result of all his accounts together, bad debt that the league took over included, and
//! the stake, which is the margin committed at each open. Orders are small (a share of each footballer), so that traders
//! who share a match do not move prices for one another; those who must be large have an instrument to themselves.

// A trader passes over the news that he has no use for.
#![allow(clippy::wildcard_enum_match_arm)]

mod campaign;
pub mod cast;
pub mod desk;
pub mod play;

mod after_goal;
mod clean_sheet;
mod drift_option;
mod early;
mod kick_off;
mod margin_option;
mod near_floor;
mod opposite;
mod penalty;
mod pushing;
mod resting_limits;
mod splitting;
mod stop_edits;
mod tick_sniping;
mod var;

use crate::fixture::{MatchEvent, MatchPhase};
use crate::units::{Direction, Money};
use desk::Desk;

/// What a trader hears, in the order in which it happens.
#[derive(Clone, Copy, Debug)]
pub enum News<'a> {
    /// A minute before kick-off: the squads are known, orders fill at once.
    BeforeKickOff,
    /// It happens now on the pitch; the feed will tell it [`play::KNOWN_EARLY`] later.
    Glimpsed(&'a MatchEvent),
    /// The last millisecond before a clock tick.
    BeforeTick,
    /// A clock tick has been.
    Ticked,
    /// The feed has told it.
    Told(&'a MatchEvent),
    /// The list of events was amended.
    Corrected,
    /// The match has entered a phase.
    Entered(MatchPhase),
}

/// Somebody who looks for one leak in one match.
pub trait Trader {
    /// What he is called in tables.
    fn name(&self) -> &'static str;

    /// How many accounts he has.
    fn seats(&self) -> usize {
        1
    }

    /// What each of his accounts begins with; [`play::SEED`] at least.
    fn purse(&self) -> Money {
        Money::from_units(10_000_000_000)
    }

    /// He hears and acts.
    fn act(&mut self, news: News<'_>, desk: &mut Desk<'_>);
}

/// Where a leak is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaks {
    /// Classic has it: there he must win.
    Classic,
    /// No claim is made for classic.
    Unknown,
}

/// A trader of the team, fresh for each match.
pub struct Member {
    /// Where he should win.
    pub leaks: Leaks,
    /// Makes him.
    pub make: fn() -> Box<dyn Trader>,
}

/// The whole team.
pub const TEAM: [Member; 28] = [
    member(Leaks::Classic, || Box::new(kick_off::KickOff::new("kick-off, short", Direction::Short))),
    member(Leaks::Unknown, || Box::new(kick_off::KickOff::new("kick-off, long", Direction::Long))),
    member(Leaks::Classic, || Box::new(after_goal::AfterGoal::new("after a goal, short", Direction::Short))),
    member(Leaks::Unknown, || Box::new(after_goal::AfterGoal::new("after a goal, long", Direction::Long))),
    member(Leaks::Unknown, || Box::new(tick_sniping::Drift::default())),
    member(Leaks::Unknown, || Box::new(tick_sniping::CleanSheetMinute::default())),
    member(Leaks::Unknown, || Box::new(splitting::Splitting::new("splitting the open", true))),
    member(Leaks::Unknown, || Box::new(splitting::Splitting::new("splitting the close", false))),
    member(Leaks::Classic, || Box::new(pushing::Pushing::default())),
    member(Leaks::Classic, || Box::new(early::Early::goals("a goal 4 s early, market", early::Manner::Market))),
    member(Leaks::Unknown, || Box::new(early::Early::goals("a goal 4 s early, limit", early::Manner::Limit))),
    member(Leaks::Unknown, || Box::new(early::Early::others("all else 4 s early"))),
    member(Leaks::Unknown, || Box::new(drift_option::DriftOption::default())),
    member(Leaks::Unknown, || Box::new(margin_option::MarginOption::default())),
    member(Leaks::Unknown, || Box::new(penalty::Penalty::new("a penalty awarded", penalty::When::Told))),
    member(Leaks::Unknown, || Box::new(penalty::Penalty::new("a penalty 4 s early", penalty::When::Glimpsed))),
    member(Leaks::Classic, || Box::new(var::TakeProfit::default())),
    member(Leaks::Classic, || Box::new(var::ShortUnderCheck::default())),
    member(Leaks::Classic, || Box::new(opposite::TwoAccounts::new("opposite, two accounts", false))),
    member(Leaks::Unknown, || Box::new(opposite::TwoAccounts::new("opposite, all at one side", true))),
    member(Leaks::Unknown, || Box::new(opposite::OneAccount)),
    member(Leaks::Unknown, || Box::new(stop_edits::StopEdits::new("SL edits as exits", Direction::Long))),
    member(Leaks::Unknown, || Box::new(stop_edits::StopEdits::new("SL edits as exits, short", Direction::Short))),
    member(Leaks::Classic, || Box::new(near_floor::NearFloor)),
    member(Leaks::Classic, || Box::new(clean_sheet::Minute87::new("clean sheet, minute 87", Direction::Long))),
    member(Leaks::Unknown, || Box::new(clean_sheet::Minute87::new("clean sheet, minute 87, short", Direction::Short))),
    member(Leaks::Unknown, || Box::new(resting_limits::RestingLimits::new("limits set before, long", Direction::Long))),
    member(Leaks::Unknown, || Box::new(resting_limits::RestingLimits::new("limits set before, short", Direction::Short))),
];

const fn member(leaks: Leaks, make: fn() -> Box<dyn Trader>) -> Member {
    Member { leaks, make }
}
