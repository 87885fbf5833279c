//! A book: what an account trades in (balance, positions, orders, margin).

use serde::{Deserialize, Serialize};

use crate::boards::Standing;
use crate::id::{BookId, OrderId, PositionId};
use crate::units::Money;

/// A book.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Book {
    /// Its id.
    pub id: BookId,
    /// The wallet (R4.8); may be negative while positions are open (R5.4).
    pub balance: Money,
    /// Open positions, oldest first.
    pub positions: Vec<PositionId>,
    /// Resting orders, oldest first.
    pub orders: Vec<OrderId>,
    /// Σ margin reserved by them.
    pub reserved: Money,
    /// R5.2: warned, and not recovered since.
    pub warned: bool,
    /// What came from the mint: the `equity` board takes it off again.
    pub grants: Money,
    /// R4.8: closed positions that were held long enough for a top-up.
    pub held_closes: u32,
    /// R4.8: the week of the last top-up, counted from 1970.
    pub topped_up: Option<u64>,
    /// What boards need.
    pub standing: Standing,
}

impl Book {
    /// An empty one.
    pub fn new(id: BookId) -> Self {
        Self {
            id,
            balance: Money::ZERO,
            positions: Vec::new(),
            orders: Vec::new(),
            reserved: Money::ZERO,
            warned: false,
            grants: Money::ZERO,
            held_closes: 0,
            topped_up: None,
            standing: Standing::default(),
        }
    }
}
