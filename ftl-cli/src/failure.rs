//! Why a verb did not do what was asked, and the exit code that says so. Every text says what to do next.

use std::path::Path;
use std::process::ExitCode;

use ftl_core::id::Seq;
use ftl_core::journal::{AppendError, JournalError, ReadError};
use ftl_core::projection::ProjectionError;
use ftl_core::state::RestoreError;
use ftl_server::config::ConfigError;
use ftl_server::serve::ServeError;
use ftl_server::stores::StoreError;
use ftl_store::backup::BackupError;
use ftl_store::data_dir::OpenError;
use ftl_store::fork::ForkError;
use ftl_store::postgres::connect::ConnectError;
use ftl_store::postgres::leagues::LeagueError;
use ftl_store::postgres::migrations::MigrateError;
use ftl_store::postgres::presence::AloneError;
use ftl_store::snapshots::SnapshotError;

/// A verb's failure.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Refused, or something is wrong with the data: exit code 1.
    #[error("{0}")]
    Refused(String),
    /// The journal is damaged: exit code 1.
    #[error("{what}; restore a backup")]
    Damaged {
        /// Where.
        at: Seq,
        /// How.
        what: String,
    },
    /// Could not run: exit code 2.
    #[error("{0}")]
    CouldNotRun(String),
}

impl Failure {
    /// Refused, with a text.
    pub fn refused(text: impl std::fmt::Display) -> Self {
        Self::Refused(text.to_string())
    }

    /// Could not run, with a text.
    pub fn could_not_run(text: impl std::fmt::Display) -> Self {
        Self::CouldNotRun(text.to_string())
    }

    /// A file that the system did not let us use.
    pub fn file(path: &Path, error: &std::io::Error) -> Self {
        Self::CouldNotRun(format!("{}: {error}", path.display()))
    }

    /// 1 or 2.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Refused(_) | Self::Damaged { .. } => ExitCode::from(1),
            Self::CouldNotRun(_) => ExitCode::from(2),
        }
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        match &error {
            OpenError::NoLeague { .. } => Self::could_not_run(format!("{error}; name one with --data, or make one: ftl demo")),
            OpenError::Locked { .. } => Self::could_not_run(format!("{error}; stop that process first, or use a verb that only reads")),
            OpenError::Exists { .. } => Self::refused(format!("{error}; name a directory that does not exist yet")),
            OpenError::Io { .. } | OpenError::Database { .. } => Self::could_not_run(error),
            _ => Self::refused(error),
        }
    }
}

impl From<BackupError> for Failure {
    fn from(error: BackupError) -> Self {
        match error {
            BackupError::League(error) => error.into(),
            BackupError::Io { .. } => Self::could_not_run(error),
            BackupError::NotEmpty(_) => Self::refused(format!("{error}; name a directory that does not exist yet")),
            BackupError::OtherLeague { .. } => Self::refused(format!("{error}; name it with --league")),
            BackupError::There { .. } => Self::refused(format!("{error}; restore into another database")),
            BackupError::NoBackup { .. } | BackupError::Changed { .. } | BackupError::Alone(AloneError::Others(_)) => Self::refused(error),
            BackupError::Founded(error) => error.into(),
            BackupError::Alone(AloneError::Database(_)) | BackupError::Database(_) | BackupError::Accounts(_) => Self::could_not_run(error),
        }
    }
}

impl From<ForkError> for Failure {
    fn from(error: ForkError) -> Self {
        match error {
            ForkError::Open(error) => error.into(),
            ForkError::Keeping(error) => error.into(),
            ForkError::InUse(_) | ForkError::InsideABatch { .. } | ForkError::Nothing(_) => Self::refused(error),
            ForkError::NoLeague(_) | ForkError::NoStream | ForkError::Stream(_) | ForkError::League(_) => Self::could_not_run(error),
            ForkError::Database(_) | ForkError::Io { .. } => Self::could_not_run(error),
        }
    }
}

impl From<ConnectError> for Failure {
    fn from(error: ConnectError) -> Self {
        match error {
            ConnectError::Url(_) | ConnectError::Unreachable(_) => Self::could_not_run(error),
            ConnectError::Setting { .. } => Self::refused(error),
        }
    }
}

impl From<LeagueError> for Failure {
    fn from(error: LeagueError) -> Self {
        match error {
            LeagueError::NoLeague(_) => Self::could_not_run(format!("{error}; name one with --league")),
            LeagueError::Name(_) | LeagueError::Differs { .. } => Self::refused(error),
            LeagueError::EpochMoved { .. } | LeagueError::Recovering(_) | LeagueError::Database(_) => Self::could_not_run(error),
        }
    }
}

impl From<MigrateError> for Failure {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::Failed { .. } | MigrateError::Database(_) => Self::could_not_run(error),
            MigrateError::Newer { .. } | MigrateError::Differs { .. } | MigrateError::Behind { .. } => Self::refused(error),
        }
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Corrupt { at, .. } => Self::Damaged { at, what: error.to_string() },
            ReadError::Trimmed { .. } | ReadError::Unavailable(_) => Self::could_not_run(error),
        }
    }
}

impl From<AppendError> for Failure {
    fn from(error: AppendError) -> Self {
        Self::could_not_run(error)
    }
}

impl From<JournalError> for Failure {
    fn from(error: JournalError) -> Self {
        Self::could_not_run(error)
    }
}

impl From<ProjectionError> for Failure {
    fn from(error: ProjectionError) -> Self {
        Self::could_not_run(error)
    }
}

impl From<SnapshotError> for Failure {
    fn from(error: SnapshotError) -> Self {
        match error {
            SnapshotError::Io(_) => Self::could_not_run(error),
            _ => Self::refused(error),
        }
    }
}

impl From<RestoreError> for Failure {
    fn from(error: RestoreError) -> Self {
        Self::refused(error)
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::could_not_run(format!("{error}; ftl config lists every variable"))
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Open(error) => error.into(),
            StoreError::File(..) | StoreError::Founding(_) | StoreError::Shared(_) => Self::could_not_run(error),
        }
    }
}

impl From<ServeError> for Failure {
    fn from(error: ServeError) -> Self {
        match error {
            ServeError::Store(error) => error.into(),
            _ => Self::could_not_run(error),
        }
    }
}
