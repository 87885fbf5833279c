//! The proof of the core: an independent model of the game beside the engine, and what must always hold.
#![allow(clippy::arithmetic_side_effects, clippy::as_conversions, reason = "a test overflows loudly: the profile checks")]
#![allow(clippy::disallowed_types, clippy::float_arithmetic, reason = "the model's one exponential is the platform's")]
#![allow(clippy::wildcard_enum_match_arm, reason = "a model names what matters to it")]

mod auditor;
mod examples;
mod given;
mod invariants;
mod league;
#[cfg(feature = "testing")]
mod mutants;
mod numbers;
mod projections;
mod sequence;
mod sequences;
mod tally;
mod workload;
