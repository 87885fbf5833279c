#![allow(clippy::arithmetic_side_effects, clippy::as_conversions)]
use super::{Known, Remembered, RememberedImage};
use crate::codec;
use crate::id::{CommandId, Seq};
use crate::outcome::{Answer, Receipt};
use crate::time::{At, Span};

const MINUTE: u64 = 60_000;

/// Asks in these minutes, id by id, with a window of ten minutes.
fn asked(remembered: &mut Remembered, ids: impl IntoIterator<Item = (u64, u128)>, max: usize) {
    for (minute, id) in ids {
        remembered.forget(At(minute * MINUTE), Span::minutes(10));
        let answer = Answer { seq: Seq(minute), result: Ok(Receipt::Done) };
        remembered.insert(At(minute * MINUTE), Known { id: CommandId(id), body: 0, answer }, max);
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
