//! The frames of a stream as a client reads them: prices from MessagePack, everything else from JSON.

use std::collections::HashMap;

use ftl_core::units::Price;
use serde_json::{Value, json};

/// The first element of a price.
const PRICE: u8 = 1;

/// A frame of a kind that this client knows nothing of is kept as it came.
#[derive(Clone, Debug, PartialEq)]
pub enum Frame {
    /// An instrument's price.
    Price { instrument: String, seq: u64, at_ms: u64, mark: Price, live_base: Price, settlement: Price },
    /// Of the own account: the `n`th of the entry `seq`.
    Account { seq: u64, n: u64, kind: String, value: Value },
    /// Everything of the own account up to this entry, which came in this batch, was told.
    Cursor { seq: u64, batch: Option<String> },
    /// A resume is answered: behind this comes everything that was missed.
    Resumed,
    /// What was missed is too old: how things stand comes next.
    Resync,
    /// Bars, events of a fixture, whatever a newer server tells.
    Other(Value),
}

/// What no frame looks like.
#[derive(Debug, thiserror::Error)]
#[error("a frame that is none: {0}")]
pub struct NoFrame(String);

impl Frame {
    /// A binary frame.
    pub fn price(bytes: &[u8], places: &HashMap<u16, String>) -> Result<Self, NoFrame> {
        let read: Result<(u8, u16, u64, u64, i64, i64, i64), _> = rmp_serde::from_slice(bytes);
        let (kind, idx, seq, at_ms, mark, live_base, settlement) = read.map_err(|error| NoFrame(error.to_string()))?;
        if kind != PRICE {
            return Err(NoFrame(format!("kind {kind}")));
        }
        // Somebody who was listed later has no name here yet.
        let instrument = places.get(&idx).cloned().unwrap_or_else(|| format!("#{idx}"));
        let [mark, live_base, settlement] = [mark, live_base, settlement].map(Price::from_units);
        Ok(Self::Price { instrument, seq, at_ms, mark, live_base, settlement })
    }

    /// A text frame.
    pub fn text(text: &str) -> Result<Self, NoFrame> {
        let value: Value = serde_json::from_str(text).map_err(|error| NoFrame(error.to_string()))?;
        let kind = value["type"].as_str().ok_or_else(|| NoFrame(format!("{text:.60}")))?.to_owned();
        Ok(match (kind.as_str(), value["seq"].as_u64(), value["n"].as_u64()) {
            ("resync", ..) => Self::Resync,
            ("resumed", ..) => Self::Resumed,
            ("cursor", Some(seq), _) => Self::Cursor { seq, batch: value["batch"].as_str().map(str::to_owned) },
            ("order" | "position" | "wallet" | "level" | "notification", Some(seq), Some(n)) => Self::Account { seq, n, kind, value },
            _ => Self::Other(value),
        })
    }

    /// One line of JSON, as a stream with `?format=json` has it.
    pub fn line(&self) -> Value {
        match self {
            Self::Price { instrument, seq, at_ms, mark, live_base, settlement } => json!({
                "type": "price", "instrument": instrument, "seq": seq, "atMs": at_ms,
                "mark": mark, "liveBase": live_base, "settlement": settlement,
            }),
            Self::Account { value, .. } | Self::Other(value) => value.clone(),
            Self::Cursor { seq, batch } => json!({"type": "cursor", "seq": seq, "batch": batch}),
            Self::Resumed => json!({"type": "resumed"}),
            Self::Resync => json!({"type": "resync"}),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_is_an_array_of_seven() {
        let places = HashMap::from([(42, "lionel-messi".to_owned())]);
        let bytes = rmp_serde::to_vec(&(1u8, 42u16, 7u64, 1_000u64, 1_952_000i64, 1_950_000i64, 1_900_000i64)).unwrap();
        let frame = Frame::price(&bytes, &places).unwrap();
        assert_eq!(
            frame.line(),
            json!({"type": "price", "instrument": "lionel-messi", "seq": 7, "atMs": 1000, "mark": "195.2000", "liveBase": "195.0000", "settlement": "190.0000"})
        );
        assert!(Frame::price(&bytes[..5], &places).is_err());
        assert!(Frame::price(&rmp_serde::to_vec(&(2u8, 42u16, 7u64, 1u64, 1i64, 1i64, 1i64)).unwrap(), &places).is_err());
    }

    #[test]
    fn what_is_addressed_to_an_account_has_its_place_in_an_entry() {
        let frame = Frame::text(r#"{"type":"wallet","seq":9,"n":2,"data":{"free":"1.000000"}}"#).unwrap();
        assert!(matches!(frame, Frame::Account { seq: 9, n: 2, .. }));
        assert_eq!(Frame::text(r#"{"type":"resync"}"#).unwrap(), Frame::Resync);
        assert!(matches!(Frame::text(r#"{"type":"bar","idx":1,"seq":4}"#).unwrap(), Frame::Other(_)));
        assert!(Frame::text("[1]").is_err());
    }
}
