//! A real match with bots, played into a journal in memory: batches with their outcomes, and the state at the end.

use std::sync::Arc;

use ftl_core::id::Seq;
use ftl_core::journal::Journal;
use ftl_core::journal::memory::MemoryJournal;
use ftl_core::projection::Executed;
use ftl_core::replay::Replay;
use ftl_core::rules::Preset;
use ftl_core::source::MatchSource;
use ftl_core::state::State;

pub struct Played {
    pub journal: Arc<MemoryJournal>,
    pub executed: Vec<Executed>,
    pub state: State,
}

pub async fn play(bots: u32) -> Played {
    let source = MatchSource::bundled("wc2022-final").unwrap().unwrap();
    let replay = Replay { source, rules: Preset::Fair, bots, seed: 7 };
    let (mut state, mut driver, mut executed) = (State::new(), replay.driver(), Vec::new());
    let journal = MemoryJournal::supplied();
    while let Some((at, commands)) = driver.next(&state) {
        let seen = journal.head().await.unwrap();
        let appended = journal.append(seen, Some(at), commands).await.unwrap();
        for batch in journal.read(Seq(appended.first.0 - 1), 1).await.unwrap() {
            let outcomes = batch.entries().map(|entry| Arc::new(state.apply(&entry))).collect();
            executed.push(Executed { batch, outcomes });
        }
    }
    Played { journal: Arc::new(journal), executed, state }
}
