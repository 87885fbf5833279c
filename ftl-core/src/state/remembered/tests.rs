#![allow(clippy::arithmetic_side_effects, clippy::as_conversions)]
use proptest::prelude::*;

use super::packed::Packed;
use super::{Known, Remembered, RememberedImage};
use crate::codec;
use crate::id::{CommandId, InstrumentIdx, OrderId, PositionId, Seq};
use crate::outcome::{Answer, Portfolio, PositionReceipt, Receipt};
use crate::rejection::Rejection;
use crate::time::{At, Span};
use crate::units::{Direction, Lots, Money, Price};

const MINUTE: u64 = 60_000;

/// Asks in these minutes, id by id, with a window of ten minutes.
fn asked(remembered: &mut Remembered, ids: impl IntoIterator<Item = (u64, u128)>, max: usize) {
    for (minute, id) in ids {
        remembered.forget(At(minute * MINUTE), Span::minutes(10));
        let answer = Answer { seq: Seq(minute), result: Ok(Receipt::Done) };
        remembered.insert(At(minute * MINUTE), (CommandId(id), 0, &answer), max);
    }
}

fn known(remembered: &Remembered, ids: impl IntoIterator<Item = u128>) -> Vec<u128> {
    ids.into_iter().filter(|id| remembered.get(CommandId(*id)).is_some()).collect()
}

#[test]
fn the_last_half_of_what_may_be_kept_is_known() {
    for max in [1, 2, 3, 7, 1_000] {
        let mut remembered = Remembered::default();
        for id in 0..3_000u128 {
            asked(&mut remembered, [(100, id)], max);
            let certain = (max.div_ceil(2) as u128).min(id + 1);
            assert_eq!(known(&remembered, id + 1 - certain..=id).len(), certain as usize);
            assert!(remembered.len() <= max.div_ceil(2) * 2);
        }
    }
}

#[test]
fn a_minute_before_the_window_is_unknown_and_goes() {
    let mut remembered = Remembered::default();
    asked(&mut remembered, (0..60).map(|minute| (minute, u128::from(minute))), 1_000_000);
    assert_eq!(known(&remembered, 0..60), (49..60).collect::<Vec<u128>>());
    assert!(remembered.len() <= 2 * 11, "two windows at most");
    assert!(remembered.refuse.len() <= 11);
}

#[test]
fn an_id_that_was_forgotten_is_remembered_again() {
    let mut remembered = Remembered::default();
    asked(&mut remembered, [(0, 7), (5, 8), (11, 7)], 1_000_000);
    assert_eq!(remembered.get(CommandId(7)).map(|known| known.answer.seq), Some(Seq(11)));
    assert_eq!(known(&remembered, [7, 8]), [7, 8]);
}

#[test]
fn a_wider_window_brings_nothing_back() {
    let mut remembered = Remembered::default();
    asked(&mut remembered, [(0, 1), (11, 2)], 1_000_000);
    remembered.forget(At(12 * MINUTE), Span::minutes(60));
    assert_eq!(known(&remembered, [1, 2]), [2]);
}

#[test]
fn what_is_restored_goes_on_alike() {
    let mut remembered = Remembered::default();
    asked(&mut remembered, (0..2_000).map(|id| (id / 300, u128::from(id))), 1_500);
    let image: RememberedImage = codec::decode(&codec::encode(&remembered.image())).unwrap();
    let mut restored = Remembered::from(image);
    assert_eq!(remembered.image().hash(), remembered.hash());
    for id in 2_000..6_000u64 {
        assert_eq!(known(&restored, 0..u128::from(id)), known(&remembered, 0..u128::from(id)));
        for one in [&mut remembered, &mut restored] {
            asked(one, [(id / 300, u128::from(id))], 1_500);
        }
        if id % 500 == 0 {
            assert_eq!(restored.hash(), remembered.hash());
        }
    }
}

/// Any number, near zero or not, and both ends.
fn number() -> impl Strategy<Value = i64> {
    prop_oneof![Just(0), Just(i64::MIN), Just(i64::MAX), -300..300i64, any::<i64>(), 0..40_000_000_000i64]
}

fn money() -> impl Strategy<Value = Money> {
    number().prop_map(Money::from_units)
}

fn price() -> impl Strategy<Value = Price> {
    number().prop_map(Price::from_units)
}

/// Of the entry, of another one, or of none.
fn id(at: At, seq: Seq) -> impl Strategy<Value = u128> {
    let of = |at, seq| (0..3u32).prop_map(move |nth| OrderId::made_by(at, seq, nth).0);
    prop_oneof![of(at, seq), of(At(at.0 / 2), Seq(seq.0 / 2)), any::<u128>()]
}

fn position(at: At, seq: Seq) -> impl Strategy<Value = PositionReceipt> {
    let sizes = (any::<bool>(), number(), price(), money(), money());
    let limits = (proptest::option::of(price()), proptest::option::of(price()), any::<u64>(), any::<bool>());
    (id(at, seq), any::<u16>(), sizes, limits).prop_map(move |(id, instrument, sizes, limits)| PositionReceipt {
        id: PositionId(id),
        instrument: InstrumentIdx(instrument),
        direction: if sizes.0 { Direction::Long } else { Direction::Short },
        lots: Lots::from_units(sizes.1),
        entry_price: sizes.2,
        entry_cost: sizes.3,
        margin: sizes.4,
        stop_loss: limits.0,
        take_profit: limits.1,
        opened_at: if limits.3 { at } else { At(limits.2) },
    })
}

fn portfolio() -> impl Strategy<Value = Portfolio> {
    (money(), money(), money(), money(), money(), proptest::option::of(number())).prop_map(|p| Portfolio {
        balance: p.0,
        equity: p.1,
        used: p.2,
        reserved: p.3,
        free: p.4,
        level_bps: p.5,
    })
}

fn answer() -> impl Strategy<Value = Answer> {
    let entry = prop_oneof![(any::<u64>(), any::<u64>()), (0..1u64 << 46, 0..1u64 << 40)].prop_map(|(at, seq)| (At(at), Seq(seq)));
    entry.prop_flat_map(|(at, seq)| {
        let order = move || id(at, seq).prop_map(OrderId);
        let opened = (order(), position(at, seq), portfolio());
        let fill = (number(), price(), money(), proptest::option::of(position(at, seq)), portfolio());
        let receipt = prop_oneof![
            opened.prop_map(|(order, position, portfolio)| Receipt::Opened { order, position, portfolio }),
            (order(), id(at, seq), fill).prop_map(|(order, position, (lots, exit_price, pnl, rest, portfolio))| Receipt::Closed {
                order,
                position: PositionId(position),
                lots: Lots::from_units(lots),
                exit_price,
                pnl,
                rest,
                portfolio,
            }),
            (order(), portfolio()).prop_map(|(order, portfolio)| Receipt::Resting { order, due: None, portfolio }),
            Just(Receipt::Done),
        ];
        let result = prop_oneof![8 => receipt.prop_map(Ok), 1 => Just(Err(Rejection::UnknownPosition))];
        result.prop_map(move |result| Answer { seq, result })
    })
}

proptest! {
    #[test]
    fn whatever_was_answered_is_told_again_to_the_last_digit(answers in prop::collection::vec(answer(), 0..40)) {
        let mut packed = Packed::default();
        let known = |n: usize, answer: &Answer| Known { id: CommandId(n as u128), body: n as u64, answer: answer.clone() };
        answers.iter().enumerate().for_each(|(n, answer)| packed.push(CommandId(n as u128), n as u64, answer));
        let list: Vec<Known> = answers.iter().enumerate().map(|(n, answer)| known(n, answer)).collect();
        for (n, known) in list.iter().enumerate() {
            let kept = packed.get(n);
            prop_assert_eq!(kept.as_ref(), Some(known));
        }
        prop_assert_eq!(codec::encode(&packed), codec::encode(&list));
        let again: Packed = codec::decode(&codec::encode(&list)).unwrap();
        prop_assert_eq!(codec::encode(&again), codec::encode(&list));
    }
}
