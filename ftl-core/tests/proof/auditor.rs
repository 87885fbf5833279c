//! The auditor: a slow second model of the game, made from the rules and their readings alone.
//!
//! The proof gives every entry to the engine and to the auditor and compares what they say and what they hold. It keeps
//! plain rows and works everything out again at every look: imbalance by adding up positions, scores from the whole list
//! of events, levels of every book, triggers by looking at every position, boards by sorting. It knows the core's
//! vocabulary and must never use the core's arithmetic.
//!
//! ```text
//!  once ─▶ timers ─▶ the command ─▶ the round (R5.5) ─▶ warnings
//!            │        league · match_day · review · trading
//!            └──────▶ pricing · scoring · margin: read only, from the rows
//! ```
//!
//! # Read so, where rules and readings are silent
//! Once
//! - The id that pushes the count over the bound may go itself if its minute is the oldest.
//! - An answer of `idempotency_key_reused` is not remembered; `expired` is.
//!
//! League
//! - A modification and a cancellation are open to a suspended account; its resting orders are refused when they fill.
//! - The round follows new rules; forms are cut and side caps set anew only where what prices or sizes mean has changed.
//! - A squad contradicts the list where name, team or position differ.
//! - A line-up names 1 to 11 footballers, each once, of that side's squad, else `unknown_instrument`.
//! - Top-up: counts positions closed whole, voids apart; `already_granted` comes first.
//!
//! Trading
//! - A stop, profit or limit of nothing or less is on the wrong side; a limit at the mark is on the right one.
//! - Slippage holds for limit orders too, when they come (as if they filled now) and when they fill.
//! - A limit order that comes to its price is cancelled by every guard that then refuses, `price_limit` and
//!   `slippage_exceeded` included; "for price" means that its limit is not reached. Instruments come by their number,
//!   then longs, then shorts.
//! - A close without lots takes what does not rest to close already.
//! - A modification is refused while frozen, open under review, and compared with the mark in both.
//! - Stop loss and take profit that come with an order are armed when it fills.
//! - A second cancellation in play keeps the first one's time.
//! - Stop losses, take profits and margin are judged in every round, in play too (only a void or a washout can move a mark
//!   there outside the clock tick); limits in play in their match's clock tick.
//! - A book is ruined, and closes all, if its equity is gone when its turn in the round comes.
//! - A void returns no fee, pays nothing, and takes the position off the boards' committed margin and counts.
//!
//! Match day
//! - Kick-off prices at once (classic), and is refused where any covered item has no lag, or nothing is covered; after that
//!   while a footballer's last match is not final.
//! - Full time comes from any live phase. Its order: reviews end; what rests is cancelled, oldest first, opens
//!   `market_closed` and closes `position_gone`; classic's clean sheet and its bump count; the prices of full time are
//!   taken, the clearing price rounded down to a price unit; positions close by age at that price, with the fee and
//!   without the spread; bad debt; bumps end with the match, and a correction after it brings none.
//! - An abandoned match is frozen and finalised like a finished one. An operator's freeze is apart from that.
//! - An event's given clock above the fixture's is `clock_back`, in corrections too; a tick's other clock while the match
//!   clock stands is `invalid_field`.
//! - Event guards: fields, fixture, phase, id, footballers named and known, clock, on the pitch. Corrections ask for the
//!   squads only.
//! - Who is on the pitch, for credit and for review: by the event's clock; for credit also whom an event names idly. Who goes
//!   off in a substitution has not left by the list. Entry and exit are the first on the list.
//! - Ids of events stay used when events are taken back. A replacement's bump starts anew.
//! - A goal, a dismissal, a penalty awarded and a check open their review whatever the feed covers.
//! - A check reviews whom it names and everybody under review; if that is nobody, everybody on the pitch.
//! - An event or a correction moves whose score, form or first goal conceded it changes, on the bench too: a substitution
//!   moves by a clock that is past, or by cards shown on the bench. The kick of a penalty ends waiting for a restart only
//!   where the feed reports none.
//!
//! Boards
//! - `pnl` shows who has closed something; `roi` is in 10⁻⁶, rounded down; its positions are those closed whole; a
//!   position's match is the live one when it closed. Appearing on a board is reaching one's score.
//! - A week's boards know what was opened and what was closed from Monday to Sunday UTC, each fill in its own week; a void
//!   takes back margin of its week alone. A week's `roi` asks for four matches at the most.
//! - A match of the week is one that a position closed in, whole, in that week.
#![allow(dead_code, reason = "the comparison reads what it needs")]

pub mod boards;
pub mod exact;
pub mod league;
pub mod margin;
pub mod match_day;
pub mod money;
pub mod once;
pub mod pricing;
pub mod review;
pub mod round;
pub mod scoring;
pub mod trading;

#[cfg(test)]
mod examples;

use ftl_core::command::{AccountKind, Action, Slippage};
use ftl_core::fixture::{Coverage, MatchEvent, MatchPhase, Position, Side};
use ftl_core::id::{AccountId, BookId, District, EventId, FixtureId, InstrumentId, NaturalKey, OrderId, PositionId, Seq};
use ftl_core::instrument::Review;
use ftl_core::ledger::Ledger;
use ftl_core::order::CancelReason;
use ftl_core::outcome::Entry;
use ftl_core::position::CloseReason;
use ftl_core::rejection::Rejection;
use ftl_core::rules::Rules;
use ftl_core::time::{At, MatchClock};
use ftl_core::units::{Direction, Lots, Money, Price, Score};

use boards::Trade;
use once::Remembered;

/// What the auditor says to an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The id was known.
    pub replayed: bool,
    /// Accepted or refused.
    pub result: Result<(), Rejection>,
    /// Fills, in order.
    pub fills: Vec<AuditedFill>,
    /// Cancelled orders with the reason's code, in order.
    pub cancelled: Vec<(OrderId, String)>,
    /// Books that were warned (R5.2).
    pub warned: Vec<BookId>,
    /// Books whose warning is armed again.
    pub rearmed: Vec<BookId>,
}

impl Verdict {
    fn quiet() -> Self {
        Self { replayed: false, result: Ok(()), fills: Vec::new(), cancelled: Vec::new(), warned: Vec::new(), rearmed: Vec::new() }
    }
}

/// A fill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditedFill {
    /// Which position it opened or closed.
    pub position: PositionId,
    /// Whose.
    pub book: BookId,
    /// In what, by place in the list.
    pub instrument: usize,
    /// What it was.
    pub reason: FillReason,
    /// How much.
    pub lots: Lots,
    /// Entry cost or exit value, signed.
    pub value: Money,
    /// Realised; nothing for an open.
    pub pnl: Money,
}

/// What a fill was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FillReason {
    /// A new position.
    Opened,
    /// The end of one, or of a part.
    Closed(CloseReason),
}

/// An account with its season book.
#[derive(Clone, Debug)]
pub struct AccountRow {
    /// Who.
    pub id: AccountId,
    /// Where he plays.
    pub district: District,
    /// When it was opened.
    pub since: At,
    /// Person or program.
    pub kind: AccountKind,
    /// Barred from opening.
    pub suspended: bool,
    /// The wallet.
    pub balance: Money,
    /// R5.2.
    pub warned: bool,
}

impl AccountRow {
    /// His only book so far.
    pub fn book(&self) -> BookId {
        BookId::season(self.id)
    }
}

/// A footballer on the market.
#[derive(Clone, Debug)]
pub struct InstrumentRow {
    /// His slug.
    pub slug: InstrumentId,
    /// As shown.
    pub name: String,
    /// As shown.
    pub team: String,
    /// Where he plays.
    pub position: Position,
    /// On the market.
    pub active: bool,
    /// Trading stands.
    pub frozen: bool,
    /// R3.4, as of the last look at his match.
    pub form: Score,
    /// R2.4.
    pub side_cap: Lots,
    /// R3.9.
    pub review: Option<Review>,
}

/// A match.
#[derive(Clone, Debug)]
pub struct Match {
    /// Its id.
    pub id: FixtureId,
    /// Where it stands.
    pub phase: MatchPhase,
    /// Time played.
    pub clock: MatchClock,
    /// The clock when the phase began.
    pub phase_began: MatchClock,
    /// What the feed delivers.
    pub coverage: Vec<Coverage>,
    /// R3.5, of each side.
    pub prior_conceded: Option<(Score, Score)>,
    /// The squads.
    pub participants: Vec<Participant>,
    /// Who starts, of each side; everybody where nobody said.
    pub line_up: [Option<Vec<usize>>; 2],
    /// The list of events.
    pub events: Vec<Listed>,
    /// Every id that was ever on it.
    pub event_ids: Vec<EventId>,
    /// When the bumps were last looked at.
    pub looked_at: At,
    /// Full time has come.
    pub whistle: bool,
    /// R3.7.
    pub finalise_at: Option<At>,
    /// The entry of the kick-off.
    pub kicked_off: Option<Seq>,
    /// The entry of full time.
    pub finished_by: Option<Seq>,
}

/// A footballer of the squads.
#[derive(Clone, Debug)]
pub struct Participant {
    /// By place in the list.
    pub instrument: usize,
    /// For whom.
    pub side: Side,
    /// Form at kick-off, in 10⁻⁶.
    pub previous: i128,
}

/// An event of the list.
#[derive(Clone, Debug)]
pub struct Listed {
    /// As told.
    pub event: MatchEvent,
    /// The clock that counts, in milliseconds.
    pub clock: u64,
    /// Whom it names first.
    pub who: Option<usize>,
    /// And second.
    pub related: Option<usize>,
    /// When it was reported.
    pub since: At,
}

/// An open position.
#[derive(Clone, Debug)]
pub struct Held {
    /// Its id.
    pub id: PositionId,
    /// Place of the account.
    pub account: usize,
    /// Whose.
    pub book: BookId,
    /// In what, by place in the list.
    pub instrument: usize,
    /// Which way.
    pub direction: Direction,
    /// How much.
    pub lots: Lots,
    /// R1.2.
    pub entry_cost: Money,
    /// When.
    pub opened_at: At,
    /// R4.6.
    pub stop_loss: Option<Price>,
    /// R4.6.
    pub take_profit: Option<Price>,
    /// R4.5.
    pub pending: Option<Pending>,
}

/// Stop loss and take profit that have not armed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pending {
    /// R4.6.
    pub stop_loss: Option<Price>,
    /// R4.6.
    pub take_profit: Option<Price>,
    /// They arm in the first clock tick from then on.
    pub due: At,
}

/// A resting order.
#[derive(Clone, Debug)]
pub struct Resting {
    /// Its id.
    pub id: OrderId,
    /// Place of the account.
    pub account: usize,
    /// Whose.
    pub book: BookId,
    /// In what, by place in the list.
    pub instrument: usize,
    /// To open or to close.
    pub intent: Intent,
    /// How much.
    pub lots: Lots,
    /// R4.4.
    pub due: Option<At>,
    /// R4.6.
    pub reserved: Money,
    /// Taken back in the first clock tick from then on.
    pub cancel_due: Option<At>,
    /// The entry that placed it.
    pub seq: Seq,
}

impl Resting {
    /// Whether it waits for time alone: a market open or a user's close.
    pub fn is_market(&self) -> bool {
        !matches!(self.intent, Intent::Open { limit: Some(_), .. })
    }
}

/// What an order does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intent {
    /// A new position.
    Open {
        /// Which way.
        direction: Direction,
        /// `None`: market.
        limit: Option<Price>,
        /// What the client accepts.
        slippage: Option<Slippage>,
        /// R4.6.
        stop_loss: Option<Price>,
        /// R4.6.
        take_profit: Option<Price>,
    },
    /// The user closes.
    Close {
        /// Which.
        position: PositionId,
    },
}

/// The model: rows, and nothing worked out.
#[derive(Clone, Debug)]
pub struct Auditor {
    /// The last entry.
    pub seq: Seq,
    /// Its time.
    pub at: At,
    /// `None` before the league is founded.
    pub rules: Option<Rules>,
    /// R8.3.
    pub districts: Vec<District>,
    /// In the order of opening.
    pub accounts: Vec<AccountRow>,
    /// What is in no wallet.
    pub ledger: Ledger,
    /// In the order of listing.
    pub instruments: Vec<InstrumentRow>,
    /// In the order of announcing.
    pub fixtures: Vec<Match>,
    /// Oldest first.
    pub positions: Vec<Held>,
    /// Oldest first.
    pub orders: Vec<Resting>,
    /// Every fill there was.
    pub trades: Vec<Trade>,
    /// Keys of grants.
    pub grants: Vec<NaturalKey>,
    /// Weeks of top-ups, with the entry.
    pub top_ups: Vec<(BookId, u64, Seq)>,
    /// R11.8.
    pub known: Vec<Remembered>,
    /// Ids of earlier minutes are unknown.
    known_since: u64,
    /// The younger generation of ids.
    generation: u64,
    made: u32,
    verdict: Verdict,
}

/// A timer that is due.
enum Timer {
    Stale(OrderId),
    Finalise(usize),
}

impl Auditor {
    /// Before the first entry.
    #[allow(clippy::new_without_default, reason = "an auditor begins with an entry")]
    pub fn new() -> Self {
        Self {
            seq: Seq(0),
            at: At(0),
            rules: None,
            districts: Vec::new(),
            accounts: Vec::new(),
            ledger: Ledger::default(),
            instruments: Vec::new(),
            fixtures: Vec::new(),
            positions: Vec::new(),
            orders: Vec::new(),
            trades: Vec::new(),
            grants: Vec::new(),
            top_ups: Vec::new(),
            known: Vec::new(),
            known_since: 0,
            generation: 0,
            made: 0,
            verdict: Verdict::quiet(),
        }
    }

    /// Follows the journal by one entry.
    pub fn apply(&mut self, entry: &Entry) -> Verdict {
        self.seq = entry.seq;
        self.at = self.at.max(entry.at);
        self.made = 0;
        self.verdict = Verdict::quiet();
        self.forget_old_ids();
        self.fire_timers();

        let command = &entry.command;
        let known = self.answered(command).map(|r| (r.body, r.result.clone()));
        let (replayed, result) = match known {
            Some((body, answer)) if body == command.body => (true, answer),
            Some(_) => (true, Err(Rejection::IdempotencyKeyReused)),
            None => {
                let result = self.carry_out(entry);
                self.remember(command, result.clone());
                (false, result)
            }
        };
        let mut verdict = std::mem::replace(&mut self.verdict, Verdict::quiet());
        (verdict.replayed, verdict.result) = (replayed, result);
        verdict
    }

    /// The command itself, and the round if it was accepted.
    fn carry_out(&mut self, entry: &Entry) -> Result<(), Rejection> {
        let command = &entry.command;
        if command.not_after.is_some_and(|last| self.at > last) {
            return Err(Rejection::Expired);
        }
        if self.rules.is_none() && !matches!(command.action, Action::FoundLeague(_)) {
            return Err(Rejection::LeagueNotFounded);
        }
        let tick = self.act(&command.action)?;
        self.run_round(tick);
        Ok(())
    }

    /// Dispatches; says whose clock tick it was.
    fn act(&mut self, action: &Action) -> Result<Option<usize>, Rejection> {
        match action {
            Action::FoundLeague(genesis) => self.found(genesis),
            Action::SetRules(rules) => self.set_rules(rules),
            Action::Tick { .. } => Ok(()),
            Action::OpenAccount(wish) => self.open_account(wish),
            Action::SuspendAccount { account, suspended } => self.suspend(*account, *suspended),
            Action::Grant { book, amount, key } => self.grant(*book, *amount, key),
            Action::TopUp { book } => self.top_up(*book),
            Action::ListInstrument(footballer) => self.list(footballer),
            Action::FreezeInstrument { instrument } => self.freeze(instrument, true),
            Action::UnfreezeInstrument { instrument } => self.freeze(instrument, false),
            Action::DeactivateInstrument { instrument } => self.deactivate(instrument),
            Action::CreateFixture(wish) => self.create_fixture(wish),
            Action::SetLineUp { fixture, side, starting } => self.set_line_up(fixture, *side, starting),
            Action::EnterPhase { fixture, phase } => self.enter_phase(fixture, *phase),
            Action::TickClock { fixture, clock } => return self.tick_clock(fixture, *clock).map(Some),
            Action::ReportEvent { fixture, event } => self.report(fixture, event),
            Action::CorrectEvent { fixture, correction } => self.correct(fixture, correction),
            Action::FinishFixture { fixture } => self.finish(fixture, MatchPhase::Finished),
            Action::FinaliseFixture { fixture } => self.finalise(fixture),
            Action::AbandonFixture { fixture } => self.finish(fixture, MatchPhase::Abandoned),
            Action::PostponeFixture { fixture } => self.postpone(fixture),
            Action::OpenPosition(wish) => self.open(wish),
            Action::ClosePosition { book, position, lots } => self.close(*book, *position, *lots),
            Action::ModifyPosition { book, position, stop_loss, take_profit } => self.modify(*book, *position, *stop_loss, *take_profit),
            Action::CancelOrder { book, order } => self.take_back(*book, *order),
            Action::VoidPosition { position } => self.void(*position),
            // There is one engine: the workload asks for no other.
            Action::UseEngine { .. } => Ok(()),
        }
        .map(|()| None)
    }

    /// What fell due since the last entry, in (due, seq) order; the round follows each.
    fn fire_timers(&mut self) {
        let Some(rules) = self.rules.as_ref() else { return };
        let mut due = Vec::new();
        if let Some(in_play) = rules.in_play {
            for order in self.orders.iter().filter(|o| o.is_market()) {
                due.extend(order.due.map(|d| (d.after(in_play.stale_after), order.seq, order.id.0, Timer::Stale(order.id))));
            }
        }
        for (n, m) in self.fixtures.iter().enumerate() {
            due.extend(m.finalise_at.map(|d| (d, m.finished_by.unwrap_or_default(), 0, Timer::Finalise(n))));
        }
        due.retain(|(when, ..)| *when <= self.at);
        due.sort_by_key(|(when, seq, id, _)| (*when, *seq, *id));
        for (.., timer) in due {
            match timer {
                Timer::Stale(order) if self.orders.iter().any(|o| o.id == order) => self.cancel(order, CancelReason::FeedStale),
                Timer::Stale(_) => continue,
                Timer::Finalise(n) => {
                    let id = self.fixtures[n].id.clone();
                    self.finalise(&id).expect("a finished match");
                }
            }
            self.run_round(None);
        }
    }

    /// The rules in force.
    pub(crate) fn rules(&self) -> &Rules {
        self.rules.as_ref().expect("a founded league")
    }

    /// The place of an account by its book.
    fn account_of(&self, book: BookId) -> Result<usize, Rejection> {
        self.accounts.iter().position(|a| a.book() == book).ok_or(Rejection::UnknownAccount)
    }

    /// The place of an instrument by its slug.
    pub fn find_instrument(&self, slug: &InstrumentId) -> Option<usize> {
        self.instruments.iter().position(|i| i.slug == *slug)
    }

    /// The index of the next thing that this entry makes.
    fn next_index(&mut self) -> u32 {
        let index = self.made;
        self.made += 1;
        index
    }
}
