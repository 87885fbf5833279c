#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::wildcard_enum_match_arm)]

use std::collections::BTreeMap;

use super::*;
use crate::outcome::Entry;
use crate::replay::Replay;
use crate::rules::Preset;
use crate::source::MatchSource;

/// Every command of a replayed match with its time, and the state at its end.
fn stream(bots: u32, seed: u64) -> (Vec<(At, Command)>, State) {
    let source = MatchSource::bundled("var-takeback").unwrap().unwrap();
    let replay = Replay { source, rules: Preset::Fair, bots, seed };
    let (mut state, mut driver, mut stream) = (State::new(), replay.driver(), Vec::new());
    while let Some((at, commands)) = driver.next(&state) {
        for command in commands {
            stream.push((at, command.clone()));
            state.apply(&Entry { seq: state.seq().next(), at, command });
        }
    }
    (stream, state)
}

fn orders(stream: &[(At, Command)]) -> impl Iterator<Item = (At, &Command, &OpenPosition)> {
    stream.iter().filter_map(|(at, command)| match &command.action {
        Action::OpenPosition(open) => Some((*at, command, open)),
        _ => None,
    })
}

#[test]
fn every_kind_of_bot_trades_and_all_are_marked() {
    let (stream, state) = stream(60, 11);
    let mut crowd = Crowd::new(11, 60);
    let kinds: BTreeMap<AccountId, BotKind> = crowd.accounts().collect();
    let mut by_kind: BTreeMap<BotKind, u64> = BTreeMap::new();
    for (_, _, open) in orders(&stream) {
        *by_kind.entry(kinds[&open.book.account]).or_default() += 1;
    }
    assert!(BotKind::ALL.iter().all(|kind| by_kind.get(kind).is_some_and(|n| *n > 15)), "{by_kind:?}");
    assert!(state.accounts().all(|account| account.kind == AccountKind::Bot));
    assert_eq!(crowd.enrol(&state.genesis().unwrap().districts).len(), 60);
}

#[test]
fn the_crowd_takes_at_most_a_hundredth_of_a_side_cap_a_minute() {
    let (stream, state) = stream(300, 5);
    let mut taken: BTreeMap<_, Lots> = BTreeMap::new();
    for (at, _, open) in orders(&stream) {
        *taken.entry((at.0 / 60_000, open.instrument, open.direction.sign())).or_default() += open.lots;
    }
    let most = taken.values().max().unwrap();
    let cap = state.instruments().map(|row| row.side_cap).max().unwrap();
    // The cap moves with the price at settlement; a tenth more covers that.
    assert!(most.units() * 100 <= cap.units() * 11 / 10, "{most} of {cap}");
    assert!(taken.len() > 500);
}

#[test]
fn ids_are_never_used_twice_and_follow_from_the_seed() {
    let ids = |seed| stream(40, seed).0.into_iter().map(|(_, command)| command.id).collect::<Vec<_>>();
    let mut unique = ids(1);
    let all = unique.len();
    unique.sort();
    unique.dedup();
    assert_eq!(unique.len(), all);
    assert_eq!(ids(1), ids(1));
    assert_ne!(ids(1), ids(2));
}

#[test]
fn more_bots_leave_what_a_bot_is_like_as_it_was() {
    let few: Vec<_> = Crowd::new(9, 6).accounts().collect();
    let many: Vec<_> = Crowd::new(9, 12).accounts().collect();
    assert_eq!(few, many[..6]);
    assert_eq!(few.iter().map(|(_, kind)| *kind).collect::<Vec<_>>(), BotKind::ALL);
}
