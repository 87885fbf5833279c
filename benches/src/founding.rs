//! `Founding`: a fair league with its footballers in scheduled matches, and its accounts, everything on.

use ftl_core::command::{AccountKind, Action, CreateFixture, Footballer, Genesis, OpenAccount};
use ftl_core::fixture::Position;
use ftl_core::id::{AccountId, BookId, FixtureId, InstrumentId};
use ftl_core::outcome::Entry;
use ftl_core::rules::Preset;
use ftl_core::time::Span;
use rand::Rng;

use crate::Script;

/// Footballers of a side: with ten in a match, fifty instruments are five matches, as `roi` asks for three.
const SQUAD: u16 = 5;

/// How large a league is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Founding {
    /// How many play.
    pub accounts: u32,
    /// How many footballers trade, in matches of ten: a multiple of ten.
    pub instruments: u16,
}

impl Founding {
    /// The books of the accounts, in the order in which they open. Their ids are drawn, so that no order helps.
    pub fn books(&self, script: &mut Script) -> Vec<BookId> {
        let mut draw = || AccountId(u128::from(script.random().next_u64()) << 64 | u128::from(script.random().next_u64()));
        (0..self.accounts).map(|_| BookId::season(draw())).collect()
    }

    /// The entries that found the league; what trades is instrument 0 to `instruments` − 1.
    pub fn entries(&self, script: &mut Script, books: &[BookId]) -> Vec<Entry> {
        let genesis = Genesis::of("bench", Preset::Fair, u64::from(self.accounts));
        let districts = genesis.districts.clone();
        let mut entries = vec![script.entry(Action::FoundLeague(Box::new(genesis)))];
        for fixture in 0..self.instruments / (2 * SQUAD) {
            entries.push(script.entry(Action::CreateFixture(Box::new(create(fixture, script)))));
        }
        for (n, book) in books.iter().enumerate() {
            let district = districts[n % districts.len()].clone();
            entries.push(script.entry(Action::OpenAccount(OpenAccount { account: book.account, district, kind: AccountKind::Human })));
        }
        entries
    }
}

fn create(number: u16, script: &Script) -> CreateFixture {
    let squad = |side: u16| (0..SQUAD).map(|n| footballer((number * 2 + side) * SQUAD + n, side)).collect();
    CreateFixture {
        fixture: FixtureId::from(format!("match-{number}").as_str()),
        home: "Home".into(),
        away: "Away".into(),
        kick_off: script.at().after(Span::minutes(14 * 24 * 60)),
        coverage: Vec::new(),
        home_squad: squad(0),
        away_squad: squad(1),
        prior_conceded: None,
    }
}

fn footballer(number: u16, side: u16) -> Footballer {
    Footballer {
        instrument: InstrumentId::from(format!("footballer-{number}").as_str()),
        name: format!("Footballer {number}"),
        team: if side == 0 { "Home".into() } else { "Away".into() },
        position: Position::ALL[usize::from(number) % Position::ALL.len()],
        record: None,
    }
}
