//! How far this process's clock is from the one that stamps: a process that is too far off is refused every append, and says
//! so in `readyz` before anybody asks for one.
//!
//! ```text
//!  every few seconds, the store's clock ─┐
//!  an append that was refused for it ────┼──▶ Skew ──▶ readyz: degraded, with how far
//!  an append that went in ───────────────┘
//! ```

use std::sync::Arc;
use std::time::Duration;

use ftl_core::journal::Clock;
use ftl_core::time::At;
use ftl_store::SharedOptions;
use ftl_store::sqlite::journal::CLOCK_BEHIND_MS;
use tokio_util::sync::CancellationToken;

use super::Shared;
use super::fault::Fault;
use crate::stores::shared::SharedLeague;

/// Between two questions.
const LOOK: Duration = Duration::from_secs(5);
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// See the module.
#[derive(Debug, Default)]
pub struct Skew(pub(super) Fault);

impl Skew {
    /// The store's clock was asked between two looks at this process's.
    fn measured(&self, before: At, store: At, after: At, most_ms: u64) {
        let off = before.0.saturating_sub(store.0).max(store.0.saturating_sub(after.0));
        if off > most_ms {
            let why = format!("this process's clock is {off} ms off the store's, at most {most_ms} are allowed: its appends are refused");
            if self.0.say(why) {
                tracing::error!(off_ms = off, "this process's clock is too far off the store's");
            }
        } else if self.0.mend() {
            tracing::info!("this process's clock is near the store's again");
        }
    }
}

/// Compares the clocks until the server ends.
pub(crate) async fn watch(shared: Arc<Shared>, league: SharedLeague, ending: CancellationToken) {
    let most_ms = SharedOptions::default().most_skew_ms;
    loop {
        let before = shared.clock.now();
        // A store that does not answer says nothing about clocks.
        if let Ok(Ok(store)) = tokio::time::timeout(PATIENCE, league.clock()).await {
            shared.skew.measured(before, store, shared.clock.now(), most_ms);
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            () = ending.cancelled() => return,
        }
    }
}

/// Why a clock that is behind the last entry will not do.
pub(crate) fn behind(last: At, clock: &dyn Clock) -> Option<String> {
    let behind = last.0.saturating_sub(clock.now().0);
    (behind > CLOCK_BEHIND_MS).then(|| format!("this process's clock is {behind} ms behind the last entry: its appends are refused"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_off_by_as_much_as_no_delay_explains() {
        let skew = Skew::default();
        skew.measured(At(10_000), At(11_000), At(12_000), 2_000);
        assert!(skew.0.why().is_none());
        skew.measured(At(10_000), At(13_000), At(12_000), 2_000);
        assert!(skew.0.why().is_none(), "a second at most");
        skew.measured(At(100_000), At(10_000), At(100_001), 2_000);
        assert!(skew.0.why().is_some_and(|why| why.contains("90000 ms off")));
        skew.measured(At(10_000), At(100_001), At(10_001), 2_000);
        assert!(skew.0.why().is_some_and(|why| why.contains("90000 ms off")));
        assert!(skew.0.mend());
        assert!(skew.0.why().is_none());
    }
}
