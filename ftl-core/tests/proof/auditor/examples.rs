//! The auditor against figures worked out by hand, so that it is not only as right as the engine.

mod stage;

use ftl_core::command::{Action, Correction, Slippage};
use ftl_core::fixture::{EventKind, MatchPhase, Position};
use ftl_core::position::CloseReason;
use ftl_core::rules::Rules;
use ftl_core::units::{Bps, Direction};

use super::boards::Board;
use super::{FillReason, Verdict};
use stage::{BLUE_DEFENDER, BLUE_KEEPER, BLUE_STRIKER, RED_DEFENDER, STRIKER, Stage, book};

use Direction::{Long, Short};

fn fair() -> Stage {
    Stage::new(Rules::fair(1_000))
}
fn classic() -> Stage {
    Stage::new(Rules::classic(1_000))
}
/// Each fill's reason and result.
fn results(verdict: &Verdict) -> Vec<(FillReason, String)> {
    verdict.fills.iter().map(|f| (f.reason, f.pnl.to_string())).collect()
}
fn codes(verdict: &Verdict) -> Vec<&str> {
    verdict.cancelled.iter().map(|(_, code)| code.as_str()).collect()
}

#[test]
fn the_trading_wire_has_its_published_figures() {
    let mut stage = fair();
    assert_eq!(stage.price_of(STRIKER), "195.2000");
    let mut order = Stage::order(1, STRIKER, Long, "1.00");
    order.slippage = Some(Slippage { client_price: "195.2000".parse().unwrap(), tolerance: Bps(50) });
    order.stop_loss = Some("180.0000".parse().unwrap());
    let verdict = stage.must(Action::OpenPosition(order));
    assert_eq!(verdict.fills[0].value.to_string(), "19522.500000");
    let told = stage.auditor.portfolio(book(1)).unwrap();
    let figures = [told.balance, told.equity, told.used, told.reserved, told.free].map(|m| m.to_string());
    assert_eq!(figures, ["10000.000000", "10002.500000", "2700.020000", "0.000000", "7302.480000"]);
    assert_eq!(told.level_bps, Some(37_046));

    let position = verdict.fills[0].position;
    let half = stage.close(1, position, Some("0.50"));
    assert_eq!((half.fills[0].value.to_string(), half.fills[0].pnl.to_string()), ("9761.875000".into(), "0.625000".into()));
    let rest = stage.close(1, position, None);
    assert_eq!(rest.fills[0].pnl.to_string(), "-0.625000");
    assert_eq!(stage.balance(1), "10000.000000");
    assert_eq!(stage.refusal(Action::ClosePosition { book: book(1), position, lots: None }), "unknown_position");
}

#[test]
fn gaps_and_mean_scores_are_the_published_ones() {
    let auditor = fair().auditor;
    let gaps = |d| Position::ALL.map(|p| super::pricing::price(auditor.gap(p, d)).to_string());
    assert_eq!(gaps(Long), ["12.8572", "10.0000", "10.5883", "13.2353"]);
    assert_eq!(gaps(Short), ["14.4643", "8.7500", "9.2648", "14.5589"]);
    assert_eq!(Position::ALL.map(|p| auditor.mean_score(p)), [4_485_000, 5_865_000, 5_849_000, 5_621_000].map(|m: i128| m * 1_000_000));
}

#[test]
fn a_side_is_full_at_a_fifth_of_the_price() {
    let stage = fair();
    assert_eq!(stage.auditor.instruments[STRIKER].side_cap.to_string(), "780.80");
}

#[test]
fn a_goal_moves_the_scorer_up_and_its_review_ends_with_the_restart() {
    let mut stage = fair();
    stage.phase(MatchPhase::FirstHalf);
    assert_eq!(stage.form_of(BLUE_STRIKER), "4.485000");
    stage.event(EventKind::Goal, Some("blue-9"));
    // 3 for the goal, 1.5 for the shot, a tenth of it.
    assert_eq!(stage.form_of(BLUE_STRIKER), "4.935000");
    assert_eq!(stage.price_of(BLUE_STRIKER), "208.6250");
    let review = stage.auditor.instruments[BLUE_STRIKER].review.unwrap();
    assert_eq!(review.mark.to_string(), "194.1607");
    assert!(stage.auditor.instruments[RED_DEFENDER].review.is_some(), "his side conceded");
    assert!(stage.auditor.instruments[BLUE_DEFENDER].review.is_none());
    let order = Stage::order(1, BLUE_STRIKER, Long, "1.00");
    assert_eq!(stage.refusal(Action::OpenPosition(order)), "under_review");
    stage.tick(0);
    assert!(stage.auditor.instruments[BLUE_STRIKER].review.is_some());
    stage.event(EventKind::Restart, None);
    stage.tick(0);
    assert!(stage.auditor.instruments.iter().all(|i| i.review.is_none()));
}

#[test]
fn a_goal_taken_back_is_as_if_it_had_not_been() {
    let mut stage = fair();
    stage.phase(MatchPhase::FirstHalf);
    stage.tick(30);
    let before: Vec<_> = (0..6).map(|n| stage.form_of(n)).collect();
    stage.event(EventKind::Goal, Some("blue-9"));
    assert_ne!(before, (0..6).map(|n| stage.form_of(n)).collect::<Vec<_>>());
    stage.must(Action::CorrectEvent { fixture: "final".into(), correction: Correction::TakeBack("e1".into()) });
    assert_eq!(before, (0..6).map(|n| stage.form_of(n)).collect::<Vec<_>>());
    let again = Correction::TakeBack("e1".into());
    assert_eq!(stage.refusal(Action::CorrectEvent { fixture: "final".into(), correction: again }), "unknown_event");
}

#[test]
fn a_clean_sheet_counts_its_chance_until_it_is_lost() {
    let mut stage = fair();
    stage.phase(MatchPhase::FirstHalf);
    stage.tick(48);
    // 5.849 + 0.1 × (3 × (0.509902 − 0.26) − 5.849 / 2)
    assert_eq!(stage.form_of(BLUE_DEFENDER), "5.631520");
    stage.event(EventKind::Goal, Some("red-9"));
    // 5.849 + 0.1 × (−3 × 0.26 − 5.849 / 2)
    assert_eq!(stage.form_of(BLUE_DEFENDER), "5.478550");
    // The keeper has conceded one as well: 5.621 + 0.1 × (−1 − 0.78 − 5.621 / 2)
    assert_eq!(stage.form_of(BLUE_KEEPER), "5.161950");
    stage.tick(60);
    // A lost one stays lost: only the drift goes on.
    assert_eq!(stage.form_of(BLUE_DEFENDER), "5.405437");
}

#[test]
fn a_clean_sheet_held_through_the_length_of_a_match_is_not_taken_back() {
    let mut stage = fair();
    stage.phase(MatchPhase::FirstHalf);
    stage.tick(96);
    // 5.849 + 0.1 × (3 × 0.74 − 5.849)
    assert_eq!(stage.form_of(BLUE_DEFENDER), "5.486100");
    stage.event(EventKind::Goal, Some("red-9"));
    assert_eq!(stage.form_of(BLUE_DEFENDER), "5.486100");
}

#[test]
fn a_book_is_warned_and_then_washed_out_in_the_tick_that_ends_the_review() {
    let mut stage = fair();
    stage.open(1, BLUE_STRIKER, Long, "3.00");
    stage.phase(MatchPhase::FirstHalf);
    stage.event(EventKind::OwnGoal, Some("blue-9"));
    stage.event(EventKind::Restart, None);
    // −3 is 9.6429 a share: 10,000 − 2,870.37 over 8,100.06 is 88 %.
    let verdict = stage.tick(0);
    assert_eq!((verdict.warned.len(), verdict.fills.len()), (1, 0));
    stage.event(EventKind::Red, Some("blue-9"));
    let held = stage.event(EventKind::Restart, None);
    assert_eq!(held.fills.len(), 0);
    let verdict = stage.tick(0);
    assert_eq!(verdict.fills[0].reason, FillReason::Closed(CloseReason::Washout));
    assert_eq!(verdict.rearmed, [book(1)], "a flat book is warned again");
    assert!(stage.auditor.positions.is_empty());
    // Bought at 194.2357, sold at 171.7357 on average: the same way back down the curve.
    assert_eq!(stage.balance(1), "3250.000000");
}

#[test]
fn full_time_clears_the_book_at_one_price_and_the_crowd_cost_the_house_nothing() {
    let mut stage = fair();
    stage.open(1, STRIKER, Long, "2.00");
    stage.open(2, STRIKER, Short, "1.00");
    stage.phase(MatchPhase::FirstHalf);
    let verdict = stage.must(Action::FinishFixture { fixture: "final".into() });
    // At 195.2250: bought at 195.2500, sold at 195.2750.
    let ft = FillReason::Closed(CloseReason::AutoExitFt);
    assert_eq!(results(&verdict), [(ft, "-5.000000".into()), (ft, "5.000000".into())]);
    assert_eq!(stage.auditor.ledger.house.to_string(), "0.000000");
    assert_eq!(stage.refusal(Action::OpenPosition(Stage::order(1, STRIKER, Long, "1.00"))), "frozen");
    stage.at += 30 * 60_000;
    stage.open(1, STRIKER, Long, "1.00");
    assert_eq!(stage.auditor.fixtures[0].phase, MatchPhase::Finalised);
}

#[test]
fn in_play_orders_rest_and_fill_in_the_first_tick_after_the_delay() {
    let mut stage = fair();
    stage.phase(MatchPhase::FirstHalf);
    assert!(stage.open(1, STRIKER, Long, "1.00").fills.is_empty());
    assert_eq!(stage.auditor.orders[0].reserved.to_string(), "2700.020000");
    assert!(stage.tick(0).fills.is_empty(), "the delay is five seconds");
    stage.at += 4_000;
    assert_eq!(stage.tick(0).fills.len(), 1);
    assert_eq!(stage.auditor.positions[0].entry_cost.to_string(), "19522.500000");
}

#[test]
fn an_event_in_between_cancels_market_orders_and_no_tick_at_all_does_too() {
    let mut stage = fair();
    stage.phase(MatchPhase::FirstHalf);
    stage.open(1, STRIKER, Long, "1.00");
    let order = stage.last_order();
    let verdict = stage.event(EventKind::Goal, Some("red-9"));
    assert_eq!(verdict.cancelled, [(order, "event_intervened".to_owned())]);
    stage.open(2, BLUE_STRIKER, Short, "1.00");
    stage.at += 19_000;
    assert_eq!(codes(&stage.tick(0)), ["feed_stale"]);
}

#[test]
fn a_limit_order_waits_for_its_price_and_a_stop_sells_on_the_curve() {
    let mut stage = fair();
    let mut limit = Stage::order(1, STRIKER, Long, "1.00");
    limit.limit = Some("195.1000".parse().unwrap());
    limit.stop_loss = Some("195.0200".parse().unwrap());
    stage.must(Action::OpenPosition(limit));
    assert_eq!(stage.open(2, STRIKER, Short, "2.00").fills.len(), 1, "195.1000 + 0.0250 is above the limit");
    // Down to 195.0500 the order fills at 195.0750 and lifts the mark to 195.1000.
    let verdict = stage.open(2, STRIKER, Short, "1.00");
    assert_eq!(verdict.fills.iter().map(|f| f.value.to_string()).collect::<Vec<_>>(), ["-19507.500000", "19507.500000"]);
    assert_eq!(stage.price_of(STRIKER), "195.1000");
    // Two more lots reach the stop, and the stop's own lot goes out at 194.9750.
    let verdict = stage.open(1, STRIKER, Short, "2.00");
    assert_eq!(verdict.fills[1].reason, FillReason::Closed(CloseReason::StopLoss));
    assert_eq!(verdict.fills[1].pnl.to_string(), "-10.000000");
}

#[test]
fn classic_bumps_a_goal_and_lets_it_fade_in_the_ticks() {
    let mut stage = classic();
    stage.phase(MatchPhase::FirstHalf);
    // 0.3 of what he had, from kick-off on: 4.485 × 0.3 = 1.3455 of 25.
    assert_eq!(stage.form_of(BLUE_STRIKER), "1.345500");
    assert_eq!(stage.price_of(BLUE_STRIKER), "74.2190");
    assert_eq!(stage.open(1, BLUE_STRIKER, Long, "1.00").fills.len(), 1, "classic fills at once");
    stage.event(EventKind::Goal, Some("blue-9"));
    // 0.7 × 4.5 + 1.3455 = 4.4955: 130.9190, and 12 on top; one lot holds 0.05.
    assert_eq!(stage.price_of(BLUE_STRIKER), "142.9690");
    stage.at += 59_000;
    stage.tick(1);
    assert_eq!(stage.price_of(BLUE_STRIKER), "136.9690");
    stage.at += 59_000;
    stage.tick(2);
    assert_eq!(stage.price_of(BLUE_STRIKER), "130.9690");
}

#[test]
fn a_known_id_gets_its_first_answer_and_has_no_effect() {
    let mut stage = fair();
    let first = stage.open(1, STRIKER, Long, "1.00");
    let seq = stage.auditor.seq;
    let command = |id, body| ftl_core::command::Command {
        id: ftl_core::id::CommandId(id),
        body,
        not_after: None,
        action: Action::OpenPosition(Stage::order(1, STRIKER, Long, "1.00")),
    };
    let id = u128::from(seq.0);
    let mut again = |body, at| {
        let entry = ftl_core::outcome::Entry { seq: seq.next(), at: ftl_core::time::At(at), command: command(id, body) };
        stage.auditor.apply(&entry)
    };
    let at = again(0, 0);
    assert_eq!((at.replayed, at.result, at.fills.len()), (true, first.result, 0));
    assert_eq!(again(1, 0).result.unwrap_err().code(), "idempotency_key_reused");
    let later = stage.at + 11 * 60_000 + 60_000;
    let entry = ftl_core::outcome::Entry { seq: seq.next(), at: ftl_core::time::At(later), command: command(id, 1) };
    assert_eq!(stage.auditor.apply(&entry).fills.len(), 1, "after the window it is a new command");
}

#[test]
fn boards_rank_by_what_was_realised_and_then_by_who_was_first() {
    let mut stage = fair();
    for account in [2, 1] {
        let position = stage.open(account, STRIKER, Long, "1.00").fills[0].position;
        stage.close(account, position, None);
    }
    let rows = stage.auditor.board(Board::Pnl, None, None);
    assert_eq!(rows.iter().map(|r| r.account.0).collect::<Vec<_>>(), [2, 1]);
    assert!(stage.auditor.board(Board::Roi, None, None).is_empty(), "five positions in three matches");
    assert!(stage.auditor.board(Board::Pnl, Some(&"Kollam".into()), None).is_empty());
}
