//! R3.9, R4.4, R4.5: what waits while a match is on, and what stops it.

use ftl_core::command::{Action, OpenPosition};
use ftl_core::event::Event;
use ftl_core::fixture::{EventKind, MatchPhase};
use ftl_core::rules::Rules;
use ftl_core::units::Direction;

use crate::given::{DEFENDER, Given, KEEPER, OPPONENT, STRIKER, book, cancelled, closed, fills, of, order};

fn on() -> Given {
    Given::match_on(Rules::fair(1_000))
}

#[test]
fn an_order_in_play_fills_in_the_first_clock_tick_after_its_delay() {
    let mut given = on();
    given.resting(order(1, Direction::Long, "1.00"));
    given.at -= 4_000;
    assert_eq!(fills(&given.tick(1)), 0, "a second later it rests");
    assert_eq!(fills(&given.tick(5)), 1, "after its five seconds it fills");
}

#[test]
fn the_same_order_before_kick_off_fills_at_once() {
    let mut given = Given::league(Rules::fair(1_000));
    given.opened(order(1, Direction::Long, "1.00"));
}

#[test]
fn a_goal_in_between_cancels_what_it_moves_and_nothing_else() {
    let mut given = on();
    given.resting(order(1, Direction::Long, "1.00"));
    given.resting(OpenPosition { instrument: OPPONENT, ..order(2, Direction::Long, "1.00") });
    let goal = given.report(EventKind::Goal, Some("red-9"), None);
    assert_eq!(cancelled(&goal), ["event_intervened"]);
    assert_eq!(given.state.orders().map(|order| order.instrument).collect::<Vec<_>>(), [OPPONENT]);
}

#[test]
fn a_close_waits_and_is_cancelled_like_an_open() {
    let mut given = Given::league(Rules::fair(1_000));
    let position = given.opened(order(1, Direction::Long, "1.00"));
    given.phase(MatchPhase::FirstHalf);
    given.close(1, position);
    assert_eq!(cancelled(&given.report(EventKind::Goal, Some("red-9"), None)), ["event_intervened"]);
    assert!(given.state.position(position).is_some());
}

#[test]
fn a_goal_holds_scorer_and_those_who_conceded_until_play_goes_on() {
    let mut given = on();
    given.report(EventKind::Goal, Some("blue-9"), None);
    let held = |given: &Given| [STRIKER, DEFENDER, KEEPER, OPPONENT].map(|i| given.state.instrument(i).unwrap().review.is_some());
    assert_eq!(held(&given), [false, true, true, true]);
    given.tick(5);
    assert_eq!(held(&given), [false, true, true, true]);
    given.report(EventKind::Restart, None, None);
    given.tick(5);
    assert_eq!(held(&given), [false; 4]);
}

#[test]
fn a_review_is_over_after_five_minutes_whatever_the_feed_forgot() {
    let mut given = on();
    given.report(EventKind::Goal, Some("red-9"), None);
    given.at += 290_000;
    given.tick(5);
    assert!(given.state.instrument(STRIKER).unwrap().review.is_some());
    given.at += 10_000;
    given.tick(5);
    assert!(given.state.instrument(STRIKER).unwrap().review.is_none());
}

#[test]
fn a_stop_set_in_play_arms_after_the_delay_and_an_event_discards_it() {
    for (event, armed) in [(false, true), (true, false)] {
        let mut given = Given::league(Rules::fair(1_000));
        let position = given.opened(order(1, Direction::Long, "1.00"));
        given.phase(MatchPhase::FirstHalf);
        given.must(Action::ModifyPosition { book: book(1), position, stop_loss: Some(of("150.0000")), take_profit: None });
        assert_eq!(given.state.position(position).unwrap().stop_loss, None);
        if event {
            let yellow = given.report(EventKind::Yellow, Some("red-9"), None);
            assert!(yellow.events.iter().any(|e| matches!(e, Event::TriggersDiscarded { .. })));
        }
        given.tick(5);
        given.tick(5);
        assert_eq!(given.state.position(position).unwrap().stop_loss.is_some(), armed);
    }
}

#[test]
fn without_a_clock_tick_an_order_is_given_up() {
    let mut given = on();
    given.resting(order(1, Direction::Long, "1.00"));
    given.at += 19_000;
    assert_eq!(cancelled(&given.must(Action::Tick { due: ftl_core::time::At(0) })), ["feed_stale"]);
}

#[test]
fn only_limit_orders_can_be_taken_back_in_play_and_that_takes_its_time() {
    let mut given = on();
    let market = given.resting(order(1, Direction::Long, "1.00"));
    let limit = given.resting(OpenPosition { limit: Some(of("150.0000")), ..order(2, Direction::Long, "1.00") });
    assert_eq!(given.refused(Action::CancelOrder { book: book(1), order: market }), "not_cancellable");
    given.must(Action::CancelOrder { book: book(2), order: limit });
    assert!(given.state.order(limit).is_some());
    assert_eq!(cancelled(&given.tick(5)), ["user"]);
}

#[test]
fn full_time_gives_up_what_rests_and_closes_what_is_open() {
    let mut given = Given::league(Rules::fair(1_000));
    given.opened(order(1, Direction::Long, "1.00"));
    given.phase(MatchPhase::FirstHalf);
    given.resting(order(2, Direction::Long, "1.00"));
    let whistle = given.finish();
    assert_eq!((cancelled(&whistle), closed(&whistle).len()), (vec!["market_closed"], 1));
    assert_eq!(given.refused(Action::OpenPosition(order(1, Direction::Long, "1.00"))), "frozen");
}
