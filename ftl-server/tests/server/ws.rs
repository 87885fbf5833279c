//! `/ws`: frames, resume, and everything that a client can do wrong.

mod bad_input;
mod client;
mod cuts;
mod frames;
mod resume;
