//! What must always hold (R11), one file each. A check looks at one command: the league before it and after it.
//!
//! | check | rule | what it says |
//! |---|---|---|
//! | `postings` | R11.1 | postings of every event sum to zero, so do all balances, and events explain every balance |
//! | `flat` | R11.2 | a flat book is never negative, and reserves are those of its orders |
//! | `net` | R11.3 | an instrument's imbalance and gross sides are the sums over open positions |
//! | `markets` | R11.4 | nothing is open on an inactive instrument, nothing rests on a closed one |
//! | `triggers` | R11.5 | a scan of everybody finds no stop, washout or limit that was missed, no close that was undue |
//! | `margin` | R11.6 | `margin::replay` of every book gives the closes that the engine made |
//! | `rebuilding` | R11.7 | outcomes alone, the journal again, and a snapshot give the same hash and the same next answers |
//! | `retries` | R11.8 | a known id gets its first answer and has no effect; another body is refused |
//! | `rejections` | R11.9 | a rejected command changes nothing that passing time does not |
//! | `round_trips` | R11.10 | there and back never gains, in parts never costs less |
//! | `bound` | R11.11 | whatever prices do, the present book loses no more than its published bound |
//! | `boards` | R11.12 | ranks are a permutation and equal a full sort |
//! | `price` | R11.13 | no price is below 10 |
//! | `auditor` | all | the naive model agrees on every answer, event, balance, price and board |

pub mod boards;
pub mod bound;
pub mod flat;
pub mod margin;
pub mod markets;
pub mod net;
pub mod postings;
pub mod price;
pub mod rebuilding;
pub mod rejections;
pub mod retries;
pub mod round_trips;
pub mod triggers;
pub mod verdict;

use ftl_core::outcome::{Entry, Outcome};
use ftl_core::state::State;

/// One command: before, what was asked, what came of it, after.
pub struct Moment<'a> {
    pub before: &'a State,
    pub entry: &'a Entry,
    pub outcome: &'a Outcome,
    pub after: &'a State,
}

/// What a check found.
pub type Finding = Result<(), String>;

/// A check with its name.
pub type Check = (&'static str, fn(&Moment) -> Finding);

/// The checks that need no memory of their own.
pub const EACH: &[Check] = &[
    ("postings", postings::check),
    ("flat", flat::check),
    ("net", net::check),
    ("markets", markets::check),
    ("triggers", triggers::check),
    ("margin", margin::check),
    ("rejections", rejections::check),
    ("round_trips", round_trips::check),
    ("bound", bound::check),
    ("boards", boards::check),
    ("price", price::check),
];

/// Fails a check with a sentence, unless.
#[macro_export]
macro_rules! holds {
    ($condition:expr, $($text:tt)+) => {
        if !$condition {
            return Err(format!($($text)+));
        }
    };
}
