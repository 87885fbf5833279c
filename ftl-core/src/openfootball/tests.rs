//! Files of every form, written for these tests.
#![allow(clippy::arithmetic_side_effects, clippy::as_conversions, clippy::wildcard_enum_match_arm)]

mod no_input_panics;

use super::*;
use crate::command::{Action, Genesis};
use crate::feed;
use crate::fixture::{EventKind, MatchPhase, Side};
use crate::id::{FixtureId, Seq};
use crate::outcome::Entry;
use crate::rules::Preset;
use crate::state::State;
use crate::time::At;

/// A league that nobody plays in yet.
fn league() -> State {
    let mut league = State::new();
    let found = Action::FoundLeague(Box::new(Genesis::of("cup", Preset::Fair, 1_000)));
    apply(&mut league, feed::command(crate::id::CommandId(1), found));
    league
}

fn apply(league: &mut State, command: crate::command::Command) {
    let entry = Entry { seq: Seq(league.seq().0 + 1), at: At(1_900_000_000_000), command };
    let outcome = league.apply(&entry);
    assert!(outcome.answer.result.is_ok(), "{:?}: {:?}", entry.command.action, outcome.answer.result);
}

/// Imports, and says what came of it.
fn import(league: &mut State, text: &str, squads: Option<&str>) -> Summary {
    let plan = Tournament::parse(text, squads).unwrap().plan(league);
    for command in plan.commands().flatten().collect::<Vec<_>>() {
        apply(league, command);
    }
    plan.summary
}

/// A tournament of these rows.
fn cup(rows: &[&str]) -> String {
    format!(r#"{{"name": "Cup 2030", "matches": [{}]}}"#, rows.join(","))
}

fn only(text: &str) -> MatchSource {
    let mut matches = Tournament::parse(text, None).unwrap().matches();
    assert_eq!(matches.len(), 1);
    matches.pop().unwrap()
}

/// Goals as "45+1 goal ann".
fn goals(source: &MatchSource) -> Vec<String> {
    let told = source.events.iter().filter(|told| told.kind.is_goal());
    told.map(|told| {
        let offset = if told.offset > 0 { format!("+{}", told.offset) } else { String::new() };
        let kind = match told.kind {
            EventKind::OwnGoal => "own",
            EventKind::PenaltyGoal => "penalty",
            _ => "goal",
        };
        format!("{}{offset} {kind} {}", told.minute, told.instrument.as_ref().unwrap())
    })
    .collect()
}

fn slugs(league: &State) -> Vec<&str> {
    league.instruments().map(|row| row.footballer.instrument.as_str()).collect()
}

const FINAL: &str = r#"{"date": "2030-07-21", "time": "18:00 UTC+3", "team1": "Redland", "team2": "Blueland", "score": {"ft": [3, 1], "ht": [2, 0]},
  "goals1": [{"name": "Zoë Ålund", "minute": 90, "offset": 4}, {"name": "Ålund", "minute": 12}, {"name": "K. Ondrej", "minute": 31, "owngoal": true}],
  "goals2": [{"name": "Kamil Ondřej", "minute": "45+2", "penalty": true}]}"#;

#[test]
fn a_match_is_told_in_order_with_own_goals_credited_to_the_other_side() {
    let source = only(&cup(&[FINAL]));
    assert_eq!(source.id.as_str(), "2030-07-21-redland-blueland");
    assert_eq!(source.name, "Redland v Blueland, Cup 2030");
    assert_eq!(goals(&source), ["12 goal zoe-alund", "31 own kamil-ondrej", "45+2 penalty kamil-ondrej", "90+4 goal zoe-alund"]);
    assert_eq!(source.squads.home.len(), 1);
    assert_eq!(source.squads.away.len(), 1);
    assert!(source.starting(Side::Home).is_empty(), "everybody plays");
}

#[test]
fn the_older_form_says_the_same() {
    let old = r#"{"name": "Cup 2030", "rounds": [{"name": "Final", "matches": [{"num": 64, "date": "2030-07-21", "time": "18:00", "timezone": "UTC+3",
      "team1": {"name": "Redland", "code": "RED"}, "team2": {"name": "Blueland", "code": "BLU"},
      "score1": 3, "score2": 1, "score1i": 2, "score2i": 0, "score1et": null, "score2et": null,
      "goals1": [{"name": "Ålund", "minute": 12, "score1": 1, "score2": 0}, {"name": "K. Ondrej", "minute": 31, "owngoal": true},
                 {"name": "Zoë Ålund", "minute": 90, "offset": 4}],
      "goals2": [{"name": "Kamil Ondřej", "minute": 45, "offset": 2, "penalty": true}]}]}]}"#;
    assert_eq!(only(old), only(&cup(&[FINAL])));
}

#[test]
fn a_league_has_the_score_and_everybody_whom_the_file_names() {
    let mut league = league();
    let summary = import(&mut league, &cup(&[FINAL]), None);
    assert_eq!((summary.matches, summary.score_only, summary.goals, summary.instruments), (1, 0, 4, 2));
    assert_eq!(summary.warnings.len(), 1, "{:?}", summary.warnings);
    let fixture = league.fixture(&FixtureId::from("2030-07-21-redland-blueland")).unwrap();
    assert_eq!((fixture.goals(Side::Home), fixture.goals(Side::Away)), (3, 1));
    assert_eq!(fixture.phase, MatchPhase::Finalised);
    assert_eq!(slugs(&league), ["zoe-alund", "kamil-ondrej"]);
    assert!(league.instruments().all(|row| row.fixture.is_none() && row.review.is_none() && !row.frozen));
}

#[test]
fn importing_again_appends_nothing() {
    let mut league = league();
    import(&mut league, &cup(&[FINAL]), None);
    let seq = league.seq();
    let again = import(&mut league, &cup(&[FINAL]), None);
    assert_eq!(league.seq(), seq);
    assert_eq!((again.matches, again.goals, again.added, again.corrections), (1, 4, 0, 0));
}

#[test]
fn a_changed_file_becomes_corrections_and_the_form_of_a_final_match_stays() {
    let mut league = league();
    import(&mut league, &cup(&[FINAL]), None);
    let form: Vec<_> = league.instruments().map(|row| row.form).collect();
    // The own goal was Ålund's after all, the goal of the 12th minute came in the 14th, the penalty was none.
    let changed = FINAL
        .replace(r#"{"name": "K. Ondrej", "minute": 31, "owngoal": true}"#, r#"{"name": "Ålund", "minute": 31}"#)
        .replace("\"minute\": 12", "\"minute\": 14")
        .replace(r#""goals2": [{"name": "Kamil Ondřej", "minute": "45+2", "penalty": true}]"#, r#""goals2": []"#)
        .replace("\"ft\": [3, 1]", "\"ft\": [3, 0]");
    let summary = import(&mut league, &cup(&[&changed]), None);
    assert_eq!((summary.added, summary.corrections, summary.goals), (0, 3, 3));
    let fixture = league.fixture(&FixtureId::from("2030-07-21-redland-blueland")).unwrap();
    assert_eq!((fixture.goals(Side::Home), fixture.goals(Side::Away)), (3, 0));
    assert!(fixture.events.iter().any(|listed| (listed.event.minute, listed.event.kind) == (14, EventKind::Goal)));
    assert_eq!(league.instruments().map(|row| row.form).collect::<Vec<_>>(), form, "after it is final only statistics change (R3.7)");
    let seq = league.seq();
    import(&mut league, &cup(&[&changed]), None);
    assert_eq!(league.seq(), seq);
    // And back: what was taken back is added under a new id.
    let back = import(&mut league, &cup(&[FINAL]), None);
    assert_eq!(back.corrections, 3);
    let fixture = league.fixture(&FixtureId::from("2030-07-21-redland-blueland")).unwrap();
    assert_eq!((fixture.goals(Side::Home), fixture.goals(Side::Away)), (3, 1));
}

#[test]
fn a_goal_of_somebody_who_was_in_neither_squad_stays_as_it_is_with_a_warning() {
    let mut league = league();
    import(&mut league, &cup(&[FINAL]), None);
    let summary = import(&mut league, &cup(&[&FINAL.replace("\"Ålund\", \"minute\": 12", "\"Nobody Else\", \"minute\": 12")]), None);
    assert_eq!(summary.corrections, 0);
    assert!(summary.warnings.iter().any(|warning| warning.contains("Nobody Else was in neither squad")), "{:?}", summary.warnings);
    let fixture = league.fixture(&FixtureId::from("2030-07-21-redland-blueland")).unwrap();
    assert_eq!(fixture.goals(Side::Home), 3);
}

#[test]
fn told_at_one_moment_a_match_leaves_what_its_whole_schedule_leaves() {
    let source = only(&cup(&[FINAL]));
    let (mut told, mut played) = (league(), league());
    for (n, action) in feed::retold(&source).into_iter().enumerate() {
        apply(&mut told, feed::command(crate::id::CommandId(100 + n as u128), action));
    }
    for (n, action) in feed::announce(&source, source.kick_off).into_iter().enumerate() {
        apply(&mut played, feed::command(crate::id::CommandId(100 + n as u128), action));
    }
    for (at, command) in feed::Schedule::of(&source, At(1_900_000_100_000)).commands(0) {
        let entry = Entry { seq: played.seq().next(), at, command };
        assert!(played.apply(&entry).answer.result.is_ok());
    }
    let forms = |league: &State| league.instruments().map(|row| (row.form, row.live_base, row.side_cap)).collect::<Vec<_>>();
    assert_eq!(forms(&told), forms(&played));
    let events = |league: &State| league.fixtures().flat_map(|fixture| fixture.events.clone()).collect::<Vec<_>>();
    assert_eq!(events(&told), events(&played));
    assert!(told.seq().0 < 30, "{}", told.seq());
}

#[test]
fn what_only_has_a_score_is_counted_and_what_is_not_played_is_not() {
    let rows = [
        r#"{"date": "1998-06-10", "team1": "A", "team2": "B", "score": {"ft": [2, 1]}}"#,
        r#"{"date": "1998-06-11", "team1": "A", "team2": "C", "score": [2, 0]}"#,
        r#"{"date": "1998-06-12", "team1": "A", "team2": "D", "score": {"p": [4, 3], "et": [1, 1]}}"#,
        r#"{"date": "1998-06-13", "team1": "A", "team2": "E", "score": {"ft": [0, 0]}}"#,
        r#"{"date": "1998-06-14", "team1": "B", "team2": "C", "score": {"ft": [3, 0]}, "status": "awarded"}"#,
        r#"{"date": "1998-06-15", "team1": "W101", "team2": "1A"}"#,
        r#"{"date": "1998-06-15", "team1": "W102", "team2": "1B", "score": null, "goals1": null}"#,
        r#"{"date": "1998-06-15", "team1": "W103", "team2": "1C", "score": {"ft": []}}"#,
        r#"{"date": "1938-06-05", "team1": "D", "team2": "E", "status": "canceled"}"#,
        r#"{"date": "1938-06-05", "team1": "D", "team2": "F", "score": {"ft": [1, 0]}, "status": "cancelled"}"#,
    ];
    let mut league = league();
    let seq = league.seq();
    let summary = import(&mut league, &cup(&rows), None);
    assert_eq!((summary.matches, summary.score_only, summary.goals, summary.instruments), (5, 5, 0, 0));
    assert_eq!((summary.not_played, summary.cancelled), (3, 2));
    assert_eq!(league.seq(), seq, "nothing follows from them");
}

#[test]
fn a_goalless_match_of_known_teams_is_played() {
    let goalless = r#"{"date": "2030-07-25", "team1": "Redland", "team2": "Greenland", "score": {"ft": [0, 0]}}"#;
    let mut league = league();
    let summary = import(&mut league, &cup(&[FINAL, goalless]), None);
    assert_eq!((summary.matches, summary.score_only, summary.goals), (2, 0, 4));
    assert!(league.fixture(&FixtureId::from("2030-07-25-redland-greenland")).is_some());
}

#[test]
fn goals_that_contradict_the_score_refuse_their_match_alone() {
    let bad = r#"{"date": "2030-07-22", "team1": "Redland", "team2": "Greenland", "score": {"ft": [0, 1]}, "goals1": [{"name": "Ålund", "minute": 5}], "goals2": []}"#;
    let without = r#"{"date": "2030-07-23", "team1": "Redland", "team2": "Greenland", "goals1": [{"name": "Ålund", "minute": 5}]}"#;
    let mut league = league();
    let summary = import(&mut league, &cup(&[bad, FINAL, without]), None);
    assert_eq!((summary.matches, summary.refused, summary.goals), (1, 2, 4));
    assert!(summary.warnings.iter().any(|w| w == "2030-07-22 Redland – Greenland: the score is 0–1 and 1–0 goals are named: not imported"));
    assert_eq!(league.fixtures().count(), 1);
}

#[test]
fn minutes_stand_in_their_halves() {
    let at = |score: &str, minute: &str| {
        let row =
            format!(r#"{{"date": "2030-07-21", "team1": "R", "team2": "B", "score": {score}, "goals1": [{{"name": "Ann", {minute}}}]}}"#);
        let source = only(&cup(&[&row]));
        (goals(&source).remove(0).split(' ').next().unwrap().to_owned(), source.phases.len())
    };
    let (normal, extra) = (r#"{"ft": [1, 0]}"#, r#"{"ft": [0, 0], "et": [1, 0]}"#);
    assert_eq!(at(normal, r#""minute": 45, "offset": 9"#), ("45+9".into(), 3));
    assert_eq!(at(normal, r#""minute": "90+13""#), ("90+13".into(), 3));
    assert_eq!(at(normal, r#""minute": 91"#), ("90+1".into(), 3));
    assert_eq!(at(normal, r#""minute": 0"#), ("1".into(), 3));
    assert_eq!(at(normal, r#""minute": 44, "offset": 2"#), ("45+1".into(), 3));
    assert_eq!(at(normal, r#""minute": "67'""#), ("67".into(), 3));
    assert_eq!(at(normal, r#""minute": 119"#), ("119".into(), 5), "a score that forgets extra time");
    assert_eq!(at(extra, r#""minute": 91"#), ("91".into(), 5));
    assert_eq!(at(extra, r#""minute": 121"#), ("120+1".into(), 5));
    assert_eq!(at(extra, r#""minute": "105+2""#), ("105+2".into(), 5));
    assert_eq!(at(r#"{"p": [4, 3], "et": [1, 0]}"#, r#""minute": 7"#), ("7".into(), 6));
    assert_eq!(at("[1, 0]", r#""minute": 7"#), ("7".into(), 3));
}

#[test]
fn matches_come_in_the_order_of_kick_off_and_the_same_pair_may_meet_twice() {
    let row = |date: &str, time: &str| {
        format!(r#"{{"date": "{date}", {time} "team1": "R", "team2": "B", "score": [1, 0], "goals1": [{{"name": "Ann", "minute": 1}}]}}"#)
    };
    let text = cup(&[&row("1934-06-01", ""), &row("1934-05-31", "\"time\": \"17:00 CET\","), &row("1934-05-30", "")]);
    let ids: Vec<String> = Tournament::parse(&text, None).unwrap().matches().iter().map(|source| source.id.to_string()).collect();
    assert_eq!(ids, ["1934-05-30-r-b", "1934-05-31-r-b", "1934-06-01-r-b"]);
    let kick_offs: Vec<u64> = Tournament::parse(&text, None).unwrap().matches().iter().map(|source| source.kick_off.0).collect();
    // Fifty-six years later: 1990-05-30T12:00Z and the days after it.
    assert_eq!(kick_offs, [644_068_800_000, 644_169_600_000, 644_241_600_000]);
}

#[test]
fn who_stands_in_the_file_twice_is_one_match() {
    let mut league = league();
    let unplayed = r#"{"date": "2030-07-21", "team1": "Redland", "team2": "Blueland"}"#;
    let other = r#"{"date": "2030-07-21", "team1": "Redland", "team2": "Blueland", "score": [0, 0]}"#;
    let summary = import(&mut league, &cup(&[unplayed, FINAL, FINAL, other]), None);
    assert_eq!((summary.matches, summary.not_played, summary.goals), (1, 0, 4));
    assert!(summary.warnings.iter().any(|warning| warning.contains("twice")), "{:?}", summary.warnings);
}

const SQUADS: &str = r#"[
  {"name": "United States", "fifa_code": "USA", "players": [
    {"number": 1, "pos": "GK", "name": "Dan Doe", "club": {"name": "X", "country": "Y"}, "date_of_birth": "2000-01-01"},
    {"number": 9, "pos": "FW", "name": "Kylian Roe"}, {"number": 10, "pos": "MF", "name": "Danilo"}, {"number": 11, "pos": "DF", "name": "Danilo Santos"},
    {"number": 12, "pos": "??", "name": "Kim Silva"}, {"number": 12, "pos": "DF", "name": "Lee Silva"}]},
  {"name": "Bosnia and Herzegovina", "players": [{"number": 1, "pos": "GK", "name": "Dan Doe"}, {"pos": "FW", "name": "Diney"}]},
  {"name": "Elsewhere", "players": [{"number": 1, "pos": "GK", "name": "Dan Doe"}]}]"#;

fn against_bosnia(goals: &[&str]) -> String {
    let rows: Vec<String> = goals.iter().map(|name| format!(r#"{{"name": "{name}", "minute": "5"}}"#)).collect();
    let score = goals.len();
    let match_row = format!(
        r#"{{"date": "2030-06-11", "time": "13:00 UTC-6", "team1": "USA", "team2": "Bosnia & Herzegovina", "score": {{"ft": [{score}, 1]}},
           "goals1": [{}], "goals2": [{{"name": "Diney Borges", "minute": "9"}}]}}"#,
        rows.join(",")
    );
    cup(&[&match_row])
}

#[test]
fn squads_say_who_is_who_and_where_he_plays() {
    let mut league = league();
    let summary = import(&mut league, &against_bosnia(&["Roe", "K. Roe", "Danilo", "D. Santos", "Silva"]), Some(SQUADS));
    assert_eq!((summary.matches, summary.goals, summary.instruments), (1, 6, 10));
    let names = slugs(&league);
    for slug in [
        "dan-doe",
        "dan-doe-bosnia-and-herzegovina",
        "dan-doe-elsewhere",
        "kylian-roe",
        "danilo",
        "danilo-santos",
        "kim-silva",
        "lee-silva",
        "silva",
        "diney",
    ] {
        assert!(names.contains(&slug), "{slug} of {names:?}");
    }
    assert!(
        summary.warnings.iter().any(|w| w == "United States: Silva may be Kim Silva or Lee Silva; he is a footballer of his own"),
        "{:?}",
        summary.warnings
    );
    assert!(summary.warnings.iter().any(|w| w.starts_with("of 2 footballers")), "{:?}", summary.warnings);
    assert_eq!(league.find_instrument("kylian-roe").unwrap().footballer.position, Position::Forward);
    assert_eq!(league.find_instrument("diney").unwrap().footballer.position, Position::Forward);
    let fixture = league.fixtures().next().unwrap();
    assert_eq!((fixture.home.as_str(), fixture.away.as_str(), fixture.squad.len()), ("United States", "Bosnia and Herzegovina", 9));
    let scorers: Vec<&str> =
        fixture.events.iter().filter_map(|listed| listed.event.instrument.as_ref()).map(|slug| slug.as_str()).collect();
    assert_eq!(scorers, ["kylian-roe", "kylian-roe", "danilo", "danilo-santos", "silva", "diney"]);
}

#[test]
fn a_footballer_keeps_his_slug_from_one_tournament_to_the_next() {
    let mut league = league();
    let row = |date: &str, team: &str, name: &str| {
        cup(&[&format!(
            r#"{{"date": "{date}", "team1": "{team}", "team2": "B", "score": [1, 0], "goals1": [{{"name": "{name}", "minute": 1}}]}}"#
        )])
    };
    for (date, team, name, expected) in [
        ("2018-06-01", "France", "Mbappé", vec!["mbappe"]),
        ("2022-06-01", "France", "Kylian Mbappé", vec!["mbappe"]),
        ("2022-06-02", "France", "K. Mbappé", vec!["mbappe"]),
        ("2022-06-03", "Cameroon", "Mbappé", vec!["mbappe", "mbappe-cameroon"]),
        ("2022-06-04", "USA", "Lee", vec!["mbappe", "mbappe-cameroon", "lee"]),
        ("2022-06-05", "United States", "Lee", vec!["mbappe", "mbappe-cameroon", "lee"]),
    ] {
        import(&mut league, &row(date, team, name), None);
        assert_eq!(slugs(&league), expected, "{date} {name}");
    }
    // The first file again: it means whom it meant.
    let seq = league.seq();
    import(&mut league, &row("2018-06-01", "France", "Mbappé"), None);
    assert_eq!(league.seq(), seq);
}

#[test]
fn a_slug_that_is_taken_gets_its_team_and_then_a_number() {
    let mut league = league();
    let footballer = |slug: &str| Footballer {
        instrument: slug.into(),
        name: "X".into(),
        team: "Other".into(),
        position: Position::Forward,
        record: None,
    };
    for (n, slug) in ["ann-bell", "ann-bell-redland"].into_iter().enumerate() {
        apply(&mut league, feed::command(crate::id::CommandId(50 + n as u128), Action::ListInstrument(footballer(slug))));
    }
    let row = r#"{"date": "2030-07-21", "team1": "Redland", "team2": "B", "score": [1, 0], "goals1": [{"name": "Ann Bell", "minute": 1}]}"#;
    import(&mut league, &cup(&[row]), None);
    assert_eq!(slugs(&league), ["ann-bell", "ann-bell-redland", "ann-bell-redland-2"]);
}

#[test]
fn a_malformed_file_is_refused_with_line_and_field() {
    let refused = |text: &str, squads: Option<&str>| Tournament::parse(text, squads).unwrap_err().to_string();
    let row = |from: &str, to: &str| format!("{{\"name\": \"Cup\",\n \"matches\": [\n{}]}}", FINAL.replace(from, to));
    for (text, place, what) in [
        (row("\"minute\": 12", "\"minute\": \"noon\""), "line 4", "matches[0].goals1[1].minute: "),
        (row("\"minute\": 12", "\"minute\": 999"), "line 4", "matches[0].goals1[1].minute: "),
        (row("\"offset\": 4", "\"offset\": -4"), "line 4", "matches[0].goals1[0].offset: "),
        (row("\"ft\": [3, 1]", "\"ft\": [3]"), "line 3", "matches[0].score.ft: "),
        (row("\"ft\": [3, 1]", "\"ft\": \"3-1\""), "line 3", "matches[0].score.ft: "),
        (row("2030-07-21", "2030-02-31"), "line 3", "matches[0].date: "),
        (row("18:00 UTC+3", "18:00 Mars"), "line 3", "matches[0].time: "),
        (row("\"Redland\"", "{\"title\": \"Redland\"}"), "line 3", "matches[0].team1: "),
        (row("\"Redland\"", "\"  \""), "line 3", "matches[0].team1: "),
        (row("\"owngoal\": true", "\"owngoal\": \"yes\""), "line 4", "matches[0].goals1[2].owngoal: "),
        (row("\"date\": \"2030-07-21\",", ""), "line", "date"),
        ("{\"name\": \"Cup\",\n \"matches\": [".to_owned(), "line 2", "EOF"),
        (format!("{} x", cup(&[FINAL])), "line", "trailing"),
        ("[]".to_owned(), "line 1", ""),
    ] {
        let error = refused(&text, None);
        assert!(error.starts_with(place) && error.contains(what), "{error}\nof {text}");
    }
    assert_eq!(refused(r#"{"name": "Cup"}"#, None), "matches: is missing, and so is rounds");
    let error = refused(&cup(&[FINAL]), Some("[{\"name\": \"Redland\",\n \"players\": [{\"name\": 5}]}]"));
    assert!(error.starts_with("line 2") && error.contains("[0].players[0].name"), "{error}");
}

#[test]
fn a_match_is_not_played_while_somebody_holds_a_position_in_it() {
    use crate::command::{AccountKind, OpenAccount, OpenPosition};
    let mut league = league();
    import(&mut league, &cup(&[FINAL]), None);
    let account = crate::id::AccountId(7);
    let district = league.genesis().unwrap().districts[0].clone();
    let open = OpenAccount { account, district, kind: AccountKind::Human };
    apply(&mut league, feed::command(crate::id::CommandId(900), Action::OpenAccount(open)));
    let open = OpenPosition {
        book: crate::id::BookId::season(account),
        instrument: league.find_instrument("zoe-alund").unwrap().idx,
        direction: crate::units::Direction::Long,
        lots: crate::units::Lots::from_units(100),
        limit: None,
        slippage: None,
        stop_loss: None,
        take_profit: None,
    };
    apply(&mut league, feed::command(crate::id::CommandId(901), Action::OpenPosition(open)));
    let next = FINAL.replace("2030-07-21", "2030-07-28");
    let summary = import(&mut league, &cup(&[&next]), None);
    assert_eq!((summary.matches, summary.refused), (0, 1));
    assert!(
        summary.warnings.iter().any(|w| w.contains("somebody holds a position or rests an order in zoe-alund")),
        "{:?}",
        summary.warnings
    );
    // Corrections of a match that is final move no price: they are taken.
    let summary = import(&mut league, &cup(&[&FINAL.replace("\"minute\": 12", "\"minute\": 13")]), None);
    assert_eq!((summary.corrections, summary.refused), (1, 0));
}
