//! A league in a few words, for the auditor's own examples: every call is an entry, a second after the one before.

use ftl_core::command::{AccountKind, Action, Command, CreateFixture, Footballer, Genesis, OpenAccount, OpenPosition, Record};
use ftl_core::fixture::{Coverage, EventKind, MatchEvent, MatchPhase, Position, Reported};
use ftl_core::id::{AccountId, BookId, CommandId, InstrumentIdx, OrderId, PositionId, Seq};
use ftl_core::outcome::Entry;
use ftl_core::rules::{Rules, Tally};
use ftl_core::time::{At, MatchClock, Span};
use ftl_core::units::{Direction, Lots, Score};

use crate::auditor::{Auditor, Verdict};

/// A league with one match of `red` against `blue` (forward 9, defender 4, keeper 1 on each side).
pub struct Stage {
    pub auditor: Auditor,
    pub at: u64,
    seq: u64,
    events: u32,
}

/// The forward whose `live_base` is 195.2000 at first.
pub const STRIKER: usize = 0;
pub const RED_DEFENDER: usize = 1;
pub const BLUE_STRIKER: usize = 3;
pub const BLUE_DEFENDER: usize = 4;
pub const BLUE_KEEPER: usize = 5;

pub fn book(n: u128) -> BookId {
    BookId::season(AccountId(n))
}

impl Stage {
    /// Two accounts (1 and 2) and the match announced.
    pub fn new(rules: Rules) -> Self {
        let mut stage = Self { auditor: Auditor::new(), at: 1_000_000_000, seq: 0, events: 0 };
        let genesis = Genesis {
            league: "main".into(),
            rulebook: "standard".into(),
            expected_accounts: 1_000,
            rules,
            districts: vec!["Kannur".into()],
        };
        stage.must(Action::FoundLeague(Box::new(genesis)));
        for account in [1, 2] {
            let account = AccountId(account);
            stage.must(Action::OpenAccount(OpenAccount { account, district: "Kannur".into(), kind: AccountKind::Human }));
        }
        let footballer = |slug: &str, position, record| Footballer {
            instrument: slug.into(),
            name: slug.into(),
            team: slug.split('-').next().unwrap().into(),
            position,
            record,
        };
        let known = Record { matches: 10, average: Score::from_units(4_549_670) };
        let squad = |team: &str, record| {
            vec![
                footballer(&format!("{team}-9"), Position::Forward, record),
                footballer(&format!("{team}-4"), Position::Defender, None),
                footballer(&format!("{team}-1"), Position::Goalkeeper, None),
            ]
        };
        let signals = [Reported::CleanSheet, Reported::PenaltyAwarded, Reported::Restart, Reported::VarCheck];
        let coverage = Tally::COUNTED.into_iter().chain(signals).map(|reported| Coverage { reported, lag: Some(Span::seconds(1)) });
        stage.must(Action::CreateFixture(Box::new(CreateFixture {
            fixture: "final".into(),
            home: "red".into(),
            away: "blue".into(),
            kick_off: At(0),
            coverage: coverage.collect(),
            home_squad: squad("red", Some(known)),
            away_squad: squad("blue", None),
            prior_conceded: None,
        })));
        stage
    }

    /// The next entry, a second later.
    pub fn ask(&mut self, action: Action) -> Verdict {
        self.seq += 1;
        self.at += 1_000;
        let command = Command { id: CommandId(u128::from(self.seq)), body: 0, not_after: None, action };
        let verdict = self.auditor.apply(&Entry { seq: Seq(self.seq), at: At(self.at), command });
        assert_eq!(self.auditor.total(), 0, "value came from nowhere");
        verdict
    }

    /// An entry that is accepted.
    pub fn must(&mut self, action: Action) -> Verdict {
        let verdict = self.ask(action);
        assert_eq!(verdict.result, Ok(()), "entry {}", self.seq);
        verdict
    }

    /// The code that an entry is refused with.
    pub fn refusal(&mut self, action: Action) -> &'static str {
        self.ask(action).result.expect_err("it should be refused").code()
    }

    /// A market order.
    pub fn order(account: u128, instrument: usize, direction: Direction, lots: &str) -> OpenPosition {
        OpenPosition {
            book: book(account),
            instrument: InstrumentIdx(u16::try_from(instrument).unwrap()),
            direction,
            lots: lots.parse().unwrap(),
            limit: None,
            slippage: None,
            stop_loss: None,
            take_profit: None,
        }
    }

    pub fn open(&mut self, account: u128, instrument: usize, direction: Direction, lots: &str) -> Verdict {
        self.must(Action::OpenPosition(Self::order(account, instrument, direction, lots)))
    }

    pub fn close(&mut self, account: u128, position: PositionId, lots: Option<&str>) -> Verdict {
        let lots = lots.map(|l| l.parse::<Lots>().unwrap());
        self.must(Action::ClosePosition { book: book(account), position, lots })
    }

    pub fn phase(&mut self, phase: MatchPhase) -> Verdict {
        self.must(Action::EnterPhase { fixture: "final".into(), phase })
    }

    /// A clock tick at a minute of play.
    pub fn tick(&mut self, minute: u64) -> Verdict {
        self.must(Action::TickClock { fixture: "final".into(), clock: MatchClock(minute * 60_000) })
    }

    /// An event that says nothing but who.
    pub fn event(&mut self, kind: EventKind, who: Option<&str>) -> Verdict {
        self.events += 1;
        let id = format!("e{}", self.events);
        let event =
            MatchEvent { id: id.as_str().into(), kind, minute: 1, offset: 0, clock: None, instrument: who.map(Into::into), related: None };
        self.must(Action::ReportEvent { fixture: "final".into(), event })
    }

    pub fn price_of(&self, instrument: usize) -> String {
        crate::auditor::pricing::price(self.auditor.mark(instrument)).to_string()
    }

    pub fn form_of(&self, instrument: usize) -> String {
        self.auditor.instruments[instrument].form.to_string()
    }

    pub fn balance(&self, account: u128) -> String {
        self.auditor.portfolio(book(account)).unwrap().balance.to_string()
    }

    /// The id of the first order that an entry made, had it made one now.
    pub fn last_order(&self) -> OrderId {
        OrderId::made_by(At(self.at), Seq(self.seq), 0)
    }
}
