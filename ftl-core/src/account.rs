//! A participant. The journal knows his id, district and kind, never his name.

use serde::{Deserialize, Serialize};

use crate::boards::Seat;
use crate::command::AccountKind;
use crate::id::AccountId;
use crate::time::{At, Week};

/// A participant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// Its district's place in the league's list (R8.3).
    pub district: u16,
    /// When it was opened: a member of its district since then.
    pub since: At,
    /// Person or program.
    pub kind: AccountKind,
    /// Barred from new orders.
    pub suspended: bool,
}

impl Account {
    /// Where it stands on boards.
    pub fn seat(&self) -> Seat {
        Seat { account: self.id, district: self.district, joined: Week::of(self.since) }
    }
}
