//! The guards of an open (R4.2), in their order: checked when the order comes and again when it fills.

use crate::book::Book;
use crate::command::{OpenPosition, Slippage};
use crate::fixture::{Fixture, MatchPhase, Position};
use crate::id::BookId;
use crate::instrument::Instrument;
use crate::limits;
use crate::mutant::Mutant;
use crate::rejection::Rejection;
use crate::rulebook::curve::{fee, notional, price_per_share};
use crate::rulebook::{PricingCurve, Rounding, Rulebook};
use crate::state::State;
use crate::state::portfolio::{MarkIf, OpenFill};
use crate::units::{Direction, Lots, Money, Price, Wide};

/// When a guard looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// The order comes.
    Arrival,
    /// It fills from rest: its margin has been reserved since it came, and is not asked for again.
    Fill,
}

impl<R: Rulebook> State<R> {
    /// The column of guards; what passes may fill.
    pub(crate) fn guard_open(&self, open: &OpenPosition, moment: Moment) -> Result<OpenFill, Rejection> {
        let book = self.book(open.book).ok_or(Rejection::UnknownAccount)?;
        if self.index.suspended.contains(&open.book.account) {
            return Err(Rejection::AccountSuspended);
        }
        let instrument = self.instrument(open.instrument).ok_or(Rejection::UnknownInstrument)?;
        if !instrument.active {
            return Err(Rejection::InactiveInstrument);
        }
        if !self.window_is_open(instrument) {
            return Err(Rejection::TradeWindowClosed);
        }
        if self.is_frozen(instrument) {
            return Err(Rejection::Frozen);
        }
        if instrument.review.is_some() {
            return Err(Rejection::UnderReview);
        }
        let (min, max) = (self.rules.min_lots, self.rules.max_lots);
        if open.lots < min || open.lots > max {
            return Err(Rejection::InvalidLots { min, max });
        }
        let mark = self.mark_of(instrument);
        self.guard_sides(open, moment, mark)?;
        let fill = self.open_fill(instrument, open)?;
        if let Some(slippage) = open.slippage {
            limits::check_slippage(slippage)?;
            self.guard_slippage(open, slippage, fill.entry_cost)?;
        }
        if self.price_is_limited(instrument, open.direction) {
            return Err(Rejection::PriceLimit);
        }
        self.guard_exposure(book, instrument, open)?;
        if moment == Moment::Arrival && book.positions.len().saturating_add(book.orders.len()) >= limits::MAX_IN_BOOK {
            return Err(Rejection::TooManyPositions { max: u32::try_from(limits::MAX_IN_BOOK).unwrap_or(u32::MAX) });
        }
        if moment == Moment::Arrival {
            self.guard_margin(book, open, &fill)?;
        }
        Ok(fill)
    }

    /// R4.2: `pre_match` and `live` are open, `closed` begins with minute 88 and 118 ◆.
    fn window_is_open(&self, instrument: &Instrument) -> bool {
        let (Some(rules), Some(fixture)) = (self.rules.in_play, self.fixture_of(instrument)) else { return true };
        let minute = fixture.display_minute().unwrap_or(0);
        match fixture.phase {
            MatchPhase::SecondHalf => minute < u64::from(rules.last_open_minute),
            MatchPhase::ExtraTime => minute < u64::from(rules.last_open_minute_extra),
            MatchPhase::Penalties => false,
            MatchPhase::Scheduled
            | MatchPhase::FirstHalf
            | MatchPhase::HalfTime
            | MatchPhase::Finished
            | MatchPhase::Finalised
            | MatchPhase::Abandoned
            | MatchPhase::Postponed => true,
        }
    }

    /// Frozen by an operator, or settled and not final yet (R3.7).
    pub(crate) fn is_frozen(&self, instrument: &Instrument) -> bool {
        instrument.frozen || self.fixture_of(instrument).is_some_and(Fixture::awaits_final)
    }

    fn guard_sides(&self, open: &OpenPosition, moment: Moment, mark: Price) -> Result<(), Rejection> {
        let reference = match (open.limit, moment) {
            (Some(limit), Moment::Arrival) => {
                let worse = match open.direction {
                    Direction::Long => limit > mark,
                    Direction::Short => limit < mark,
                };
                if worse || limit <= Price::ZERO {
                    return Err(Rejection::LimitWrongSide { mark });
                }
                limit
            }
            _ => mark,
        };
        guard_triggers(open.direction, open.stop_loss, open.take_profit, reference)
    }

    /// The value, margin and marks of a fill now.
    fn open_fill(&self, instrument: &Instrument, open: &OpenPosition) -> Result<OpenFill, Rejection> {
        let rounding = self.against(open.direction, Mutant::EntryRoundsForTheTrader);
        let curve = Self::curve_of(instrument);
        let value = R::Pricing::fill_value(&self.rules, curve, open.direction, open.lots, rounding)?;
        let net = instrument.net + open.direction.signed(open.lots);
        let mark = R::Pricing::mark(&self.rules, crate::rulebook::Curve { net, ..curve });
        let margin = Money::try_from(self.margin_of(instrument, open.direction, open.lots, mark))?;
        let entry_cost = match open.direction {
            Direction::Long => value,
            Direction::Short => -value,
        };
        Ok(OpenFill { entry_cost, fee: fee(&self.rules, value), margin, net, mark })
    }

    /// R1.2: against the trader of an order in `direction`.
    pub(crate) fn against(&self, direction: Direction, unless: Mutant) -> Rounding {
        Rounding::against(if self.mutated(unless) { direction.opposite() } else { direction })
    }

    fn guard_slippage(&self, open: &OpenPosition, slippage: Slippage, entry_cost: Money) -> Result<(), Rejection> {
        let value = entry_cost.wide().magnitude();
        let seen = notional(&self.rules, slippage.client_price, open.lots);
        let (one, tolerance) = (Wide::of(10_000), slippage.tolerance.wide());
        let (exceeded, edge, rounding) = match open.direction {
            Direction::Long => (value * one > seen * (one + tolerance), one + tolerance, Rounding::Up),
            Direction::Short => (value * one < seen * (one - tolerance), one - tolerance, Rounding::Down),
        };
        if exceeded {
            let fill = price_per_share(&self.rules, entry_cost, open.lots, rounding);
            let worst = Price::from_units(rounding.opposite().divide(slippage.client_price.wide() * edge, one).clamp_i64());
            return Err(Rejection::SlippageExceeded { fill, worst });
        }
        Ok(())
    }

    /// R2.6 ◆: near the floor longs are refused, near the ceiling shorts.
    fn price_is_limited(&self, instrument: &Instrument, direction: Direction) -> bool {
        let Some(limit) = self.rules.price_limit.filter(|_| !self.mutated(Mutant::PriceLimitForgotten)) else { return false };
        let multiple = match instrument.footballer.position {
            Position::Goalkeeper => limit.long_above_floor_goalkeeper,
            Position::Forward | Position::Midfielder | Position::Defender => limit.long_above_floor,
        };
        let (base, one) = (instrument.live_base.wide(), Wide::of(10_000));
        match direction {
            Direction::Long => base * one < self.rules.floor.wide() * multiple.wide(),
            Direction::Short => base * limit.short_below_ceiling.wide() > self.rules.ceiling.wide() * one,
        }
    }

    /// R2.4: what is left of the side for everybody, and for this account.
    fn guard_exposure(&self, book: &Book, instrument: &Instrument, open: &OpenPosition) -> Result<(), Rejection> {
        let rules = self.rules.exposure;
        let for_all = instrument.side_cap - instrument.gross(open.direction);
        let own_cap = (instrument.side_cap.wide() * rules.account_cap.wide()).div_floor(10_000).max(rules.account_min.wide());
        let same = |position: &&crate::position::Position| position.instrument == open.instrument && position.direction == open.direction;
        let held: Lots = book.positions.iter().filter(same).map(|position| position.lots).sum();
        let own = Lots::from_units(own_cap.clamp_i64()) - held;
        let available = if self.mutated(Mutant::AccountCapForgotten) { for_all } else { for_all.min(own) };
        if open.lots > available {
            return Err(Rejection::ExposureLimit { available: available.max(Lots::ZERO) });
        }
        Ok(())
    }

    /// R5.1: free margin on the mark after the fill must not be negative.
    ///
    /// When an order comes, not when it fills: whoever could make margin vanish in between would hold an option for
    /// nothing (docs/decisions/0050). A book that the fill leaves at the washout level is washed out in the same round.
    fn guard_margin(&self, book: &Book, open: &OpenPosition, fill: &OpenFill) -> Result<(), Rejection> {
        let reserved = book.reserved.wide();
        let after = MarkIf { instrument: open.instrument, mark: fill.mark };
        let value = open.direction.wide() * notional(&self.rules, fill.mark, open.lots) - fill.entry_cost.wide();
        let free_after = self.free(book, Some(after)) + value - fill.fee.wide() - fill.margin.wide() - reserved;
        if free_after < Wide::ZERO {
            let free = Money::from_units((self.free(book, None) - reserved).clamp_i64());
            return Err(Rejection::InsufficientMargin { required: fill.margin, free });
        }
        Ok(())
    }

    /// The book exists and its account is there.
    pub(crate) fn guard_book(&self, book: BookId) -> Result<(), Rejection> {
        self.book(book).map(|_| ()).ok_or(Rejection::UnknownAccount)
    }
}

/// R4.2 guard 6: a long's stop is below, its profit above; a short's mirrored. Equality is the wrong side.
pub(crate) fn guard_triggers(direction: Direction, stop: Option<Price>, profit: Option<Price>, mark: Price) -> Result<(), Rejection> {
    let (below, above) = match direction {
        Direction::Long => (stop, profit),
        Direction::Short => (profit, stop),
    };
    let stop_is_wrong = match direction {
        Direction::Long => below.is_some_and(|price| price >= mark),
        Direction::Short => above.is_some_and(|price| price <= mark),
    };
    if stop_is_wrong || stop.is_some_and(|price| price <= Price::ZERO) {
        return Err(Rejection::StopLossWrongSide { mark });
    }
    let profit_is_wrong = match direction {
        Direction::Long => above.is_some_and(|price| price <= mark),
        Direction::Short => below.is_some_and(|price| price >= mark),
    };
    if profit_is_wrong || profit.is_some_and(|price| price <= Price::ZERO) {
        return Err(Rejection::TakeProfitWrongSide { mark });
    }
    Ok(())
}
