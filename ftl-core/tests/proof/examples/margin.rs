//! R4.6, R5: stops, warnings, washouts, bad debt.

use ftl_core::command::{Action, OpenPosition};
use ftl_core::event::Event;
use ftl_core::ledger::PostingReason;
use ftl_core::rules::Rules;
use ftl_core::units::{Direction, KMod, Price};

use crate::given::{Given, STRIKER, book, closed, fills, of, order};

/// Prices that move a point for every lot, and margins that do not mind.
fn steep() -> Rules {
    let mut rules = Rules::fair(1_000);
    rules.k_mod = KMod::from_units(100_000_000);
    rules.margin.gap_multiple = None;
    rules
}

#[test]
fn a_stop_closes_in_the_command_that_reaches_it() {
    let mut given = Given::league(steep());
    given.opened(OpenPosition { stop_loss: Some(of("193.0000")), ..order(1, Direction::Long, "1.00") });
    let above = given.must(Action::OpenPosition(order(2, Direction::Short, "3.00")));
    assert_eq!((given.mark(STRIKER), closed(&above).len()), (of::<Price>("193.2000"), 0));
    let reached = given.must(Action::OpenPosition(order(3, Direction::Short, "0.20")));
    assert_eq!(closed(&reached), [("stop_loss", "-320.000000".to_owned())]);
}

#[test]
fn a_profit_of_a_short_waits_below() {
    let mut given = Given::league(steep());
    given.opened(OpenPosition { take_profit: Some(of("193.0000")), ..order(1, Direction::Short, "1.00") });
    given.must(Action::OpenPosition(order(2, Direction::Short, "1.00")));
    let reached = given.must(Action::OpenPosition(order(3, Direction::Short, "0.20")));
    assert_eq!(closed(&reached), [("take_profit", "120.000000".to_owned())]);
}

#[test]
fn of_two_stops_the_older_position_goes_first_and_moves_the_price_for_the_other() {
    let mut given = Given::league(steep());
    let with_stop = |account, stop| OpenPosition { stop_loss: Some(of(stop)), ..order(account, Direction::Long, "1.00") };
    given.opened(with_stop(1, "195.0000"));
    given.opened(with_stop(2, "194.5000"));
    let fall = given.must(Action::OpenPosition(order(3, Direction::Short, "2.50")));
    // The mark falls to 194.7000; the first stop takes it to 193.7000, which reaches the second.
    assert_eq!(closed(&fall).iter().map(|(reason, _)| *reason).collect::<Vec<_>>(), ["stop_loss", "stop_loss"]);
    assert_eq!(given.mark(STRIKER), of::<Price>("192.7000"));
}

#[test]
fn a_book_is_warned_once_then_washed_out_at_half_its_margin() {
    let mut given = Given::league(steep());
    given.opened(order(1, Direction::Long, "4.90"));
    let warned = |outcome: &ftl_core::outcome::Outcome| outcome.events.iter().any(|e| matches!(e, Event::MarginWarned { .. }));
    let first = given.must(Action::OpenPosition(order(2, Direction::Short, "4.00")));
    assert!(warned(&first) && closed(&first).is_empty());
    for (account, lots) in [(3, "5.00"), (4, "4.50")] {
        let again = given.must(Action::OpenPosition(order(account, Direction::Short, lots)));
        assert!(!warned(&again) && closed(&again).is_empty());
    }
    // At 186.6000 equity is 4,585.50, half of the margin 4,571.70.
    assert_eq!(given.state.portfolio(book(1)).unwrap().level_bps, Some(5_015));
    let out = given.must(Action::OpenPosition(order(2, Direction::Short, "0.10")));
    assert_eq!(closed(&out).iter().map(|(reason, _)| *reason).collect::<Vec<_>>(), ["washout"]);
}

#[test]
fn a_flat_book_is_never_negative_the_house_pays() {
    let mut rules = steep();
    rules.margin.leverage = 100;
    let mut given = Given::league(rules);
    given.opened(order(1, Direction::Long, "10.00"));
    let grant = |n: u128| Action::Grant { book: book(n), amount: of("1000000.000000"), key: format!("g{n}").as_str().into() };
    given.must(grant(2));
    given.must(grant(3));
    given.must(Action::OpenPosition(order(2, Direction::Short, "10.00")));
    let fall = given.must(Action::OpenPosition(order(3, Direction::Short, "10.00")));
    let debt = |e: &Event| matches!(e, Event::ValuePosted { reason: PostingReason::BadDebt, .. });
    assert!(fall.events.iter().any(debt));
    assert_eq!(given.balance(1), "0.000000");
    assert_eq!(given.state.ledger().insurance, of("0.000000"));
}

#[test]
fn a_limit_fills_when_its_average_is_within_and_not_a_step_before() {
    let mut given = Given::league(steep());
    given.resting(OpenPosition { limit: Some(of("193.0000")), ..order(1, Direction::Long, "1.00") });
    assert_eq!(given.state.portfolio(book(1)).unwrap().reserved, given.state.orders().next().unwrap().reserved);
    // At 192.6000 a lot costs 193.1000 on average: not yet.
    let near = given.must(Action::OpenPosition(order(2, Direction::Short, "2.60")));
    assert_eq!(fills(&near), 1);
    let there = given.must(Action::OpenPosition(order(3, Direction::Short, "0.10")));
    assert_eq!(fills(&there), 2);
    assert_eq!(given.state.portfolio(book(1)).unwrap().reserved, of("0.000000"));
}
