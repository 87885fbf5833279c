//! Value moves from one place to another, and in no other way (R7.1).

use ftl_core::ledger::LedgerAccount;
use ftl_core::units::Money;

use super::Auditor;

/// A count of 10⁻⁶ points as money; the guards keep it in range.
pub fn money(units: i128) -> Money {
    Money::from_units(i64::try_from(units).expect("an amount of money fits 64 bits"))
}

impl Auditor {
    /// Moves `amount` (of either sign) from one place to another.
    pub(super) fn transfer(&mut self, from: LedgerAccount, to: LedgerAccount, amount: i128) {
        self.add(from, -amount);
        self.add(to, amount);
    }

    fn add(&mut self, place: LedgerAccount, amount: i128) {
        let balance = match place {
            LedgerAccount::Wallet(book) => &mut self.accounts.iter_mut().find(|a| a.book() == book).expect("a known book").balance,
            LedgerAccount::House => &mut self.ledger.house,
            LedgerAccount::Insurance => &mut self.ledger.insurance,
            LedgerAccount::Fees => &mut self.ledger.fees,
            LedgerAccount::Mint => &mut self.ledger.mint,
        };
        *balance = money(i128::from(balance.units()) + amount);
    }

    /// Everything that everybody has; nothing at all times.
    pub fn total(&self) -> i128 {
        let own = [self.ledger.house, self.ledger.insurance, self.ledger.fees, self.ledger.mint];
        own.into_iter().chain(self.accounts.iter().map(|a| a.balance)).map(|m| i128::from(m.units())).sum()
    }

    /// R5.4: a flat book is never negative; insurance pays, then the house.
    pub(super) fn cover_bad_debt(&mut self, account: usize) {
        let (book, balance) = (self.accounts[account].book(), i128::from(self.accounts[account].balance.units()));
        if balance >= 0 || self.positions.iter().any(|p| p.account == account) {
            return;
        }
        let insured = (-balance).min(i128::from(self.ledger.insurance.units()).max(0));
        self.transfer(LedgerAccount::Insurance, LedgerAccount::Wallet(book), insured);
        self.transfer(LedgerAccount::House, LedgerAccount::Wallet(book), -balance - insured);
    }
}
