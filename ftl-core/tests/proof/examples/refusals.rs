//! R4.2: every guard of an open has its own word, and the first that objects speaks.

use ftl_core::command::{Action, OpenPosition, Slippage};
use ftl_core::fixture::EventKind;
use ftl_core::id::{AccountId, InstrumentIdx};
use ftl_core::rules::Rules;
use ftl_core::units::{Bps, Direction};

use crate::given::{Given, book, of, order};

fn plain() -> OpenPosition {
    order(1, Direction::Long, "1.00")
}

#[test]
fn each_guard_refuses_with_its_own_code() {
    let slipped = Slippage { client_price: of("190.0000"), tolerance: Bps(50) };
    let table: [(&str, OpenPosition); 12] = [
        ("unknown_account", OpenPosition { book: book(9), ..plain() }),
        ("unknown_instrument", OpenPosition { instrument: InstrumentIdx(99), ..plain() }),
        ("invalid_lots", OpenPosition { lots: of("0.00"), ..plain() }),
        ("invalid_lots", OpenPosition { lots: of("10.01"), ..plain() }),
        ("limit_wrong_side", OpenPosition { limit: Some(of("195.2001")), ..plain() }),
        ("stop_loss_wrong_side", OpenPosition { stop_loss: Some(of("195.2000")), ..plain() }),
        ("stop_loss_wrong_side", OpenPosition { stop_loss: Some(of("-1.0000")), ..plain() }),
        ("take_profit_wrong_side", OpenPosition { take_profit: Some(of("195.2000")), ..plain() }),
        ("stop_loss_wrong_side", OpenPosition { limit: Some(of("190.0000")), stop_loss: Some(of("190.0000")), ..plain() }),
        ("slippage_exceeded", OpenPosition { slippage: Some(slipped), ..plain() }),
        ("insufficient_margin", OpenPosition { lots: of("3.72"), ..plain() }),
        // Too large and on the wrong side: the size is looked at first.
        ("invalid_lots", OpenPosition { lots: of("10.01"), stop_loss: Some(of("200.0000")), ..plain() }),
    ];
    for (code, open) in table {
        let mut given = Given::league(Rules::fair(1_000));
        assert_eq!(given.refused(Action::OpenPosition(open)), code);
    }
}

#[test]
fn its_neighbours_pass() {
    let seen = Slippage { client_price: of("194.2538"), tolerance: Bps(50) };
    let table = [
        OpenPosition { lots: of("0.01"), ..plain() },
        OpenPosition { lots: of("3.71"), ..plain() },
        OpenPosition { limit: Some(of("195.2000")), ..plain() },
        OpenPosition { stop_loss: Some(of("195.1999")), take_profit: Some(of("195.2001")), ..plain() },
        OpenPosition { slippage: Some(seen), ..plain() },
    ];
    for open in table {
        Given::league(Rules::fair(1_000)).must(Action::OpenPosition(open));
    }
}

#[test]
fn a_suspended_account_may_close_but_not_open() {
    let mut given = Given::league(Rules::fair(1_000));
    let position = given.opened(plain());
    given.must(Action::SuspendAccount { account: AccountId(1), suspended: true });
    assert_eq!(given.refused(Action::OpenPosition(plain())), "account_suspended");
    given.close(1, position);
}

#[test]
fn frozen_comes_before_review_and_review_before_the_size() {
    let mut given = Given::match_on(Rules::fair(1_000));
    given.report(EventKind::Goal, Some("red-9"), None);
    let too_large = || Action::OpenPosition(OpenPosition { lots: of("11.00"), ..plain() });
    assert_eq!(given.refused(too_large()), "under_review");
    given.must(Action::FreezeInstrument { instrument: "red-9".into() });
    assert_eq!(given.refused(too_large()), "frozen");
}

#[test]
fn nobody_buys_near_the_floor() {
    let mut rules = Rules::fair(1_000);
    rules.price_limit.as_mut().unwrap().long_above_floor = Bps(40_000);
    let mut given = Given::league(rules);
    assert_eq!(given.refused(Action::OpenPosition(plain())), "price_limit");
    given.opened(order(1, Direction::Short, "1.00"));
}

#[test]
fn an_account_holds_ten_lots_of_a_side_and_as_many_of_the_other() {
    let mut given = Given::league(Rules::fair(1_000));
    given.must(Action::Grant { book: book(1), amount: of("900000.000000"), key: "g".into() });
    given.opened(order(1, Direction::Long, "10.00"));
    given.opened(order(1, Direction::Long, "5.60"));
    assert_eq!(given.refused(Action::OpenPosition(order(1, Direction::Long, "0.20"))), "exposure_limit");
    given.opened(order(1, Direction::Short, "10.00"));
}

#[test]
fn an_event_of_somebody_who_is_not_there_is_refused() {
    let mut given = Given::match_on(Rules::fair(1_000));
    given.report(EventKind::Red, Some("red-9"), None);
    let event = ftl_core::fixture::MatchEvent {
        id: "late".into(),
        kind: EventKind::Goal,
        minute: 1,
        offset: 0,
        clock: None,
        instrument: Some("red-9".into()),
        related: None,
    };
    given.tick(5);
    let report = |event| Action::ReportEvent { fixture: crate::given::final_match(), event };
    assert_eq!(given.refused(report(event.clone())), "not_on_pitch");
    assert_eq!(given.refused(report(ftl_core::fixture::MatchEvent { instrument: Some("green-9".into()), ..event })), "unknown_instrument");
}
