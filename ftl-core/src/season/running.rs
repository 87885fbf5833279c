//! A match of the season from the opening of its market to its last entry: what the feed sends, when traders look, and
//! when the red team knows more than they do.

use std::collections::VecDeque;

use crate::command::{Action, Command};
use crate::feed::{Schedule, announce, command};
use crate::fixture::MatchEvent;
use crate::id::FixtureId;
use crate::redteam::News;
use crate::redteam::play::KNOWN_EARLY;
use crate::seeded::Seeded;
use crate::source::MatchSource;
use crate::state::State;
use crate::time::{At, Span};

use super::look::{Look, Tape};
use super::market::Market;
use super::red_team::Squad;

/// The market opens this long before kick-off.
const MARKET_BEFORE: Span = Span::minutes(10);
/// How often traders look before kick-off.
const LOOK_EVERY: Span = Span::seconds(15);
/// When the red team acts before kick-off.
const TEAM_BEFORE: Span = Span::minutes(1);

/// What happens next in a match.
#[derive(Clone, Debug)]
pub(super) enum Moment {
    /// The feed sends it; traders look after a clock tick.
    Feed(Command),
    /// Traders look.
    Look,
    /// The red team hears of it.
    Team(Heard),
}

/// News for the red team alone.
#[derive(Clone, Debug)]
pub(super) enum Heard {
    BeforeKickOff,
    Glimpsed(MatchEvent),
    BeforeTick,
    Ticked,
    Told(MatchEvent),
    Corrected,
    Entered(crate::fixture::MatchPhase),
}

/// See the module.
#[derive(Debug)]
pub(super) struct Running {
    fixture: FixtureId,
    moments: VecDeque<(At, Moment)>,
    tape: Tape,
    squad: Squad,
}

/// When the market of a match opens.
pub(super) fn opens(source: &MatchSource) -> At {
    At(source.kick_off.0.saturating_sub(MARKET_BEFORE.0))
}

impl Running {
    /// All that is to come of a match.
    pub fn of(source: &MatchSource, salt: u64, draws: &mut Seeded, squad: Squad) -> Self {
        let opens = opens(source);
        let mut moments = Vec::new();
        for action in announce(source, source.kick_off) {
            moments.push((opens, Moment::Feed(command(draws.command_id(), action))));
        }
        let mut at = opens.after(LOOK_EVERY);
        while at < source.kick_off {
            moments.push((at, Moment::Look));
            at = at.after(LOOK_EVERY);
        }
        let schedule = Schedule::of(source, source.kick_off);
        moments.extend(schedule.commands(salt).map(|(at, command)| (at, Moment::Feed(command))));
        if !squad.is_empty() {
            moments.push((At(source.kick_off.0.saturating_sub(TEAM_BEFORE.0)), Moment::Team(Heard::BeforeKickOff)));
            moments.extend(schedule.steps().iter().filter_map(|step| early(step.at, &step.action, source.kick_off)));
        }
        // Stable: what the schedule has at one moment stays in its order.
        moments.sort_by_key(|(at, _)| *at);
        Self { fixture: source.id.clone(), moments: moments.into(), tape: Tape::default(), squad }
    }

    /// When the next thing happens.
    pub fn next_at(&self) -> Option<At> {
        self.moments.front().map(|(at, _)| *at)
    }

    /// The next thing.
    pub fn pop(&mut self) -> Option<(At, Moment)> {
        self.moments.pop_front()
    }

    /// Whether nothing is to come.
    pub fn is_over(&self) -> bool {
        self.moments.is_empty()
    }

    /// Takes down what traders see now.
    pub fn look(&mut self, state: &State, look: &mut Look) {
        if let Some(fixture) = state.fixture(&self.fixture) {
            self.tape.note(state, fixture);
            look.take_down(state, fixture, &self.tape);
        }
    }

    /// The red team hears and acts.
    pub fn tell(&mut self, heard: &Heard, market: &mut Market, at: At) {
        if self.squad.is_empty() {
            return;
        }
        let news = match heard {
            Heard::BeforeKickOff => News::BeforeKickOff,
            Heard::Glimpsed(event) => News::Glimpsed(event),
            Heard::BeforeTick => News::BeforeTick,
            Heard::Ticked => News::Ticked,
            Heard::Told(event) => News::Told(event),
            Heard::Corrected => News::Corrected,
            Heard::Entered(phase) => News::Entered(*phase),
        };
        self.squad.tell(news, market, &self.fixture, at);
    }
}

/// What everybody hears of a command of the feed once it is applied.
#[allow(clippy::wildcard_enum_match_arm, reason = "the others are no news")]
pub(super) fn heard_of(action: &Action) -> Option<Heard> {
    Some(match action {
        Action::TickClock { .. } => Heard::Ticked,
        Action::ReportEvent { event, .. } => Heard::Told(event.clone()),
        Action::CorrectEvent { .. } => Heard::Corrected,
        Action::EnterPhase { phase, .. } => Heard::Entered(*phase),
        _ => return None,
    })
}

/// What the red team knows before the feed sends a command.
#[allow(clippy::wildcard_enum_match_arm, reason = "the others cannot be known")]
fn early(at: At, action: &Action, kick_off: At) -> Option<(At, Moment)> {
    match action {
        Action::TickClock { .. } => Some((At(at.0.saturating_sub(1)), Moment::Team(Heard::BeforeTick))),
        Action::ReportEvent { event, .. } => {
            let seen = At(at.0.saturating_sub(KNOWN_EARLY.0));
            (seen > kick_off).then(|| (seen, Moment::Team(Heard::Glimpsed(event.clone()))))
        }
        _ => None,
    }
}
