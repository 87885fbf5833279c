//! `EquityBoard`: who is worth most now (R8.1). A read model: every price moves it, so nobody keeps it up to date;
//! it is built from a clone of the state, beside the engine, as often as readers need it fresh.

use super::{BoardKey, BoardScope, BoardView, Seat};
use crate::id::{AccountId, Seq};
use crate::units::Money;

/// Books by what they are worth at close-out prices, less what they were granted. Ties go by account id.
#[derive(Clone, Debug, Default)]
pub struct EquityBoard {
    /// The best first.
    overall: Vec<BoardKey>,
    districts: Vec<Vec<BoardKey>>,
    /// By account, to find one's own key.
    worth: Vec<(AccountId, i64)>,
}

impl EquityBoard {
    /// The board of these books.
    pub fn of(books: impl Iterator<Item = (Seat, Money)>) -> Self {
        let mut board = Self::default();
        for (seat, worth) in books {
            let key = BoardKey { score: worth.units(), reached: Seq::default(), account: seat.account };
            board.overall.push(key);
            let place = usize::from(seat.district);
            if board.districts.len() <= place {
                board.districts.resize_with(place.saturating_add(1), Vec::new);
            }
            board.districts[place].push(key);
            board.worth.push((seat.account, key.score));
        }
        board.overall.sort_unstable();
        board.districts.iter_mut().for_each(|keys| keys.sort_unstable());
        board.worth.sort_unstable();
        board
    }

    /// The keys of one scope, the best first; none for a district where nobody stands.
    pub fn keys(&self, scope: BoardScope) -> &[BoardKey] {
        match scope {
            BoardScope::Overall => &self.overall,
            BoardScope::District(district) => self.districts.get(usize::from(district)).map(Vec::as_slice).unwrap_or_default(),
        }
    }

    /// What an account's book is worth on the board.
    pub fn worth(&self, account: AccountId) -> Option<Money> {
        let place = self.worth.binary_search_by_key(&account, |(account, _)| *account).ok()?;
        self.worth.get(place).map(|(_, score)| Money::from_units(*score))
    }

    /// The first `rows`, and where `own` stands with up to `around` on either side.
    pub fn view(&self, scope: BoardScope, own: Option<AccountId>, rows: usize, around: usize) -> BoardView {
        let keys = self.keys(scope);
        let key = |account| self.worth(account).map(|worth| BoardKey { score: worth.units(), reached: Seq::default(), account });
        let own = own.and_then(key).and_then(|key| keys.binary_search(&key).ok()).map(|place| place.saturating_add(1));
        BoardView::of(own, keys.len(), rows, around, |rank| (1..).zip(keys.iter().copied()).skip(rank.saturating_sub(1)))
    }
}
