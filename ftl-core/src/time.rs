//! Journal time and match time. Time comes with the entry; the core never looks at a clock.

use serde::{Deserialize, Serialize};

/// A moment of journal time: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct At(pub u64);

/// A length of journal time (R1.3), in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Span(pub u64);

/// Time played since kick-off, in milliseconds: it stands in breaks and runs on through stoppage and extra time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MatchClock(pub u64);

/// A week of journal time, Monday to Sunday UTC, counted from the one that 1970 began in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Week(pub u32);

/// 1970 began on a Thursday, three days into its week.
const DAYS_BEFORE_1970: u64 = 3;
const DAY_MS: u64 = 86_400_000;

impl Week {
    /// The week that a moment is in.
    ///
    /// 1970-01-04, a Sunday, is in week 0; 1970-01-05T00:00:00Z begins week 1.
    #[inline]
    pub fn of(at: At) -> Self {
        let days = at.0.saturating_div(DAY_MS).saturating_add(DAYS_BEFORE_1970);
        Self(u32::try_from(days.saturating_div(7)).unwrap_or(u32::MAX))
    }
    /// Its first moment; 1970 where it began before that.
    pub fn begins(self) -> At {
        let days = u64::from(self.0).saturating_mul(7).saturating_sub(DAYS_BEFORE_1970);
        At(days.saturating_mul(DAY_MS))
    }
    /// The week before; the first one has itself.
    #[inline]
    pub const fn before(self) -> Self {
        Self(self.0.saturating_sub(1))
    }
    /// The week after.
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
    /// Whether its number is even.
    #[inline]
    pub const fn is_even(self) -> bool {
        self.0 & 1 == 0
    }
}

impl At {
    /// The moment `span` later, at the end of time where it does not fit.
    #[inline]
    pub const fn after(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }
    /// The time since `earlier`, nothing where that is later.
    #[inline]
    pub const fn since(self, earlier: At) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }
}

impl Span {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// `n` seconds.
    pub const fn seconds(n: u64) -> Self {
        Self(n.saturating_mul(1_000))
    }
    /// `n` minutes.
    pub const fn minutes(n: u64) -> Self {
        Self::seconds(n.saturating_mul(60))
    }
    /// The sum.
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl MatchClock {
    /// The time played since `earlier`, nothing where that is later.
    #[inline]
    pub const fn since(self, earlier: Self) -> Self {
        Self(self.0.saturating_sub(earlier.0))
    }
    /// Whole minutes.
    pub const fn minutes(self) -> u64 {
        self.0.saturating_div(60_000)
    }
}
