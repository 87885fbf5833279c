use super::persona::{self, PERSONAS};
use super::{Matches, Plan, Season, expected_accounts};
use crate::audit::Audit;
use crate::fixture::MatchPhase;
use crate::hash::Hash;
use crate::outcome::{Entry, Receipt};
use crate::rules::Rules;
use crate::source::MatchSource;
use crate::state::State;
use crate::units::Money;

fn plan(accounts: u32, matches: u64, seed: u64) -> Plan {
    let rules = Rules::fair(expected_accounts(accounts));
    Plan { matches: Matches::drawn(seed, matches), rules, accounts, red_team: false, seed }
}

fn played(plan: Plan) -> Season {
    let mut season = Season::new(plan, false);
    while season.step() {}
    season
}

fn entries(plan: Plan) -> (Vec<Entry>, Season) {
    let mut season = Season::new(plan, true);
    while season.step() {}
    (season.take_kept(), season)
}

fn hash(plan: Plan) -> Hash {
    played(plan).state_mut().hash()
}

#[test]
fn one_seed_gives_one_hash_and_another_seed_another() {
    assert_eq!(hash(plan(60, 2, 7)), hash(plan(60, 2, 7)));
    assert_ne!(hash(plan(60, 2, 7)), hash(plan(60, 2, 8)));
    assert_ne!(hash(plan(60, 2, 7)), hash(Plan { red_team: true, ..plan(60, 2, 7) }));
}

#[test]
fn a_season_is_its_entries_and_their_audit_is_clean() {
    let (entries, mut season) = entries(Plan { red_team: true, ..plan(40, 2, 7) });
    let mut state: State = State::new();
    let mut audit = Audit::following(state.clone());
    let (mut orders, mut refused) = (0, 0);
    for entry in &entries {
        let outcome = state.apply(entry);
        audit.entry(&mut state, &outcome);
        match outcome.answer.result {
            Ok(Receipt::Opened { .. } | Receipt::Closed { .. } | Receipt::Resting { .. }) => orders += 1,
            Ok(_) => {}
            Err(_) => refused += 1,
        }
    }
    let wrong: Vec<_> = audit.finish(&mut state).into_iter().filter(|check| !check.ok()).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    assert_eq!(state.hash(), season.state_mut().hash());
    assert_eq!(orders, season.tally().orders);
    assert!(refused < orders, "most of what is ordered is accepted");
}

#[test]
fn what_is_not_the_crowds_is_opposite_for_opposite_attackers() {
    let season = played(Plan { red_team: true, ..plan(60, 3, 7) });
    let of = |name| season.attackers().iter().find(|attacker| attacker.name == name).unwrap();
    let (long, short) = (of("kick-off, long"), of("kick-off, short"));
    assert_ne!(long.of_base_moves(), Money::ZERO);
    assert_eq!(long.of_base_moves(), Money::ZERO - short.of_base_moves());
    // Half a spread of their own, each time, and what the others moved meanwhile.
    assert_ne!(long.result, long.of_base_moves());
    assert_eq!(long.by_match.len(), 3);
}

#[test]
fn traders_ask_for_what_the_league_accepts() {
    let season = played(plan(300, 3, 5));
    let refused: u64 = season.tally().refused.values().sum();
    let orders = season.tally().orders;
    assert!(refused * 100 < orders, "{refused} of {orders}: {:?}", season.tally().refused);
    assert!(orders > 300 * 3 * 4, "more than four orders a trader and match: {orders}");
}

#[test]
fn every_match_is_played_to_its_end_with_the_goals_of_its_source() {
    let season = played(plan(20, 6, 3));
    let lines = &season.tally().matches;
    assert_eq!(lines.len(), 6);
    for (n, line) in (0..).zip(lines) {
        let source = season.plan().matches.get(n).unwrap();
        let taken_back = |id| source.corrections.iter().any(|amended| amended.take_back.as_ref() == Some(id));
        let goals = source.events.iter().filter(|told| told.kind.is_goal() && !taken_back(&told.id)).count();
        assert!(line.played, "{}", line.fixture);
        assert_eq!(line.goals.iter().sum::<usize>(), goals, "{}", line.fixture);
    }
    assert!(season.state().fixtures().all(|fixture| fixture.phase == MatchPhase::Finalised));
}

#[test]
fn what_a_league_has_played_can_be_played_again() {
    let first = played(plan(0, 3, 11));
    let again: Vec<MatchSource> = first.state().fixtures().map(|f| MatchSource::of_fixture(f, first.state()).unwrap()).collect();
    let second = played(Plan { matches: Matches::given(again), ..plan(0, 0, 11) });
    let goals = |season: &Season| season.tally().matches.iter().map(|line| (line.fixture.clone(), line.goals)).collect::<Vec<_>>();
    assert_eq!(goals(&first), goals(&second));
    let events = |season: &Season| season.state().fixtures().map(|fixture| fixture.events.len()).sum::<usize>();
    assert_eq!(events(&first), events(&second));
}

#[test]
fn every_bundled_match_can_be_taken_from_a_league_that_played_it() {
    for name in MatchSource::bundled_names() {
        let source = MatchSource::bundled(name).unwrap().unwrap();
        let season = played(Plan { matches: Matches::given(vec![source]), ..plan(0, 0, 1) });
        for fixture in season.state().fixtures() {
            assert!(MatchSource::of_fixture(fixture, season.state()).is_some(), "{name}");
        }
    }
}

#[test]
fn every_persona_has_its_share() {
    assert_eq!(PERSONAS.iter().map(|persona| persona.share).sum::<u32>(), 1_000);
    let count = |n| persona::cast(1_000).filter(|persona| *persona == n).count();
    for (n, persona) in (0..).zip(&PERSONAS) {
        assert_eq!(u32::try_from(count(n)).unwrap(), persona.share, "{}", persona.code);
    }
}
