//! `/ws`: frames, resume, and everything that a client can do wrong.

mod bad_input;
pub mod client;
mod cuts;
mod described;
mod frames;
mod resume;
mod slow;
mod tickets;
