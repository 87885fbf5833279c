//! `Rankings`: the two boards of every scope, for one window. Moved by [`Boards`](super::Boards).

use super::record::Keys;
use super::{BoardKey, BoardKind, BoardScope, Ranking};

/// Both boards.
#[derive(Clone, Debug, Default)]
pub(super) struct Rankings {
    pnl: Scopes,
    roi: Scopes,
}

/// One board overall and by district.
#[derive(Clone, Debug, Default)]
struct Scopes {
    overall: Ranking<BoardKey>,
    districts: Vec<Ranking<BoardKey>>,
}

impl Rankings {
    /// The boards of everybody's keys, each with its district.
    pub(super) fn of(mut keys: impl FnMut(BoardKind) -> Vec<(u16, BoardKey)>) -> Self {
        Self { pnl: Scopes::of(&keys(BoardKind::Pnl)), roi: Scopes::of(&keys(BoardKind::Roi)) }
    }

    /// The ranking of one board; `None` for a district where nobody has stood yet.
    pub(super) fn get(&self, kind: BoardKind, scope: BoardScope) -> Option<&Ranking<BoardKey>> {
        let scopes = match kind {
            BoardKind::Pnl => &self.pnl,
            BoardKind::Roi => &self.roi,
        };
        match scope {
            BoardScope::Overall => Some(&scopes.overall),
            BoardScope::District(district) => scopes.districts.get(usize::from(district)),
        }
    }

    /// Moves what changed.
    pub(super) fn update(&mut self, district: u16, before: Keys, after: Keys) {
        self.pnl.update(district, before.pnl, after.pnl);
        self.roi.update(district, before.roi, after.roi);
    }
}

impl Scopes {
    fn of(keys: &[(u16, BoardKey)]) -> Self {
        Self { overall: keys.iter().map(|(_, key)| *key).collect(), districts: by_district(keys) }
    }

    fn update(&mut self, district: u16, before: Option<BoardKey>, after: Option<BoardKey>) {
        if before != after {
            exchange(&mut self.overall, before, after);
            exchange(at(&mut self.districts, district), before, after);
        }
    }
}

/// A ranking for each district that has a key, and for those before it in the list.
pub(super) fn by_district(keys: &[(u16, BoardKey)]) -> Vec<Ranking<BoardKey>> {
    let mut within: Vec<Vec<BoardKey>> = Vec::new();
    for (district, key) in keys {
        at(&mut within, *district).push(*key);
    }
    within.into_iter().map(Ranking::from_iter).collect()
}

/// Moves a key.
pub(super) fn exchange(ranking: &mut Ranking<BoardKey>, before: Option<BoardKey>, after: Option<BoardKey>) {
    match (before, after) {
        (Some(old), Some(new)) => ranking.replace(&old, new),
        (Some(old), None) => {
            ranking.remove(&old);
        }
        (None, Some(new)) => {
            ranking.insert(new);
        }
        (None, None) => {}
    }
}

/// What belongs to a district, made if need be.
pub(super) fn at<T: Default>(districts: &mut Vec<T>, district: u16) -> &mut T {
    let place = usize::from(district);
    if districts.len() <= place {
        districts.resize_with(place.saturating_add(1), T::default);
    }
    &mut districts[place]
}
