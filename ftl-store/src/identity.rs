//! The port for who an account is: names, districts, sessions. Relational and outside the journal, so that a person can
//! be forgotten; the journal knows account ids and districts only.
//!
//! The server's authentication calls it. A session's token never comes here, only its hash.

use async_trait::async_trait;
use ftl_core::command::AccountKind;
use ftl_core::hash::Hash;
use ftl_core::id::{AccountId, District};
use ftl_core::time::At;

/// An account as its owner is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The journal's name for it: a UUIDv7.
    pub id: AccountId,
    /// As shown; unique.
    pub name: String,
    /// Chosen when it was made.
    pub district: District,
    /// A person or a program.
    pub kind: AccountKind,
    /// When it was made.
    pub created_at: At,
}

/// Who asks to be let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewIdentity {
    /// As shown; unique.
    pub name: String,
    /// Where he plays.
    pub district: District,
    /// A person or a program.
    pub kind: AccountKind,
}

/// A login that is in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Hash of its token.
    pub token_hash: Hash,
    /// Whose.
    pub account: AccountId,
    /// Since when.
    pub created_at: At,
    /// Until when.
    pub expires_at: At,
}

/// An identity store's failure: the caller answers 503.
#[derive(Debug, thiserror::Error)]
#[error("the accounts do not answer: {0}")]
pub struct IdentityError(pub String);

/// Where identities and sessions are kept.
#[async_trait]
pub trait Identities: Send + Sync {
    /// The accounts of these names, in order; those that are new are made, all or none. An account that is there keeps
    /// its district and kind.
    async fn find_or_create(&self, wanted: &[NewIdentity], now: At) -> Result<Vec<Identity>, IdentityError>;

    /// The account of this id.
    async fn by_id(&self, id: AccountId) -> Result<Option<Identity>, IdentityError>;

    /// The account of this name.
    async fn by_name(&self, name: &str) -> Result<Option<Identity>, IdentityError>;

    /// Accounts in the order of making, behind `after` if given.
    async fn list(&self, after: Option<AccountId>, limit: usize) -> Result<Vec<Identity>, IdentityError>;

    /// Forgets a person: name, district and sessions. Whether there was one.
    async fn forget(&self, id: AccountId) -> Result<bool, IdentityError>;

    /// Begins a session.
    async fn open_session(&self, session: &Session) -> Result<(), IdentityError>;

    /// The session of a token, if it is in force at `now`.
    async fn session(&self, token_hash: &Hash, now: At) -> Result<Option<Session>, IdentityError>;

    /// Sessions of an account in force at `now`, the latest first.
    async fn sessions_of(&self, account: AccountId, now: At) -> Result<Vec<Session>, IdentityError>;

    /// Ends a session. Whether there was one.
    async fn end_session(&self, token_hash: &Hash) -> Result<bool, IdentityError>;
}

/// A new account's id, a UUIDv7: ids sort in the order of making, to the millisecond.
pub(crate) fn new_id(now: At) -> Result<AccountId, IdentityError> {
    let mut random = [0; 10];
    getrandom::fill(&mut random).map_err(|error| IdentityError(format!("no randomness: {error}")))?;
    Ok(AccountId(uuid::Builder::from_unix_timestamp_millis(now.0, &random).into_uuid().as_u128()))
}
