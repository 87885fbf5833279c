//! Exact fractions: what the auditor computes with until a rule says "round". Never reduced, never approximated.

use std::cmp::Ordering;
use std::ops::{Add, Mul, Neg, Sub};

/// `num / den`, `den` positive.
#[derive(Clone, Copy, Debug)]
pub struct Exact {
    num: i128,
    den: i128,
}

impl Exact {
    /// A fraction of two integers; the denominator is not zero.
    pub fn ratio(num: i128, den: i128) -> Self {
        assert_ne!(den, 0, "a fraction over nothing");
        if den < 0 { Self { num: -num, den: -den } } else { Self { num, den } }
    }
    /// A whole number.
    pub fn whole(num: i128) -> Self {
        Self { num, den: 1 }
    }
    /// The largest integer that is not above it.
    pub fn floor(self) -> i128 {
        let (quotient, rest) = (self.num / self.den, self.num % self.den);
        if rest < 0 { quotient - 1 } else { quotient }
    }
    /// The smallest integer that is not below it.
    pub fn ceil(self) -> i128 {
        -(-self).floor()
    }
    /// The integer next to it on the way to zero.
    pub fn towards_zero(self) -> i128 {
        self.num / self.den
    }
}

impl Add for Exact {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        if self.den == other.den {
            return Self { num: self.num + other.num, den: self.den };
        }
        Self { num: self.num * other.den + other.num * self.den, den: self.den * other.den }
    }
}
impl Neg for Exact {
    type Output = Self;
    fn neg(self) -> Self {
        Self { num: -self.num, den: self.den }
    }
}
impl Sub for Exact {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self + -other
    }
}
impl Mul for Exact {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        Self { num: self.num * other.num, den: self.den * other.den }
    }
}
impl PartialEq for Exact {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}
impl Eq for Exact {}
impl PartialOrd for Exact {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Exact {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.num * other.den).cmp(&(other.num * self.den))
    }
}
