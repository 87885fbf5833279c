//! One match with the whole team at its desks.

use crate::command::{AccountKind, Action, Genesis, OpenAccount};
use crate::feed::{self, Schedule};
use crate::fixture::MatchEvent;
use crate::id::{District, NaturalKey};
use crate::redteam::cast::{self, Cast, Player};
use crate::redteam::desk::{Desk, Floor, Result, SHARE, Venue, book_of};
use crate::redteam::{News, Trader};
use crate::rulebook::{Rulebook, Standard};
use crate::rules::Rules;
use crate::seeded::Seeded;
use crate::state::State;
use crate::synthetic::Synthetic;
use crate::time::{At, Span};
use crate::units::{Money, Price};

/// How long before the feed the stadium knows: below the declared lag, so below what R4.4 answers.
pub const KNOWN_EARLY: Span = Span::seconds(4);
/// What an account of a red team's league starts with; more is granted.
pub const SEED: Money = Money::from_units(1_000_000_000);
/// Orders before kick-off are given so early.
const BEFORE: Span = Span::minutes(1);

/// What a match came to.
#[derive(Clone, Debug)]
pub struct Played {
    /// Of each trader, in the order in which they came.
    pub results: Vec<Result>,
    /// Every footballer that may be traded, and how far his price went without being pushed.
    pub drifts: Vec<(Player, Price)>,
    /// The price that the drifts began at, of each.
    pub began: Vec<Price>,
    /// Commands of match day that the league refused: none, or the match was not what it should be.
    pub refused: Vec<String>,
}

/// Plays the `n`-th synthetic match of `seed` under `rules` with these traders.
pub fn play(seed: u64, n: u64, rules: &Rules, traders: &mut [Box<dyn Trader>]) -> Played {
    let mut draws = Seeded::numbered("red team cast", seed, n);
    let source = cast::with_weak(Synthetic::new(seed).draw(n), rules, &mut draws);
    let kick_off = source.kick_off;
    let at = At(kick_off.0.saturating_sub(BEFORE.0));
    let mut floor = Floor { state: State::new(), results: vec![Result::default(); traders.len()] };
    let rules = Rules { seed: SEED, ..rules.clone() };
    found(&mut floor, at, rules, traders);
    let mut refused = Vec::new();
    for action in feed::announce(&source, kick_off) {
        refused.extend(floor.apply(at, action).answer.result.err());
    }
    let cast = Cast::of(&floor.state, &source);
    let base = |floor: &Floor, player: &Player| floor.state.instrument(player.instrument).map_or(Price::ZERO, |row| row.live_base);
    let began: Vec<Price> = cast.open.iter().map(|player| base(&floor, player)).collect();

    let steps = Schedule::of(&source, kick_off);
    // Before kick-off there is nothing to be seen.
    let mut glimpses = steps.steps().iter().filter_map(|step| match &step.action {
        Action::ReportEvent { event, .. } => {
            Some((At(step.at.0.saturating_sub(KNOWN_EARLY.0)), event)).filter(|(seen, _)| *seen > kick_off)
        }
        _ => None,
    });
    let mut next = glimpses.next();
    let mut tell = |floor: &mut Floor, at: At, news: News<'_>| {
        for (trader, who) in traders.iter_mut().enumerate() {
            who.act(news, &mut Desk { venue: floor, cast: &cast, fixture: &source.id, trader, at, share: SHARE });
        }
    };
    tell(&mut floor, at, News::BeforeKickOff);
    for step in steps.steps() {
        while let Some((seen, event)) = next.filter(|(seen, _)| *seen <= step.at) {
            tell(&mut floor, seen, News::Glimpsed(event));
            next = glimpses.next();
        }
        if matches!(step.action, Action::TickClock { .. }) {
            tell(&mut floor, At(step.at.0.saturating_sub(1)), News::BeforeTick);
        }
        refused.extend(floor.apply(step.at, step.action.clone()).answer.result.err());
        let news = match &step.action {
            Action::TickClock { .. } => News::Ticked,
            Action::ReportEvent { event, .. } => News::Told(event),
            Action::CorrectEvent { .. } => News::Corrected,
            Action::EnterPhase { phase, .. } => News::Entered(*phase),
            _ => continue,
        };
        tell(&mut floor, step.at, news);
    }
    let drifts = cast.open.iter().zip(&began).map(|(player, began)| (*player, base(&floor, player) - *began)).collect();
    for (trader, result) in floor.results.iter_mut().enumerate() {
        let who = &traders[trader];
        result.pnl =
            (0..who.seats()).filter_map(|seat| floor.state.book(book_of(trader, seat))).map(|book| book.balance - who.purse()).sum();
    }
    let refused = refused.iter().map(ToString::to_string).collect();
    Played { results: floor.results, drifts, began, refused }
}

/// The league and everybody's accounts.
fn found(floor: &mut Floor, at: At, rules: Rules, traders: &[Box<dyn Trader>]) {
    let district = District::from("Kannur");
    floor.apply(
        at,
        Action::FoundLeague(Box::new(Genesis {
            league: "red team".into(),
            rulebook: Standard::NAME.into(),
            expected_accounts: 1_000,
            rules,
            districts: vec![district.clone()],
        })),
    );
    for (trader, who) in traders.iter().enumerate() {
        for seat in 0..who.seats() {
            let book = book_of(trader, seat);
            let open = OpenAccount { account: book.account, district: district.clone(), kind: AccountKind::Human };
            floor.apply(at, Action::OpenAccount(open));
            let amount = who.purse() - SEED;
            if amount > Money::ZERO {
                floor.apply(at, Action::Grant { book, amount, key: NaturalKey(format!("purse {}", book.account.0).into()) });
            }
        }
    }
}

/// Whether an event is a goal of any kind.
pub(super) fn is_goal(event: &MatchEvent) -> bool {
    event.kind.is_goal()
}
