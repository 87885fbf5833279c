//! R1, R2, R6.2: what a fill costs, and what full time pays.

use ftl_core::command::Action;
use ftl_core::outcome::Receipt;
use ftl_core::rules::Rules;
use ftl_core::units::{Direction, Lots, Money, Price};

use crate::given::{Given, OPPONENT, STRIKER, book, closed, of, order};

#[test]
fn one_lot_of_a_striker_costs_the_integral_of_the_curve() {
    let mut given = Given::league(Rules::fair(1_000));
    assert_eq!(given.mark(STRIKER), of::<Price>("195.2000"));
    let outcome = given.must(Action::OpenPosition(order(1, Direction::Long, "1.00")));
    let Ok(Receipt::Opened { position, portfolio, .. }) = outcome.answer.result else { panic!("it fills at once") };
    assert_eq!(position.entry_price, of("195.2250"));
    assert_eq!(position.entry_cost, of("19522.500000"));
    assert_eq!(position.margin, of("2700.020000"));
    assert_eq!((portfolio.equity, portfolio.used), (of("10002.500000"), of("2700.020000")));
    assert_eq!((portfolio.free, portfolio.level_bps), (of("7302.480000"), Some(37_046)));
}

#[test]
fn closing_in_parts_realises_what_closing_at_once_does() {
    let mut given = Given::league(Rules::fair(1_000));
    let position = given.opened(order(1, Direction::Long, "1.00"));
    let half = Action::ClosePosition { book: book(1), position, lots: Some(of("0.50")) };
    let outcome = given.must(half);
    let Ok(Receipt::Closed { exit_price, pnl, rest, .. }) = outcome.answer.result else { panic!("it fills at once") };
    assert_eq!((exit_price, pnl), (of("195.2375"), of("0.625000")));
    assert_eq!(rest.unwrap().lots, of("0.50"));
    assert_eq!(closed(&given.close(1, position)), [("user", "-0.625000".to_owned())]);
    assert_eq!(given.balance(1), "10000.000000");
}

#[test]
fn a_short_takes_in_what_a_long_would_pay_on_the_way_back() {
    let mut given = Given::league(Rules::fair(1_000));
    let outcome = given.must(Action::OpenPosition(order(1, Direction::Short, "1.00")));
    let Ok(Receipt::Opened { position, .. }) = outcome.answer.result else { panic!("it fills at once") };
    assert_eq!((position.entry_price, position.entry_cost), (of("195.1750"), of("-19517.500000")));
    assert_eq!(given.mark(STRIKER), of::<Price>("195.1500"));
}

#[test]
fn full_time_pays_everybody_the_clearing_price_and_the_crowds_push_back() {
    let mut given = Given::league(Rules::fair(1_000));
    given.opened(order(1, Direction::Long, "1.00"));
    given.opened(order(2, Direction::Long, "1.00"));
    given.phase(ftl_core::fixture::MatchPhase::FirstHalf);
    // No tick yet: the base is what it was, the book brings back what the curve took in: 2.50 each way.
    let outcome = given.finish();
    assert_eq!(closed(&outcome), [("auto_exit_ft", "2.500000".to_owned()), ("auto_exit_ft", "-2.500000".to_owned())]);
    assert_eq!(given.state.ledger().house, Money::ZERO);
    assert_eq!(given.state.instrument(STRIKER).unwrap().net, Lots::ZERO);
}

#[test]
fn classic_settles_at_the_mark_and_the_house_pays_the_push() {
    let mut given = Given::league(Rules::classic(1_000));
    let pushed = ftl_core::command::OpenPosition { instrument: OPPONENT, ..order(1, Direction::Long, "1.00") };
    given.opened(pushed.clone());
    given.opened(ftl_core::command::OpenPosition { book: book(2), ..pushed });
    given.phase(ftl_core::fixture::MatchPhase::FirstHalf);
    let before = given.mark(OPPONENT);
    given.finish();
    let paid = -given.state.ledger().house.units();
    assert!(paid > 0 || given.mark(OPPONENT) < before, "the push was paid for");
}
