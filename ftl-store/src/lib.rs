//! Where a league is kept: journals, snapshots, history, accounts and sessions. This crate knows no rule of the game
//! and no HTTP.
//!
//! # Layout
//! - [`data_dir`]: a league's directory, opened whole: one writer, readers beside it.
//! - [`sqlite`]: the journal, the projections and the accounts in SQLite files of that directory.
//! - [`head_marker`]: how far the journal was acknowledged, in a file of its own, so that a lost tail is noticed.
//! - [`snapshots`]: states written beside the journal, so that a start need not replay everything.
//! - [`quarantine`]: entries that an operator set aside.
//! - [`backup`]: a copy of the directory while it serves, with a manifest, and the way back.
//! - [`fork`]: a journal cut behind an entry, with every process stopped.
//! - [`identity`], [`answers`], [`tickets`]: ports for what is neither in the journal nor in the state.
//! - [`postgres`]: the journal, or the archive behind one, of several leagues in a PostgreSQL.
//! - [`redis`]: the journal in a Redis stream, in front of PostgreSQL, and its recovery.
//! - [`archive`]: the port for where batches are kept for good behind a journal that forgets.
//! - [`memory`]: projections that live in memory, for tests and throwaway leagues.
//! - [`conformance`]: what every journal must do, as a suite that any implementation can run.
#![warn(missing_docs)]

pub use appending::SharedOptions;

pub mod answers;
pub mod archive;
pub mod backup;
pub mod clock;
pub mod conformance;
pub mod data_dir;
pub mod fork;
pub mod head_marker;
pub mod identity;
pub mod memory;
pub mod postgres;
pub mod quarantine;
pub mod redis;
pub mod safeguard;
pub mod snapshots;
pub mod sqlite;
#[cfg(feature = "throwaway")]
pub mod throwaway;
pub mod tickets;

mod appending;
mod durable_file;
mod journal_end;
mod raw_batch;
