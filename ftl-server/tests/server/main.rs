//! The server from outside: real requests to a real server on a free port. The files are shaped like the URLs.

mod activity;
mod admin;
mod auth;
mod boards;
mod console;
mod docs;
mod events;
mod harness;
mod health;
mod imports;
mod input;
mod journal;
mod kill;
mod limits;
mod market;
mod operations;
mod past;
mod restart;
mod shared;
mod snapshots;
#[cfg(feature = "otel")]
mod traces;
mod trading;
mod while_away;
mod ws;
