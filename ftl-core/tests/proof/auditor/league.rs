//! Accounts, grants, rules and the list of instruments.

use ftl_core::command::{Footballer, Genesis, OpenAccount};
use ftl_core::id::{AccountId, BookId, InstrumentId, NaturalKey};
use ftl_core::ledger::LedgerAccount;
use ftl_core::limits;
use ftl_core::position::CloseReason;
use ftl_core::rejection::Rejection;
use ftl_core::rules::Rules;
use ftl_core::units::{Lots, Money, Score};

use super::boards::Trade;
use super::trading::At;
use super::{AccountRow, Auditor, InstrumentRow};

const WEEK_DAYS: u64 = 7;
const DAY_MS: u64 = 86_400_000;

impl Auditor {
    /// The first command of every league.
    pub(super) fn found(&mut self, genesis: &Genesis) -> Result<(), Rejection> {
        if self.rules.is_some() {
            return Err(Rejection::LeagueAlreadyFounded);
        }
        limits::check_rules(&genesis.rules)?;
        limits::check_districts(&genesis.districts)?;
        self.rules = Some(genesis.rules.clone());
        self.districts = genesis.districts.clone();
        Ok(())
    }

    /// R2.3: what prices and sizes mean changes only while nothing is open, nothing rests and no match is under way.
    pub(super) fn set_rules(&mut self, rules: &Rules) -> Result<(), Rejection> {
        limits::check_rules(rules)?;
        let old = self.rules();
        let same = old.k_mod == rules.k_mod
            && old.margin.leverage == rules.margin.leverage
            && old.contract_size == rules.contract_size
            && (old.floor, old.ceiling) == (rules.floor, rules.ceiling)
            && old.exposure == rules.exposure
            && old.scoring == rules.scoring;
        let under_way = self.fixtures.iter().any(|m| m.phase.is_live() || m.finalise_at.is_some());
        if !same && (!self.positions.is_empty() || !self.orders.is_empty() || under_way) {
            return Err(Rejection::PositionsOpen);
        }
        self.rules = Some(rules.clone());
        if !same {
            for n in 0..self.instruments.len() {
                let most = rules.scoring.max_expected[self.instruments[n].position.index()];
                self.instruments[n].form = self.instruments[n].form.clamp(Score::ZERO, most);
                self.set_side_cap(n);
            }
        }
        Ok(())
    }

    /// An account with its season book and its seed.
    pub(super) fn open_account(&mut self, wish: &OpenAccount) -> Result<(), Rejection> {
        if self.accounts.iter().any(|a| a.id == wish.account) {
            return Err(Rejection::AccountExists);
        }
        if !self.districts.contains(&wish.district) {
            return Err(Rejection::UnknownDistrict);
        }
        self.accounts.push(AccountRow {
            id: wish.account,
            district: wish.district.clone(),
            since: self.at,
            kind: wish.kind,
            suspended: false,
            balance: Money::ZERO,
            warned: false,
        });
        let seed = i128::from(self.rules().seed.units());
        self.transfer(LedgerAccount::Mint, LedgerAccount::Wallet(BookId::season(wish.account)), seed);
        Ok(())
    }

    /// Bars an account from new orders, or lets it back.
    pub(super) fn suspend(&mut self, account: AccountId, suspended: bool) -> Result<(), Rejection> {
        let row = self.accounts.iter_mut().find(|a| a.id == account).ok_or(Rejection::UnknownAccount)?;
        row.suspended = suspended;
        Ok(())
    }

    /// Points from the mint, once for each key.
    pub(super) fn grant(&mut self, book: BookId, amount: Money, key: &NaturalKey) -> Result<(), Rejection> {
        if amount <= Money::ZERO || amount > limits::MAX_GRANT {
            return Err(limits::invalid("amount", "more than nothing, at most a million"));
        }
        if !key.is_well_formed() {
            return Err(limits::invalid("key", "1 to 64 characters"));
        }
        let account = self.account_of(book)?;
        if self.grants.contains(key) {
            return Err(Rejection::AlreadyGranted);
        }
        let fits = self.accounts[account].balance.units().checked_add(amount.units()).is_some()
            && self.ledger.mint.units().checked_sub(amount.units()).is_some();
        if !fits {
            return Err(Rejection::Overflow);
        }
        self.grants.push(key.clone());
        self.transfer(LedgerAccount::Mint, LedgerAccount::Wallet(book), i128::from(amount.units()));
        Ok(())
    }

    /// R4.8: once a week, for a flat book below the mark that has traded in earnest.
    pub(super) fn top_up(&mut self, book: BookId) -> Result<(), Rejection> {
        let account = self.account_of(book)?;
        // Weeks begin on Monday; the first of January 1970 was a Thursday.
        let week = (self.at.0 / DAY_MS + 3) / WEEK_DAYS;
        let had_one = self.top_ups.iter().any(|(of, in_week, _)| (*of, *in_week) == (book, week));
        let rules = self.rules().top_up.ok_or(Rejection::TopUpNotDue)?;
        let last = self.top_ups.iter().filter(|(of, ..)| *of == book).map(|(.., seq)| *seq).max();
        let in_earnest = self.trades.iter().filter(|t| {
            matches!(t, Trade::Closed { seq, account: of, gone: true, voided: false, held_ms, .. }
                if *of == account && *held_ms >= rules.held.0 && last.is_none_or(|last| *seq > last))
        });
        let flat = !self.positions.iter().any(|p| p.account == account) && !self.orders.iter().any(|o| o.account == account);
        let balance = self.accounts[account].balance;
        if had_one || !flat || balance >= rules.to || in_earnest.count() < rules.closed_positions as usize {
            return Err(Rejection::TopUpNotDue);
        }
        self.top_ups.push((book, week, self.seq));
        let amount = i128::from(rules.to.units()) - i128::from(balance.units());
        self.transfer(LedgerAccount::Mint, LedgerAccount::Wallet(book), amount);
        Ok(())
    }

    /// Lists a footballer outside any fixture.
    pub(super) fn list(&mut self, footballer: &Footballer) -> Result<(), Rejection> {
        limits::check_footballer(footballer)?;
        if self.find_instrument(&footballer.instrument).is_some() {
            return Err(Rejection::InstrumentExists);
        }
        if self.instruments.len() >= limits::MAX_INSTRUMENTS {
            return Err(limits::too_many(limits::MAX_INSTRUMENTS));
        }
        self.put_on_the_market(footballer);
        Ok(())
    }

    /// R3.3, R2.4.
    pub(super) fn put_on_the_market(&mut self, footballer: &Footballer) -> usize {
        let form = self.starting_form(footballer);
        let n = self.instruments.len();
        self.instruments.push(InstrumentRow {
            slug: footballer.instrument.clone(),
            name: footballer.name.clone(),
            team: footballer.team.clone(),
            position: footballer.position,
            active: true,
            frozen: false,
            form: Score::from_units(i64::try_from(form).expect("a form fits 64 bits")),
            side_cap: Lots::ZERO,
            review: None,
        });
        self.set_side_cap(n);
        n
    }

    /// R2.4: fixed at listing and at each settlement.
    pub(super) fn set_side_cap(&mut self, instrument: usize) {
        let cap = self.side_cap_now(instrument);
        self.instruments[instrument].side_cap = Lots::from_units(i64::try_from(cap).unwrap_or(i64::MAX));
    }

    /// Stops trading, or lets it go on.
    pub(super) fn freeze(&mut self, slug: &InstrumentId, frozen: bool) -> Result<(), Rejection> {
        let n = self.active_instrument(slug)?;
        self.instruments[n].frozen = frozen;
        Ok(())
    }

    /// R4.9: closes its positions at the clearing price and takes it off the market.
    pub(super) fn deactivate(&mut self, slug: &InstrumentId) -> Result<(), Rejection> {
        let n = self.active_instrument(slug)?;
        self.clear_orders(&[n]);
        self.close_all_at_one_price(&[(n, self.clearing_price(n))], CloseReason::Deactivated);
        self.instruments[n].active = false;
        Ok(())
    }

    /// Closes every position on these instruments, each at its one price; debts are covered when all are closed.
    pub(super) fn close_all_at_one_price(&mut self, prices: &[(usize, i128)], reason: CloseReason) {
        let one_price = |instrument| prices.iter().find(|(i, _)| *i == instrument).map(|(_, price)| *price);
        let mut closing: Vec<_> = self.positions.iter().filter_map(|p| Some((p.id, p.lots, one_price(p.instrument)?))).collect();
        closing.sort_unstable();
        for (id, lots, price) in closing {
            self.close_part(id, lots, reason, At::One(price));
        }
        let mut by_id: Vec<usize> = (0..self.accounts.len()).collect();
        by_id.sort_by_key(|n| self.accounts[*n].book());
        for account in by_id {
            self.cover_bad_debt(account);
        }
    }

    fn active_instrument(&self, slug: &InstrumentId) -> Result<usize, Rejection> {
        let n = self.find_instrument(slug).ok_or(Rejection::UnknownInstrument)?;
        if self.instruments[n].active { Ok(n) } else { Err(Rejection::InactiveInstrument) }
    }
}
