//! Reproducible workloads: entries that a league accepts, made from a model before any clock starts.
//!
//! ```text
//!  Founding ──▶ Script ──▶ entries that found a league with its fixtures and accounts
//!  Trades   ──▶ Script ──▶ opens and closes, mixed; the model knows what is open and never asks the league
//!                          └─▶ State::apply under the clock      Sketch::apply, the baseline, in the same run
//! ```
//! `Crowd` and `Brink` are live matches: price changes that touch nobody, and books on the brink of a washout.
//! `League` puts the two together, `Race` times them against each other.
//!
//! Used by `ftl bench`, by the criterion benches of the crates, and by embedders who want to know how fast their own
//! rulebook is. The same seed gives the same entries on every machine; `Lap` is the only clock.
//!
//! What it must never do: make entries that depend on answers, or choose what is cheap. At least 95 % must be accepted.
#![warn(missing_docs)]

mod brink;
mod crowd;
mod founding;
mod lap;
mod league;
mod popularity;
mod race;
mod script;
mod sketch;
mod trades;

pub use brink::Brink;
pub use crowd::Crowd;
pub use founding::Founding;
pub use lap::Lap;
pub use league::{League, fill};
pub use popularity::Popularity;
pub use race::{Race, Raced};
pub use script::Script;
pub use sketch::Sketch;
pub use trades::Trades;
