//! The server around a league: HTTP, streams, authentication, and the replica that follows the journal.
//!
//! # Layout, in the order of a request
//! - [`serve`]: from configuration to the end of the process. [`config`] and [`stores`] are what it starts with.
//! - [`router`]: every route on one page. [`middleware`]: what every request passes.
//! - [`auth`], [`limits`]: who asks, and how often.
//! - [`extract`], [`wire`]: what is read and written, and how it looks.
//! - [`routes`]: the handlers. [`commands`]: from a request to a command and back.
//! - [`ws`]: WebSockets; `routes::events` is the same for clients that have none.
//! - [`replica`]: appends, applies, answers. [`history`], [`equity`]: what is read beside the state.
//! - [`replays`]: matches that are played into the league. [`problem`]: every failure. [`telemetry`]: figures. [`traces`]: a
//!   command's way.
//!
//! No rule of the game is here.
#![warn(missing_docs)]

mod accept;
pub mod app;
pub mod auth;
pub mod commands;
pub mod config;
pub mod equity;
pub mod extract;
pub mod history;
pub mod imports;
pub mod limits;
pub mod middleware;
mod own_thread;
pub mod past;
pub mod problem;
mod recovery;
pub mod replays;
pub mod replica;
pub mod router;
pub mod routes;
pub mod serve;
pub mod stores;
pub mod telemetry;
pub mod traces;
pub mod wire;
pub mod ws;
