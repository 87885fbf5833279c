//! `Sketch`: the baseline of `apply`, what somebody would write in an afternoon: hash maps, ordered sets for two
//! boards, remembered ids, a margin check. No stops, bands, snapshots, hashes, events, districts or ranks.

use std::collections::{BTreeSet, VecDeque};

use ftl_core::command::{Action, OpenPosition};
use ftl_core::id::{AccountId, CommandId, InstrumentIdx, PositionId};
use ftl_core::outcome::Entry;
use ftl_core::time::At;
use ftl_core::units::{Direction, Lots};
use rustc_hash::FxHashMap;

const SEED: i64 = 10_000_000_000;
const BASE: i64 = 1_950_000;
const CONTRACT: i64 = 100;
const LEVERAGE: i64 = 10;
const WINDOW_MS: u64 = 600_000;
const MOST_IDS: usize = 1_000_000;

/// See the module.
#[derive(Debug, Default)]
pub struct Sketch {
    slope: i64,
    known: FxHashMap<CommandId, bool>,
    ages: VecDeque<(At, CommandId)>,
    accounts: FxHashMap<AccountId, Account>,
    positions: FxHashMap<PositionId, Position>,
    net: FxHashMap<InstrumentIdx, i64>,
    pnl: BTreeSet<(i64, AccountId)>,
    roi: BTreeSet<(i64, AccountId)>,
}

#[derive(Debug, Default)]
struct Account {
    balance: i64,
    realised: i64,
    committed: i64,
    positions: Vec<PositionId>,
}

#[derive(Debug)]
struct Position {
    account: AccountId,
    instrument: InstrumentIdx,
    direction: Direction,
    lots: i64,
    cost: i64,
}

impl Sketch {
    /// Of a league for so many accounts.
    pub fn new(accounts: u32) -> Self {
        Self { slope: (10_000_000_000 / i64::from(accounts.max(1))).clamp(1, 5_000_000), ..Self::default() }
    }

    /// Whether the command was accepted.
    pub fn apply(&mut self, entry: &Entry) -> bool {
        let id = entry.command.id;
        while self.ages.front().is_some_and(|(at, _)| at.0 + WINDOW_MS < entry.at.0 || self.ages.len() > MOST_IDS) {
            if let Some((_, old)) = self.ages.pop_front() {
                self.known.remove(&old);
            }
        }
        if let Some(known) = self.known.get(&id) {
            return *known;
        }
        let accepted = self.decide(entry).is_some();
        self.known.insert(id, accepted);
        self.ages.push_back((entry.at, id));
        accepted
    }

    fn decide(&mut self, entry: &Entry) -> Option<()> {
        match &entry.command.action {
            Action::OpenAccount(open) => {
                self.accounts.insert(open.account, Account { balance: SEED, ..Account::default() });
            }
            Action::OpenPosition(open) => self.open(PositionId::made_by(entry.at, entry.seq, 1), open)?,
            Action::ClosePosition { book, position, lots } => self.close(book.account, *position, *lots)?,
            _ => {}
        }
        Some(())
    }

    fn mark(&self, instrument: InstrumentIdx, more: i64) -> i64 {
        BASE + self.slope * (self.net.get(&instrument).copied().unwrap_or(0) + more) / 1_000_000
    }

    fn open(&mut self, id: PositionId, open: &OpenPosition) -> Option<()> {
        let (lots, sign) = (open.lots.units(), open.direction.sign());
        let cost = self.mark(open.instrument, sign * lots / 2) * lots * CONTRACT;
        let margin = cost / LEVERAGE;
        let account = self.accounts.get(&open.book.account)?;
        let held = account.positions.iter().filter_map(|id| self.positions.get(id));
        let free = held.fold(account.balance, |free, held| {
            let value = self.mark(held.instrument, 0) * held.lots * CONTRACT;
            free + held.direction.sign() * (value - held.cost) - value / LEVERAGE
        });
        if free < margin {
            return None;
        }
        let account = self.accounts.get_mut(&open.book.account)?;
        account.positions.push(id);
        let before = account.roi();
        account.committed += margin;
        let after = account.roi();
        if self.roi.remove(&(before, open.book.account)) {
            self.roi.insert((after, open.book.account));
        }
        let (account, instrument, direction) = (open.book.account, open.instrument, open.direction);
        self.positions.insert(id, Position { account, instrument, direction, lots, cost });
        *self.net.entry(instrument).or_default() += sign * lots;
        Some(())
    }

    fn close(&mut self, account: AccountId, id: PositionId, lots: Option<Lots>) -> Option<()> {
        let held = self.positions.get(&id).filter(|held| held.account == account)?;
        let lots = lots.map_or(held.lots, Lots::units).min(held.lots);
        let (sign, instrument) = (held.direction.sign(), held.instrument);
        let part = held.cost * lots / held.lots;
        let pnl = sign * (self.mark(instrument, -sign * lots / 2) * lots * CONTRACT - part);
        let held = self.positions.get_mut(&id)?;
        (held.lots, held.cost) = (held.lots - lots, held.cost - part);
        let gone = held.lots == 0;
        *self.net.entry(instrument).or_default() -= sign * lots;
        let row = self.accounts.get_mut(&account)?;
        self.pnl.remove(&(row.realised, account));
        self.roi.remove(&(row.roi(), account));
        row.balance += pnl;
        row.realised += pnl;
        self.pnl.insert((row.realised, account));
        self.roi.insert((row.roi(), account));
        if gone {
            row.positions.retain(|held| *held != id);
            self.positions.remove(&id);
        }
        Some(())
    }
}

impl Account {
    fn roi(&self) -> i64 {
        i64::try_from(i128::from(self.realised) * 1_000_000 / i128::from(self.committed.max(5_000_000_000))).unwrap_or(i64::MAX)
    }
}
