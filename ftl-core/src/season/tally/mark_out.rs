//! Mark-outs: where the mark stands some seconds after a fill, seen from the side of whoever was filled. Above nothing,
//! the fill was a good one at that moment; a persona whose fills are good on average knows something that the price
//! does not.

use std::collections::VecDeque;

use crate::event::PositionOpened;
use crate::id::InstrumentIdx;
use crate::season::persona::PERSONAS;
use crate::state::State;
use crate::time::{At, Span};
use crate::units::{Direction, Price, Wide};

/// After how many seconds the mark is looked at.
pub const HORIZONS: [u64; 4] = [1, 5, 30, 60];

/// Mark-outs of one persona at one horizon.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MarkOut {
    /// Fills.
    pub count: u64,
    /// Σ direction × (mark − average fill), in 10⁻⁶ of the fill.
    pub sum_ppm: Wide,
    /// Σ of the squares.
    pub squares: Wide,
}

#[derive(Clone, Copy, Debug)]
struct Fill {
    due: At,
    instrument: InstrumentIdx,
    direction: Direction,
    persona: u8,
    price: Price,
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub(super) struct MarkOuts {
    waiting: [VecDeque<Fill>; 4],
    by_persona: Vec<[MarkOut; 4]>,
}

impl MarkOuts {
    pub fn by_persona(&self) -> &[[MarkOut; 4]] {
        &self.by_persona
    }

    /// A fill that opened a position.
    pub fn filled(&mut self, persona: u8, opened: &PositionOpened, contract_size: u32, at: At) {
        // Money in 10⁻⁶ over hundredths of lots × shares a lot is a price in 10⁻⁴.
        let shares = opened.lots.wide() * i64::from(contract_size);
        let price = Price::from_units(opened.entry_cost.wide().magnitude().div_floor(shares.max(Wide::of(1))).clamp_i64());
        for (waiting, seconds) in self.waiting.iter_mut().zip(HORIZONS) {
            let due = at.after(Span::seconds(seconds));
            waiting.push_back(Fill { due, instrument: opened.instrument, direction: opened.direction, persona, price });
        }
    }

    /// Looks at the marks of all fills whose time has come before `at`; `state` is as it was until then.
    pub fn until(&mut self, at: At, state: &State) {
        if self.by_persona.is_empty() {
            self.by_persona = vec![<[MarkOut; 4]>::default(); PERSONAS.len()];
        }
        for (horizon, waiting) in self.waiting.iter_mut().enumerate() {
            while let Some(fill) = waiting.pop_front_if(|fill| fill.due < at) {
                let (Some(mark), Some(rows)) = (state.mark(fill.instrument), self.by_persona.get_mut(usize::from(fill.persona))) else {
                    continue;
                };
                let gained = fill.direction.wide() * (mark - fill.price).wide();
                let ppm = (gained * 1_000_000).div_floor(fill.price.wide().max(Wide::of(1)));
                let row = &mut rows[horizon];
                row.count = row.count.saturating_add(1);
                row.sum_ppm = row.sum_ppm + ppm;
                row.squares = row.squares + ppm * ppm;
            }
        }
    }
}
