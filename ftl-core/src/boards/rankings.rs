//! `Rankings`: the two boards of every scope, for one window. Moved by [`Boards`](super::Boards).

use super::record::Keys;
use super::{BoardKey, BoardKind, BoardScope, BoardWindow, By, Ranking};

/// Both boards.
#[derive(Clone, Debug, Default)]
pub(super) struct Rankings {
    pnl: Scopes,
    roi: Scopes,
}

/// One board overall and by district.
#[derive(Clone, Debug, Default)]
struct Scopes {
    overall: Ranking,
    districts: Vec<Ranking>,
}

impl Rankings {
    /// The boards of everybody's keys, each with its district and slot.
    pub(super) fn of(mut keys: impl FnMut(BoardKind) -> Vec<(u16, BoardKey, u32)>) -> Self {
        Self { pnl: Scopes::of(&keys(BoardKind::Pnl)), roi: Scopes::of(&keys(BoardKind::Roi)) }
    }

    /// The ranking of one board; `None` for a district where nobody has stood yet.
    pub(super) fn get(&self, kind: BoardKind, scope: BoardScope) -> Option<&Ranking> {
        let scopes = match kind {
            BoardKind::Pnl => &self.pnl,
            BoardKind::Roi => &self.roi,
        };
        match scope {
            BoardScope::Overall => Some(&scopes.overall),
            BoardScope::District(district) => scopes.districts.get(usize::from(district)),
        }
    }

    /// Moves what changed of the book in a slot, of a district.
    pub(super) fn update(&mut self, seat: (u32, u16), before: Keys, after: Keys, window: BoardWindow, by: By<'_>) {
        self.pnl.update(seat, before.pnl, after.pnl, &by.keys(BoardKind::Pnl, window));
        self.roi.update(seat, before.roi, after.roi, &by.keys(BoardKind::Roi, window));
    }
}

impl Scopes {
    fn of(keys: &[(u16, BoardKey, u32)]) -> Self {
        Self { overall: Ranking::of(keys.iter().map(|(_, key, slot)| (*key, *slot)).collect()), districts: by_district(keys) }
    }

    fn update(&mut self, (slot, district): (u32, u16), before: Option<BoardKey>, after: Option<BoardKey>, keys: &impl super::Keys) {
        if before != after {
            self.overall.change(slot, before, after, keys);
            at(&mut self.districts, district).change(slot, before, after, keys);
        }
    }
}

/// A ranking for each district that has a key, and for those before it in the list.
pub(super) fn by_district(keys: &[(u16, BoardKey, u32)]) -> Vec<Ranking> {
    let mut within: Vec<Vec<(BoardKey, u32)>> = Vec::new();
    for (district, key, slot) in keys {
        at(&mut within, *district).push((*key, *slot));
    }
    within.into_iter().map(Ranking::of).collect()
}

/// What belongs to a district, made if need be.
pub(super) fn at<T: Default>(districts: &mut Vec<T>, district: u16) -> &mut T {
    let place = usize::from(district);
    if districts.len() <= place {
        districts.resize_with(place.saturating_add(1), T::default);
    }
    &mut districts[place]
}
