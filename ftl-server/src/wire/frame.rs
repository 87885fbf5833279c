//! What a stream tells: prices for everybody, and what concerns one account.
//!
//! Frames are made once, when an entry is applied, from the outcome and the state behind it; so every process makes
//! the same, and a reader that resumes gets what a reader that was never cut got.

pub mod channel;
pub mod public;

use std::sync::Arc;

use ftl_core::event::Event;
use ftl_core::id::{AccountId, BookId, InstrumentId, InstrumentIdx, OrderId, PositionId, Seq};
use ftl_core::instrument::Instrument;
use ftl_core::ledger::LedgerAccount;
use ftl_core::outcome::Outcome;
use ftl_core::position::CloseReason;
use ftl_core::time::At;
use ftl_core::units::{Direction, Lots, Price};
use serde::Serialize;

use super::cursor::BatchMark;
use super::instrument::InstrumentView;
use super::order::{OrderRef, OrderView};
use super::portfolio::PortfolioView;
use super::position::{ClosedView, PositionView, slug};
use super::{League, Time};
use public::{Public, PublicFrame};

/// What one entry has to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frames {
    /// The entry.
    pub seq: Seq,
    /// The batch that it came in.
    pub batch: BatchMark,
    /// Its time.
    pub at: At,
    /// One for each instrument whose price changed.
    pub prices: Vec<PriceFrame>,
    /// In order; `n` counts those of one account within the entry.
    pub accounts: Vec<(AccountId, AccountFrame)>,
    /// For everybody who asks for it, in order.
    pub public: Vec<PublicFrame>,
    /// Every mark that the entry went through, in order: what bars are made of.
    pub marks: Vec<(InstrumentIdx, Price)>,
}

/// A price now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename = "price", rename_all = "camelCase")]
pub struct PriceFrame {
    /// The instrument's number.
    pub idx: u16,
    /// Its slug.
    pub instrument: InstrumentId,
    /// The entry.
    pub seq: u64,
    /// Its time.
    pub at: Time,
    /// R2.1.
    pub mark: Price,
    /// R3.1.
    pub live_base: Price,
    /// R6.2.
    pub settlement: Price,
}

impl PriceFrame {
    /// A price after an entry, or as it stands for a reader who cannot resume.
    pub(crate) fn of(league: &League, row: &Instrument, seq: Seq, at: At) -> Self {
        Self {
            idx: row.idx.0,
            instrument: row.footballer.instrument.clone(),
            seq: seq.0,
            at: Time(at),
            mark: league.mark(row.idx).unwrap_or_default(),
            live_base: row.live_base,
            settlement: league.settlement_price(row.idx).unwrap_or_default(),
        }
    }

    /// A price as the market has it.
    pub(crate) fn now(row: &InstrumentView, seq: Seq, at: At) -> Self {
        Self {
            idx: row.idx,
            instrument: row.id.clone(),
            seq: seq.0,
            at: Time(at),
            mark: row.mark,
            live_base: row.live_base,
            settlement: row.settlement_price,
        }
    }
}

/// Something that concerns one account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AccountFrame {
    /// What kind.
    #[serde(flatten)]
    pub what: What,
    /// The entry.
    pub seq: u64,
    /// Its place among the account's frames of the entry.
    pub n: u32,
}

/// The kinds, with their data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", content = "data", rename_all = "snake_case")]
pub enum What {
    /// An order rests, filled or is gone.
    Order(OrderFrame),
    /// A position is new, changed or closed.
    Position(Box<PositionFrame>),
    /// The book after the entry.
    Wallet(PortfolioView),
    /// R5.2.
    Level(LevelFrame),
    /// For people.
    Notification(Notification),
}

/// An order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum OrderFrame {
    /// It rests.
    Resting(Box<OrderView>),
    /// It filled or is gone.
    Ended(OrderRef),
}

/// A position after the entry; `closed` where a part or all of it closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PositionFrame {
    id: PositionId,
    #[serde(skip_serializing_if = "Option::is_none")]
    closed: Option<ClosedView>,
    /// `null` when nothing is left of it.
    position: Option<PositionView>,
}

/// R5.2.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LevelFrame {
    warned: bool,
    level_bps: Option<i64>,
}

/// R9.4.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum Notification {
    /// With its reason; a washout and a settlement are such.
    PositionClosed {
        /// Which.
        position: PositionId,
        /// In what.
        instrument: InstrumentId,
        /// Which way it was.
        direction: Direction,
        /// How much of it.
        lots: Lots,
        /// R4.9.
        reason: CloseReason,
        /// Realised.
        pnl: ftl_core::units::Money,
    },
    /// R5.2.
    MarginWarning {
        /// Equity over used, in basis points.
        level_bps: Option<i64>,
    },
    /// A resting order is gone.
    OrderCancelled {
        /// Which.
        order: OrderId,
        /// Why.
        reason: String,
    },
}

impl Frames {
    /// What `outcome` of a batch has to tell; `league` is the state right behind it.
    pub fn of(league: &League, batch: BatchMark, outcome: &Outcome) -> Self {
        let frames = Self { batch, ..Self::none(outcome.seq, outcome.at) };
        let mut maker = Maker { league, outcome, frames, wallets: Vec::new() };
        let mut public = Public::new(league, outcome);
        for event in &outcome.events {
            maker.tell(event);
            public.tell(event);
        }
        maker.frames.public = public.finish();
        maker.finish()
    }

    /// What an entry without anything to tell has.
    pub fn none(seq: Seq, at: At) -> Self {
        Self { seq, batch: BatchMark::default(), at, prices: Vec::new(), accounts: Vec::new(), public: Vec::new(), marks: Vec::new() }
    }

    /// Whether there is anything to tell.
    pub fn is_empty(&self) -> bool {
        self.prices.is_empty() && self.accounts.is_empty() && self.public.is_empty()
    }
}

struct Maker<'a> {
    league: &'a League,
    outcome: &'a Outcome,
    frames: Frames,
    /// Books whose balance or margin the entry moved, each once.
    wallets: Vec<BookId>,
}

impl Maker<'_> {
    fn tell(&mut self, event: &Event) {
        match event {
            Event::PriceChanged { instrument, mark, .. } => self.price(*instrument, *mark),
            Event::PositionOpened(opened) => {
                self.price(opened.instrument, opened.mark);
                self.push(opened.book, What::Order(OrderFrame::Ended(OrderRef::filled(opened.order))));
                self.position(opened.book, opened.position, None);
                self.wallet(opened.book);
            }
            Event::PositionClosed(closed) => {
                self.price(closed.instrument, closed.mark);
                if let Some(order) = closed.order {
                    self.push(closed.book, What::Order(OrderFrame::Ended(OrderRef::filled(order))));
                }
                self.position(closed.book, closed.position, Some(ClosedView::of(self.league.rules(), closed)));
                let notification = Notification::PositionClosed {
                    position: closed.position,
                    instrument: slug(self.league, closed.instrument),
                    direction: closed.direction,
                    lots: closed.lots,
                    reason: closed.reason,
                    pnl: closed.pnl,
                };
                self.push(closed.book, What::Notification(notification));
                self.wallet(closed.book);
            }
            Event::OrderPlaced(order) => {
                let view =
                    self.league.order(order.id).map_or_else(|| OrderView::of(self.league, order), |now| OrderView::of(self.league, now));
                self.push(order.book, What::Order(OrderFrame::Resting(Box::new(view))));
                self.wallet(order.book);
            }
            Event::CancelRequested { book, order, .. } => {
                if let Some(now) = self.league.order(*order) {
                    self.push(*book, What::Order(OrderFrame::Resting(Box::new(OrderView::of(self.league, now)))));
                }
            }
            Event::OrderCancelled { book, order, reason } => {
                self.push(*book, What::Order(OrderFrame::Ended(OrderRef::cancelled(*order, reason))));
                let notification = Notification::OrderCancelled { order: *order, reason: reason.code().to_owned() };
                self.push(*book, What::Notification(notification));
                self.wallet(*book);
            }
            Event::TriggersSet { book, position, .. } | Event::TriggersDiscarded { book, position } => {
                self.position(*book, *position, None)
            }
            Event::MarginWarned { book } => {
                let level_bps = self.level(*book);
                self.push(*book, What::Level(LevelFrame { warned: true, level_bps }));
                self.push(*book, What::Notification(Notification::MarginWarning { level_bps }));
            }
            Event::MarginRearmed { book } => {
                let level_bps = self.level(*book);
                self.push(*book, What::Level(LevelFrame { warned: false, level_bps }));
            }
            Event::ValuePosted { postings, .. } => {
                for posting in postings {
                    if let LedgerAccount::Wallet(book) = posting.account {
                        self.wallet(book);
                    }
                }
            }
            _ => {}
        }
    }

    fn price(&mut self, idx: InstrumentIdx, mark: Price) {
        self.frames.marks.push((idx, mark));
        if self.frames.prices.iter().any(|frame| frame.idx == idx.0) {
            return;
        }
        let Some(row) = self.league.instrument(idx) else { return };
        self.frames.prices.push(PriceFrame::of(self.league, row, self.outcome.seq, self.outcome.at));
    }

    fn position(&mut self, book: BookId, id: PositionId, closed: Option<ClosedView>) {
        let position = self.league.position(id).map(|row| PositionView::of(self.league, row));
        self.push(book, What::Position(Box::new(PositionFrame { id, closed, position })));
    }

    fn wallet(&mut self, book: BookId) {
        if !self.wallets.contains(&book) {
            self.wallets.push(book);
        }
    }

    fn level(&self, book: BookId) -> Option<i64> {
        self.league.portfolio(book).and_then(|portfolio| portfolio.level_bps)
    }

    fn push(&mut self, book: BookId, what: What) {
        let account = book.account;
        let n = self.frames.accounts.iter().filter(|(other, _)| *other == account).count();
        let frame = AccountFrame { what, seq: self.outcome.seq.0, n: u32::try_from(n).unwrap_or(u32::MAX) };
        self.frames.accounts.push((account, frame));
    }

    fn finish(mut self) -> Frames {
        for book in std::mem::take(&mut self.wallets) {
            if let Some(portfolio) = self.league.portfolio(book) {
                self.push(book, What::Wallet(PortfolioView::from(&portfolio)));
            }
        }
        self.frames
    }
}

/// The account as it is, for a reader who cannot resume: the book, its positions, its orders.
pub(crate) fn snapshot_of(league: &League, account: AccountId) -> Vec<AccountFrame> {
    let book = BookId::season(account);
    let seq = league.seq().0;
    let positions = league
        .positions_of(book)
        .map(|row| What::Position(Box::new(PositionFrame { id: row.id, closed: None, position: Some(PositionView::of(league, row)) })));
    let orders = league.orders_of(book).map(|row| What::Order(OrderFrame::Resting(Box::new(OrderView::of(league, row)))));
    let wallet = league.portfolio(book).map(|portfolio| What::Wallet(PortfolioView::from(&portfolio)));
    (0..).zip(orders.chain(positions).chain(wallet)).map(|(n, what)| AccountFrame { what, seq, n }).collect()
}

/// A frame as it is sent.
pub(crate) fn json<T: Serialize>(frame: &T) -> Arc<str> {
    serde_json::to_string(frame).unwrap_or_default().into()
}
