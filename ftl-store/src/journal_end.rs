//! Where a shared journal ends, told by the one task that looks to whoever waits. The Postgres journal's watch and the Redis
//! journal's look in ways of their own; what they tell, and how one waits for it, is the same.

use ftl_core::id::Seq;
use ftl_core::journal::JournalError;
use tokio::sync::watch;

/// What the last look found.
#[derive(Clone, Debug)]
enum Seen {
    At(Seq),
    Failed(String),
}

/// The task's side.
pub(crate) struct Teller(watch::Sender<Seen>);

/// The side of whoever waits.
pub(crate) struct JournalEnd(watch::Receiver<Seen>);

/// Both sides.
pub(crate) fn journal_end() -> (Teller, JournalEnd) {
    let (told, seen) = watch::channel(Seen::At(Seq(0)));
    (Teller(told), JournalEnd(seen))
}

impl Teller {
    /// It ends there; whether that is news.
    pub(crate) fn at(&self, seq: Seq) -> bool {
        self.0.send_if_modified(|seen| {
            let moved = !matches!(seen, Seen::At(known) if *known == seq);
            *seen = Seen::At(seq);
            moved
        })
    }

    /// A look failed.
    pub(crate) fn failed(&self, why: String) {
        self.0.send_replace(Seen::Failed(why));
    }
}

impl JournalEnd {
    /// Waits until the journal ends behind `after`, or a look fails.
    pub(crate) async fn wait(&self, after: Seq) -> Result<(), JournalError> {
        let mut seen = self.0.clone();
        // A failure is told to whoever waits when it happens, not to who comes later.
        seen.mark_unchanged();
        let mut current = seen.borrow().clone();
        let mut news = false;
        loop {
            match current {
                Seen::At(seq) if seq > after => return Ok(()),
                Seen::Failed(why) if news => return Err(JournalError(why)),
                _ => {}
            }
            seen.changed().await.map_err(|_| JournalError("the journal is closed".into()))?;
            current = seen.borrow_and_update().clone();
            news = true;
        }
    }
}
