//! The rows that there are.

use super::row::Row;
use super::{Setting, apply};
use crate::failure::Failure;

/// A row that can be measured.
#[derive(Clone, Copy)]
pub struct Benchmark {
    pub name: &'static str,
    /// What is measured.
    pub what: &'static str,
    /// What it stands beside.
    pub baseline: &'static str,
    pub run: fn(Setting) -> Result<Row, Failure>,
}

const SKETCH: &str = "a plain sketch of the same commands: hash maps, two ordered sets as boards, remembered ids";

const ALL: &[Benchmark] = &[
    Benchmark {
        name: "apply-100k-uniform",
        what: "commands through apply on one core, everything on, 100,000 accounts and open positions",
        baseline: SKETCH,
        run: |setting| apply::run(setting, 100_000, apply::Popularity::Uniform),
    },
    Benchmark {
        name: "apply-100k-zipf",
        what: "the same with accounts and instruments drawn by Zipf's law, exponent 1.1",
        baseline: SKETCH,
        run: |setting| apply::run(setting, 100_000, apply::Popularity::Zipf),
    },
    Benchmark {
        name: "apply-1m-uniform",
        what: "commands through apply on one core, everything on, 1,000,000 accounts and open positions",
        baseline: SKETCH,
        run: |setting| apply::run(setting, 1_000_000, apply::Popularity::Uniform),
    },
    Benchmark {
        name: "apply-1m-zipf",
        what: "the same with accounts and instruments drawn by Zipf's law, exponent 1.1",
        baseline: SKETCH,
        run: |setting| apply::run(setting, 1_000_000, apply::Popularity::Zipf),
    },
];

/// The row of that name, else those whose names begin with it.
pub fn matching(name: &str) -> Vec<Benchmark> {
    let exact: Vec<Benchmark> = ALL.iter().filter(|row| row.name == name).copied().collect();
    if exact.is_empty() { ALL.iter().filter(|row| row.name.starts_with(name)).copied().collect() } else { exact }
}
