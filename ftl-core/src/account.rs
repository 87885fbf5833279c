//! A participant. The journal knows his id, district and kind, never his name.

use serde::{Deserialize, Serialize};

use crate::command::AccountKind;
use crate::id::AccountId;

/// A participant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// Its district's place in the league's list (R8.3).
    pub district: u16,
    /// Person or program.
    pub kind: AccountKind,
    /// Barred from new orders.
    pub suspended: bool,
}
