//! A league in PostgreSQL: its journal, or the archive behind one; several leagues in a database.
//!
//! # Layout
//! - [`connect`]: connections from a URL, and what a server must be set to.
//! - [`migrations`]: the tables, brought up to date under a lock.
//! - [`leagues`]: founding a league, and its epoch.
//! - [`journal`]: the journal.
//! - [`batches`]: the rows that a journal is, or an archive.

pub mod batches;
pub mod connect;
mod fate;
pub mod journal;
pub mod leagues;
pub mod migrations;
pub(crate) mod rows;
