//! `ftl demo`: the five-minute tour. A throwaway league with the bundled final, played live with bots, traded over HTTP.
//!
//! ```text
//!  Server::start ─▶ lobby: bots, the first trade or 30 s ─▶ the match, paced ─▶ final table ─▶ serves till Ctrl-C
//!                     every command through the journal that HTTP requests go through
//! ```

mod crowd;
mod live;
mod print;

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use ftl_core::command::{AccountKind, Genesis};
use ftl_core::id::{AccountId, District};
use ftl_core::journal::Clock;
use ftl_core::rules::Preset;
use ftl_core::source::MatchSource;
use ftl_server::app::App;
use ftl_server::config::{Config, LogFormat};
use ftl_server::serve::Server;
use ftl_server::stores::Stores;
use ftl_store::clock::SystemClock;
use ftl_store::identity::NewIdentity;

use self::crowd::LiveCrowd;
use self::print::Print;
use super::serve::logs;
use crate::failure::Failure;

/// The bundled match.
const SOURCE: &str = "wc2022-final";
/// How long the lobby waits for a first trade.
const LOBBY: Duration = Duration::from_secs(30);
/// Ports that are tried from the one asked for.
const PORTS: u16 = 100;
/// Whose token the printed line bears.
const PLAYER: &str = "player-1";

/// The five-minute tour: a throwaway league with the bundled final, nothing to install or configure.
///
/// The match runs --speed times as fast; the delays of the rules last as long as they say, and reviews end when the
/// fixture says that play goes on. The data directory is left for ftl audit.
#[derive(Args)]
#[command(after_help = "Example: ftl demo --speed 60 --bots 100")]
pub struct Demo {
    /// Where to listen; if it is taken, the next free port.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// How many times as fast the match runs.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=600))]
    speed: u32,
    /// How many bots trade.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(0..=10_000))]
    bots: u32,
    /// Where the league is kept; a fresh directory where it is not given.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// One JSON object on stdout once it listens.
    #[arg(long)]
    json: bool,
}

/// What a visitor needs.
pub struct Visit {
    /// Where it listens.
    pub url: String,
    /// Where the league is kept.
    pub data: PathBuf,
    /// Who the token is of.
    pub account: AccountId,
    /// Lets him trade.
    pub token: String,
    /// Opens the admin routes.
    pub operator_token: String,
    /// An idempotency key that nobody used.
    pub key: String,
}

impl Demo {
    pub async fn run(self) -> Result<ExitCode, Failure> {
        // What a request was answered is for who asked.
        logs("warn,tower_http=off", LogFormat::Text)?;
        let until = ftl_server::serve::termination();
        let source = match MatchSource::bundled(SOURCE) {
            Some(source) => source.map_err(Failure::refused)?,
            None => return Err(Failure::could_not_run(format!("{SOURCE} is not bundled"))),
        };
        let data = self.data.clone().unwrap_or_else(fresh_directory);
        if ftl_store::data_dir::DataDir::at(&data).exists() {
            let text = format!("there is a league in {} already; name another directory, or serve it: ftl serve", data.display());
            return Err(Failure::refused(text));
        }
        let operator_token = random_hex::<16>()?;
        let config = configuration(&data, free_port(self.port)?, &operator_token)?;
        let mut genesis = Genesis::of("demo", Preset::Fair, 1_000);
        genesis.rules.boards.bots = true;
        let district = genesis.districts.first().cloned().unwrap_or_default();
        let server = Server::start(config, Stores::in_directory(&data, "demo").await?, genesis).await?;
        let visit = visit(&server, data, district, operator_token).await?;
        live::announced(&server.app, &source).await?;
        let print = Print::new(self.json);
        print.welcome(&visit, &source, self.speed)?;

        let seed = SystemClock.now().0;
        let played = live::play(&server.app, &source, self.speed, LiveCrowd::new(seed, self.bots), visit.account, &print);
        tokio::pin!(until);
        let ended = tokio::select! {
            played = played => { played?; false }
            () = &mut until => true,
        };
        if !ended {
            print.last_words(&visit)?;
            until.await;
        }
        server.stop().await?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Nothing of the environment: the tour is the same for everybody.
fn configuration(data: &std::path::Path, port: u16, operator_token: &str) -> Result<Config, Failure> {
    let port = port.to_string();
    Ok(Config::from_lookup(|name| match name {
        "FTL_DATA" => data.to_str().map(str::to_owned),
        "API_PORT" => Some(port.clone()),
        "LEAGUE" => Some("demo".to_owned()),
        "OPERATOR_TOKEN" => Some(operator_token.to_owned()),
        "LOG_LEVEL" => Some("warn".to_owned()),
        _ => None,
    })?)
}

async fn visit(server: &Server, data: PathBuf, district: District, operator_token: String) -> Result<Visit, Failure> {
    let app: &App = &server.app;
    app.replica.caught_up().await;
    let player = NewIdentity { name: PLAYER.to_owned(), district, kind: AccountKind::Human };
    let identities = app.identities.find_or_create(&[player], app.now()).await.map_err(Failure::could_not_run)?;
    let account = identities.first().map(|identity| identity.id).ok_or_else(|| Failure::could_not_run("no account was made"))?;
    let (token, _) = app.tokens.access(account, app.now()).map_err(|_| Failure::could_not_run("no token could be made"))?;
    let url = format!("http://{}", server.address());
    Ok(Visit { url, data, account, token, operator_token, key: random_hex::<16>()? })
}

/// A name that nobody used, in the system's place for what may go.
fn fresh_directory() -> PathBuf {
    std::env::temp_dir().join(format!("ftl-demo-{}-{}", SystemClock.now().0, std::process::id()))
}

/// `wanted`, or the next one that is free; 0 leaves it to the system.
fn free_port(wanted: u16) -> Result<u16, Failure> {
    if wanted == 0 {
        return Ok(0);
    }
    let free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    let last = wanted.saturating_add(PORTS);
    (wanted..=last).find(free).ok_or_else(|| Failure::could_not_run(format!("ports {wanted} to {last} are taken; name another: --port N")))
}

fn random_hex<const N: usize>() -> Result<String, Failure> {
    let mut bytes = [0u8; N];
    getrandom::fill(&mut bytes).map_err(Failure::could_not_run)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
