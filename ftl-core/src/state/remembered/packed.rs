//! `Packed`: the ids of a chunk and their answers, as few bytes as they need. Kept by [`Remembered`](super::Remembered).
//!
//! A million answers are kept and next to none is asked for: a fill's, 200 bytes as a value, takes about 60 here. It is
//! numbers in a fixed order, each by its length and its bytes, two lengths to a byte; what follows from others (ids of
//! what the entry made, free margin) is told by how far it is from that, which is nothing. Every other answer is kept as
//! the journal would write it. Whoever reads or hashes a chunk sees [`Known`], as if it were a list of them.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Known;
use crate::codec;
use crate::id::{CommandId, InstrumentIdx, OrderId, PositionId, Seq};
use crate::outcome::{Answer, Portfolio, PositionReceipt, Receipt};
use crate::time::At;
use crate::units::{Direction, Lots, Money, Price};

/// What an answer begins with: as the journal writes it, or the kind of fill.
const WRITTEN: u8 = 0;
const OPENED: u64 = 1;
const CLOSED: u64 = 2;

/// Numbers in an answer at most.
const NUMBERS: usize = 40;

/// See the module.
#[derive(Clone, Debug, Default)]
pub(super) struct Packed {
    rows: Vec<Row>,
    /// The answers, and room for more from `end` on.
    bytes: Vec<u8>,
    end: usize,
}

#[derive(Clone, Copy, Debug)]
struct Row {
    id: CommandId,
    body: u64,
    /// Where its answer begins in the bytes.
    begins: u32,
}

impl Packed {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whose answer stands in a place.
    pub fn id(&self, place: usize) -> Option<CommandId> {
        self.rows.get(place).map(|row| row.id)
    }

    /// What stands in a place.
    pub fn get(&self, place: usize) -> Option<Known> {
        let row = self.rows.get(place)?;
        let end = self.rows.get(place.saturating_add(1)).map_or(self.end, |next| index(next.begins));
        let answer = unpack(self.bytes.get(index(row.begins)..end)?)?;
        Some(Known { id: row.id, body: row.body, answer })
    }

    /// Adds one at the end.
    pub fn push(&mut self, id: CommandId, body: u64, answer: &Answer) {
        let begins = u32::try_from(self.end).unwrap_or(u32::MAX);
        self.rows.push(Row { id, body, begins });
        let mut numbers = Numbers { list: [0; NUMBERS], len: 0 };
        if numbers.answer(answer) {
            let room = self.room(NUMBERS.saturating_mul(9).saturating_add(8));
            let written = numbers.write(room);
            self.end = self.end.saturating_add(written);
        } else {
            let written = codec::encode(answer);
            if let Some((kind, room)) = self.room(written.len().saturating_add(1)).split_first_mut() {
                *kind = WRITTEN;
                room.iter_mut().zip(&written).for_each(|(place, byte)| *place = *byte);
            }
            self.end = self.end.saturating_add(written.len()).saturating_add(1);
        }
    }

    /// So many bytes to write to. Doubling would leave a third of a million answers' room empty.
    fn room(&mut self, most: usize) -> &mut [u8] {
        let needed = self.end.saturating_add(most);
        if self.bytes.len() < needed {
            let len = needed.max(self.bytes.len().saturating_add(self.bytes.len() / 4));
            self.bytes.reserve_exact(len.saturating_sub(self.bytes.len()));
            self.bytes.resize(len, 0);
        }
        self.bytes.get_mut(self.end..).unwrap_or_default()
    }

    /// An empty one, with room for as much as is here.
    pub fn room_alike(&self) -> Self {
        let mut alike = Self { rows: Vec::with_capacity(self.rows.len()), ..Self::default() };
        alike.room(self.end);
        alike
    }

    /// Forgets all; the room stays.
    pub fn clear(&mut self) {
        self.rows.clear();
        self.end = 0;
    }

    /// All of them, in their order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Option<Known>> {
        (0..self.len()).map(|place| self.get(place))
    }
}

impl Serialize for Packed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let unreadable = || serde::ser::Error::custom("an answer that was kept cannot be read");
        let known: Vec<Known> = self.iter().collect::<Option<_>>().ok_or_else(unreadable)?;
        known.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Packed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut packed = Self::default();
        Vec::<Known>::deserialize(deserializer)?.iter().for_each(|known| packed.push(known.id, known.body, &known.answer));
        Ok(packed)
    }
}

fn index(begins: u32) -> usize {
    usize::try_from(begins).unwrap_or(usize::MAX)
}

/// The numbers of an answer, to be packed.
struct Numbers {
    list: [u64; NUMBERS],
    len: usize,
}

/// The numbers of an answer, one after the other.
struct Reader<'a> {
    bytes: &'a [u8],
    /// The length of the second of two.
    second: Option<u8>,
}

/// An entry: the ids of what it makes follow from it.
#[derive(Clone, Copy)]
struct Origin {
    at: At,
    seq: Seq,
}

fn unpack(bytes: &[u8]) -> Option<Answer> {
    match bytes.split_first()? {
        (&WRITTEN, written) => codec::decode(written).ok(),
        _ => Reader { bytes, second: None }.answer(),
    }
}

/// Small for numbers that are near zero on either side.
fn fold(number: i64) -> u64 {
    (number.wrapping_shl(1) ^ number.wrapping_shr(63)).cast_unsigned()
}

fn unfold(folded: u64) -> i64 {
    folded.wrapping_shr(1).cast_signed() ^ (folded & 1).cast_signed().wrapping_neg()
}

fn halves(id: u128) -> (u64, u64) {
    let half = |bits: u128| u64::try_from(bits & u128::from(u64::MAX)).unwrap_or_default();
    (half(id.wrapping_shr(64)), half(id))
}

/// The moment that an id says it was made in.
fn made_at(id: OrderId) -> At {
    At(halves(id.0).0.wrapping_shr(16))
}

/// The part of an id that tells what its entry made one after the other.
fn made_as(id: u128) -> u32 {
    u32::try_from(id & 0x3ff_ffff).unwrap_or_default()
}

impl Numbers {
    /// Whether it is one that has a form here.
    fn answer(&mut self, answer: &Answer) -> bool {
        #[allow(clippy::wildcard_enum_match_arm, reason = "fills are nearly all that is remembered")]
        match &answer.result {
            Ok(Receipt::Opened { order, position, portfolio }) => {
                let origin = self.origin(OPENED, answer.seq, *order);
                self.position(position, origin);
                self.portfolio(portfolio);
            }
            Ok(Receipt::Closed { order, position, lots, exit_price, pnl, rest, portfolio }) => {
                let origin = self.origin(CLOSED, answer.seq, *order);
                self.id(position.0, origin);
                self.signed(lots.units());
                self.signed(exit_price.units());
                self.signed(pnl.units());
                self.put(u64::from(rest.is_some()));
                rest.iter().for_each(|rest| self.position(rest, origin));
                self.portfolio(portfolio);
            }
            _ => return false,
        }
        true
    }

    fn origin(&mut self, kind: u64, seq: Seq, order: OrderId) -> Origin {
        let origin = Origin { at: made_at(order), seq };
        self.put(kind);
        self.put(seq.0);
        self.put(origin.at.0);
        self.id(order.0, origin);
        origin
    }

    fn position(&mut self, position: &PositionReceipt, origin: Origin) {
        let PositionReceipt { id, instrument, direction, lots, entry_price, entry_cost, margin, stop_loss, take_profit, opened_at } =
            position;
        self.id(id.0, origin);
        self.put(u64::from(instrument.0));
        self.put(u64::from(*direction == Direction::Short));
        self.signed(lots.units());
        self.signed(entry_price.units());
        self.signed(entry_cost.units());
        self.signed(margin.units());
        self.option(stop_loss.map(Price::units));
        self.option(take_profit.map(Price::units));
        self.signed(origin.at.0.wrapping_sub(opened_at.0).cast_signed());
    }

    fn portfolio(&mut self, portfolio: &Portfolio) {
        let Portfolio { balance, equity, used, reserved, free, level_bps } = portfolio;
        self.signed(balance.units());
        self.signed(equity.units().wrapping_sub(balance.units()));
        self.signed(used.units());
        self.signed(reserved.units());
        self.signed(free.units().wrapping_sub(left_free(*equity, *used, *reserved)));
        self.option(*level_bps);
    }

    fn id(&mut self, id: u128, Origin { at, seq }: Origin) {
        let nth = made_as(id);
        if OrderId::made_by(at, seq, nth).0 == id {
            return self.put(u64::from(nth).wrapping_add(1));
        }
        let (high, low) = halves(id);
        [0, high, low].into_iter().for_each(|number| self.put(number));
    }

    fn option(&mut self, number: Option<i64>) {
        self.put(u64::from(number.is_some()));
        number.into_iter().for_each(|number| self.signed(number));
    }

    fn signed(&mut self, number: i64) {
        self.put(fold(number));
    }

    fn put(&mut self, number: u64) {
        if let Some(place) = self.list.get_mut(self.len) {
            *place = number;
            self.len = self.len.saturating_add(1);
        }
    }

    /// Writes all to where there is room for them, and tells how many bytes they took.
    #[allow(clippy::arithmetic_side_effects, reason = "nine bytes a number at most, of a list that has an end")]
    fn write(&self, room: &mut [u8]) -> usize {
        let mut end = 0;
        for pair in self.list[..self.len].chunks(2) {
            let numbers = [pair[0], pair.get(1).copied().unwrap_or(0)];
            let [first, second] = numbers.map(|number| 8 - number.leading_zeros() / 8);
            room[end] = u8::try_from(first | second << 4).unwrap_or_default();
            end += 1;
            for (number, length) in numbers.into_iter().zip([first, second]) {
                room[end..end + 8].copy_from_slice(&number.to_le_bytes());
                end += index(length);
            }
        }
        end
    }
}

impl Reader<'_> {
    fn answer(mut self) -> Option<Answer> {
        let (kind, seq, at) = (self.take()?, Seq(self.take()?), At(self.take()?));
        let origin = Origin { at, seq };
        let order = OrderId(self.id(origin)?);
        let receipt = if kind == OPENED {
            Receipt::Opened { order, position: self.position(origin)?, portfolio: self.portfolio()? }
        } else {
            Receipt::Closed {
                order,
                position: PositionId(self.id(origin)?),
                lots: Lots::from_units(self.signed()?),
                exit_price: Price::from_units(self.signed()?),
                pnl: Money::from_units(self.signed()?),
                rest: if self.take()? == 1 { Some(self.position(origin)?) } else { None },
                portfolio: self.portfolio()?,
            }
        };
        Some(Answer { seq, result: Ok(receipt) })
    }

    fn position(&mut self, origin: Origin) -> Option<PositionReceipt> {
        Some(PositionReceipt {
            id: PositionId(self.id(origin)?),
            instrument: InstrumentIdx(u16::try_from(self.take()?).ok()?),
            direction: if self.take()? == 1 { Direction::Short } else { Direction::Long },
            lots: Lots::from_units(self.signed()?),
            entry_price: Price::from_units(self.signed()?),
            entry_cost: Money::from_units(self.signed()?),
            margin: Money::from_units(self.signed()?),
            stop_loss: self.option()?.map(Price::from_units),
            take_profit: self.option()?.map(Price::from_units),
            opened_at: At(origin.at.0.wrapping_sub(self.signed()?.cast_unsigned())),
        })
    }

    fn portfolio(&mut self) -> Option<Portfolio> {
        let balance = Money::from_units(self.signed()?);
        let equity = Money::from_units(balance.units().wrapping_add(self.signed()?));
        let (used, reserved) = (Money::from_units(self.signed()?), Money::from_units(self.signed()?));
        let free = Money::from_units(left_free(equity, used, reserved).wrapping_add(self.signed()?));
        Some(Portfolio { balance, equity, used, reserved, free, level_bps: self.option()? })
    }

    fn id(&mut self, Origin { at, seq }: Origin) -> Option<u128> {
        match self.take()? {
            0 => Some(u128::from(self.take()?).wrapping_shl(64) | u128::from(self.take()?)),
            nth => Some(OrderId::made_by(at, seq, u32::try_from(nth.wrapping_sub(1)).ok()?).0),
        }
    }

    fn option(&mut self) -> Option<Option<i64>> {
        if self.take()? == 1 { Some(Some(self.signed()?)) } else { Some(None) }
    }

    fn signed(&mut self) -> Option<i64> {
        self.take().map(unfold)
    }

    fn take(&mut self) -> Option<u64> {
        let length = match self.second.take() {
            Some(length) => length,
            None => {
                let (lengths, rest) = self.bytes.split_first()?;
                (self.bytes, self.second) = (rest, Some(lengths.wrapping_shr(4)));
                lengths & 15
            }
        };
        let (number, rest) = self.bytes.split_at_checked(usize::from(length))?;
        self.bytes = rest;
        let mut raw = [0; 8];
        raw.get_mut(..number.len())?.copy_from_slice(number);
        Some(u64::from_le_bytes(raw))
    }
}

/// What is free where nothing is under review.
fn left_free(equity: Money, used: Money, reserved: Money) -> i64 {
    equity.units().wrapping_sub(used.units()).wrapping_sub(reserved.units())
}
