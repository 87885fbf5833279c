//! One reader, as a shard knows him.

use std::sync::Arc;
use std::time::Instant;

use ftl_core::id::{AccountId, Seq};
use indexmap::IndexSet;
use rustc_hash::FxBuildHasher;

use super::message::Format;
use super::outbox::Outbox;
use super::request::Topic;
use super::socket::Socket;

/// Who a connection is within its shard; a place is used again, with another number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot {
    pub place: usize,
    pub number: u64,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Connection {
    pub slot: Slot,
    pub socket: Arc<Socket>,
    pub account: AccountId,
    pub format: Format,
    pub outbox: Outbox,
    pub topics: IndexSet<Topic, FxBuildHasher>,
    /// `prices` is among them: he gets every instrument, and none twice.
    pub everything: bool,
    /// What concerns the account is told from behind this entry on.
    pub from: Seq,
    /// He gets what he missed, from behind this entry on, before anything new.
    pub catching_up: Option<Seq>,
    /// The entry that he resumed from: what he subscribes to afterwards is told from there on.
    pub resumed: Option<Seq>,
    /// Since when a close frame is on its way to him.
    pub closing: Option<Instant>,
    /// Something is in the outbox that was put there in this round.
    pub touched: bool,
    /// Something of the account's is, so that his cursor moves.
    pub moved: bool,
    /// Somebody waits for the socket to take more.
    pub awaited: bool,
}
