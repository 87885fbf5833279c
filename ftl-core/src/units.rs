//! The units of the game (R1): integers with a fixed scale, one newtype each.
//!
//! On the wire (JSON) a quantity is a decimal string with its full scale; in the journal (postcard) it is its integer.
//! Products run in [`Wide`] (i128) and come back through a checked conversion: an overflow is a rejection, never a wrap.

mod decimal;
mod wide;

pub use decimal::ParseDecimalError;
pub use wide::{Overflow, Wide};

use std::fmt;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};

/// Declares a decimal quantity: an `i64` counted in units of 10⁻ˢᶜᵃˡᵉ.
macro_rules! quantity {
    ($(#[$doc:meta])* $name:ident, scale $scale:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(i64);

        impl $name {
            /// Nothing.
            pub const ZERO: Self = Self(0);
            /// The largest value.
            pub const MAX: Self = Self(i64::MAX);
            /// The smallest value.
            pub const MIN: Self = Self(i64::MIN);
            /// Decimal places of the unit.
            pub const SCALE: u32 = $scale;

            /// A quantity from its count of units.
            #[inline]
            pub const fn from_units(units: i64) -> Self {
                Self(units)
            }
            /// The count of units.
            #[inline]
            pub const fn units(self) -> i64 {
                self.0
            }
            /// The count of units, wide enough for products.
            #[inline]
            pub const fn wide(self) -> Wide {
                Wide::of(self.0)
            }
            /// The absolute value.
            #[inline]
            pub const fn magnitude(self) -> Self {
                Self(self.0.saturating_abs())
            }
            /// The sum, or `None` where it does not fit.
            #[inline]
            pub fn checked_add(self, other: Self) -> Option<Self> {
                self.0.checked_add(other.0).map(Self)
            }
        }

        // Operands are bounded by the guards (see `limits.rs`); release builds check overflow all the same.
        #[allow(clippy::arithmetic_side_effects)]
        impl Add for $name {
            type Output = Self;
            #[inline]
            fn add(self, other: Self) -> Self {
                Self(self.0 + other.0)
            }
        }
        #[allow(clippy::arithmetic_side_effects)]
        impl Sub for $name {
            type Output = Self;
            #[inline]
            fn sub(self, other: Self) -> Self {
                Self(self.0 - other.0)
            }
        }
        #[allow(clippy::arithmetic_side_effects)]
        impl Neg for $name {
            type Output = Self;
            #[inline]
            fn neg(self) -> Self {
                Self(-self.0)
            }
        }
        #[allow(clippy::arithmetic_side_effects)]
        impl AddAssign for $name {
            #[inline]
            fn add_assign(&mut self, other: Self) {
                *self = *self + other;
            }
        }
        #[allow(clippy::arithmetic_side_effects)]
        impl SubAssign for $name {
            #[inline]
            fn sub_assign(&mut self, other: Self) {
                *self = *self - other;
            }
        }
        #[allow(clippy::arithmetic_side_effects)]
        impl std::iter::Sum for $name {
            #[inline]
            fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
                iter.fold(Self::ZERO, |a, b| a + b)
            }
        }
        impl TryFrom<Wide> for $name {
            type Error = Overflow;
            #[inline]
            fn try_from(wide: Wide) -> Result<Self, Overflow> {
                wide.to_i64().map(Self)
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&decimal::text(self.0, Self::SCALE))
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&decimal::text(self.0, Self::SCALE))
            }
        }
        impl std::str::FromStr for $name {
            type Err = ParseDecimalError;
            fn from_str(text: &str) -> Result<Self, ParseDecimalError> {
                decimal::parse(text, Self::SCALE).map(Self)
            }
        }
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if serializer.is_human_readable() {
                    serializer.serialize_str(&decimal::text(self.0, Self::SCALE))
                } else {
                    serializer.serialize_i64(self.0)
                }
            }
        }
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                decimal::deserialize(deserializer, Self::SCALE).map(Self)
            }
        }
    };
}

quantity! {
    /// Points of play money, in 10⁻⁶ point. `"10000.000000"` on the wire.
    Money, scale 6
}
quantity! {
    /// Points a share, in 10⁻⁴ point. `"142.5000"` on the wire.
    Price, scale 4
}
quantity! {
    /// Size of an order or a position, in 10⁻² lot; one lot is `contract_size` shares. `"1.00"` on the wire.
    Lots, scale 2
}
quantity! {
    /// A footballer's score or form, in 10⁻⁶.
    Score, scale 6
}
quantity! {
    /// How far one lot moves the price (R2.3), in 10⁻⁸ point a lot.
    KMod, scale 8
}

/// A ratio in basis points (1/10,000).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Bps(pub u32);

impl Bps {
    /// The ratio's numerator over 10,000.
    #[inline]
    pub fn wide(self) -> Wide {
        Wide::of(i64::from(self.0))
    }
}

/// The side that a trader takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Gains when the price rises.
    Long,
    /// Gains when the price falls.
    Short,
}

impl Direction {
    /// +1 for long, −1 for short.
    #[inline]
    pub const fn sign(self) -> i64 {
        match self {
            Self::Long => 1,
            Self::Short => -1,
        }
    }
    /// [`sign`](Self::sign), wide.
    #[inline]
    pub const fn wide(self) -> Wide {
        Wide::of(self.sign())
    }
    /// The other side.
    #[inline]
    pub const fn opposite(self) -> Self {
        match self {
            Self::Long => Self::Short,
            Self::Short => Self::Long,
        }
    }
    /// `lots` with this side's sign.
    #[inline]
    pub fn signed(self, lots: Lots) -> Lots {
        match self {
            Self::Long => lots,
            Self::Short => -lots,
        }
    }
}
