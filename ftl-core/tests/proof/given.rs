//! Given, when, then: a small league on the engine, for examples of single rules. Every call is an entry, a second
//! after the one before unless time is let pass.

use ftl_core::command::{AccountKind, Action, Command, CreateFixture, Footballer, Genesis, OpenAccount, OpenPosition, Record};
use ftl_core::event::Event;
use ftl_core::fixture::{Coverage, EventKind, MatchEvent, MatchPhase, Position, Reported};
use ftl_core::id::{AccountId, BookId, CommandId, FixtureId, InstrumentIdx, OrderId, PositionId};
use ftl_core::outcome::{Entry, Outcome, Receipt};
use ftl_core::rulebook::{Rulebook, Standard};
use ftl_core::rules::{Rules, Tally};
use ftl_core::state::State;
use ftl_core::time::{At, MatchClock, Span};
use ftl_core::units::{Direction, Lots, Price, Score};

/// The forward of red; his price is 195.2000 at first.
pub const STRIKER: InstrumentIdx = InstrumentIdx(0);
/// A defender of red.
pub const DEFENDER: InstrumentIdx = InstrumentIdx(1);
/// The keeper of red.
pub const KEEPER: InstrumentIdx = InstrumentIdx(2);
/// The forward of blue.
pub const OPPONENT: InstrumentIdx = InstrumentIdx(3);

/// A league in a few words.
pub struct Given {
    pub state: State,
    pub at: u64,
    clock: u64,
    events: u32,
}

/// The season book of account `n`.
pub fn book(n: u128) -> BookId {
    BookId::season(AccountId(n))
}

/// A quantity as it is written.
pub fn of<T: std::str::FromStr>(text: &str) -> T
where
    T::Err: std::fmt::Debug,
{
    text.parse().unwrap()
}

/// A market order.
pub fn order(account: u128, direction: Direction, lots: &str) -> OpenPosition {
    OpenPosition {
        book: book(account),
        instrument: STRIKER,
        direction,
        lots: of::<Lots>(lots),
        limit: None,
        slippage: None,
        stop_loss: None,
        take_profit: None,
    }
}

impl Given {
    /// Accounts 1 to 4 and the match of red against blue, announced.
    pub fn league(rules: Rules) -> Self {
        let mut given = Self { state: State::new(), at: 1_790_000_000_000, clock: 0, events: 0 };
        given.must(Action::FoundLeague(Box::new(Genesis {
            league: "main".into(),
            rulebook: Standard::NAME.into(),
            expected_accounts: 1_000,
            rules,
            districts: vec!["Kannur".into()],
        })));
        for account in 1..=4 {
            given.must(Action::OpenAccount(OpenAccount {
                account: AccountId(account),
                district: "Kannur".into(),
                kind: AccountKind::Human,
            }));
        }
        let footballer = |team: &str, shirt: u8, position, record| Footballer {
            instrument: format!("{team}-{shirt}").as_str().into(),
            name: format!("{team} {shirt}"),
            team: team.into(),
            position,
            record,
        };
        let known = Record { matches: 10, average: Score::from_units(4_549_670) };
        let squad = |team: &str, record| {
            vec![
                footballer(team, 9, Position::Forward, record),
                footballer(team, 4, Position::Defender, None),
                footballer(team, 1, Position::Goalkeeper, None),
            ]
        };
        let signals = [Reported::CleanSheet, Reported::PenaltyAwarded, Reported::Restart, Reported::VarCheck];
        let coverage = Tally::COUNTED.into_iter().chain(signals).map(|reported| Coverage { reported, lag: Some(Span::seconds(1)) });
        given.must(Action::CreateFixture(Box::new(CreateFixture {
            fixture: final_match(),
            home: "red".into(),
            away: "blue".into(),
            kick_off: At(0),
            coverage: coverage.collect(),
            home_squad: squad("red", Some(known)),
            away_squad: squad("blue", None),
            prior_conceded: None,
        })));
        given
    }

    /// The same, kicked off.
    pub fn match_on(rules: Rules) -> Self {
        let mut given = Self::league(rules);
        given.phase(MatchPhase::FirstHalf);
        given
    }

    /// The next entry.
    pub fn when(&mut self, action: Action) -> Outcome {
        self.at += 1_000;
        let seq = self.state.seq().next();
        let command = Command { id: CommandId(u128::from(seq.0)), body: 0, not_after: None, action };
        self.state.apply(&Entry { seq, at: At(self.at), command })
    }

    /// An entry that is accepted.
    pub fn must(&mut self, action: Action) -> Outcome {
        let outcome = self.when(action);
        assert!(outcome.answer.result.is_ok(), "{:?}", outcome.answer.result);
        outcome
    }

    /// The code that an entry is refused with.
    pub fn refused(&mut self, action: Action) -> &'static str {
        let outcome = self.when(action);
        assert_eq!(outcome.events, [], "a refused command has no events");
        outcome.answer.result.expect_err("it should be refused").code()
    }

    /// An order that fills at once.
    pub fn opened(&mut self, order: OpenPosition) -> PositionId {
        match self.must(Action::OpenPosition(order)).answer.result {
            Ok(Receipt::Opened { position, .. }) => position.id,
            other => panic!("it should fill at once: {other:?}"),
        }
    }

    /// An order that rests.
    pub fn resting(&mut self, order: OpenPosition) -> OrderId {
        match self.must(Action::OpenPosition(order)).answer.result {
            Ok(Receipt::Resting { order, .. }) => order,
            other => panic!("it should rest: {other:?}"),
        }
    }

    /// Closes all of a position.
    pub fn close(&mut self, account: u128, position: PositionId) -> Outcome {
        self.must(Action::ClosePosition { book: book(account), position, lots: None })
    }

    pub fn phase(&mut self, phase: MatchPhase) -> Outcome {
        self.must(Action::EnterPhase { fixture: final_match(), phase })
    }

    /// A clock tick five seconds after the last entry, `seconds` of the match later.
    pub fn tick(&mut self, seconds: u64) -> Outcome {
        self.at += 4_000;
        self.clock += seconds * 1_000;
        self.must(Action::TickClock { fixture: final_match(), clock: MatchClock(self.clock) })
    }

    pub fn report(&mut self, kind: EventKind, who: Option<&str>, other: Option<&str>) -> Outcome {
        self.events += 1;
        let minute = (self.clock / 60_000 + 1) as u16;
        let event = MatchEvent {
            id: format!("e{}", self.events).as_str().into(),
            kind,
            minute,
            offset: 0,
            clock: None,
            instrument: who.map(Into::into),
            related: other.map(Into::into),
        };
        self.must(Action::ReportEvent { fixture: final_match(), event })
    }

    /// Full time.
    pub fn finish(&mut self) -> Outcome {
        self.must(Action::FinishFixture { fixture: final_match() })
    }

    pub fn mark(&self, instrument: InstrumentIdx) -> Price {
        self.state.mark(instrument).unwrap()
    }

    pub fn balance(&self, account: u128) -> String {
        self.state.book(book(account)).unwrap().balance.to_string()
    }
}

/// The one match.
pub fn final_match() -> FixtureId {
    "final".into()
}

/// Why orders were cancelled, in order.
pub fn cancelled(outcome: &Outcome) -> Vec<&str> {
    let mut reasons = Vec::new();
    for event in &outcome.events {
        if let Event::OrderCancelled { reason, .. } = event {
            reasons.push(reason.code());
        }
    }
    reasons
}

/// Why positions closed, in order, with what they brought.
pub fn closed(outcome: &Outcome) -> Vec<(&'static str, String)> {
    let close = |event: &Event| match event {
        Event::PositionClosed(closed) => Some((closed.reason.code(), closed.pnl.to_string())),
        _ => None,
    };
    outcome.events.iter().filter_map(close).collect()
}

/// How many positions were opened.
pub fn fills(outcome: &Outcome) -> usize {
    outcome.events.iter().filter(|event| matches!(event, Event::PositionOpened(_))).count()
}
