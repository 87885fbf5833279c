//! What a server stands on: journal, history, identities, snapshots; and the league's first entry.

use std::path::Path;
use std::sync::Arc;

use ftl_core::command::{Action, Command, Genesis};
use ftl_core::id::CommandId;
use ftl_core::journal::{AppendError, Clock, Journal, JournalClock, Tip};
use ftl_core::projection::Projections;
use ftl_core::rules::Preset;
use ftl_store::answers::Answers;
use ftl_store::clock::SystemClock;
use ftl_store::data_dir::{DataDir, LeagueMeta, OpenError, OpenOptions};
use ftl_store::identity::Identities;
use ftl_store::snapshots::SnapshotStore;

use crate::replica::quarantine::Quarantine;

/// Accounts that a league expects where nobody says otherwise (R2.3).
const EXPECTED_ACCOUNTS: u64 = 1_000;

/// See the module.
pub struct Stores {
    /// Where commands are ordered and kept.
    pub journal: Arc<dyn Journal>,
    /// What happened.
    pub projections: Arc<dyn Projections>,
    /// Answers that the state may have forgotten.
    pub answers: Arc<dyn Answers>,
    /// Names and districts.
    pub identities: Arc<dyn Identities>,
    /// Where a start goes on from; `None`: from the first entry.
    pub snapshots: Option<Arc<dyn SnapshotStore>>,
    /// Entries that were set aside.
    pub quarantine: Quarantine,
    /// Wall-clock time, the one that stamps the journal.
    pub clock: Arc<dyn Clock>,
    /// The directory's handle: closed last.
    pub league: Option<ftl_store::data_dir::League>,
}

/// The stores cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The directory is refused, with its reason.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A file beside the journal cannot be read.
    #[error("{0}: {1}")]
    File(String, std::io::Error),
    /// The league could not be founded.
    #[error("the league could not be founded: {0}")]
    Founding(String),
}

impl Stores {
    /// The league kept in a directory; an empty one is made.
    pub async fn in_directory(directory: &Path, league: &str) -> Result<Self, StoreError> {
        Self::stamped_by(Arc::new(SystemClock), directory, league).await
    }

    /// The same under another clock.
    pub async fn stamped_by(clock: Arc<dyn Clock>, directory: &Path, league: &str) -> Result<Self, StoreError> {
        let data = DataDir::at(directory);
        let meta = LeagueMeta { league: league.to_owned(), clock: JournalClock::Store, created_at: clock.now() };
        let options = OpenOptions { clock: Arc::clone(&clock), ..OpenOptions::default() };
        let open = data.open_or_create(&meta, options).await?;
        let quarantine = Quarantine::in_directory(directory).map_err(|error| StoreError::File("quarantine.json".into(), error))?;
        Ok(Self {
            journal: open.journal.clone(),
            projections: open.projections.clone(),
            answers: open.projections.clone(),
            identities: open.identities.clone(),
            snapshots: Some(Arc::new(open.snapshots.clone())),
            quarantine,
            clock,
            league: Some(open),
        })
    }
}

/// What a league is founded with where nobody says otherwise.
pub fn default_genesis(league: &str) -> Genesis {
    Genesis::of(league, Preset::Fair, EXPECTED_ACCOUNTS)
}

/// Founds the league in a journal that is empty. Its id is the same in every process: twice is once.
pub async fn found(journal: &dyn Journal, genesis: Genesis) -> Result<(), StoreError> {
    let problem = |error: String| StoreError::Founding(error);
    let head = journal.head().await.map_err(|error| problem(error.to_string()))?;
    if head.seq.0 > 0 {
        return Ok(());
    }
    let action = Action::FoundLeague(Box::new(genesis));
    let command = Command { id: CommandId(1), body: crate::commands::body_hash(&action), not_after: None, action };
    match journal.append(Tip { epoch: head.epoch, ..Tip::default() }, None, vec![command]).await {
        Ok(_) => Ok(()),
        Err(error @ (AppendError::Refused(_) | AppendError::Unknown(_))) => Err(problem(error.to_string())),
    }
}
