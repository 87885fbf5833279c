//! The store's tests: one binary, a file for each part.

mod backup;
mod conformance;
mod damage;
mod data_dir;
mod disk;
mod history;
mod identities;
mod journal;
mod killed;
mod league;
mod postgres;
mod redis;
mod replayed;
mod servers;
mod shared;
mod snapshots;
