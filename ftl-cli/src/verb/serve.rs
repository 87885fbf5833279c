//! `ftl serve`: a server, until Ctrl-C or SIGTERM; configuration from the environment.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use ftl_server::config::{self, Config, LogFormat};
use ftl_server::serve::Server;
use ftl_server::stores::Stores;
use serde_json::json;
use tracing_subscriber::EnvFilter;

use crate::failure::Failure;
use crate::output;

/// Serves a league over HTTP.
///
/// The configuration is the environment; ftl config shows it. Logs go to stderr.
#[derive(Args)]
#[command(after_help = "Examples:
  ftl serve
  API_PORT=9000 OPERATOR_TOKEN=correct-horse-battery ftl serve --data ./my-league")]
pub struct Serve {
    /// What this process does; other roles than `all` need DATABASE_URL.
    #[arg(long, value_enum, default_value_t = Role::All)]
    role: Role,
    /// The league's directory; instead of FTL_DATA.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// One JSON object on stdout once it listens.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Role {
    /// Everything.
    All,
    /// Answers requests.
    Api,
    /// Serves streams, on WS_PORT.
    Ws,
    /// Writes history, facts and snapshots to Postgres.
    Flusher,
    /// Plays matches into the league.
    Feed,
}

impl From<Role> for config::Role {
    fn from(role: Role) -> Self {
        match role {
            Role::All => Self::All,
            Role::Api => Self::Api,
            Role::Ws => Self::Ws,
            Role::Flusher => Self::Flusher,
            Role::Feed => Self::Feed,
        }
    }
}

impl Serve {
    pub async fn run(self) -> Result<ExitCode, Failure> {
        let mut config = Config::from_env()?;
        config.role = self.role.into();
        if let Some(data) = self.data {
            config.data = data;
        }
        let telling = telling(&config)?;
        take_descriptors(config.streams);
        // Asked for before anything starts: a signal during the start ends it in order too.
        let until = ftl_server::serve::termination();
        let stores = Stores::of(&config).await?;
        let genesis = ftl_server::stores::default_genesis(&config.league);
        let (data, league) = (config.data.clone(), config.league.clone());
        let server = Server::start(config, stores, genesis).await?;
        let address = format!("http://{}", server.address());
        if self.json {
            output::json(&json!({"url": address, "league": league, "data": data}))?;
        } else {
            output::text_lines(&format!(
                "league {league} in {} at {address}\nthe console: {address}/\nhow to use it: {address}/api/docs\n",
                data.display()
            ))?;
        }
        until.await;
        server.stop().await?;
        telling.end().await;
        Ok(ExitCode::SUCCESS)
    }
}

/// Descriptors for files, databases and requests beside the streams.
const BESIDE_STREAMS: u64 = 1_024;

/// As many descriptors as the streams may need. A system gives a process a thousand unless it asks for more, and beyond them
/// clients would not even be told that there is no place.
fn take_descriptors(streams: usize) {
    let wanted = u64::try_from(streams).unwrap_or(u64::MAX).saturating_add(BESIDE_STREAMS);
    match rlimit::increase_nofile_limit(wanted) {
        Ok(got) if got < wanted => {
            tracing::warn!(got, wanted, "the system gives fewer descriptors than STREAMS needs: raise its hard limit, or lower STREAMS")
        }
        Ok(_) => {}
        Err(error) => tracing::warn!(%error, "the limit of descriptors cannot be raised"),
    }
}

/// Logs and spans as the configuration says.
fn telling(config: &Config) -> Result<Telling, Failure> {
    #[cfg(feature = "otel")]
    if let Some((spans, exporting)) = ftl_server::traces::begin(config.traces, &config.league).map_err(Failure::could_not_run)? {
        use tracing_subscriber::Layer;
        use tracing_subscriber::layer::SubscriberExt;
        use tracing_subscriber::util::SubscriberInitExt;
        let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
        let lines = match config.log_format {
            LogFormat::Json => lines.json().boxed(),
            LogFormat::Text => lines.with_ansi(output::is_watched()).boxed(),
        };
        // The commands' way, whatever the log's level: not what libraries do below.
        let ours = tracing_subscriber::filter::Targets::new().with_target("ftl_server", tracing::Level::INFO);
        let lines = lines.with_filter(filter(&config.log_level)?);
        tracing_subscriber::registry().with(spans.with_filter(ours)).with(lines).init();
        return Ok(Telling { exporting: Some(exporting) });
    }
    logs(&config.log_level, config.log_format)?;
    Ok(Telling::default())
}

/// What is to be sent before the end.
#[derive(Default)]
struct Telling {
    #[cfg(feature = "otel")]
    exporting: Option<ftl_server::traces::Exporting>,
}

impl Telling {
    #[cfg_attr(not(feature = "otel"), allow(clippy::unused_async))]
    async fn end(self) {
        #[cfg(feature = "otel")]
        if let Some(exporting) = self.exporting {
            // A collector that is away holds up the end for as long as one attempt takes.
            let _ = tokio::task::spawn_blocking(move || exporting.end()).await;
        }
    }
}

fn filter(text: &str) -> Result<EnvFilter, Failure> {
    let takes = "LOG_LEVEL takes a level, or a filter such as info,ftl_server=debug";
    EnvFilter::try_new(text).map_err(|error| Failure::could_not_run(format!("{takes}: {error}")))
}

/// Logs on stderr, as `LOG_LEVEL` and `LOG_FORMAT` say.
pub fn logs(filter: &str, format: LogFormat) -> Result<(), Failure> {
    let logs = tracing_subscriber::fmt().with_env_filter(self::filter(filter)?).with_writer(std::io::stderr);
    match format {
        LogFormat::Json => logs.json().init(),
        LogFormat::Text => logs.with_ansi(output::is_watched()).init(),
    }
    Ok(())
}
