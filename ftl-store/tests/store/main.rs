//! The store's tests: one binary, a file for each part.

mod backfill;
mod backup;
mod conformance;
mod damage;
mod data_dir;
mod database;
mod database_backup;
mod disk;
mod flusher;
mod fork;
mod history;
mod identities;
mod journal;
mod killed;
mod league;
mod overtaken;
mod played;
mod postgres;
mod redis;
mod replayed;
mod servers;
mod shared;
mod shared_snapshots;
mod silence;
mod snapshots;
mod tls;
