//! The wall clock, for whoever stamps entries. The only place of this crate that reads it.

use std::time::{SystemTime, UNIX_EPOCH};

use ftl_core::journal::Clock;
use ftl_core::time::At;

/// The machine's clock, in milliseconds of UTC.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> At {
        // A machine set before 1970 reads as 1970: the journal's own time then refuses it as too far behind.
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        At(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }
}
