#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::wildcard_enum_match_arm)]

use super::*;
use crate::fixture::MatchPhase;

const KICK_OFF: At = At(1_000_000_000);

fn source(name: &str) -> MatchSource {
    MatchSource::bundled(name).unwrap().unwrap()
}

/// Seconds of journal time since kick-off, and what.
fn told(schedule: &Schedule) -> Vec<(u64, &Action)> {
    schedule.steps().iter().map(|step| (step.at.since(KICK_OFF).0 / 1_000, &step.action)).collect()
}

fn ticks(schedule: &Schedule) -> Vec<(At, MatchClock)> {
    let of = |step: &Step| match step.action {
        Action::TickClock { clock, .. } => Some((step.at, clock)),
        _ => None,
    };
    schedule.steps().iter().filter_map(of).collect()
}

#[test]
fn a_schedule_never_goes_back_at_any_speed() {
    for name in MatchSource::bundled_names() {
        for speed in [0, 1, 30, 600, 100_000] {
            let schedule = Schedule::paced(&source(name), KICK_OFF, speed);
            assert!(schedule.steps().windows(2).all(|w| w[0].at <= w[1].at), "{name} at {speed}");
            assert!(ticks(&schedule).windows(2).all(|w| w[0].1 <= w[1].1), "{name} at {speed}");
        }
    }
}

#[test]
fn the_clock_ticks_every_five_seconds_and_stands_in_breaks() {
    let schedule = Schedule::of(&source("wc2022-final"), KICK_OFF);
    let ticks = ticks(&schedule);
    assert!(ticks.windows(2).all(|w| w[1].0.since(w[0].0) <= Span::seconds(5)));
    let half_time: Vec<_> = ticks.iter().filter(|(at, _)| (3_140..4_040).contains(&(at.since(KICK_OFF).0 / 1_000))).collect();
    assert_eq!(half_time.len(), 180);
    assert!(half_time.iter().all(|(_, clock)| *clock == MatchClock(3_140_000)));
    assert_eq!(ticks.last().unwrap().1, MatchClock((3_140 + 3_200 + 970 + 1_120) * 1_000));
}

#[test]
fn phases_come_in_order_and_extra_time_is_one() {
    let schedule = Schedule::of(&source("wc2022-final"), KICK_OFF);
    let phase = |(at, action): (u64, &Action)| match action {
        Action::EnterPhase { phase, .. } => Some((at, *phase)),
        _ => None,
    };
    let phases: Vec<_> = told(&schedule).into_iter().filter_map(phase).collect();
    let expected = [
        (0, MatchPhase::FirstHalf),
        (3_140, MatchPhase::HalfTime),
        (4_040, MatchPhase::SecondHalf),
        (7_540, MatchPhase::ExtraTime),
        (9_720, MatchPhase::Penalties),
    ];
    assert_eq!(phases, expected);
}

#[test]
fn news_comes_before_the_tick_of_the_same_moment() {
    let schedule = Schedule::of(&source("wc2022-final"), KICK_OFF);
    let told = told(&schedule);
    let goal =
        told.iter().position(|(_, a)| matches!(a, Action::ReportEvent { event, .. } if event.id.as_str() == "goal-messi-23")).unwrap();
    assert_eq!(told[goal].0, 22 * 60 + 5);
    assert!(matches!(told[goal + 1], (1_325, Action::TickClock { clock: MatchClock(1_325_000), .. })));
}

#[test]
fn a_correction_and_the_end_of_its_check_come_in_their_time() {
    let schedule = Schedule::of(&source("var-takeback"), KICK_OFF);
    let name = |(at, action): (u64, &Action)| match action {
        Action::CorrectEvent { correction: Correction::TakeBack(id), .. } => Some(format!("{at} take back {id}")),
        Action::CorrectEvent { correction: Correction::Replace(e), .. } => {
            Some(format!("{at} {} scored {} at {:?}", e.instrument.as_ref().unwrap(), e.id, e.clock))
        }
        Action::FinishFixture { .. } => Some(format!("{at} finish")),
        Action::Tick { due } => Some(format!("{at} tick due {}", due.since(KICK_OFF).0 / 1_000)),
        _ => None,
    };
    let told: Vec<_> = told(&schedule).into_iter().filter_map(name).collect();
    let expected = ["1500 take back goal-red-24", "6115 blue-10 scored goal-blue-84 at None", "6660 finish", "8460 tick due 8460"];
    assert_eq!(told, expected);
}

#[test]
fn an_abandoned_match_is_abandoned_after_its_last_tick() {
    let schedule = Schedule::of(&source("red-abandoned"), KICK_OFF);
    let n = schedule.steps().len();
    assert!(matches!(schedule.steps()[n - 2].action, Action::AbandonFixture { .. }));
    assert!(matches!(schedule.steps()[n - 3].action, Action::TickClock { .. }));
    assert_eq!(schedule.steps()[n - 2].at, schedule.steps()[n - 3].at);
}

#[test]
fn a_paced_match_is_short_and_its_ticks_keep_their_distance() {
    let schedule = Schedule::paced(&source("wc2022-final"), KICK_OFF, 30);
    let end = schedule.steps().iter().find(|s| matches!(s.action, Action::FinishFixture { .. })).unwrap();
    assert_eq!(end.at.since(KICK_OFF).0, 10_420_000 / 30);
    assert_eq!(schedule.steps().last().unwrap().at, end.at.after(Span::minutes(30)));
    let ticks = ticks(&schedule);
    assert!(ticks.windows(2).all(|w| w[1].0.since(w[0].0) <= Span::seconds(1)));
    let close = ticks.windows(2).filter(|w| w[1].0.since(w[0].0).0 < 249).count();
    assert!(close <= 12, "{close} ticks closer than the spacing: one at each whistle");
}

#[test]
fn it_is_announced_with_squads_and_line_ups() {
    let actions = announce(&source("wc2022-final"), KICK_OFF);
    let Action::CreateFixture(create) = &actions[0] else { panic!("{:?}", actions[0]) };
    assert_eq!((create.home.as_str(), create.away.as_str(), create.kick_off), ("Argentina", "France", KICK_OFF));
    assert_eq!((create.home_squad.len(), create.away_squad.len(), create.coverage.len()), (26, 24, 12));
    assert!(matches!(&actions[1..], [Action::SetLineUp { side: Side::Home, .. }, Action::SetLineUp { side: Side::Away, .. }]));
}

#[test]
fn the_same_salt_gives_the_same_ids_and_another_one_others() {
    let schedule = Schedule::of(&source("red-abandoned"), KICK_OFF);
    let ids = |salt| schedule.commands(salt).map(|(_, c)| c.id).collect::<std::collections::BTreeSet<_>>();
    assert_eq!(ids(7), ids(7));
    assert_eq!(ids(7).len(), schedule.steps().len());
    assert!(ids(7).is_disjoint(&ids(8)));
}
