//! What goes over the wire: one noun a file, camelCase, quantities as decimal strings with their full scale.
//!
//! These types know how things look and nothing of how they come about. Handlers fill them from the state.

pub mod account;
pub mod activity;
pub mod admin;
pub mod answer;
pub mod board;
pub mod cursor;
pub mod fixture;
pub mod frame;
pub mod instrument;
pub mod ledger;
pub mod order;
pub mod page;
pub mod portfolio;
pub mod position;
pub mod quote;
pub mod risk;
pub mod time;
pub mod trade;
pub mod while_away;

pub use time::Time;

/// The engine that this server runs.
pub type League = ftl_core::state::State;
