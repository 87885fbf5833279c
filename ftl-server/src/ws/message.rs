//! Frames as they stand on the wire, header and all: made once, and shared by everybody who gets them.

use std::sync::OnceLock;

use bytes::Bytes;
use serde::Serialize;
use tungstenite::protocol::frame::Frame;
use tungstenite::protocol::frame::coding::{Data, OpCode};

use crate::wire::cursor::Reached;
use crate::wire::frame::PriceFrame;

/// The first element of a price in MessagePack.
const PRICE: u8 = 1;

/// A frame with its header.
pub(super) fn framed(frame: Frame) -> Bytes {
    let mut bytes = Vec::with_capacity(frame.len());
    // Writing to a vector does not fail.
    let _ = frame.format(&mut bytes);
    bytes.into()
}

/// A text frame with this text.
pub(super) fn text(text: impl Into<Bytes>) -> Bytes {
    framed(Frame::message(text, OpCode::Data(Data::Text), true))
}

/// A text frame with this as JSON.
pub(super) fn json<T: Serialize>(frame: &T) -> Bytes {
    text(serde_json::to_vec(frame).unwrap_or_default())
}

/// How far a reader is: everything of his up to there was sent.
pub(super) fn cursor(Reached { seq, batch }: Reached) -> Bytes {
    text(format!(r#"{{"type":"cursor","seq":{seq},"batch":"{batch}"}}"#))
}

/// Something that many get as JSON.
#[derive(Debug)]
pub(crate) struct Shared<T> {
    pub frame: T,
    text: OnceLock<Bytes>,
}

impl<T: Serialize> Shared<T> {
    pub fn new(frame: T) -> Self {
        Self { frame, text: OnceLock::new() }
    }

    /// The text frame; serialised by the first who asks.
    pub fn text(&self) -> &Bytes {
        self.text.get_or_init(|| json(&self.frame))
    }
}

/// A price that many get, in either format.
#[derive(Debug)]
pub(super) struct SharedPrice {
    shared: Shared<PriceFrame>,
    binary: OnceLock<Bytes>,
}

/// How a client takes prices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Format {
    /// MessagePack.
    #[default]
    Binary,
    /// JSON, as everything else.
    Json,
}

impl SharedPrice {
    pub fn new(frame: PriceFrame) -> Self {
        Self { shared: Shared::new(frame), binary: OnceLock::new() }
    }

    /// The instrument's number.
    pub fn idx(&self) -> u16 {
        self.shared.frame.idx
    }

    /// The frame in this format.
    pub fn in_format(&self, format: Format) -> &Bytes {
        match format {
            Format::Json => self.shared.text(),
            Format::Binary => self.binary.get_or_init(|| packed(&self.shared.frame)),
        }
    }
}

/// A price in this format, for one reader.
pub(super) fn price(frame: &PriceFrame, format: Format) -> Bytes {
    match format {
        Format::Json => json(frame),
        Format::Binary => packed(frame),
    }
}

fn packed(frame: &PriceFrame) -> Bytes {
    let PriceFrame { idx, seq, at, mark, live_base, settlement, .. } = frame;
    let row = (PRICE, *idx, *seq, at.0.0, mark.units(), live_base.units(), settlement.units());
    framed(Frame::message(rmp_serde::to_vec(&row).unwrap_or_default(), OpCode::Data(Data::Binary), true))
}

#[cfg(test)]
mod tests {
    use ftl_core::id::InstrumentId;
    use ftl_core::time::At;
    use ftl_core::units::Price;

    use super::*;
    use crate::wire::Time;

    #[test]
    fn a_price_is_an_array_of_seven_numbers_behind_a_header() {
        let frame = PriceFrame {
            idx: 42,
            instrument: InstrumentId::from("lionel-messi"),
            seq: 4711,
            at: Time(At(1_671_375_600_000)),
            mark: Price::from_units(1_952_500),
            live_base: Price::from_units(1_952_000),
            settlement: Price::from_units(1_952_250),
        };
        let bytes = packed(&frame);
        assert_eq!((bytes[0], usize::from(bytes[1])), (0x82, bytes.len() - 2));
        let row: (u8, u16, u64, u64, i64, i64, i64) = rmp_serde::from_slice(&bytes[2..]).unwrap();
        assert_eq!(row, (1, 42, 4711, 1_671_375_600_000, 1_952_500, 1_952_000, 1_952_250));
        assert!(bytes.len() < 40, "{}", bytes.len());
    }
}
