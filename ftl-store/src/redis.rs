//! A league's journal in a Redis stream, in front of PostgreSQL.
//!
//! ```text
//! append ──▶ one transaction: the head moves, the batch is in the stream ──▶ acknowledged (ACK=journal)
//!            stream ──flusher──▶ archive in PostgreSQL ──▶ its head moved (ACK=postgres) ──▶ the stream is trimmed
//! ```
//! # Layout
//! - [`connect`]: connections from a URL, what a server must be set to, and the keys of a league.
//! - [`journal`]: the journal.
//! - [`tickets`]: what opened a stream.
//! - [`recovery`]: what is wrong with a stream, and a new epoch where something is.

pub mod connect;
mod fate;
pub mod journal;
pub mod recovery;
mod stream;
pub mod tickets;
mod turn;
