//! `Wide`: the intermediate of every product. The one place where integers meet operators unchecked by hand.

use std::ops::{Add, Mul, Neg, Sub};

/// A 128-bit intermediate. Every operand that enters is at most 64 bits, and no formula multiplies more than
/// a price, a size, a contract and one small ratio, so 127 bits hold; release builds check all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Wide(i128);

/// A result does not fit its unit; the caller rejects the command (R1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the amount does not fit its unit")]
pub struct Overflow;

impl Wide {
    /// Zero.
    pub const ZERO: Self = Self(0);

    /// The value as an `i64`.
    #[inline]
    pub fn to_i64(self) -> Result<i64, Overflow> {
        i64::try_from(self.0).map_err(|_| Overflow)
    }
    /// The value as an `i64`, at the nearest end of the range where it does not fit.
    #[inline]
    pub fn clamp_i64(self) -> i64 {
        i64::try_from(self.0).unwrap_or(if self.0 < 0 { i64::MIN } else { i64::MAX })
    }
    /// The absolute value.
    #[inline]
    pub fn magnitude(self) -> Self {
        Self(self.0.saturating_abs())
    }
    /// The raw integer.
    #[inline]
    pub const fn get(self) -> i128 {
        self.0
    }
    /// The value where it fits one machine word, which nearly all do: products and quotients of words cost a tenth.
    #[inline]
    fn word(self) -> Option<i64> {
        i64::try_from(self.0).ok()
    }
}

#[allow(clippy::arithmetic_side_effects, clippy::as_conversions)]
impl Wide {
    /// A constant or quantity, widened.
    #[inline]
    pub const fn of(value: i64) -> Self {
        Self(value as i128)
    }
    /// The quotient rounded down (towards −∞). `divisor` must be positive.
    #[inline]
    pub fn div_floor(self, divisor: impl Into<Wide>) -> Self {
        let divisor = divisor.into();
        debug_assert!(divisor > Self::ZERO, "a divisor is positive");
        match (self.word(), divisor.word()) {
            (Some(a), Some(b)) if b > 0 => Self::of(a.div_euclid(b)),
            _ => Self(self.0.div_euclid(divisor.0)),
        }
    }
    /// The quotient rounded up (towards +∞). `divisor` must be positive.
    #[inline]
    pub fn div_ceil(self, divisor: impl Into<Wide>) -> Self {
        -(-self).div_floor(divisor)
    }
}

#[allow(clippy::arithmetic_side_effects)]
impl Add for Wide {
    type Output = Self;
    #[inline]
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}
#[allow(clippy::arithmetic_side_effects)]
impl Sub for Wide {
    type Output = Self;
    #[inline]
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}
#[allow(clippy::arithmetic_side_effects)]
impl Mul for Wide {
    type Output = Self;
    #[inline]
    fn mul(self, other: Self) -> Self {
        match (self.word(), other.word()) {
            // Two words cannot pass 127 bits.
            (Some(a), Some(b)) => Self(i128::from(a) * i128::from(b)),
            _ => Self(self.0 * other.0),
        }
    }
}
impl Mul<i64> for Wide {
    type Output = Self;
    #[inline]
    fn mul(self, other: i64) -> Self {
        self * Self::of(other)
    }
}
#[allow(clippy::arithmetic_side_effects)]
impl Neg for Wide {
    type Output = Self;
    #[inline]
    fn neg(self) -> Self {
        Self(-self.0)
    }
}
impl std::iter::Sum for Wide {
    #[inline]
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self::ZERO, |a, b| a + b)
    }
}
impl From<i64> for Wide {
    #[inline]
    fn from(value: i64) -> Self {
        Self::of(value)
    }
}
impl From<u64> for Wide {
    #[inline]
    fn from(value: u64) -> Self {
        Self(i128::from(value))
    }
}
impl From<i32> for Wide {
    #[inline]
    fn from(value: i32) -> Self {
        Self::of(i64::from(value))
    }
}
impl From<i128> for Wide {
    #[inline]
    fn from(value: i128) -> Self {
        Self(value)
    }
}
