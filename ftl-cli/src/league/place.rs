//! Where a league is: what the command line says, else what the environment says, else `./ftl-data`.

use std::path::PathBuf;

use clap::Args;

use crate::failure::Failure;

/// Where the league is, on the command line.
#[derive(Args)]
pub struct Where {
    /// The league's directory; without it DATABASE_URL, else FTL_DATA, else ./ftl-data.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The Postgres that keeps the league, instead of a directory.
    #[arg(long, value_name = "URL", conflicts_with = "data")]
    database_url: Option<String>,
    /// Which league of the database.
    #[arg(long, value_name = "NAME", env = "LEAGUE", default_value = "main")]
    league: String,
}

/// Where a league is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A directory with SQLite files.
    Directory(PathBuf),
    /// A league of a Postgres.
    Database {
        /// Its address; it may hold a password.
        url: String,
        /// Its name.
        league: String,
    },
}

impl Where {
    /// Where that is.
    pub fn place(&self) -> Place {
        let set = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
        let url = || self.database_url.clone().or_else(|| set("DATABASE_URL"));
        match (&self.data, url()) {
            (Some(data), _) => Place::Directory(data.clone()),
            (None, Some(url)) => Place::Database { url, league: self.league.clone() },
            (None, None) => Place::Directory(set("FTL_DATA").unwrap_or_else(|| "./ftl-data".to_owned()).into()),
        }
    }

    /// The directory; a verb that works on files alone has nothing to do with a database.
    pub fn directory(&self) -> Result<PathBuf, Failure> {
        match self.place() {
            Place::Directory(path) => Ok(path),
            Place::Database { .. } => Err(Failure::could_not_run(
                "this verb works on a league's directory: name it with --data (docs/operations.md says how it is done with Postgres)",
            )),
        }
    }
}
