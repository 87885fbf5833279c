//! How far a client is, as it is told and as it says it.
//!
//! An entry's number alone does not say of which journal it is: what a recovery lost, a cut or an older backup took away,
//! others have the numbers of by now. So the batch is told too that the entry came in, which no other journal has.

use std::fmt;
use std::str::FromStr;

use ftl_core::id::Seq;
use ftl_core::journal::BatchId;
use serde::{Deserialize, Serialize};

/// What tells a batch from every other that could stand in its place: four bytes of its random id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct BatchMark(pub u32);

/// How far somebody was told, or the window is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reached {
    /// Everything up to this entry.
    pub seq: Seq,
    /// The batch that it came in.
    pub batch: BatchMark,
}

/// Where a client wants to go on; who knows no batch is believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// Behind this entry.
    pub seq: Seq,
    /// The batch that it came in.
    pub batch: Option<BatchMark>,
}

/// No cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("takes the id of a frame")]
pub struct NoCursor;

impl From<BatchId> for BatchMark {
    fn from(id: BatchId) -> Self {
        Self(u32::try_from(id.0 & u128::from(u32::MAX)).unwrap_or_default())
    }
}

impl fmt::Display for BatchMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}

impl FromStr for BatchMark {
    type Err = NoCursor;
    fn from_str(text: &str) -> Result<Self, NoCursor> {
        let hex = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        hex.then(|| u32::from_str_radix(text, 16).ok().map(Self)).flatten().ok_or(NoCursor)
    }
}

impl Serialize for BatchMark {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for BatchMark {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// As the `id` of a Server-Sent Event.
impl fmt::Display for Reached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.seq, self.batch)
    }
}

impl FromStr for Cursor {
    type Err = NoCursor;
    fn from_str(text: &str) -> Result<Self, NoCursor> {
        let (seq, batch) = match text.split_once('-') {
            Some((seq, batch)) => (seq, Some(batch.parse()?)),
            None => (text, None),
        };
        Ok(Self { seq: Seq(seq.parse().map_err(|_| NoCursor)?), batch })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_told_is_what_is_said() {
        let reached = Reached { seq: Seq(4_711), batch: BatchId(0xABCD_0000_00FF).into() };
        assert_eq!(reached.to_string(), "4711-000000ff");
        assert_eq!(reached.to_string().parse(), Ok(Cursor { seq: Seq(4_711), batch: Some(BatchMark(0xFF)) }));
        assert_eq!("4711".parse(), Ok(Cursor { seq: Seq(4_711), batch: None }));
        for none in ["", "-", "1-", "1-ff", "1-000000fg", "-000000ff", "1-000000ff-", "1 - 000000ff", "+1-+00000ff", "-1"] {
            assert_eq!(none.parse::<Cursor>(), Err(NoCursor), "{none}");
        }
    }
}
