//! What positions made of the moves of [`base`](crate::instrument::Instrument::base), which the crowd does not move. The
//! rest of what somebody made came from the crowd or went to it: R6.2 lets whoever leans against a crowd be paid by it. Of
//! attackers the first is what the rules gave away.

use rustc_hash::FxHashMap;

use crate::event::{PositionClosed, PositionOpened};
use crate::id::{AccountId, InstrumentIdx, PositionId};
use crate::instrument::Instrument;
use crate::state::State;
use crate::units::{Money, Price};

/// See the module.
#[derive(Clone, Debug, Default)]
pub(super) struct BaseMoves {
    /// By instrument, as the last event left it: full time closes before it folds the form into the price.
    now: FxHashMap<InstrumentIdx, Price>,
    entered: FxHashMap<PositionId, Price>,
    made: FxHashMap<AccountId, Money>,
}

impl BaseMoves {
    /// What closed positions of an account made.
    pub fn made(&self, account: AccountId) -> Money {
        self.made.get(&account).copied().unwrap_or(Money::ZERO)
    }

    /// The base is now this.
    pub fn moved(&mut self, instrument: InstrumentIdx, base: Price) {
        if let Some(now) = self.now.get_mut(&instrument) {
            *now = base;
        }
    }

    /// A fill; `state` is that after its entry, whose prices moved before it.
    pub fn opened(&mut self, opened: &PositionOpened, state: &State) {
        let Some(base) = state.instrument(opened.instrument).map(Instrument::base) else { return };
        self.now.insert(opened.instrument, base);
        self.entered.insert(opened.position, base);
    }

    /// A fill that closed a position or a part of it.
    pub fn closed(&mut self, closed: &PositionClosed, contract_size: u32) {
        let (Some(from), Some(to)) = (self.entered.get(&closed.position), self.now.get(&closed.instrument)) else { return };
        // A price in 10⁻⁴ × hundredths of lots × shares a lot is money in 10⁻⁶.
        let shares = closed.lots.wide() * i64::from(contract_size);
        let made = closed.direction.wide() * (*to - *from).wide() * shares;
        *self.made.entry(closed.book.account).or_insert(Money::ZERO) += Money::from_units(made.clamp_i64());
        if closed.remaining.units() == 0 {
            self.entered.remove(&closed.position);
        }
    }
}
