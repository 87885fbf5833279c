//! The margin account of a book (R5.1), by looking at every position it holds.

use ftl_core::id::BookId;
use ftl_core::outcome::Portfolio;

use super::exact::Exact;
use super::money::money;
use super::{Auditor, Held};

/// Equity and used margin, in 10⁻⁶ point.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Balance + Σ unrealised.
    pub equity: i128,
    /// Σ margin.
    pub used: i128,
    /// Open positions.
    pub positions: usize,
}

impl Standing {
    /// Whether the level is at or below a ratio in basis points; nothing used is no level at all.
    pub fn at_or_below(&self, bps: u32) -> bool {
        self.used > 0 && self.equity * 10_000 <= self.used * i128::from(bps)
    }
    /// Whether the level is below it.
    pub fn below(&self, bps: u32) -> bool {
        self.used > 0 && self.equity * 10_000 < self.used * i128::from(bps)
    }
}

impl Auditor {
    /// R4.8 at a mark, in 10⁻⁶ point.
    pub(super) fn unrealised_at(&self, p: &Held, mark: i128) -> i128 {
        i128::from(p.direction.sign()) * mark * i128::from(p.lots.units()) * self.contract() - i128::from(p.entry_cost.units())
    }

    /// R4.7 of an open position at a mark, in 10⁻⁶ point.
    pub(super) fn position_margin(&self, p: &Held, mark: i128) -> i128 {
        self.margin_of(self.instruments[p.instrument].position, p.direction, i128::from(p.lots.units()), mark)
    }

    /// What resting orders of a book reserve, in 10⁻⁶ point.
    pub(super) fn reserved(&self, account: usize) -> i128 {
        self.orders.iter().filter(|o| o.account == account).map(|o| i128::from(o.reserved.units())).sum()
    }

    /// Every book's standing at the marks given, by place of the account.
    pub(super) fn standings(&self, marks: &[i128]) -> Vec<Standing> {
        let fresh = |balance: i128| Standing { equity: balance, ..Standing::default() };
        let mut standings: Vec<_> = self.accounts.iter().map(|a| fresh(i128::from(a.balance.units()))).collect();
        for p in &self.positions {
            let standing = &mut standings[p.account];
            standing.equity += self.unrealised_at(p, marks[p.instrument]);
            standing.used += self.position_margin(p, marks[p.instrument]);
            standing.positions += 1;
        }
        standings
    }

    /// The marks that margin is judged by.
    pub(super) fn judged_marks(&self) -> Vec<i128> {
        (0..self.instruments.len()).map(|i| self.judged_mark(i)).collect()
    }

    /// Guard 10: what is free for orders, with one instrument's mark as told; a position under review counts the worse
    /// of its two results and the larger of its two margins.
    pub(super) fn free_for_orders(&self, account: usize, told: Option<(usize, i128)>) -> i128 {
        let mut free = i128::from(self.accounts[account].balance.units()) - self.reserved(account);
        for p in self.positions.iter().filter(|p| p.account == account) {
            let mark = told.filter(|(i, _)| *i == p.instrument).map_or_else(|| self.mark(p.instrument), |(_, mark)| mark);
            let other = self.instruments[p.instrument].review.map_or(mark, |r| i128::from(r.mark.units()));
            free += self.unrealised_at(p, mark).min(self.unrealised_at(p, other));
            free -= self.position_margin(p, mark).max(self.position_margin(p, other));
        }
        free
    }

    /// R5.1 as a trader is told of it, at the marks as they are.
    pub fn portfolio(&self, book: BookId) -> Option<Portfolio> {
        let account = self.accounts.iter().position(|a| a.book() == book)?;
        let marks: Vec<_> = (0..self.instruments.len()).map(|i| self.mark(i)).collect();
        let Standing { equity, used, .. } = self.standings(&marks)[account];
        let reserved = self.reserved(account);
        Some(Portfolio {
            balance: self.accounts[account].balance,
            equity: money(equity),
            used: money(used),
            reserved: money(reserved),
            free: money(equity - used - reserved),
            level_bps: (used > 0).then(|| i64::try_from(Exact::ratio(equity * 10_000, used).floor()).expect("a level fits 64 bits")),
        })
    }
}
