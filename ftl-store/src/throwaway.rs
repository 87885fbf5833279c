//! Private servers for tests and benchmarks: a PostgreSQL and a Redis in directories of their own, ended with whoever
//! started them, however that ends.
//!
//! They are started from the programs that Debian packages; where one is missing the error names the package. Nothing
//! here is for serving a league.

mod postgres;
mod process;
mod redis;

pub use postgres::ThrowawayPostgres;
pub use redis::{AppendFsync, ThrowawayRedis};

/// Why a server does not run.
#[derive(Debug, thiserror::Error)]
pub enum ThrowawayError {
    /// Install the package.
    #[error("{program} is not here: install the Debian package {package} (apt-get install {package})")]
    Missing {
        /// The program.
        program: &'static str,
        /// The package that has it.
        package: &'static str,
    },
    /// It ran and did not come up.
    #[error("{program} did not start: {why}")]
    DidNotStart {
        /// The program.
        program: &'static str,
        /// What it said.
        why: String,
    },
    /// The system refused.
    #[error("{what}: {source}")]
    Io {
        /// Doing what.
        what: &'static str,
        /// What it says.
        source: std::io::Error,
    },
}

impl ThrowawayError {
    fn io(what: &'static str) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Io { what, source }
    }
}
