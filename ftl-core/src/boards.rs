//! Boards (R8): who leads, overall and in each district.
//!
//! ```text
//!  fill of an open ─▶ Boards::opened ─┐    Standing (in the book, part of the state)
//!  fill of a close ─▶ Boards::closed ─┴─▶  and from it two keys: pnl, roi ─▶ overall + district
//! ```
//! Called by `evolve`, in the engine; read by whoever shows a board. A board is derived: it follows from the standings
//! and the rules alone, is rebuilt after a restore or a change of rules, and is no part of the state's hash.
//! It must never decide anything about trading.
//!
//! Who stands on a board: the season books of persons (of bots too under `boards.bots`), on `pnl` from the first
//! close on, on `roi` once `roi_min_positions` closed in `roi_min_fixtures` matches.
//! When new rules change who stands where, everybody keeps the entry at which he last reached something.

mod equity;
mod key;
mod ranking;
mod standing;
#[cfg(test)]
mod tests;
mod view;

pub use equity::EquityBoard;
pub use key::BoardKey;
pub use ranking::Ranking;
pub use standing::{Closed, Standing};
pub use view::{BoardRow, BoardView};

use crate::id::{AccountId, Seq};
use crate::rules::BoardRules;
use crate::units::Money;

/// What a board compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BoardKind {
    /// Realised result, in 10⁻⁶ point.
    Pnl,
    /// Realised result over margin committed, in 10⁻⁶.
    Roi,
}

/// Among whom a board compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BoardScope {
    /// Everybody.
    Overall,
    /// A district, by its place in the league's list.
    District(u16),
}

/// Where an account stands: who it is and its district's place in the league's list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seat {
    /// Who.
    pub account: AccountId,
    /// Where.
    pub district: u16,
}

/// The boards that move with every fill.
#[derive(Clone, Debug, Default)]
pub struct Boards {
    overall: Pair,
    districts: Vec<Pair>,
}

/// The two boards of one scope.
#[derive(Clone, Debug, Default)]
struct Pair {
    pnl: Ranking<BoardKey>,
    roi: Ranking<BoardKey>,
}

/// An account's keys before or after a fill.
type Keys = [Option<BoardKey>; 2];

impl Boards {
    /// The boards that follow from these standings under `rules`.
    pub fn rebuild<'a>(rules: &BoardRules, standings: impl Iterator<Item = (Seat, &'a Standing)>) -> Self {
        let mut pnl: Vec<(u16, BoardKey)> = Vec::new();
        let mut roi: Vec<(u16, BoardKey)> = Vec::new();
        for (seat, standing) in standings {
            let [p, r] = keys(standing, seat, rules);
            pnl.extend(p.map(|key| (seat.district, key)));
            roi.extend(r.map(|key| (seat.district, key)));
        }
        let within = |all: &[(u16, BoardKey)], district: u16| all.iter().filter(|(d, _)| *d == district).map(|(_, key)| *key).collect();
        let count = pnl.iter().chain(&roi).map(|(district, _)| district.saturating_add(1)).max().unwrap_or(0);
        Self {
            overall: Pair { pnl: pnl.iter().map(|(_, key)| *key).collect(), roi: roi.iter().map(|(_, key)| *key).collect() },
            districts: (0..count).map(|district| Pair { pnl: within(&pnl, district), roi: within(&roi, district) }).collect(),
        }
    }

    /// A position was opened with this margin: the divisor of `roi` grows.
    pub fn opened(&mut self, standing: &mut Standing, seat: Seat, margin: Money, seq: Seq, rules: &BoardRules) {
        let before = keys(standing, seat, rules);
        standing.commit(margin, seq, rules);
        self.update(seat, before, keys(standing, seat, rules));
    }

    /// A position or a part of it was closed.
    pub fn closed(&mut self, standing: &mut Standing, seat: Seat, closed: Closed, seq: Seq, rules: &BoardRules) {
        let before = keys(standing, seat, rules);
        standing.close(closed, seq, rules);
        self.update(seat, before, keys(standing, seat, rules));
    }

    /// The ranking of one board; `None` for a district where nobody has stood yet.
    pub fn ranking(&self, kind: BoardKind, scope: BoardScope) -> Option<&Ranking<BoardKey>> {
        let pair = match scope {
            BoardScope::Overall => &self.overall,
            BoardScope::District(district) => self.districts.get(usize::from(district))?,
        };
        Some(pair.of(kind))
    }

    /// How many districts have had somebody on a board: their places are below this.
    pub fn districts(&self) -> u16 {
        u16::try_from(self.districts.len()).unwrap_or(u16::MAX)
    }

    /// The first `rows` of a board, and where `own` stands with up to `around` on either side.
    pub fn view(
        &self,
        kind: BoardKind,
        scope: BoardScope,
        own: Option<(Seat, &Standing)>,
        rules: &BoardRules,
        rows: usize,
        around: usize,
    ) -> BoardView {
        let own = own.and_then(|(seat, standing)| match kind {
            BoardKind::Pnl => standing.pnl_key(seat.account, rules),
            BoardKind::Roi => standing.roi_key(seat.account, rules),
        });
        self.ranking(kind, scope).map(|ranking| BoardView::of(ranking, own, rows, around)).unwrap_or_default()
    }

    fn update(&mut self, seat: Seat, before: Keys, after: Keys) {
        if before == after {
            return;
        }
        let district = usize::from(seat.district);
        if self.districts.len() <= district {
            self.districts.resize_with(district.saturating_add(1), Pair::default);
        }
        for pair in [&mut self.overall, &mut self.districts[district]] {
            exchange(&mut pair.pnl, before[0], after[0]);
            exchange(&mut pair.roi, before[1], after[1]);
        }
    }
}

impl Pair {
    const fn of(&self, kind: BoardKind) -> &Ranking<BoardKey> {
        match kind {
            BoardKind::Pnl => &self.pnl,
            BoardKind::Roi => &self.roi,
        }
    }
}

fn keys(standing: &Standing, seat: Seat, rules: &BoardRules) -> Keys {
    [standing.pnl_key(seat.account, rules), standing.roi_key(seat.account, rules)]
}

fn exchange(ranking: &mut Ranking<BoardKey>, before: Option<BoardKey>, after: Option<BoardKey>) {
    match (before, after) {
        (Some(old), Some(new)) if old == new => {}
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
