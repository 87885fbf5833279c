#![allow(clippy::arithmetic_side_effects, clippy::as_conversions, clippy::wildcard_enum_match_arm)]

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::fixture::{EventKind, Side};

const MATCHES: u64 = 1_000;

/// How often each kind was credited to each position, taken-back goals apart; and seconds played, takes-back, checks.
#[derive(Default)]
struct Counts {
    of: BTreeMap<(Position, EventKind), i64>,
    assists: BTreeMap<Position, i64>,
    saved_from: i64,
    conceded: i64,
    played: i64,
    taken_back: i64,
    checks: i64,
}

fn counts() -> Counts {
    let synthetic = Synthetic::new(1);
    let mut counts = Counts::default();
    for n in 0..MATCHES {
        let source = synthetic.draw(n);
        let taken_back: BTreeSet<_> = source.corrections.iter().filter_map(|c| c.take_back.clone()).collect();
        let position = |id: &InstrumentId| source.everybody().find(|(_, m)| m.instrument == *id).unwrap().1.position;
        counts.taken_back += taken_back.len() as i64;
        counts.played += source.phases.iter().filter(|p| p.is_played()).map(|p| p.seconds() as i64).sum::<i64>();
        for told in source.events.iter().filter(|t| !taken_back.contains(&t.id)) {
            if told.kind == EventKind::VarCheck {
                counts.checks += 1;
            }
            let Some(who) = &told.instrument else { continue };
            *counts.of.entry((position(who), told.kind)).or_default() += 1;
            counts.conceded += i64::from(matches!(told.kind, EventKind::Goal | EventKind::PenaltyGoal | EventKind::OwnGoal));
            match (told.kind, &told.related) {
                (EventKind::Goal, Some(assist)) => *counts.assists.entry(position(assist)).or_default() += 1,
                (EventKind::PenaltySaved, Some(taker)) => counts.saved_from += i64::from(position(taker) == Position::Forward),
                _ => {}
            }
        }
    }
    counts
}

/// Whether `n` is within four and a half standard deviations of `expected` (both counts, a Poisson's spread).
fn near(what: &str, n: i64, expected: i64) {
    let off = n - expected;
    assert!(off * off <= 20 * expected.max(5), "{what}: {n}, expected {expected}");
}

#[test]
fn a_thousand_matches_have_the_statistics_of_the_priors() {
    use EventKind as K;
    use Position::{Defender, Forward, Goalkeeper, Midfielder};
    let counts = counts();
    let of = |p, k| counts.of.get(&(p, k)).copied().unwrap_or(0);
    let footballers = |p| SIDE.iter().filter(|(_, q)| *q == p).count() as i64 * 2;
    // Thousandths a footballer and match; sendings-off (0.011 of 136 events) leave the counts a little below.
    let rows = [
        (Forward, K::KeyPass, 1_200),
        (Forward, K::Yellow, 115),
        (Midfielder, K::KeyPass, 1_200),
        (Midfielder, K::Tackle, 1_600),
        (Midfielder, K::Interception, 1_100),
        (Midfielder, K::Clearance, 1_200),
        (Midfielder, K::Yellow, 181),
        (Defender, K::Tackle, 1_400),
        (Defender, K::Interception, 1_400),
        (Defender, K::Aerial, 2_000),
        (Defender, K::OwnGoal, 10),
        (Goalkeeper, K::Save, 1_100),
        (Goalkeeper, K::SaveInsideBox, 1_870),
        (Goalkeeper, K::PenaltySaved, 30),
    ];
    for (position, kind, per_thousand) in rows {
        let expected = per_thousand * footballers(position) * 994 / 1_000;
        near(&format!("{position:?} {kind:?}"), of(position, kind), expected);
    }
    near("goals of forwards", of(Forward, K::Goal) + of(Forward, K::PenaltyGoal), 368 * 4);
    near("goals of midfielders", of(Midfielder, K::Goal) + of(Midfielder, K::PenaltyGoal), 92 * 8);
    near("goals of defenders", of(Defender, K::Goal), 46 * 8);
    near("conceded", counts.conceded, 1_350 * 2);
    near("assists of forwards", counts.assists[&Forward], 150 * 4);
    near("assists of midfielders", counts.assists[&Midfielder], 120 * 8);
    near("assists of defenders", counts.assists[&Defender], 50 * 8);
    near("penalties scored", of(Forward, K::PenaltyGoal), 110 * 2);
    near("penalties awarded", of(Forward, K::PenaltyAwarded), 150 * 2);
    near("taken back", counts.taken_back, 49 * 2);
    near("seconds played, in tens", counts.played / 10, 576_000);
}

/// What a footballer's score gains in 96 minutes, per position, against the mean of R3.3: the drift of R3.4 takes
/// exactly that off. In the spread of a thousand matches.
#[test]
fn the_mean_score_of_each_position_is_the_priors() {
    let counts = counts();
    let scoring = Rules::fair(1_000).scoring;
    for position in Position::ALL {
        let w = &scoring.weights[position.index()];
        let prior = &scoring.priors[position.index()];
        let mean: i128 = crate::rules::Tally::COUNTED.iter().map(|s| i128::from(w.of(*s).units()) * i128::from(prior.of(*s).units())).sum();
        let of = |k| i128::from(counts.of.get(&(position, k)).copied().unwrap_or(0));
        let footballers = SIDE.iter().filter(|(_, q)| *q == position).count() as i128 * 2;
        let goals = of(EventKind::Goal) + of(EventKind::PenaltyGoal);
        let keeper = position == Position::Goalkeeper;
        let missed = if position == Position::Forward { of(EventKind::PenaltyMissed) + i128::from(counts.saved_from) } else { 0 };
        let inside = of(EventKind::SaveInsideBox) + of(EventKind::PenaltySaved);
        let rows = [
            (goals, w.goal),
            (i128::from(counts.assists.get(&position).copied().unwrap_or(0)), w.assist),
            (goals + of(EventKind::ShotOnTarget), w.shot_on_target),
            (of(EventKind::KeyPass), w.key_pass),
            (of(EventKind::Tackle), w.tackle),
            (of(EventKind::Interception), w.interception),
            (of(EventKind::Clearance), w.clearance),
            (of(EventKind::Aerial), w.aerial),
            (of(EventKind::Save) + inside, w.save),
            (inside, w.inside_box),
            (of(EventKind::PenaltySaved), w.penalty_saved),
            (if keeper { i128::from(counts.conceded) } else { 0 }, w.conceded),
            (of(EventKind::OwnGoal), w.own_goal),
            (of(EventKind::Yellow) - of(EventKind::SecondYellow), w.yellow),
            (of(EventKind::Red) + of(EventKind::SecondYellow), w.red),
            (missed, w.penalty_missed),
        ];
        let scored: i128 = rows.iter().map(|(n, w)| n * i128::from(w.units())).sum();
        let per_match = scored / (footballers * i128::from(MATCHES));
        let off = per_match - mean / 1_000_000;
        // A footballer's score spreads by 3 at most, in 10⁻⁶; four and a half standard deviations of the mean.
        let spread = 4_500_000 * 3 / (footballers * i128::from(MATCHES)).isqrt();
        assert!(off.abs() <= spread + mean / 100_000_000, "{position:?}: {per_match} for {}", mean / 1_000_000);
    }
}

#[test]
fn every_synthetic_match_is_a_source_like_any_other() {
    let synthetic = Synthetic::new(2);
    for n in 0..200 {
        let source = synthetic.draw(n);
        source.check().unwrap_or_else(|e| panic!("match {n}: {e}"));
        if n < 20 {
            assert_eq!(MatchSource::parse(&serde_json::to_string(&source).unwrap()).unwrap(), source);
        }
    }
}

#[test]
fn the_same_seed_draws_the_same_match_and_another_one_another() {
    assert_eq!(Synthetic::new(3).draw(5), Synthetic::new(3).draw(5));
    assert_ne!(Synthetic::new(3).draw(5).events, Synthetic::new(4).draw(5).events);
    assert_ne!(Synthetic::new(3).draw(5).events, Synthetic::new(3).draw(6).events);
}

#[test]
fn a_check_is_over_before_play_goes_on() {
    let synthetic = Synthetic::new(5);
    let mut checked = 0;
    for n in 0..300 {
        let source = synthetic.draw(n);
        let (mut checking, mut waiting_for_kick) = (false, [false; 2]);
        for told in &source.events {
            let side = told.instrument.as_ref().map(|id| usize::from(source.squads.away.iter().any(|m| m.instrument == *id)));
            match told.kind {
                EventKind::VarCheck => (checking, checked) = (true, checked + 1),
                EventKind::CheckEnded => checking = false,
                EventKind::PenaltyAwarded => waiting_for_kick[side.unwrap()] = true,
                EventKind::PenaltyGoal | EventKind::PenaltyMissed => waiting_for_kick[side.unwrap()] = false,
                EventKind::PenaltySaved => waiting_for_kick[1 - side.unwrap()] = false,
                EventKind::Restart => assert!(!checking && waiting_for_kick == [false; 2], "match {n}, {}", told.id),
                _ => {}
            }
        }
        assert!(!checking && waiting_for_kick == [false; 2], "match {n}");
    }
    assert!(checked > 50);
}

#[test]
fn teams_meet_again_where_they_are_to() {
    let synthetic = Synthetic::new(6).among(5);
    let team = |n, side: Side| synthetic.draw(n).team(side).to_owned();
    assert_eq!(
        (team(0, Side::Home), team(2, Side::Away), team(3, Side::Home)),
        ("Synthetic 0".into(), "Synthetic 5".into(), "Synthetic 0".into())
    );
}
