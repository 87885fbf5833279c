//! `Crowd`: a live match whose price changes touch nobody: many hold a little, far from every threshold, and the clock
//! runs, so that every footballer's price drifts in every tick.

use ftl_core::command::{AccountKind, Action, CreateFixture, Footballer, Genesis, OpenAccount, OpenPosition};
use ftl_core::fixture::{Coverage, MatchPhase, Position, Reported};
use ftl_core::id::{AccountId, BookId, FixtureId, InstrumentId, InstrumentIdx};
use ftl_core::outcome::Entry;
use ftl_core::rules::Preset;
use ftl_core::time::{MatchClock, Span};
use ftl_core::units::{Direction, Lots};
use rand::Rng;

use crate::Script;

/// Footballers of both sides.
const INSTRUMENTS: u16 = 22;

/// See the module.
#[derive(Debug)]
pub struct Crowd {
    script: Script,
    accounts: u32,
    clock: MatchClock,
}

impl Crowd {
    /// A match with so many holders, one hundredth of a lot each.
    pub fn new(seed: u64, accounts: u32) -> Self {
        Self { script: Script::new(seed, 100), accounts, clock: MatchClock(0) }
    }

    /// How many prices change in a tick.
    pub const fn instruments() -> u16 {
        INSTRUMENTS
    }

    /// Everything up to kick-off, in parts that are not too large; `put` takes each entry.
    pub fn opening(&mut self, mut put: impl FnMut(Entry)) {
        let genesis = Genesis::of("crowd", Preset::Fair, 1_000_000);
        let district = genesis.districts[0].clone();
        put(self.script.entry(Action::FoundLeague(Box::new(genesis))));
        let squad = |side: u16| (0..INSTRUMENTS / 2).map(|n| footballer(side * INSTRUMENTS / 2 + n)).collect();
        let reported = [Reported::Goal, Reported::ShotOnTarget, Reported::KeyPass, Reported::Tackle, Reported::PenaltyAwarded];
        let create = CreateFixture {
            fixture: FixtureId::from("crowd"),
            home: "Home".into(),
            away: "Away".into(),
            kick_off: self.script.at(),
            coverage: reported.into_iter().map(|reported| Coverage { reported, lag: Some(Span::seconds(3)) }).collect(),
            home_squad: squad(0),
            away_squad: squad(1),
            prior_conceded: None,
        };
        put(self.script.entry(Action::CreateFixture(Box::new(create))));
        for n in 0..self.accounts {
            let random = self.script.random();
            let account = AccountId(u128::from(random.next_u64()) << 64 | u128::from(random.next_u64()));
            let open = OpenAccount { account, district: district.clone(), kind: AccountKind::Human };
            put(self.script.entry(Action::OpenAccount(open)));
            let order = OpenPosition {
                book: BookId::season(account),
                instrument: InstrumentIdx((n % u32::from(INSTRUMENTS)) as u16),
                direction: if (n / u32::from(INSTRUMENTS)).is_multiple_of(2) { Direction::Long } else { Direction::Short },
                lots: Lots::from_units(1),
                limit: None,
                slippage: None,
                stop_loss: None,
                take_profit: None,
            };
            put(self.script.entry(Action::OpenPosition(order)));
        }
        put(self.script.entry(Action::EnterPhase { fixture: FixtureId::from("crowd"), phase: MatchPhase::FirstHalf }));
    }

    /// The next clock tick, five seconds on.
    pub fn tick(&mut self) -> Entry {
        self.clock = MatchClock(self.clock.0 + 5_000);
        self.script.pass(Span::seconds(5));
        self.script.entry(Action::TickClock { fixture: FixtureId::from("crowd"), clock: self.clock })
    }
}

fn footballer(n: u16) -> Footballer {
    Footballer {
        instrument: InstrumentId::from(format!("footballer-{n}").as_str()),
        name: format!("Footballer {n}"),
        team: if n < INSTRUMENTS / 2 { "Home".into() } else { "Away".into() },
        position: [Position::Forward, Position::Midfielder][usize::from(n % 2)],
        record: None,
    }
}
