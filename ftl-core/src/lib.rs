//! The rules of a live-sports trading league: a deterministic state machine behind traits.
#![warn(missing_docs)]

pub mod boards;
pub mod codec;
pub mod command;
pub mod event;
pub mod fixture;
pub mod hash;
pub mod id;
pub mod instrument;
pub mod journal;
pub mod ledger;
pub mod order;
pub mod outcome;
pub mod position;
pub mod projection;
pub mod rejection;
pub mod rules;
pub mod time;
pub mod units;
