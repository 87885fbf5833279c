//! Founding, rules, accounts, grants, instruments: what operators ask for.

use crate::command::{Footballer, Genesis, OpenAccount};
use crate::event::Event;
use crate::id::{AccountId, BookId, InstrumentId, InstrumentIdx, NaturalKey};
use crate::ledger::{LedgerAccount, Posting, PostingReason};
use crate::limits;
use crate::rejection::Rejection;
use crate::rulebook::scoring::{live_base, starting_form};
use crate::rulebook::{Curve, PricingCurve, Rulebook};
use crate::rules::Rules;
use crate::state::State;
use crate::time::Week;
use crate::units::{Lots, Money, Price, Score, Wide};

impl<R: Rulebook> State<R> {
    pub(crate) fn found_league(&mut self, genesis: &Genesis) -> Result<(), Rejection> {
        if self.genesis.is_some() {
            return Err(Rejection::LeagueAlreadyFounded);
        }
        if genesis.rulebook != R::NAME {
            return Err(Rejection::UnknownRulebook);
        }
        limits::check_name("league", &genesis.league)?;
        limits::check_rules(&genesis.rules)?;
        limits::check_districts(&genesis.districts)?;
        // From here nothing can fail.
        self.emit(Event::LeagueFounded(Box::new(genesis.clone())));
        Ok(())
    }

    /// What is not known never comes here: [`require_known`](crate::engine::require_known) is asked before.
    pub(crate) fn use_engine(&mut self, engine: u32) -> Result<(), Rejection> {
        if engine <= self.engine || engine > crate::engine::NEWEST {
            return Err(limits::invalid("to", "a later engine than the one in force"));
        }
        // From here nothing can fail.
        self.emit(Event::EngineSwitched { engine });
        Ok(())
    }

    pub(crate) fn set_rules(&mut self, rules: &Rules) -> Result<(), Rejection> {
        limits::check_rules(rules)?;
        let rescaled = scale(&self.rules) != scale(rules);
        let at_rest = self.open_positions() == 0 && self.orders.is_empty() && !self.fixtures().any(|f| f.is_live() || f.awaits_final());
        if rescaled && !at_rest {
            return Err(Rejection::PositionsOpen);
        }
        // From here nothing can fail.
        self.emit(Event::RulesChanged(Box::new(rules.clone())));
        if rescaled {
            self.rescale();
        }
        Ok(())
    }

    /// New prices and caps for everybody, so that nobody can foresee them.
    fn rescale(&mut self) {
        for n in 0..self.instruments.len() {
            let Some(row) = self.instruments.get(n) else { continue };
            let (instrument, position, net) = (row.idx, row.footballer.position, row.net);
            let max = self.rules.scoring.max_expected.get(position.index()).copied().unwrap_or(Score::ZERO);
            let form = row.form.clamp(Score::ZERO, max);
            let live_base = live_base(&self.rules, position, form);
            let mark = R::Pricing::mark(&self.rules, Curve { base: live_base, net });
            self.emit(Event::PriceChanged { instrument, form, live_base, bump: Price::ZERO, net, mark });
            self.emit(Event::SideCapSet { instrument, side_cap: side_cap(&self.rules, live_base) });
        }
    }

    pub(crate) fn open_account(&mut self, open: &OpenAccount) -> Result<(), Rejection> {
        if self.account(open.account).is_some() {
            return Err(Rejection::AccountExists);
        }
        if !self.genesis().is_some_and(|genesis| genesis.districts.contains(&open.district)) {
            return Err(Rejection::UnknownDistrict);
        }
        let seed = self.rules.seed;
        let postings = self.mint_postings(BookId::season(open.account), seed)?;
        // From here nothing can fail.
        self.emit(Event::AccountOpened { account: open.account, district: open.district.clone(), kind: open.kind });
        self.emit(Event::ValuePosted { reason: PostingReason::Seed, key: None, postings });
        Ok(())
    }

    pub(crate) fn suspend_account(&mut self, account: AccountId, suspended: bool) -> Result<(), Rejection> {
        if self.account(account).is_none() {
            return Err(Rejection::UnknownAccount);
        }
        // From here nothing can fail.
        self.emit(Event::AccountSuspended { account, suspended });
        Ok(())
    }

    pub(crate) fn grant(&mut self, book: BookId, amount: Money, key: &NaturalKey) -> Result<(), Rejection> {
        #[cfg(feature = "testing")]
        assert_ne!(key.as_str(), "panic-now", "a panic planted in apply");
        if self.book(book).is_none() {
            return Err(Rejection::UnknownAccount);
        }
        if !key.is_well_formed() {
            return Err(limits::invalid("key", "1 to 64 characters"));
        }
        if amount <= Money::ZERO || amount > limits::MAX_GRANT {
            return Err(limits::invalid("amount", "more than 0, at most 1000000.000000"));
        }
        if self.granted.contains(key) {
            return Err(Rejection::AlreadyGranted);
        }
        let postings = self.mint_postings(book, amount)?;
        // From here nothing can fail.
        self.emit(Event::ValuePosted { reason: PostingReason::Grant, key: Some(key.clone()), postings });
        Ok(())
    }

    /// R4.8: to `to` for a flat book below it that closed enough positions since the last time, once a week.
    pub(crate) fn top_up(&mut self, book: BookId) -> Result<(), Rejection> {
        let row = self.book(book).ok_or(Rejection::UnknownAccount)?;
        let rules = self.rules.top_up.ok_or(Rejection::TopUpNotDue)?;
        let week = Week::of(self.at);
        let flat = row.positions.is_empty() && row.orders.is_empty();
        let due = flat && row.balance < rules.to && row.held_closes >= rules.closed_positions && row.topped_up != Some(week);
        if !due {
            return Err(Rejection::TopUpNotDue);
        }
        let postings = self.mint_postings(book, rules.to - row.balance)?;
        // From here nothing can fail.
        self.emit(Event::ValuePosted { reason: PostingReason::TopUp, key: None, postings });
        Ok(())
    }

    /// The postings of value from the mint; refused where the mint or the wallet could not hold it.
    fn mint_postings(&self, book: BookId, amount: Money) -> Result<[Posting; 2], Rejection> {
        let balance = self.book(book).map_or(Money::ZERO, |row| row.balance);
        self.ledger.mint.checked_add(-amount).ok_or(Rejection::Overflow)?;
        balance.checked_add(amount).ok_or(Rejection::Overflow)?;
        Ok([Posting { account: LedgerAccount::Wallet(book), amount }, Posting { account: LedgerAccount::Mint, amount: -amount }])
    }

    pub(crate) fn list_instrument(&mut self, footballer: &Footballer) -> Result<InstrumentIdx, Rejection> {
        limits::check_footballer(footballer)?;
        if self.find_instrument(footballer.instrument.as_str()).is_some() {
            return Err(Rejection::InstrumentExists);
        }
        if self.instruments.len() >= limits::MAX_INSTRUMENTS {
            return Err(limits::too_many(limits::MAX_INSTRUMENTS));
        }
        // From here nothing can fail.
        Ok(self.emit_listed(footballer))
    }

    pub(crate) fn emit_listed(&mut self, footballer: &Footballer) -> InstrumentIdx {
        let instrument = InstrumentIdx(u16::try_from(self.instruments.len()).unwrap_or(u16::MAX));
        let form = starting_form(&self.rules, footballer.position, footballer.record);
        let live_base = live_base(&self.rules, footballer.position, form);
        let side_cap = side_cap(&self.rules, live_base);
        self.emit(Event::InstrumentListed { instrument, footballer: Box::new(footballer.clone()), form, live_base, side_cap });
        instrument
    }

    pub(crate) fn freeze(&mut self, instrument: &InstrumentId, frozen: bool) -> Result<(), Rejection> {
        let row = self.find_instrument(instrument.as_str()).ok_or(Rejection::UnknownInstrument)?;
        if !row.active {
            return Err(Rejection::InactiveInstrument);
        }
        let instrument = row.idx;
        // From here nothing can fail.
        self.emit(Event::InstrumentFrozen { instrument, frozen });
        Ok(())
    }
}

/// What prices, caps and margins are made of: it changes only while nothing is open, resting or live (R2.3), since
/// a price that everybody can foresee is free money, and a cap of another scale no cap.
fn scale(rules: &Rules) -> impl PartialEq {
    let scoring = rules.scoring.clone();
    (rules.floor, rules.ceiling, rules.contract_size, rules.k_mod, rules.exposure, scoring, rules.margin.leverage)
}

/// R2.4: lots of one side, `20 % × min(live_base, 4 × floor) / k_mod`, rounded down to 0.01.
/// At 195.2000 and 0.05: 780.80 lots.
pub(crate) fn side_cap(rules: &Rules, live_base: Price) -> Lots {
    let capped = live_base.wide().min(rules.floor.wide() * i64::from(rules.exposure.floor_multiple));
    let lots: Wide = (capped * rules.exposure.side_cap.wide() * 100).div_floor(rules.k_mod.wide().max(Wide::of(1)));
    Lots::from_units(lots.clamp_i64())
}
