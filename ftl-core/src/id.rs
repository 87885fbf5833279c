//! Names of things. Ids of what a command creates are UUIDv7 made from the entry, so that every replica makes the same.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::time::At;

/// Place of an entry in the journal: dense, from 1; 0 is "nothing yet".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seq(pub u64);

impl Seq {
    /// The next place.
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Declares a 128-bit id, written as a hyphenated UUID.
macro_rules! uuid_id {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u128);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                uuid::Uuid::from_u128(self.0).hyphenated().fmt(f)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
        impl std::str::FromStr for $name {
            type Err = ParseIdError;
            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                uuid::Uuid::parse_str(text).map(|id| Self(id.as_u128())).map_err(|_| ParseIdError)
            }
        }
        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if serializer.is_human_readable() {
                    let text = &mut uuid::Uuid::encode_buffer();
                    serializer.serialize_str(uuid::Uuid::from_u128(self.0).hyphenated().encode_lower(text))
                } else {
                    self.0.serialize(serializer)
                }
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                if deserializer.is_human_readable() {
                    String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
                } else {
                    u128::deserialize(deserializer).map(Self)
                }
            }
        }
    )*};
}

/// A text is not a UUID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a UUID")]
pub struct ParseIdError;

uuid_id! {
    /// A participant.
    AccountId;
    /// One position: a row of its book (R4.3).
    PositionId;
    /// An order to open or to close.
    OrderId;
    /// A command's id: a keyed hash of (account, idempotency key), or random.
    CommandId;
}

/// UUIDv7 of the `index`-th thing made by the entry at `seq`: 48 bits of `at`, then 48 of `seq` and 26 of `index`,
/// so that ids sort in the order of making.
const fn made_by(at: At, seq: Seq, index: u32) -> u128 {
    #![allow(clippy::as_conversions, clippy::arithmetic_side_effects)]
    let entropy = ((seq.0 as u128) << 26) | (index as u128 & 0x3ff_ffff);
    let time = (at.0 as u128) & 0xffff_ffff_ffff;
    let high = (entropy >> 62) & 0xfff;
    let low = entropy & 0x3fff_ffff_ffff_ffff;
    (time << 80) | (0x7 << 76) | (high << 64) | (0x2 << 62) | low
}

impl OrderId {
    /// The id of the `index`-th thing that the entry makes.
    pub const fn made_by(at: At, seq: Seq, index: u32) -> Self {
        Self(made_by(at, seq, index))
    }
}

impl PositionId {
    /// The entry that made it, by the id alone.
    pub const fn made_in(self) -> Seq {
        #![allow(clippy::as_conversions, clippy::arithmetic_side_effects)]
        let entropy = ((self.0 >> 64) & 0xfff) << 62 | (self.0 & 0x3fff_ffff_ffff_ffff);
        Seq((entropy >> 26) as u64)
    }
    /// The id of the `index`-th thing that the entry makes.
    pub const fn made_by(at: At, seq: Seq, index: u32) -> Self {
        Self(made_by(at, seq, index))
    }
}

/// What an account trades in: balance, positions, margin. Every account has its season book (number 0);
/// contests with a balance of their own are further ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct BookId {
    /// Whose book it is.
    pub account: AccountId,
    /// Which of his books.
    pub number: u16,
}

impl BookId {
    /// The season book of `account`.
    pub const fn season(account: AccountId) -> Self {
        Self { account, number: 0 }
    }
}

/// An instrument's dense number: its place in the order of listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct InstrumentIdx(pub u16);

impl InstrumentIdx {
    /// As an index of a slice.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// Declares a short text id.
macro_rules! text_id {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Arc<str>);

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
            /// 1 to 64 printable characters without spaces at the ends.
            pub fn is_well_formed(&self) -> bool {
                let n = self.0.chars().count();
                (1..=64).contains(&n) && self.0.trim() == &*self.0 && !self.0.chars().any(char::is_control)
            }
        }
        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.into())
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

text_id! {
    /// An instrument's slug, `lionel-messi`: its id on the wire, never renamed.
    InstrumentId;
    /// A match.
    FixtureId;
    /// A match event, in the feed's own naming; unique within its fixture.
    EventId;
    /// Where an account plays for bragging rights (R8.3).
    District;
    /// The natural key of what must happen once for ever (a grant).
    NaturalKey;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_knows_the_entry_that_made_it() {
        for seq in [0, 1, 4_711, 68_719_476_735, (1 << 48) - 1] {
            for index in [0, 1, 0x3ff_ffff] {
                assert_eq!(PositionId::made_by(At(1_790_000_000_123), Seq(seq), index).made_in(), Seq(seq));
            }
        }
    }
}
