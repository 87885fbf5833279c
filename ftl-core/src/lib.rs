//! The rules of a live-sports trading league: a deterministic state machine behind traits.
//!
//! ```text
//!  Entry { seq, at, command } ──▶ State::apply ──▶ Outcome { answer, events }
//!                                    │
//!                                    └── State::evolve(&Event): the only code that changes the game
//! ```
//! # Layout, in the order in which a trade meets it
//! - `command`, `outcome`, `event`, `rejection`: what goes in and what comes out; `codec`: how it is stored.
//! - `journal`, `projection`: the ports that a store implements.
//! - `engine`: the handlers; `rules`, `rulebook`, `limits`: what they go by.
//! - `state`: rows (`account`, `book`, `instrument`, `fixture`, `order`, `position`, `ledger`), indexes, snapshots; `boards`.
//! - `units`, `time`, `id`, `hash`: the quantities.
//!
//! What it must never know: sockets, SQL, the wall clock, randomness, floats. Time comes with the entry, entropy with
//! the command.
#![warn(missing_docs)]

pub mod account;
pub mod audit;
pub mod boards;
pub mod book;
pub mod bots;
pub mod codec;
pub mod command;
pub mod engine;
pub mod event;
pub mod feed;
pub mod fixture;
pub mod genesis;
pub mod hash;
pub mod id;
pub mod instrument;
pub mod journal;
pub mod ledger;
pub mod limits;
pub mod margin;
pub mod mutant;
pub mod openfootball;
pub mod order;
pub mod outcome;
pub mod position;
pub mod projection;
pub mod redteam;
pub mod rejection;
pub mod replay;
pub mod risk;
pub mod rulebook;
pub mod rules;
pub mod season;
pub mod seeded;
pub mod source;
pub mod state;
pub mod synthetic;
pub mod time;
pub mod units;
