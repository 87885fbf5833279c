//! The WebSocket side: prices to whoever asks, and to each account what concerns it.
//!
//! ```text
//!  window ──▶ teller ──rounds──▶ shard (a thread; owns the sockets' writing side) ──▶ sockets
//!                                  ▲ asks                                               │
//!                                  └──────────────── reader (a task a connection) ◀─────┘
//! ```
//! - [`teller`]: takes what is new from the window, keeps of each price only the newest, and hands the same bytes to all.
//! - [`shard`]: writes. A change for 5,000 readers wakes one thread a shard and no task a reader.
//! - [`connection`], [`outbox`]: what a reader asked for, and what waits for him.
//! - [`reader`], [`request`]: what clients say. [`close`]: every way in which a connection ends.
//! - [`presence`]: who is here.
//!
//! Nothing here changes the league, and nothing is kept for a reader beyond a bound: prices are replaced by newer ones, and
//! who is behind with what concerns his account is closed, and resumes.

pub mod close;
mod connection;
mod hub;
mod message;
mod outbox;
mod presence;
mod reader;
mod request;
mod round;
mod shard;
mod socket;
mod subscriptions;
mod teller;

pub use hub::Hub;
pub(crate) use hub::Place;
pub(crate) use message::{Format, Shared};
pub(crate) use reader::{Guest, serve};
