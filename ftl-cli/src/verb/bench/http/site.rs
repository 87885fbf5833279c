//! What is asked: a server as operators run it, and the plainest one that axum makes, which echoes.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::routing::post;
use ftl_core::command::{Action, Command};
use ftl_core::id::{BookId, PositionId};
use ftl_core::outcome::Receipt;
use ftl_core::units::{Direction, Lots};
use ftl_server::app::App;
use ftl_server::config::Config;
use ftl_server::replica::append::Lane;
use ftl_server::serve::Server;
use ftl_server::stores::{Stores, default_genesis};
use ftl_workload::{Founding, Script};
use tokio::runtime::{Builder, Runtime};

use super::exchange::Request;
use crate::failure::Failure;

/// Commands that prepare the league and wait for their answers together.
const TOGETHER: usize = 512;
const OPERATOR: &str = "operator-token-of-the-benchmark";

/// A server with its league, and what traders would ask of it.
pub struct Site {
    runtime: Runtime,
    /// Until it is stopped.
    server: Option<Server>,
    app: App,
    address: SocketAddr,
    books: Vec<BookId>,
    tokens: Vec<String>,
    instruments: u16,
    _directory: tempfile::TempDir,
}

impl Site {
    /// SQLite with `FULL` where `settings` name no database; authentication, idempotency, limits raised and not off,
    /// figures and logs on.
    pub fn start(seed: u64, founding: Founding, settings: HashMap<&str, String>) -> Result<Self, Failure> {
        Self::with(seed, founding, settings, |_| {})
    }

    /// The same, with more set than variables say.
    pub fn with(seed: u64, founding: Founding, settings: HashMap<&str, String>, set: impl FnOnce(&mut Config)) -> Result<Self, Failure> {
        let directory = tempfile::tempdir().map_err(Failure::could_not_run)?;
        let mut config = configured(directory.path(), &settings)?;
        set(&mut config);
        let runtime = Builder::new_multi_thread().enable_all().build().map_err(Failure::could_not_run)?;
        let server = runtime.block_on(start(config, founding))?;
        let (app, address) = (server.app.clone(), server.address());
        let (server, instruments) = (Some(server), founding.instruments);
        let mut site = Self { runtime, server, app, address, books: Vec::new(), tokens: Vec::new(), instruments, _directory: directory };
        site.prepare(seed, founding)?;
        Ok(site)
    }

    fn prepare(&mut self, seed: u64, founding: Founding) -> Result<(), Failure> {
        self.books = self.runtime.block_on(prepare(&self.app, seed, founding))?;
        let now = self.app.now();
        let token = |book: &BookId| -> Result<String, Failure> {
            let refused = |problem: ftl_server::problem::Problem| Failure::refused(problem.code());
            let (token, _) = self.app.tokens.access(book.account, now).map_err(refused)?;
            // As of a trader who has asked before.
            self.app.tokens.account_of(&token, now).map_err(refused)?;
            Ok(token)
        };
        self.tokens = self.books.iter().map(token).collect::<Result<_, _>>()?;
        Ok(())
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What its handlers share.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// Everybody's book.
    pub fn books(&self) -> &[BookId] {
        &self.books
    }

    /// Runs something beside it.
    pub fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// Waits until everything that was applied is history.
    pub fn flushed(&self) {
        let seq = self.app.seq();
        self.block_on(async { while self.app.history.reach(seq).await < seq {} });
    }

    /// A request to open a hundredth of a lot for each account, its key still to be set.
    pub fn opens(&self) -> Vec<Request> {
        let one = |(n, token): (usize, &String)| {
            let instrument = n % usize::from(self.instruments);
            let direction = if (n / usize::from(self.instruments)).is_multiple_of(2) { "long" } else { "short" };
            let body = format!(r#"{{"instrument":"footballer-{instrument}","direction":"{direction}","lots":"0.01"}}"#);
            Request::new("POST", "/api/positions/open", token, &body)
        };
        self.tokens.iter().enumerate().map(one).collect()
    }

    /// Opens `n` positions past HTTP, and the requests that close them.
    pub fn closes(&self, n: usize) -> Result<Vec<Request>, Failure> {
        let opened = self.runtime.block_on(open_some(&self.app, &self.books, n))?;
        let one = |(n, position): (usize, PositionId)| {
            Request::new("DELETE", &format!("/api/positions/{position}"), &self.tokens[n % self.tokens.len()], "")
        };
        Ok(opened.into_iter().enumerate().map(one).collect())
    }

    /// A request of the operator's that goes the feed's way.
    pub fn feed(&self) -> Request {
        let path = format!("/api/admin/accounts/{}/readmit", self.books[0].account);
        Request::new("POST", &path, OPERATOR, r#"{"reason":"benchmark"}"#)
    }

    /// The last entry that the server has applied.
    pub fn seq(&self) -> u64 {
        self.app.seq().0
    }

    pub fn stop(mut self) -> Result<(), Failure> {
        self.end()
    }

    fn end(&mut self) -> Result<(), Failure> {
        self.server.take().map_or(Ok(()), |server| Ok(self.runtime.block_on(server.stop())?))
    }
}

/// A server whose runtime ends under it panics in all its threads: what went wrong before would be lost among that.
impl Drop for Site {
    fn drop(&mut self) {
        let _ = self.end();
    }
}

/// A server of the benchmark: any free port, limits raised.
pub fn configured(directory: &Path, settings: &HashMap<&str, String>) -> Result<Config, Failure> {
    Ok(Config::from_lookup(|name| match name {
        "API_PORT" => Some("0".into()),
        "FTL_DATA" => Some(directory.to_string_lossy().into_owned()),
        "OPERATOR_TOKEN" => Some(OPERATOR.into()),
        "RATE_LIMIT_SCALE" => Some("1000".into()),
        name => settings.get(name).cloned(),
    })?)
}

async fn start(config: Config, founding: Founding) -> Result<Server, Failure> {
    let stores = Stores::of(&config).await?;
    let genesis = default_genesis(&config.league);
    let rules = ftl_core::rules::Rules::of(ftl_core::rules::Preset::Fair, u64::from(founding.accounts));
    let genesis = ftl_core::command::Genesis { expected_accounts: u64::from(founding.accounts), rules, ..genesis };
    Ok(Server::start(config, stores, genesis).await?)
}

async fn prepare(app: &App, seed: u64, founding: Founding) -> Result<Vec<BookId>, Failure> {
    app.replica.caught_up().await;
    let mut script = Script::new(seed, 1);
    let books = founding.books(&mut script);
    // The server has founded its league already.
    let entries = founding.entries(&mut script, &books).into_iter().skip(1);
    let commands: Vec<Command> = entries.map(|entry| Command { not_after: None, ..entry.command }).collect();
    for some in commands.chunks(TOGETHER) {
        submit(app, some).await?;
    }
    Ok(books)
}

async fn submit(app: &App, commands: &[Command]) -> Result<Vec<Receipt>, Failure> {
    let all = commands.iter().map(|command| app.replica.submit(Lane::Feed, command.clone()));
    let outcomes = futures::future::try_join_all(all).await.map_err(Failure::refused)?;
    let receipt = |outcome: Arc<ftl_core::outcome::Outcome>| outcome.answer.result.clone();
    outcomes.into_iter().map(receipt).collect::<Result<_, _>>().map_err(|refused| Failure::refused(format!("{refused:?}")))
}

async fn open_some(app: &App, books: &[BookId], n: usize) -> Result<Vec<PositionId>, Failure> {
    let mut script = Script::new(u64::MAX, 1);
    let mut positions = Vec::with_capacity(n);
    let open = |n: usize| {
        Action::OpenPosition(ftl_core::command::OpenPosition {
            book: books[n % books.len()],
            instrument: ftl_core::id::InstrumentIdx((n % 50) as u16),
            direction: if (n / 50).is_multiple_of(2) { Direction::Long } else { Direction::Short },
            lots: Lots::from_units(1),
            limit: None,
            slippage: None,
            stop_loss: None,
            take_profit: None,
        })
    };
    let commands: Vec<Command> = (0..n).map(|n| Command { not_after: None, ..script.entry(open(n)).command }).collect();
    for some in commands.chunks(TOGETHER) {
        let receipts = submit(app, some).await?;
        positions.extend(receipts.into_iter().filter_map(|receipt| match receipt {
            Receipt::Opened { position, .. } => Some(position.id),
            _ => None,
        }));
    }
    Ok(positions)
}

/// The baseline: axum with one route that gives back what it got.
pub struct Echo {
    runtime: Runtime,
    address: SocketAddr,
}

impl Echo {
    pub fn start(workers: usize) -> Result<Self, Failure> {
        let runtime = Builder::new_multi_thread().worker_threads(workers).enable_all().build().map_err(Failure::could_not_run)?;
        let listener = runtime.block_on(tokio::net::TcpListener::bind(("127.0.0.1", 0))).map_err(Failure::could_not_run)?;
        let address = listener.local_addr().map_err(Failure::could_not_run)?;
        let routes = Router::new().route("/api/positions/open", post(|body: axum::body::Bytes| async { body }));
        runtime.spawn(async move { axum::serve(listener, routes).await });
        Ok(Self { runtime, address })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn stop(self) {
        self.runtime.shutdown_background();
    }
}
