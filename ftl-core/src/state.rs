//! The state of a league: what is open and what is current. `engine` decides, `evolve` changes, everybody else reads.
//!
//! ```text
//!  Entry ──apply──▶ time passes ─▶ known id? ─▶ handler: guards │ events ──evolve──▶ rows ─▶ indexes ─▶ work
//!                                                               └─▶ the round: stops, margin, limits ─▶ warnings
//! ```
//! History (closed positions, fills, ticks) is not here: see `projection`. Indexes are derived, never serialised.

mod ahead;
pub(crate) mod bands;
mod evolve;
mod fixtures;
pub(crate) mod index;
pub(crate) mod portfolio;
mod queue;
pub mod remembered;
pub(crate) mod slots;
mod snapshot;
pub mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::marker::PhantomData;
use std::sync::Arc;

use crate::account::Account;
use crate::boards::{BoardReader, Boards};
use crate::book::Book;
use crate::command::Genesis;
use crate::event::Event;
use crate::fixture::Fixture;
use crate::id::{AccountId, BookId, CommandId, FixtureId, InstrumentIdx, NaturalKey, OrderId, PositionId, Seq};
use crate::instrument::Instrument;
use crate::ledger::Ledger;
use crate::mutant::Mutant;
use crate::order::{Order, OrderAction};
use crate::outcome::Answer;
use crate::position::Position;
use crate::rulebook::{Curve, PricingCurve, Rulebook, Standard};
use crate::rules::{Preset, Rules};
use crate::time::At;
use crate::units::Price;

pub use ahead::AHEAD;
pub use snapshot::{RestoreError, Snapshot};

use bands::Holding;
use fixtures::Fixtures;
use index::Index;
use portfolio::Worth;
use queue::Queue;
use remembered::Remembered;
use slots::hash_of;
use table::{Row, Table};

/// See the module.
#[derive(Clone)]
pub struct State<R: Rulebook = Standard> {
    pub(crate) seq: Seq,
    pub(crate) at: At,
    pub(crate) genesis: Option<Arc<Genesis>>,
    pub(crate) rules: Arc<Rules>,
    /// Which engine executes; see [`engine::NEWEST`](crate::engine::NEWEST).
    pub(crate) engine: u32,
    pub(crate) ledger: Ledger,
    pub(crate) accounts: Table<Account>,
    pub(crate) books: Table<Book>,
    pub(crate) orders: Table<Order>,
    pub(crate) instruments: Vec<Instrument>,
    pub(crate) fixtures: Fixtures,
    pub(crate) granted: Arc<BTreeSet<NaturalKey>>,
    pub(crate) remembered: Remembered,
    /// Entries that an operator has set aside, met or not.
    pub(crate) quarantine: BTreeMap<Seq, String>,
    /// Derived from the rows above.
    pub(crate) index: Index,
    pub(crate) boards: Boards,
    /// What the entry in hand has still to look at; empty between entries.
    pub(crate) work: Work,
    #[cfg(feature = "testing")]
    pub(crate) mutant: Option<Mutant>,
    rulebook: PhantomData<R>,
}

/// See [`State::work`].
#[derive(Clone, Debug, Default)]
pub(crate) struct Work {
    /// What happened so far.
    pub events: Vec<Event>,
    /// How many orders and positions the entry has made.
    pub made: u32,
    /// Positions whose stop or profit may have been reached.
    pub positions: BTreeSet<PositionId>,
    /// Books whose margin must be looked at, with their slots.
    pub books: Queue,
    /// Instruments whose limit orders must be looked at.
    pub limits: BTreeSet<InstrumentIdx>,
    /// Books to warn or to re-arm, some more than once.
    pub touched: Vec<(BookId, u32)>,
    /// Books whose equity was gone: all of their positions close (R5.3).
    pub sweeping: BTreeSet<BookId>,
    /// The fixture whose clock ticks now.
    pub ticking: Option<u32>,
    /// The book that was valued last, after how many events, and what it was worth.
    pub valued: Option<(BookId, usize, Worth)>,
    /// What the book in hand holds of each instrument.
    pub holdings: Vec<Holding>,
}

impl Work {
    /// Notes that a book's margin must be looked at.
    pub fn look_at(&mut self, book: BookId, slot: u32) {
        self.books.push(book, slot);
    }

    /// The same, of the book in a slot.
    pub fn look_at_slot(&mut self, books: &Table<Book>, slot: u32) {
        if let Some(book) = books.at(slot) {
            self.look_at(book.id, slot);
        }
    }

    /// Begins an entry; what it used stays for the next one.
    pub fn clear(&mut self) {
        let Self { events, made, positions, books, limits, touched, sweeping, ticking, valued, holdings } = self;
        events.clear();
        *made = 0;
        positions.clear();
        books.clear();
        limits.clear();
        touched.clear();
        sweeping.clear();
        *ticking = None;
        *valued = None;
        holdings.clear();
    }
}

impl Row for Account {
    type Key = AccountId;
    fn key(&self) -> AccountId {
        self.id
    }
}
impl Row for Book {
    type Key = BookId;
    fn key(&self) -> BookId {
        self.id
    }
}
impl Row for Order {
    type Key = OrderId;
    fn key(&self) -> OrderId {
        self.id
    }
}

impl<R: Rulebook> Default for State<R> {
    fn default() -> Self {
        Self::new()
    }
}

impl<R: Rulebook> State<R> {
    /// Before the first entry.
    pub fn new() -> Self {
        Self {
            seq: Seq(0),
            at: At(0),
            genesis: None,
            rules: Arc::new(Rules::of(Preset::Fair, 1_000)),
            engine: 1,
            ledger: Ledger::default(),
            accounts: Table::default(),
            books: Table::default(),
            orders: Table::default(),
            instruments: Vec::new(),
            fixtures: Fixtures::default(),
            granted: Arc::default(),
            remembered: Remembered::default(),
            quarantine: BTreeMap::new(),
            index: Index::default(),
            boards: Boards::default(),
            work: Work::default(),
            #[cfg(feature = "testing")]
            mutant: None,
            rulebook: PhantomData,
        }
    }

    /// Entries that an operator has set aside; given before they are applied, part of the hash.
    pub fn with_quarantine(mut self, quarantine: BTreeMap<Seq, String>) -> Self {
        self.quarantine = quarantine;
        self
    }

    /// The same league, computed wrongly on purpose.
    #[cfg(feature = "testing")]
    pub fn with_mutant(mut self, mutant: Mutant) -> Self {
        self.mutant = Some(mutant);
        self
    }

    /// Whether a seeded fault is on.
    #[cfg(feature = "testing")]
    pub(crate) fn mutated(&self, mutant: Mutant) -> bool {
        self.mutant == Some(mutant)
    }

    /// Whether a seeded fault is on: never, in a build that runs a league.
    #[cfg(not(feature = "testing"))]
    #[allow(clippy::unused_self)]
    pub(crate) const fn mutated(&self, _: Mutant) -> bool {
        false
    }

    /// The last entry applied.
    pub fn seq(&self) -> Seq {
        self.seq
    }
    /// Its time.
    pub fn at(&self) -> At {
        self.at
    }
    /// What the league was founded with.
    pub fn genesis(&self) -> Option<&Genesis> {
        self.genesis.as_deref()
    }
    /// The engine in force.
    pub fn engine(&self) -> u32 {
        self.engine
    }
    /// The rules in force.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }
    /// What the league's own accounts hold.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }
    /// Who is ahead.
    pub fn boards(&self) -> BoardReader<'_> {
        self.boards.read(&self.books, &self.rules.boards)
    }
    /// Ids of commands that are remembered.
    pub fn remembered(&self) -> usize {
        self.remembered.len()
    }

    /// What a command was answered, while it is remembered.
    pub fn known(&self, id: CommandId) -> Option<Answer> {
        self.remembered.get(id).map(|known| known.answer)
    }
    /// When the next timer is due.
    pub fn next_timer(&self) -> Option<At> {
        self.index.timers.first().map(|timer| timer.due)
    }

    /// Every instrument, in the order of listing.
    pub fn instruments(&self) -> impl Iterator<Item = &Instrument> {
        self.instruments.iter()
    }
    /// One instrument.
    pub fn instrument(&self, idx: InstrumentIdx) -> Option<&Instrument> {
        self.instruments.get(idx.index())
    }
    /// The instrument with this slug.
    pub fn find_instrument(&self, slug: &str) -> Option<&Instrument> {
        self.instrument(*self.index.slugs.get(slug)?)
    }
    /// Every fixture, in the order of announcement.
    pub fn fixtures(&self) -> impl Iterator<Item = &Fixture> {
        self.fixtures.iter()
    }
    /// One fixture.
    pub fn fixture(&self, id: &FixtureId) -> Option<&Fixture> {
        self.fixture_at(*self.index.fixtures.get(id)?)
    }
    /// The fixture with this number.
    pub fn fixture_at(&self, number: u32) -> Option<&Fixture> {
        self.fixtures.get(usize::try_from(number).ok()?)
    }
    /// The fixture that an instrument's footballer plays in, or awaits the end of (R3.7).
    pub fn fixture_of(&self, instrument: &Instrument) -> Option<&Fixture> {
        self.fixture_at(instrument.fixture?)
    }
    /// One participant.
    pub fn account(&self, id: AccountId) -> Option<&Account> {
        self.accounts.get(id)
    }
    /// Every participant, in no order that means anything.
    pub fn accounts(&self) -> impl Iterator<Item = &Account> {
        self.accounts.iter()
    }
    /// One book.
    pub fn book(&self, id: BookId) -> Option<&Book> {
        self.books.get(id)
    }
    /// Every book, in no order that means anything.
    pub fn books(&self) -> impl Iterator<Item = &Book> {
        self.books.iter()
    }
    /// One open position.
    pub fn position(&self, id: PositionId) -> Option<&Position> {
        self.books.at(self.holder(id)?)?.position(id)
    }
    /// The slot of the book that holds a position.
    pub(crate) fn holder(&self, id: PositionId) -> Option<u32> {
        self.index.positions.find(hash_of(&id), |slot| self.books.at(slot).is_some_and(|book| book.position(id).is_some()))
    }
    /// How many positions are open.
    pub fn open_positions(&self) -> usize {
        self.index.positions.len()
    }
    /// Every open position, in no order that means anything.
    pub fn positions(&self) -> impl Iterator<Item = &Position> {
        self.books.iter().flat_map(|book| &book.positions)
    }
    /// A book's open positions, oldest first.
    pub fn positions_of(&self, book: BookId) -> impl Iterator<Item = &Position> {
        self.book(book).into_iter().flat_map(|book| &book.positions)
    }
    /// The orders that are to close a position: the user's closes that rest in play.
    pub fn closing(&self, position: &Position) -> impl Iterator<Item = &Order> {
        let closes = |order: &&Order| matches!(order.action, OrderAction::Close { position: of } if of == position.id);
        self.orders_of(position.book).filter(closes)
    }
    /// One resting order.
    pub fn order(&self, id: OrderId) -> Option<&Order> {
        self.orders.get(id)
    }
    /// Every resting order, in no order that means anything.
    pub fn orders(&self) -> impl Iterator<Item = &Order> {
        self.orders.iter()
    }
    /// A book's resting orders, oldest first.
    pub fn orders_of(&self, book: BookId) -> impl Iterator<Item = &Order> {
        self.book(book).into_iter().flat_map(|book| &book.orders).filter_map(|id| self.order(*id))
    }

    /// R2.1: the price now.
    pub fn mark(&self, instrument: InstrumentIdx) -> Option<Price> {
        self.instrument(instrument).map(|instrument| self.mark_of(instrument))
    }
    /// R6.2: the price at which everybody would be settled now.
    pub fn settlement_price(&self, instrument: InstrumentIdx) -> Option<Price> {
        self.instrument(instrument).map(|instrument| self.clearing_price_of(instrument))
    }
    /// R4.4: whether orders in it rest: its footballer's match is live, and the rules make orders wait.
    pub fn in_play(&self, instrument: &Instrument) -> bool {
        self.rules.in_play.is_some() && self.fixture_of(instrument).is_some_and(Fixture::is_live)
    }

    pub(crate) fn curve_of(instrument: &Instrument) -> Curve {
        Curve { base: instrument.base(), net: instrument.net }
    }
    pub(crate) fn mark_of(&self, instrument: &Instrument) -> Price {
        R::Pricing::mark(&self.rules, Self::curve_of(instrument))
    }
    pub(crate) fn clearing_price_of(&self, instrument: &Instrument) -> Price {
        R::Pricing::clearing_price(&self.rules, Self::curve_of(instrument))
    }
    /// What stops and margin look at: under review the mark from before the event (R3.9).
    pub(crate) fn judged_mark(&self, instrument: &Instrument) -> Price {
        match instrument.review {
            Some(review) if !self.mutated(Mutant::ReviewForgottenByMargin) => review.mark,
            _ => self.mark_of(instrument),
        }
    }
}
