//! `shared-*`: a league that several processes share, on servers of its own.
//!
//! - [`applied`]: from an append at one process to its execution at another.
//! - [`flusher`]: how fast what a league leaves goes to PostgreSQL.
//! - [`journal`]: how fast their journals take entries.
//! - [`start`]: a process that starts on a large league.

pub mod applied;
pub mod flusher;
pub mod journal;
pub mod start;

use std::time::Duration;

/// A quantile in milliseconds; sorts what it is given.
fn quantile(of: &mut [Duration], part: f64) -> f64 {
    of.sort_unstable();
    let place = (of.len() as f64 * part) as usize;
    of.get(place.min(of.len().saturating_sub(1))).map_or(0.0, |found| found.as_secs_f64() * 1e3)
}
