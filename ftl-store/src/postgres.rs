//! A league in PostgreSQL: its journal or the archive behind one, several leagues in a database.
//!
//! # Layout
//! - [`connect`]: connections from a URL, and what a server must be set to.
//! - [`migrations`]: the tables, brought up to date under a lock.

pub mod connect;
pub mod migrations;
