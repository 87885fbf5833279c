//! `Trades`: opens and closes, mixed, from a model of what is open.
//!
//! ```text
//!  opening(): one position an account      then, about a fixed number of open positions:
//!  close ─▶ one in eight a half, else all  open ─▶ 0.01 to 0.20 lots, one in four with stop and profit
//! ```
//! The model predicts the id of every position from its entry, so that the league is never asked. It leaves a book at
//! twenty positions, far from its caps and its margin: what is refused is a fault of the model.

use ftl_core::command::{Action, OpenPosition};
use ftl_core::id::{BookId, InstrumentIdx, PositionId};
use ftl_core::outcome::Entry;
use ftl_core::units::{Direction, Lots, Price};
use rand::RngExt;

use crate::popularity::Picker;
use crate::{Popularity, Script};

/// Positions that a book holds at most.
const MOST_IN_BOOK: usize = 20;

/// How often a popular book is asked for before any open position will do.
const TRIES: u32 = 8;

/// See the module.
#[derive(Clone, Debug)]
pub struct Trades {
    script: Script,
    books: Vec<BookId>,
    accounts: Picker,
    instruments: Picker,
    open: Vec<Held>,
    /// For each account, where in `open` its positions are.
    held_by: Vec<Vec<u32>>,
    target: usize,
}

#[derive(Clone, Copy, Debug)]
struct Held {
    account: u32,
    id: PositionId,
    lots: i64,
}

impl Trades {
    /// The trade of `books` in the instruments 0 to `instruments` − 1, about one open position a book.
    pub fn new(mut script: Script, books: Vec<BookId>, instruments: u16, popularity: Popularity) -> Self {
        let n = u32::try_from(books.len()).unwrap_or(u32::MAX);
        let accounts = Picker::new(popularity, n, script.random());
        let instruments = Picker::new(popularity, u32::from(instruments), script.random());
        let (held_by, target) = (vec![Vec::new(); books.len()], books.len());
        Self { script, books, accounts, instruments, open: Vec::with_capacity(target), held_by, target }
    }

    /// Every book's first position.
    pub fn opening(&mut self) -> Vec<Entry> {
        (0..u32::try_from(self.books.len()).unwrap_or(u32::MAX)).map(|account| self.open_one(account)).collect()
    }

    /// The next `n` commands.
    pub fn next(&mut self, n: usize) -> Vec<Entry> {
        (0..n).map(|_| self.next_one()).collect()
    }

    /// Closes whole whatever is open, in no order that helps.
    pub fn closing(&mut self) -> Vec<Entry> {
        let mut entries = Vec::with_capacity(self.open.len());
        while !self.open.is_empty() {
            let place = self.script.random().random_range(0..self.open.len());
            let held = self.open[place];
            self.forget(place);
            let action = Action::ClosePosition { book: self.books[held.account as usize], position: held.id, lots: None };
            entries.push(self.script.entry(action));
        }
        entries
    }

    /// How many positions the model holds open.
    pub fn open_positions(&self) -> usize {
        self.open.len()
    }

    /// The script, for what is to come between trades.
    pub fn script(&mut self) -> &mut Script {
        &mut self.script
    }

    fn next_one(&mut self) -> Entry {
        let slack = self.target / 100;
        let closes = match self.open.len() {
            n if n > self.target + slack => true,
            n if n < self.target - slack => false,
            _ => self.script.random().random_range(0..2) == 0,
        };
        let account = self.accounts.pick(self.script.random());
        if closes || self.held_by[account as usize].len() >= MOST_IN_BOOK { self.close_one(account) } else { self.open_one(account) }
    }

    fn open_one(&mut self, account: u32) -> Entry {
        let instrument = InstrumentIdx(self.instruments.pick(self.script.random()) as u16);
        let random = self.script.random();
        let direction = if random.random_range(0..2) == 0 { Direction::Long } else { Direction::Short };
        let lots = random.random_range(1..=20);
        // Prices start about 195: far enough that the crowd alone reaches neither.
        let (below, above) = (random.random_range(1_000_000..1_400_000), random.random_range(2_500_000..2_900_000));
        let (below, above) = (Price::from_units(below), Price::from_units(above));
        let (stop_loss, take_profit) = match (random.random_range(0..4), direction) {
            (0, Direction::Long) => (Some(below), Some(above)),
            (0, Direction::Short) => (Some(above), Some(below)),
            _ => (None, None),
        };
        let book = self.books[account as usize];
        let lots_wanted = Lots::from_units(lots);
        let order = OpenPosition { book, instrument, direction, lots: lots_wanted, limit: None, slippage: None, stop_loss, take_profit };
        let entry = self.script.entry(Action::OpenPosition(order));
        // An open that fills at once makes its order first, then its position.
        let id = PositionId::made_by(entry.at, entry.seq, 1);
        self.held_by[account as usize].push(self.open.len() as u32);
        self.open.push(Held { account, id, lots });
        entry
    }

    fn close_one(&mut self, mut account: u32) -> Entry {
        for _ in 0..TRIES {
            if !self.held_by[account as usize].is_empty() {
                break;
            }
            account = self.accounts.pick(self.script.random());
        }
        let random = self.script.random();
        let of = &self.held_by[account as usize];
        let place = match of.len() {
            0 => random.random_range(0..self.open.len()),
            n => of[random.random_range(0..n)] as usize,
        };
        let halves = random.random_range(0..8) == 0;
        let held = self.open[place];
        let half = held.lots / 2;
        let lots = (halves && half > 0).then_some(Lots::from_units(half));
        if lots.is_some() {
            self.open[place].lots -= half;
        } else {
            self.forget(place);
        }
        self.script.entry(Action::ClosePosition { book: self.books[held.account as usize], position: held.id, lots })
    }

    fn forget(&mut self, place: usize) {
        let gone = self.open.swap_remove(place);
        self.held_by[gone.account as usize].retain(|at| *at as usize != place);
        if let Some(moved) = self.open.get(place) {
            let was = self.open.len();
            let of = &mut self.held_by[moved.account as usize];
            if let Some(at) = of.iter_mut().find(|at| **at as usize == was) {
                *at = place as u32;
            }
        }
    }
}
