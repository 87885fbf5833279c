//! `Brink`: a live match in which every book stands just above the washout, and prices that a word moves.
//!
//! ```text
//!  Scheduled: every book opens long ─▶ kick-off ─▶ one event each brings the level to about 50.2 %
//!  then: `tremble` moves every footballer up or down by a thousandth; `fall` takes the floor away under some
//! ```
//! The rules are fair but for two numbers: a small seed, and weights with which one event moves a price by what the
//! benchmark wants. An event puts its footballer under review, and the next clock tick, eleven seconds on, judges
//! everybody at once. The match clock stands, so nothing drifts.

use ftl_core::command::{AccountKind, Action, Correction, CreateFixture, Footballer, Genesis, OpenAccount, OpenPosition};
use ftl_core::fixture::{Coverage, EventKind, MatchEvent, MatchPhase, Position, Reported};
use ftl_core::id::{AccountId, BookId, EventId, FixtureId, InstrumentId, InstrumentIdx};
use ftl_core::outcome::Entry;
use ftl_core::rules::{Preset, Rules};
use ftl_core::time::{MatchClock, Span};
use ftl_core::units::{Direction, KMod, Lots, Money, Score};
use rand::{Rng, RngExt};

use crate::Script;

/// Footballers, all forwards.
const INSTRUMENTS: u16 = 10;
/// Shares that a book holds of each of its footballers.
const SHARES: i64 = 3;
/// A forward's margin long (R4.7), in 10⁻⁴ point a share.
const MARGIN: i64 = 270_002;
/// A forward at his mean, in 10⁻⁴ point.
const PRICE: i64 = 1_941_607;

/// See the module.
#[derive(Debug)]
pub struct Brink {
    script: Script,
    books: Vec<BookId>,
    /// In how many footballers each book is.
    holds: u16,
    up: [bool; INSTRUMENTS as usize],
}

impl Brink {
    /// A league of `accounts` books, each long in `holds` footballers.
    pub fn new(seed: u64, accounts: u32, holds: u16) -> Self {
        let mut script = Script::new(seed, 10);
        let mut draw = || AccountId(u128::from(script.random().next_u64()) << 64 | u128::from(script.random().next_u64()));
        let books = (0..accounts).map(|_| BookId::season(draw())).collect();
        Self { script, books, holds, up: [false; INSTRUMENTS as usize] }
    }

    /// Everything up to the brink.
    pub fn opening(&mut self) -> Vec<Entry> {
        let genesis = Genesis { rules: self.rules(), ..Genesis::of("brink", Preset::Fair, 10_000_000) };
        let district = genesis.districts[0].clone();
        let mut entries = vec![self.script.entry(Action::FoundLeague(Box::new(genesis)))];
        let fixture = self.fixture();
        entries.push(self.script.entry(Action::CreateFixture(Box::new(fixture))));
        for book in self.books.clone() {
            let open = OpenAccount { account: book.account, district: district.clone(), kind: AccountKind::Human };
            entries.push(self.script.entry(Action::OpenAccount(open)));
        }
        for (n, book) in self.books.clone().into_iter().enumerate() {
            for held in 0..usize::from(self.holds) {
                let instrument = InstrumentIdx(((n + held) % usize::from(INSTRUMENTS)) as u16);
                let order = OpenPosition {
                    book,
                    instrument,
                    direction: Direction::Long,
                    lots: Lots::from_units(SHARES),
                    limit: None,
                    slippage: None,
                    stop_loss: None,
                    take_profit: None,
                };
                entries.push(self.script.entry(Action::OpenPosition(order)));
            }
        }
        entries.push(self.script.entry(Action::EnterPhase { fixture: id(), phase: MatchPhase::FirstHalf }));
        for n in 0..INSTRUMENTS {
            entries.push(self.report(n, "fall", EventKind::Tackle));
            entries.push(self.report(n, "tremble", EventKind::Clearance));
        }
        entries.push(self.tick());
        entries
    }

    /// Each footballer goes up a thousandth or back, at random; then the clock ticks, and everybody is judged.
    pub fn tremble(&mut self) -> Vec<Entry> {
        let mut entries = Vec::new();
        for n in 0..INSTRUMENTS {
            let up = self.script.random().random_range(0..2) == 0;
            if up != self.up[usize::from(n)] {
                self.up[usize::from(n)] = up;
                let kind = if up { EventKind::Aerial } else { EventKind::Clearance };
                let event = event(n, "tremble", kind);
                entries.push(self.script.entry(Action::CorrectEvent { fixture: id(), correction: Correction::Replace(event) }));
            }
        }
        entries.push(self.tick());
        entries
    }

    /// Every footballer falls; the last entry is the tick that judges all books, and washes every one of them out.
    pub fn fall(&mut self) -> Vec<Entry> {
        let mut entries: Vec<Entry> = (0..INSTRUMENTS).map(|n| self.report(n, "last", EventKind::Interception)).collect();
        entries.push(self.tick());
        entries
    }

    fn tick(&mut self) -> Entry {
        self.script.pass(Span::seconds(11));
        self.script.entry(Action::TickClock { fixture: id(), clock: MatchClock(0) })
    }

    fn report(&mut self, n: u16, what: &str, kind: EventKind) -> Entry {
        self.script.entry(Action::ReportEvent { fixture: id(), event: event(n, what, kind) })
    }

    /// See the module. A level of 50.2 % is reached where the price has fallen by seed / shares − 0.502 × margin.
    fn rules(&self) -> Rules {
        let mut rules = Rules::of(Preset::Fair, 10_000_000);
        rules.k_mod = KMod::from_units(1_000);
        // A tenth of a point above the margin of what the book holds.
        let seed = (MARGIN + 1_000) * SHARES * i64::from(self.holds);
        rules.seed = Money::from_units(seed * 100);
        let fall = MARGIN + 1_000 - MARGIN * 502 / 1_000;
        let forward = &mut rules.scoring.weights[0];
        // Statistics that no prior counts for a forward: his mean stays what it is.
        forward.tackle = score_of(-fall);
        forward.aerial = score_of(PRICE / 1_000);
        forward.clearance = Score::ZERO;
        forward.interception = score_of(-MARGIN / 50);
        rules
    }

    fn fixture(&self) -> CreateFixture {
        let squad = |side: u16| (0..INSTRUMENTS / 2).map(|n| footballer(side * INSTRUMENTS / 2 + n)).collect();
        let reported =
            [Reported::Goal, Reported::Tackle, Reported::Aerial, Reported::Clearance, Reported::Interception, Reported::PenaltyAwarded];
        CreateFixture {
            fixture: id(),
            home: "Home".into(),
            away: "Away".into(),
            kick_off: self.script.at(),
            coverage: reported.into_iter().map(|reported| Coverage { reported, lag: Some(Span::seconds(3)) }).collect(),
            home_squad: squad(0),
            away_squad: squad(1),
            prior_conceded: None,
        }
    }
}

/// The score that moves a forward's price by so many 10⁻⁴ points: a tenth of it is form, of 14 between 50 and 500.
fn score_of(price: i64) -> Score {
    Score::from_units(price * 10 * 14 * 100 / 450)
}

fn id() -> FixtureId {
    FixtureId::from("brink")
}

fn slug(n: u16) -> InstrumentId {
    InstrumentId::from(format!("forward-{n}").as_str())
}

fn footballer(n: u16) -> Footballer {
    Footballer {
        instrument: slug(n),
        name: format!("Forward {n}"),
        team: if n < INSTRUMENTS / 2 { "Home".into() } else { "Away".into() },
        position: Position::Forward,
        record: None,
    }
}

fn event(n: u16, what: &str, kind: EventKind) -> MatchEvent {
    MatchEvent {
        id: EventId::from(format!("{what}-{n}").as_str()),
        kind,
        minute: 1,
        offset: 0,
        clock: Some(MatchClock(0)),
        instrument: Some(slug(n)),
        related: None,
    }
}
