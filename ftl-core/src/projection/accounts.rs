//! Accounts as rows: who plays, where, since when.

use super::changes::{Changes, Patch};
use super::run::Run;
use crate::command::AccountKind;
use crate::event::Event;
use crate::id::{AccountId, District, Seq};
use crate::time::At;

/// An account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountRow {
    /// Who.
    pub account: AccountId,
    /// Where he plays.
    pub district: District,
    /// Person or program.
    pub kind: AccountKind,
    /// Since when.
    pub opened_at: At,
    /// Since which entry.
    pub opened_seq: Seq,
    /// Whether he is barred.
    pub suspended: bool,
}

/// What a run changes of an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AccountPatch {
    /// Whether he is barred now.
    pub suspended: Option<bool>,
}

impl Patch<AccountRow> for AccountPatch {
    fn apply(self, row: &mut AccountRow) {
        row.suspended = self.suspended.unwrap_or(row.suspended);
    }
}

/// What a run does to accounts.
pub fn account_changes(run: Run<'_>) -> Changes<AccountId, AccountRow, AccountPatch> {
    let mut changes = Changes::<AccountId, AccountRow, AccountPatch>::default();
    for outcome in run.outcomes() {
        for event in &outcome.events {
            #[allow(clippy::wildcard_enum_match_arm, reason = "the others change no account")]
            match event {
                Event::AccountOpened { account, district, kind } => {
                    let (account, district, kind) = (*account, district.clone(), *kind);
                    let row = AccountRow { account, district, kind, opened_at: outcome.at, opened_seq: outcome.seq, suspended: false };
                    changes.made.insert(account, row);
                }
                Event::AccountSuspended { account, suspended } => changes.change(*account, |patch| patch.suspended = Some(*suspended)),
                _ => {}
            }
        }
    }
    changes.settled()
}
