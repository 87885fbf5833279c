//! The worked examples of the trading wire, of margin and of full time.

use crate::command::{AccountKind, Action, Command, Footballer, Genesis, OpenAccount, OpenPosition};
use crate::event::Event;
use crate::fixture::Position;
use crate::id::{AccountId, BookId, CommandId, District, InstrumentId, InstrumentIdx, Seq};
use crate::outcome::{Entry, Outcome, Receipt};
use crate::rejection::Rejection;
use crate::rules::{Preset, Rules};
use crate::state::State;
use crate::time::At;
use crate::units::{Direction, Lots, Money, Price, Score};

fn apply(state: &mut State, at: u64, action: Action) -> Outcome {
    let seq = state.seq().next();
    let command = Command { id: CommandId(u128::from(seq.0)), body: 0, not_after: None, action };
    state.apply(&Entry { seq, at: At(at), command })
}

const ACCOUNT: AccountId = AccountId(1);

/// A fair league with one forward at 195.2000 and one account of 10,000 points.
fn league() -> State {
    let mut state = State::new();
    let genesis = Genesis {
        league: "test".into(),
        rulebook: "standard/1".into(),
        expected_accounts: 1_000,
        rules: Rules::of(Preset::Fair, 1_000),
        districts: vec![District::from("Kannur")],
    };
    apply(&mut state, 1_000, Action::FoundLeague(Box::new(genesis))).answer.result.unwrap();
    let open = OpenAccount { account: ACCOUNT, district: District::from("Kannur"), kind: AccountKind::Human };
    apply(&mut state, 1_000, Action::OpenAccount(open)).answer.result.unwrap();
    let footballer = Footballer {
        instrument: InstrumentId::from("red-9"),
        name: "Red 9".into(),
        team: "Red".into(),
        position: Position::Forward,
        record: None,
    };
    apply(&mut state, 1_000, Action::ListInstrument(footballer)).answer.result.unwrap();
    state.change(InstrumentIdx(0), |row| {
        row.live_base = price("195.2000");
        row.form = Score::from_units(4_517_334);
    });
    state
}

fn price(text: &str) -> Price {
    text.parse().unwrap()
}

fn money(text: &str) -> Money {
    text.parse().unwrap()
}

fn open(direction: Direction, lots: &str) -> OpenPosition {
    OpenPosition {
        book: BookId::season(ACCOUNT),
        instrument: InstrumentIdx(0),
        direction,
        lots: lots.parse().unwrap(),
        limit: None,
        slippage: None,
        stop_loss: None,
        take_profit: None,
    }
}

#[test]
fn the_trading_wire_comes_out_to_the_last_digit() {
    let mut state = league();
    let long = OpenPosition { stop_loss: Some(price("180.0000")), ..open(Direction::Long, "1.00") };
    let quoted = state.quote(&long).unwrap();
    let outcome = apply(&mut state, 2_000, Action::OpenPosition(long));
    let Ok(Receipt::Opened { position, portfolio, .. }) = outcome.answer.result else { panic!("{outcome:?}") };
    assert_eq!(position.entry_price, price("195.2250"));
    assert_eq!(position.entry_cost, money("19522.500000"));
    assert_eq!(position.margin, money("2700.020000"));
    assert_eq!(portfolio.equity, money("10002.500000"));
    assert_eq!(portfolio.free, money("7302.480000"));
    assert_eq!(portfolio.level_bps, Some(37_046));
    assert_eq!(quoted.portfolio, portfolio);

    let half = Action::ClosePosition { book: BookId::season(ACCOUNT), position: position.id, lots: Some("0.50".parse().unwrap()) };
    let outcome = apply(&mut state, 3_000, half);
    let Ok(Receipt::Closed { exit_price, pnl, .. }) = outcome.answer.result else { panic!("{outcome:?}") };
    assert_eq!((exit_price, pnl), (price("195.2375"), money("0.625000")));
    let rest = Action::ClosePosition { book: BookId::season(ACCOUNT), position: position.id, lots: None };
    let outcome = apply(&mut state, 4_000, rest);
    let Ok(Receipt::Closed { pnl, rest, portfolio, .. }) = outcome.answer.result else { panic!("{outcome:?}") };
    assert_eq!((pnl, rest, portfolio.level_bps), (money("-0.625000"), None, None));
    assert_eq!(state.book(BookId::season(ACCOUNT)).unwrap().balance, money("10000.000000"));
}

#[test]
fn gaps_are_those_that_are_published() {
    let rules = Rules::of(Preset::Fair, 1_000);
    let gaps = |direction| Position::ALL.map(|position| crate::rulebook::margin::gap(&rules, position, direction).to_string());
    assert_eq!(gaps(Direction::Long), ["12.8572", "10.0000", "10.5883", "13.2353"]);
    assert_eq!(gaps(Direction::Short), ["14.4643", "8.7500", "9.2648", "14.5589"]);
    let means = Position::ALL.map(|position| crate::rulebook::scoring::prior_mean(&rules, position).to_string());
    assert_eq!(means, ["4.485000", "5.865000", "5.849000", "5.621000"]);
}

#[test]
fn a_retry_gets_the_first_answer_and_another_body_none() {
    let mut state = league();
    let command = Command { id: CommandId(77), body: 1, not_after: None, action: Action::OpenPosition(open(Direction::Short, "0.10")) };
    let entry = |seq: u64, command: &Command| Entry { seq: Seq(seq), at: At(2_000), command: command.clone() };
    let first = state.apply(&entry(4, &command));
    let again = state.apply(&entry(5, &command));
    assert_eq!((again.replayed, &again.answer, again.events.len()), (true, &first.answer, 0));
    let other = state.apply(&entry(6, &Command { body: 2, ..command }));
    assert_eq!(other.answer.result, Err(Rejection::IdempotencyKeyReused));
    assert_eq!(state.positions().count(), 1);
}

#[test]
fn a_snapshot_and_the_outcomes_alone_give_the_same_state() {
    let mut state = league();
    let outcome = apply(&mut state, 2_000, Action::OpenPosition(open(Direction::Short, "0.30")));
    let restored: State = State::restore(&state.snapshot().encode()).unwrap();
    let mut absorbed = league();
    absorbed.absorb(&outcome);
    let hash = state.hash();
    assert_eq!([restored.clone().hash(), absorbed.hash()], [hash, hash]);
    assert_eq!(Lots::from_units(-30), restored.instrument(InstrumentIdx(0)).unwrap().net);
}

#[test]
fn books_that_no_price_can_wash_out_have_no_bands_and_are_found_by_one_that_should_not_be() {
    let mut state = league();
    for other in [AccountId(2), AccountId(3)] {
        let other = OpenAccount { account: other, district: District::from("Kannur"), kind: AccountKind::Human };
        apply(&mut state, 1_000, Action::OpenAccount(other)).answer.result.unwrap();
    }
    // At 540, the ceiling and what the crowd adds, twenty shares have lost 6,900 points of 10,000, and fifty all of them.
    apply(&mut state, 2_000, Action::OpenPosition(open(Direction::Short, "0.20"))).answer.result.unwrap();
    assert!(state.index.bands.is_empty());
    let of = |account: u128, order: OpenPosition| Action::OpenPosition(OpenPosition { book: BookId::season(AccountId(account)), ..order });
    apply(&mut state, 3_000, of(2, open(Direction::Short, "0.50"))).answer.result.unwrap();
    assert_eq!(state.index.bands.len(), 1);

    // As a rulebook may have it that knows no ceiling.
    state.change(InstrumentIdx(0), |row| row.live_base = price("800.0000"));
    let washed_out = |outcome: &Outcome| {
        let closed = |event: &Event| if let Event::PositionClosed(closed) = event { Some(closed.book.account) } else { None };
        outcome.events.iter().filter_map(closed).collect::<Vec<_>>()
    };
    let trade = apply(&mut state, 4_000, of(3, open(Direction::Long, "0.01")));
    assert_eq!(washed_out(&trade), [ACCOUNT, AccountId(2)]);
    assert!(state.index.instruments[0].beyond);
}
