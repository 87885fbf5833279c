//! A league in PostgreSQL: its journal, or the archive behind one; several leagues in a database.
//!
//! # Layout
//! - [`connect`]: connections from a URL, and what a server must be set to.
//! - [`migrations`]: the tables, brought up to date under a lock.
//! - [`leagues`]: founding a league, and its epoch.
//! - [`journal`]: the journal.
//! - [`batches`]: the rows that a journal is, or an archive.
//! - [`flusher`]: what entries leave behind, written behind the journal with a watermark a projection ([`watermarks`]).
//! - [`backfill`]: building these anew while flushers go on, and comparing them with what the journal makes.
//! - [`fork`]: cutting a journal, with everything stopped.
//! - [`presence`]: which processes live; [`state_hashes`]: what each of them computed.
//! - [`snapshots`]: states, in chunks.
//! - [`projections`], `answers`: what is read of it; [`identities`]: who an account is; [`tickets`]: what opened a stream.

mod answers;
pub mod backfill;
pub mod batches;
mod column;
pub mod connect;
pub(crate) mod copy;
mod facts;
mod fate;
pub mod flusher;
pub mod fork;
pub mod identities;
pub mod integrity;
pub mod journal;
pub mod leagues;
pub mod migrations;
pub mod outcomes;
mod partitions;
pub mod presence;
pub mod projections;
pub mod quarantine;
pub(crate) mod rows;
pub mod snapshots;
pub mod state_hashes;
pub mod tickets;
pub mod watermarks;
