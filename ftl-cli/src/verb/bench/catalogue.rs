//! The rows that there are.

use ftl_store::throwaway::AppendFsync;

use super::row::Row;
use super::{Setting, apply, audit, http, memory, ranks, reference, season, shared, ticks, washout, ws};
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

const USUAL: &str = "the usual design: one script a trade over hashes in Redis, the same server in front";

const BARE: &str = "a bare loop that writes one prebuilt frame to as many sockets of the same kind";

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
    Benchmark {
        name: "price-change",
        what: "a price change that touches nobody, with its events, history rows and bars, 1,000,000 holders",
        baseline: "the same with 1,000 holders",
        run: ticks::price_change,
    },
    Benchmark {
        name: "margin-ticks",
        what: "100,000 books held at 50 to 51 % on 10 instruments, ticks of a thousandth up or down",
        baseline: "every book valued in each tick, in a flat array",
        run: ticks::margin_ticks,
    },
    Benchmark {
        name: "washout-10k",
        what: "one tick that washes out 10,000 books",
        baseline: "a plain sketch: triggers in an ordered map, hash maps, two boards",
        run: |setting| washout::run(setting, 10_000, 20.0),
    },
    Benchmark {
        name: "washout-100k",
        what: "one tick that washes out 100,000 books",
        baseline: "a plain sketch: triggers in an ordered map, hash maps, two boards",
        run: |setting| washout::run(setting, 100_000, 250.0),
    },
    Benchmark {
        name: "http-closed-loop",
        what: "POST positions/open on SQLite FULL, 64 connections; authentication, idempotency, limits raised, figures on",
        baseline: "the faster of an axum echo with 1 and with 2 workers, under the same load",
        run: http::closed_loop,
    },
    Benchmark {
        name: "http-open-loop",
        what: "the same, 5,000 requests a second whatever the answers do: latency from when each was due",
        baseline: "an axum echo with 2 workers under the same open loop",
        run: http::open_loop,
    },
    Benchmark {
        name: "http-overload",
        what: "opens due at three times the peak, while positions close and the feed goes on",
        baseline: "the peak of the same server in a closed loop, just before",
        run: http::overload,
    },
    Benchmark {
        name: "memory-1m",
        what: "memory of 1,000,000 accounts with a position each after 5,000,000 commands, all boards, 1,000,000 ids; \
               how long a snapshot holds up apply, and how long a start from it takes",
        baseline: "memory of the sketch after the same commands",
        run: memory::run,
    },
    Benchmark {
        name: "ranks-1m",
        what: "own rank, neighbours and the top 100 of a board with 1,000,000 lines",
        baseline: "a binary search in a sorted array that never changes",
        run: ranks::run,
    },
    Benchmark {
        name: "reference-everysec",
        what: "trades over HTTP on a journal in Redis, appendfsync everysec, no flush on either side",
        baseline: USUAL,
        run: |setting| reference::run(setting, AppendFsync::EverySecond, false, 2.2),
    },
    Benchmark {
        name: "reference-always",
        what: "the same with appendfsync always",
        baseline: USUAL,
        run: |setting| reference::run(setting, AppendFsync::Always, false, 2.5),
    },
    Benchmark {
        name: "reference-flushed",
        what: "the same with everysec, until all of it is in PostgreSQL too",
        baseline: "the usual design, with a set of keys whose hashes are flushed",
        run: |setting| reference::run(setting, AppendFsync::EverySecond, true, 2.0),
    },
    Benchmark {
        name: "reference-redis-core",
        what: "trades that a core of Redis carries as batches of the journal",
        baseline: USUAL,
        run: reference::core::run,
    },
    Benchmark {
        name: "shared-journal-everysec",
        what: "entries that a journal in Redis takes, 512 an append, appendfsync everysec",
        baseline: "a bare XADD of the same blob",
        run: |setting| shared::journal::redis(setting, AppendFsync::EverySecond),
    },
    Benchmark {
        name: "shared-journal-always",
        what: "the same with appendfsync always",
        baseline: "a bare XADD of the same blob",
        run: |setting| shared::journal::redis(setting, AppendFsync::Always),
    },
    Benchmark {
        name: "shared-journal-postgres",
        what: "entries that a journal in PostgreSQL takes from 4 processes that contend, 512 an append",
        baseline: "a bare INSERT of the same bytes over 4 connections",
        run: |setting| shared::journal::postgres(setting, 4),
    },
    Benchmark {
        name: "shared-applied-redis",
        what: "from a command at one process to its execution at another, 5,000 a second, a journal in Redis",
        baseline: "the answer of the process that the command was handed to",
        run: |setting| shared::applied::run(setting, true, 2.0),
    },
    Benchmark {
        name: "shared-applied-postgres",
        what: "the same with a journal in PostgreSQL",
        baseline: "the answer of the process that the command was handed to",
        run: |setting| shared::applied::run(setting, false, 20.0),
    },
    Benchmark {
        name: "shared-flusher",
        what: "rows of every table that go to PostgreSQL, and how far they are behind a writer of 20,000 commands a second",
        baseline: "COPY of the same rows into the same tables and indexes",
        run: shared::flusher::run,
    },
    Benchmark {
        name: "shared-start-1m",
        what: "a process starts on 1,000,000 accounts with a position each in PostgreSQL",
        baseline: "the same snapshot restored from memory, and the same tail applied",
        run: shared::start::run,
    },
    Benchmark {
        name: "ws-fan-out-1k",
        what: "a price to 1,000 WebSockets, deliveries a second",
        baseline: BARE,
        run: |setting| ws::fan_out(setting, 1_000, 0.75),
    },
    Benchmark {
        name: "ws-fan-out-5k",
        what: "a price to 5,000 WebSockets, deliveries a second",
        baseline: BARE,
        run: |setting| ws::fan_out(setting, 5_000, 0.8),
    },
    Benchmark {
        name: "ws-crates",
        what: "a price to 1,000 WebSockets, one when all have the one before, deliveries a second",
        baseline: "the fastest of other crates, in a loop or with a task a connection",
        run: ws::crates,
    },
    Benchmark {
        name: "ws-last-of-5k",
        what: "from a price to its arrival at the last of 5,000 WebSockets, p99",
        baseline: BARE,
        run: ws::last,
    },
    Benchmark {
        name: "ws-idle",
        what: "memory of a WebSocket that gets nothing, of 20,000 or as many as there are descriptors for",
        baseline: "20 KiB",
        run: ws::idle,
    },
    Benchmark {
        name: "ws-slow-readers",
        what: "a price to the last of 4,800 readers while 200 others do not read",
        baseline: "the same readers before the others came",
        run: ws::slow,
    },
    Benchmark {
        name: "ws-storm",
        what: "a trade while 5,000 WebSockets connect and resume within 5 s, p99",
        baseline: "a trade before",
        run: ws::storm,
    },
    Benchmark {
        name: "sim-64-matches",
        what: "ftl sim of a tournament of 64 drawn matches with 10,000 traders",
        baseline: "opens and closes through apply with as many accounts",
        run: season::run,
    },
    Benchmark {
        name: "audit-10m",
        what: "ftl audit of a league on disk, for 10,000,000 postings",
        baseline: "the same commands through apply alone",
        run: audit::run,
    },
];

/// The row of that name, else those whose names begin with it.
pub fn matching(name: &str) -> Vec<Benchmark> {
    let exact: Vec<Benchmark> = ALL.iter().filter(|row| row.name == name).copied().collect();
    if exact.is_empty() { ALL.iter().filter(|row| row.name.starts_with(name)).copied().collect() } else { exact }
}
