//! What a server stands on: journal, history, identities, snapshots; and the league's first entry.

pub mod shared;

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
use ftl_store::tickets::{Tickets, TicketsHere};

use crate::config::Config;
use crate::history::Keeping;
use crate::replica::kept::Kept;
use crate::replica::quarantine::Quarantine;
use shared::{SharedError, SharedLeague};

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
    /// Tickets that opened a stream.
    pub tickets: Arc<dyn Tickets>,
    /// Where a start goes on from; `None`: from the first entry.
    pub snapshots: Option<Arc<dyn SnapshotStore>>,
    /// Entries that were set aside.
    pub quarantine: Quarantine,
    /// Wall-clock time, the one that stamps the journal.
    pub clock: Arc<dyn Clock>,
    /// Who writes history.
    pub keeping: Keeping,
    /// When a command counts as kept.
    pub kept: Kept,
    /// The directory's handle: closed last.
    pub league: Option<ftl_store::data_dir::League>,
    /// The databases of a league that several processes share.
    pub shared: Option<SharedLeague>,
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
    /// The databases are refused, or do not answer.
    #[error(transparent)]
    Shared(#[from] SharedError),
    /// The league could not be founded.
    #[error("the league could not be founded: {0}")]
    Founding(String),
}

impl Stores {
    /// The league where the configuration says that it is kept.
    pub async fn of(config: &Config) -> Result<Self, StoreError> {
        match &config.database_url {
            Some(url) => Ok(shared::open(config, url).await?),
            None => Self::in_directory(&config.data, &config.league).await,
        }
    }

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
            tickets: Arc::new(TicketsHere::default()),
            snapshots: Some(Arc::new(open.snapshots.clone())),
            quarantine,
            clock,
            keeping: Keeping::Here,
            kept: Kept::by_the_journal(),
            league: Some(open),
            shared: None,
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
