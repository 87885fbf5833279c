//! `EquityBoard`: who is worth most now (R8.1). A read model: every price moves it, so nobody keeps it up to date;
//! it is built from a clone of the state, beside the engine, as often as readers need it fresh.

use super::{BoardKey, BoardScope, BoardView, Ranking, Seat};
use crate::id::{AccountId, Seq};
use crate::units::Money;

/// Books by what they are worth at close-out prices, less what they were granted. Ties go by account id.
#[derive(Clone, Debug, Default)]
pub struct EquityBoard {
    overall: Ranking<BoardKey>,
    districts: Vec<Ranking<BoardKey>>,
    /// By account, to find one's own key.
    worth: Vec<(AccountId, i64)>,
}

impl EquityBoard {
    /// The board of these books.
    pub fn of(books: impl Iterator<Item = (Seat, Money)>) -> Self {
        let mut keys: Vec<(u16, BoardKey)> = books
            .map(|(seat, worth)| (seat.district, BoardKey { score: worth.units(), reached: Seq::default(), account: seat.account }))
            .collect();
        keys.sort_unstable_by_key(|(district, key)| (*district, key.account));
        let overall = keys.iter().map(|(_, key)| *key).collect();
        let mut districts: Vec<Ranking<BoardKey>> = Vec::new();
        for of_one in keys.chunk_by(|a, b| a.0 == b.0) {
            let Some((district, _)) = of_one.first() else { continue };
            districts.resize_with(usize::from(*district), Ranking::default);
            districts.push(of_one.iter().map(|(_, key)| *key).collect());
        }
        let mut worth: Vec<(AccountId, i64)> = keys.iter().map(|(_, key)| (key.account, key.score)).collect();
        worth.sort_unstable();
        Self { overall, districts, worth }
    }

    /// The ranking of one scope; `None` for a district where nobody stands.
    pub fn ranking(&self, scope: BoardScope) -> Option<&Ranking<BoardKey>> {
        match scope {
            BoardScope::Overall => Some(&self.overall),
            BoardScope::District(district) => self.districts.get(usize::from(district)),
        }
    }

    /// What an account's book is worth on the board.
    pub fn worth(&self, account: AccountId) -> Option<Money> {
        let place = self.worth.binary_search_by_key(&account, |(account, _)| *account).ok()?;
        self.worth.get(place).map(|(_, score)| Money::from_units(*score))
    }

    /// The first `rows`, and where `own` stands with up to `around` on either side.
    pub fn view(&self, scope: BoardScope, own: Option<AccountId>, rows: usize, around: usize) -> BoardView {
        let key = |account| self.worth(account).map(|worth| BoardKey { score: worth.units(), reached: Seq::default(), account });
        self.ranking(scope).map(|ranking| BoardView::of(ranking, own.and_then(key), rows, around)).unwrap_or_default()
    }
}
