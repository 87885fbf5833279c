#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, clippy::indexing_slicing)]

use super::*;
use crate::fixture::EventKind::{Goal, PenaltyAwarded, PenaltyGoal, ShootoutGoal, ShootoutMiss, Substitution, Yellow};

fn final_2022() -> MatchSource {
    MatchSource::bundled("wc2022-final").unwrap().unwrap()
}

fn told(source: &MatchSource, kinds: &[EventKind]) -> Vec<(u16, u16, String)> {
    let of = |t: &&Told| kinds.contains(&t.kind);
    source.events.iter().filter(of).map(|t| (t.minute, t.offset, t.instrument.as_ref().unwrap().to_string())).collect()
}

fn refused(old: &str, new: &str) -> String {
    let text = BUNDLED[1].1;
    assert!(text.contains(old), "{old} is not in the file");
    MatchSource::parse(&text.replacen(old, new, 1)).unwrap_err().to_string()
}

#[test]
fn every_bundled_match_parses_under_its_name() {
    for name in MatchSource::bundled_names() {
        let source = MatchSource::bundled(name).unwrap().unwrap();
        assert_eq!(source.id.as_str(), name);
        assert_eq!((source.starting(Side::Home).len(), source.starting(Side::Away).len()), (11, 11));
        assert!(source.covers(Reported::PenaltyAwarded));
        assert!(source.feed.coverage.iter().all(|d| d.lag_ms.is_some()), "{name} may not be live");
    }
    assert!(MatchSource::bundled("nothing").is_none());
}

#[test]
fn the_final_has_its_six_goals_and_eight_kicks() {
    let source = final_2022();
    let goals = told(&source, &[Goal, PenaltyGoal]);
    let expected = [
        (23, "lionel-messi"),
        (36, "angel-di-maria"),
        (80, "kylian-mbappe"),
        (81, "kylian-mbappe"),
        (108, "lionel-messi"),
        (118, "kylian-mbappe"),
    ];
    assert_eq!(goals, expected.map(|(minute, who)| (minute, 0, who.to_owned())));
    let penalties: Vec<_> = told(&source, &[PenaltyGoal]).iter().map(|p| p.0).collect();
    assert_eq!(penalties, [23, 80, 118]);
    let assists: Vec<_> =
        source.events.iter().filter(|t| t.kind == Goal).filter_map(|t| t.related.as_ref()).map(InstrumentId::as_str).collect();
    assert_eq!(assists, ["alexis-mac-allister", "marcus-thuram"]);
    assert_eq!(told(&source, &[PenaltyAwarded]).len(), 3);
    assert_eq!((told(&source, &[ShootoutGoal]).len(), told(&source, &[ShootoutMiss]).len()), (6, 2));
}

#[test]
fn the_final_has_its_cards_and_substitutions() {
    let source = final_2022();
    let cards: Vec<_> = told(&source, &[Yellow]).into_iter().map(|(m, o, who)| format!("{m}+{o} {who}")).collect();
    let expected = [
        "45+7 enzo-fernandez",
        "55+0 adrien-rabiot",
        "87+0 marcus-thuram",
        "90+5 olivier-giroud",
        "90+8 marcos-acuna",
        "114+0 leandro-paredes",
        "116+0 gonzalo-montiel",
        "120+5 emiliano-martinez",
    ];
    assert_eq!(cards, expected);
    let minutes: Vec<_> = told(&source, &[Substitution]).iter().map(|s| s.0).collect();
    assert_eq!(minutes, [41, 41, 64, 71, 71, 91, 96, 102, 102, 113, 116, 120, 120]);
    assert_eq!((source.squads.home.len(), source.squads.away.len()), (26, 24));
}

#[test]
fn moments_are_counted_in_real_and_in_played_time() {
    let source = final_2022();
    let second =
        |phase, minute, offset, second| source.moment(phase, minute, offset, Some(second)).map(|m| (m.real.0 / 1_000, m.clock.0 / 1_000));
    assert_eq!(second(MatchPhase::FirstHalf, 1, 0, 0), Some((0, 0)));
    assert_eq!(second(MatchPhase::FirstHalf, 45, 7, 30), Some((3_090, 3_090)));
    assert_eq!(second(MatchPhase::SecondHalf, 46, 0, 7), Some((4_047, 3_147)));
    assert_eq!(second(MatchPhase::ExtraTime, 106, 0, 0), Some((8_600, 3_140 + 3_200 + 970)));
    assert_eq!(second(MatchPhase::Penalties, 120, 5, 300), Some((10_020, 3_140 + 3_200 + 970 + 1_120)));
    assert_eq!(second(MatchPhase::FirstHalf, 46, 0, 0), None);
    assert_eq!(second(MatchPhase::FirstHalf, 40, 2, 0), None);
    assert_eq!(second(MatchPhase::FirstHalf, 45, 9, 0), None);
    assert_eq!(second(MatchPhase::HalfTime, 45, 9, 901), None);
}

#[test]
fn a_source_survives_its_own_writing() {
    for name in MatchSource::bundled_names() {
        let source = MatchSource::bundled(name).unwrap().unwrap();
        assert_eq!(MatchSource::parse(&serde_json::to_string(&source).unwrap()).unwrap(), source);
    }
}

#[test]
fn what_does_not_parse_is_refused_with_line_and_field() {
    let typo = refused("\"minute\": 17", "\"minutes\": 17");
    assert!(typo.starts_with("line ") && typo.contains("events[4].minutes: unknown field"), "{typo}");
    let wrong = refused("\"minute\": 17", "\"minute\": \"17\"");
    assert!(wrong.contains("events[4].minute: invalid type: string"), "{wrong}");
    let kind = refused("\"kind\": \"yellow\"", "\"kind\": \"blue\"");
    assert!(kind.contains("events[4].kind: unknown variant `blue`"), "{kind}");
    let when = refused("2030-03-02T15:00:00Z", "yesterday");
    assert!(when.contains("kickOff"), "{when}");
    assert!(MatchSource::parse("").is_err() && MatchSource::parse("[]").is_err());
    let trailing = MatchSource::parse(&format!("{} x", BUNDLED[1].1)).unwrap_err().to_string();
    assert!(trailing.contains("trailing characters"), "{trailing}");
}

#[test]
fn what_cannot_have_been_is_refused_with_its_field() {
    let check = |old, new, expected: &str| {
        let text = refused(old, new);
        assert!(text.contains(expected), "{text}");
    };
    check(
        "\"yellow\", \"instrument\": \"blue-4\"",
        "\"yellow\", \"instrument\": \"blue-44\"",
        "events[4] (e5): blue-44 is in neither squad",
    );
    check(
        "\"yellow\", \"instrument\": \"blue-4\"",
        "\"tackle\", \"instrument\": \"blue-14\"",
        "events[4] (e5): blue-14 is not on the pitch",
    );
    check("\"minute\": 17", "\"minute\": 5", "events[4] (e5): is earlier than the event before it");
    check("\"minute\": 17, \"second\": 5", "\"minute\": 17, \"second\": 60", "events[4] (e5): FirstHalf has no 17+0");
    check("\"id\": \"e5\"", "\"id\": \"e4\"", "events[4] (e4): the id is used twice");
    check("\"takeBack\": \"goal-red-24\"", "\"takeBack\": \"goal-red-25\"", "corrections[0]: there is no event goal-red-25");
    check("\"takeBack\": \"goal-red-24\"", "\"takeBack\": \"goal-blue-52\"", "corrections[0]: comes before goal-blue-52 is told");
    check(", \"takeBack\": \"goal-red-24\"", "", "corrections[0]: takes either takeBack or replace");
    check("\"number\": 2,", "\"number\": 1,", "squads.home[1] (red-2): the number 1 is taken");
    check("\"phase\": \"half_time\"", "\"phase\": \"extra_time\"", "phases[1]: ExtraTime cannot stand here");
    check("\"starts\": 3750", "\"starts\": 3600", "phases[2]: starts before the one before it ends");
    check("\"reported\": \"assist\"", "\"reported\": \"goal\"", "feed.coverage[1].reported: is declared twice");
}
