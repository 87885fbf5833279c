//! Timers: when one is due and nobody says anything, this replica appends the passing of time.
//!
//! Every replica may; the id of a `Tick` is its due time, so many are one. The jitter lets one of them be first.

use std::sync::Arc;
use std::time::Duration;

use ftl_core::command::{Action, Command};
use ftl_core::id::CommandId;
use ftl_core::time::At;

use tokio::task::JoinHandle;

use super::Shared;
use super::append::{Appender, Lane};

/// Looks at the state's next timer until the replica closes.
pub(super) fn start(shared: Arc<Shared>, appender: Appender) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut timer = shared.timer.subscribe();
        let mut closing = shared.closing.subscribe();
        tokio::select! {
            () = watch(&shared, &appender, &mut timer) => {}
            _ = closing.wait_for(|closing| *closing) => {}
        }
    })
}

async fn watch(shared: &Shared, appender: &Appender, timer: &mut tokio::sync::watch::Receiver<Option<At>>) {
    loop {
        let due = *timer.borrow_and_update();
        let Some(due) = due else {
            if timer.changed().await.is_err() {
                return;
            }
            continue;
        };
        let wait = Duration::from_millis(due.0.saturating_sub(shared.clock.now().0)) + jitter();
        let other = tokio::time::timeout(wait, timer.changed()).await;
        match other {
            Ok(Ok(())) => continue,
            Ok(Err(_)) => return,
            Err(_) if shared.clock.now() < due => continue,
            Err(_) => {}
        }
        let command = Command { id: CommandId(u128::from(due.0)), body: due.0, not_after: None, action: Action::Tick { due } };
        if let Err(error) = appender.submit(Lane::Feed, command).await {
            tracing::debug!(%error, "a timer waits");
        }
    }
}

/// 20 to 200 ms.
fn jitter() -> Duration {
    let mut byte = [0u8; 1];
    // Without randomness every replica waits the same: only the saved work is lost.
    let _ = ring::rand::SecureRandom::fill(&ring::rand::SystemRandom::new(), &mut byte);
    Duration::from_millis(20 + u64::from(byte[0]) * 180 / 255)
}
