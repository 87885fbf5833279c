//! Money moves only by double entry (R7.1): every event that moves value carries postings that sum to zero.

use serde::{Deserialize, Serialize};

use crate::id::BookId;
use crate::units::Money;

/// Where value can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LedgerAccount {
    /// A book's balance: `wallet:<account>`.
    Wallet(BookId),
    /// The counterparty of every position.
    House,
    /// Pays bad debt first.
    Insurance,
    /// Takes the fees.
    Fees,
    /// Where grants come from; negative.
    Mint,
}

impl std::fmt::Display for LedgerAccount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Wallet(book) if book.number == 0 => write!(f, "wallet:{}", book.account),
            Self::Wallet(book) => write!(f, "wallet:{}:{}", book.account, book.number),
            Self::House => f.write_str("house"),
            Self::Insurance => f.write_str("insurance"),
            Self::Fees => f.write_str("fees"),
            Self::Mint => f.write_str("mint"),
        }
    }
}

/// Value that arrives at (positive) or leaves (negative) one account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posting {
    /// Where.
    pub account: LedgerAccount,
    /// How much.
    pub amount: Money,
}

/// Why value moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PostingReason {
    /// The seed of a new account (R4.8).
    Seed,
    /// A grant by an operator.
    Grant,
    /// The weekly top-up (R4.8).
    TopUp,
    /// Realised profit or loss of a close.
    Realised,
    /// A fill's fee (R7.2).
    Fee,
    /// A flat book's negative remainder (R5.4).
    BadDebt,
}

/// What the league's own accounts hold. Wallets are in their books.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    /// See [`LedgerAccount::House`].
    pub house: Money,
    /// See [`LedgerAccount::Insurance`].
    pub insurance: Money,
    /// See [`LedgerAccount::Fees`].
    pub fees: Money,
    /// See [`LedgerAccount::Mint`].
    pub mint: Money,
}
