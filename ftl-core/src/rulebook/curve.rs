//! From imbalance to price (R2.1, R2.2, R6.2).

use crate::rules::Rules;
use crate::units::{Direction, KMod, Lots, Money, Overflow, Price, Wide};

/// One instrument's curve at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Curve {
    /// `live_base + bump`.
    pub base: Price,
    /// Imbalance.
    pub net: Lots,
}

/// Which way a fill's value rounds: always against the trader (R1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// The trader pays.
    Up,
    /// The trader takes in.
    Down,
}

impl Rounding {
    /// Of an order in `direction`: a buyer pays, a seller takes in.
    #[inline]
    pub const fn against(direction: Direction) -> Self {
        match direction {
            Direction::Long => Self::Up,
            Direction::Short => Self::Down,
        }
    }
    /// The other way.
    #[inline]
    pub const fn opposite(self) -> Self {
        match self {
            Self::Up => Self::Down,
            Self::Down => Self::Up,
        }
    }
    /// The quotient, rounded this way.
    #[inline]
    pub fn divide(self, value: Wide, divisor: Wide) -> Wide {
        match self {
            Self::Up => value.div_ceil(divisor),
            Self::Down => value.div_floor(divisor),
        }
    }
}

/// How the crowd's orders move the price.
pub trait PricingCurve {
    /// The price now, rounded down to a `Price` unit.
    fn mark(rules: &Rules, curve: Curve) -> Price;

    /// What an order of `lots` is worth, unsigned, rounded once: what a buyer pays or a seller takes in.
    fn fill_value(rules: &Rules, curve: Curve, direction: Direction, lots: Lots, rounding: Rounding) -> Result<Money, Overflow>;

    /// The price at which closing the whole book returns what the curve took in, moves of the base apart.
    fn clearing_price(rules: &Rules, curve: Curve) -> Price;
}

/// R2: `price = base + k_mod × net`, a straight line.
#[derive(Clone, Copy, Debug)]
pub struct ConstantSlope;

/// 10⁻⁸ point a lot × 10⁻² lot = 10⁻¹⁰ point; a `Price` unit is 10⁶ of these.
const SLOPE_UNITS_PER_PRICE: Wide = Wide::of(1_000_000);

impl PricingCurve for ConstantSlope {
    /// R2.1. `base` 195.2000, `k_mod` 0.05, `net` 1 lot: 195.2500.
    #[inline]
    fn mark(rules: &Rules, curve: Curve) -> Price {
        at_depth(rules.k_mod, curve.base, curve.net.wide(), Wide::of(1))
    }

    /// R2.2, R1.2: `base·q·contract + k_mod·(2·net + d·q)·q·contract / 2`.
    /// `base` 195.2000, `k_mod` 0.05, `net` 0, long 1 lot: 19,522.500000, on average 195.2250 a share.
    #[inline]
    fn fill_value(rules: &Rules, curve: Curve, direction: Direction, lots: Lots, rounding: Rounding) -> Result<Money, Overflow> {
        let shares = lots.wide() * i64::from(rules.contract_size);
        let twice_middle = curve.net.wide() * 2 + direction.wide() * lots.wide();
        let exact = curve.base.wide() * 2_000_000 * shares + rules.k_mod.wide() * twice_middle * shares;
        // Half the spread, against the trader: V × (20,000 ± spread) / 20,000.
        let spread = match rounding {
            Rounding::Up => Wide::of(20_000) + rules.spread_bps.wide(),
            Rounding::Down => Wide::of(20_000) - rules.spread_bps.wide(),
        };
        rounding.divide(exact * spread, Wide::of(2_000_000 * 20_000)).try_into()
    }

    /// R6.2: `base + k_mod × net / 2`.
    fn clearing_price(rules: &Rules, curve: Curve) -> Price {
        at_depth(rules.k_mod, curve.base, curve.net.wide(), Wide::of(2))
    }
}

/// `base + k_mod × net / divisor`, rounded down. Clamped where it would not fit: R2.4 keeps it far inside.
#[inline]
fn at_depth(k_mod: KMod, base: Price, net: Wide, divisor: Wide) -> Price {
    let crowd = (k_mod.wide() * net).div_floor(SLOPE_UNITS_PER_PRICE * divisor);
    Price::from_units((base.wide() + crowd).clamp_i64())
}

/// |value| a share, rounded against the trader: the `entryPrice` and `exitPrice` shown (R1.2).
#[inline]
pub fn price_per_share(rules: &Rules, value: Money, lots: Lots, rounding: Rounding) -> Price {
    let shares = lots.wide() * i64::from(rules.contract_size);
    if shares == Wide::ZERO {
        return Price::ZERO;
    }
    Price::from_units(rounding.divide(value.wide().magnitude(), shares).clamp_i64())
}

/// R7.2: `ceil(|value| × fee_bps / 10,000)`, from the wallet to `fees`.
#[inline]
pub fn fee(rules: &Rules, value: Money) -> Money {
    Money::from_units((value.wide().magnitude() * rules.fee_bps.wide()).div_ceil(10_000).clamp_i64())
}

/// `price × lots × contract`, exact: 10⁻⁴ point × 10⁻² lot is a `Money` unit.
#[inline]
pub fn notional(rules: &Rules, price: Price, lots: Lots) -> Wide {
    price.wide() * lots.wide() * i64::from(rules.contract_size)
}
