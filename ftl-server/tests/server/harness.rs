//! A server in a directory of its own, and short ways to talk to it.

use std::path::Path;
use std::sync::Arc;

use ftl_core::command::{Action, Command, Footballer, Record};
use ftl_core::fixture::Position;
use ftl_core::id::{CommandId, InstrumentId};
use ftl_core::time::At;
use ftl_core::units::Score;
use ftl_server::config::Config;
use ftl_server::serve::Server;
use ftl_server::stores::{Stores, default_genesis};
use ftl_store::conformance::ManualClock;
use reqwest::Method;
use serde_json::{Value, json};

pub const OPERATOR: &str = "operator-token-of-the-tests";

pub struct Harness {
    pub server: Server,
    url: String,
    client: reqwest::Client,
    directory: tempfile::TempDir,
}

/// A response, read.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub body: Value,
}

/// A request in the making.
pub struct Call<'a> {
    harness: &'a Harness,
    request: reqwest::RequestBuilder,
}

pub fn config(directory: &Path, extra: &[(&str, &str)]) -> Config {
    let directory = directory.to_string_lossy().into_owned();
    Config::from_lookup(|name| {
        let fixed = match name {
            "API_PORT" => Some("0".to_owned()),
            "FTL_DATA" => Some(directory.clone()),
            "OPERATOR_TOKEN" => Some(OPERATOR.to_owned()),
            _ => None,
        };
        extra.iter().find(|(other, _)| *other == name).map(|(_, value)| (*value).to_owned()).or(fixed)
    })
    .unwrap()
}

impl Harness {
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    /// With these variables.
    pub async fn with(extra: &[(&str, &str)]) -> Self {
        Self::on(tempfile::tempdir().unwrap(), extra).await
    }

    /// On what is in `directory`.
    pub async fn on(directory: tempfile::TempDir, extra: &[(&str, &str)]) -> Self {
        let config = config(directory.path(), extra);
        let stores = Stores::in_directory(&config.data, &config.league).await.unwrap();
        Self::over(directory, config, stores).await
    }

    /// In a league whose time the test moves, without limits, with a snapshot every ten entries.
    pub async fn at(at: At) -> (Self, Arc<ManualClock>) {
        let (directory, clock) = (tempfile::tempdir().unwrap(), Arc::new(ManualClock::at(at)));
        let mut config = config(directory.path(), &[("DISABLE_RATE_LIMIT", "1")]);
        config.snapshot_every = 10;
        let stores = Stores::stamped_by(clock.clone(), &config.data, &config.league).await.unwrap();
        (Self::over(directory, config, stores).await, clock)
    }

    pub async fn over(directory: tempfile::TempDir, config: Config, stores: Stores) -> Self {
        let genesis = default_genesis(&config.league);
        let server = Server::start(config, stores, genesis).await.unwrap();
        server.app.replica.caught_up().await;
        let url = format!("http://{}", server.address());
        Self { server, url, client: reqwest::Client::new(), directory }
    }

    /// Where it listens, without a scheme.
    pub fn address(&self) -> &str {
        self.url.trim_start_matches("http://")
    }

    /// A ticket for one stream.
    pub async fn ticket(&self, token: &str) -> String {
        let reply = self.call(Method::POST, "/api/ws/token").bearer(token).send().await.ok();
        reply["token"].as_str().unwrap().to_owned()
    }

    /// Ends the server in order; its directory stays.
    pub async fn stop(self) -> tempfile::TempDir {
        self.server.stop().await.unwrap();
        self.directory
    }

    /// Where the league lies.
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    pub fn call(&self, method: Method, path: &str) -> Call<'_> {
        Call { harness: self, request: self.client.request(method, format!("{}{path}", self.url)) }
    }
    pub fn get(&self, path: &str) -> Call<'_> {
        self.call(Method::GET, path)
    }
    pub fn delete(&self, path: &str) -> Call<'_> {
        self.call(Method::DELETE, path)
    }
    pub fn post(&self, path: &str, body: Value) -> Call<'_> {
        self.call(Method::POST, path).json(body)
    }
    pub fn patch(&self, path: &str, body: Value) -> Call<'_> {
        self.call(Method::PATCH, path).json(body)
    }

    /// An operator's request, with a key of its own; 200 or the test ends.
    pub async fn operate(&self, method: Method, path: &str, body: Value) -> Value {
        let reply = self.try_operate(method, path, body).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.body);
        reply.body
    }

    pub async fn try_operate(&self, method: Method, path: &str, mut body: Value) -> Reply {
        body["reason"] = json!("test");
        self.call(method, path).json(body).bearer(OPERATOR).fresh_key().send().await
    }

    /// A token for a new account.
    pub async fn player(&self, name: &str) -> String {
        let reply = self.post("/api/auth/dev", json!({"name": name, "district": "Kannur"})).send().await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        reply.body["token"].as_str().unwrap().to_owned()
    }

    /// Lists a forward at 195.2000.
    pub async fn list(&self, slug: &str) {
        // 195.2 = 50 + form / 14 × 450; so many matches that the prior weighs next to nothing.
        let record = Some(Record { matches: 100_000, average: Score::from_units(4_517_338) });
        let footballer = Footballer {
            instrument: InstrumentId::from(slug),
            name: slug.to_uppercase(),
            team: "Blue".into(),
            position: Position::Forward,
            record,
        };
        self.submit(Action::ListInstrument(footballer)).await;
    }

    /// Appends past HTTP.
    pub async fn submit(&self, action: Action) {
        let id = CommandId(u128::from(ftl_server::commands::body_hash(&action)) << 32 | 7);
        let done = self.server.app.feed(Command { id, body: 0, not_after: None, action }).await.unwrap();
        done.unwrap();
    }

    /// Opens a position of one lot at the market.
    pub async fn open(&self, token: &str, slug: &str, direction: &str, key: &str) -> Reply {
        self.open_lots(token, slug, direction, "1.00", key).await
    }

    /// The same of so many lots.
    pub async fn open_lots(&self, token: &str, slug: &str, direction: &str, lots: &str, key: &str) -> Reply {
        let body = json!({"instrument": slug, "direction": direction, "lots": lots});
        self.post("/api/positions/open", body).bearer(token).key(key).send().await
    }

    /// A match of two small squads, announced; `red-9` and `blue-9` are forwards.
    pub async fn fixture(&self, id: &str) {
        self.fixture_of(id, "Red", "Blue").await;
    }

    /// The same of these teams.
    pub async fn fixture_of(&self, id: &str, home: &str, away: &str) {
        let member = |team: &str, number: u8, position: &str| json!({"instrument": format!("{}-{number}", team.to_lowercase()), "name": format!("{team} {number}"), "team": team, "position": position});
        let squads: Vec<Value> = [home, away]
            .into_iter()
            .flat_map(|team| {
                [member(team, 1, "goalkeeper"), member(team, 4, "defender"), member(team, 8, "midfielder"), member(team, 9, "forward")]
            })
            .collect();
        let covered = [
            "goal",
            "assist",
            "shot_on_target",
            "conceded",
            "clean_sheet",
            "own_goal",
            "yellow",
            "red",
            "penalty_awarded",
            "restart",
            "var_check",
        ];
        let coverage: Vec<Value> = covered.iter().map(|name| json!({"reported": name, "lagMs": 1})).collect();
        let body = json!({"id": id, "home": home, "away": away, "kickOff": "2030-01-01T18:00:00Z", "coverage": coverage, "squads": squads});
        self.operate(Method::POST, "/api/admin/fixtures", body).await;
    }

    /// Kicks the match off.
    pub async fn kick_off(&self, id: &str) {
        self.operate(Method::POST, &format!("/api/admin/fixtures/{id}/phase"), json!({"phase": "first_half"})).await;
    }

    /// The match clock ticks.
    pub async fn tick(&self, id: &str, clock_ms: u64) -> Value {
        // The feed's lag is a millisecond: what rests by now is due once that has passed.
        let begun = std::time::Instant::now();
        while begun.elapsed() < std::time::Duration::from_millis(2) {
            tokio::task::yield_now().await;
        }
        self.operate(Method::POST, &format!("/api/admin/fixtures/{id}/clock"), json!({"clockMs": clock_ms})).await
    }

    /// In-play orders are due in the next clock tick.
    pub async fn hurry(&self) {
        let rules = json!({"rules": {"inPlay": {"minDelay": 0, "overLag": 0}}});
        self.operate(Method::PATCH, "/api/admin/rules", rules).await;
    }
}

impl Call<'_> {
    pub fn bearer(mut self, token: &str) -> Self {
        self.request = self.request.bearer_auth(token);
        self
    }
    pub fn key(mut self, key: &str) -> Self {
        self.request = self.request.header("Idempotency-Key", key);
        self
    }
    pub fn fresh_key(self) -> Self {
        use std::sync::atomic::{AtomicU64, Ordering};
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let key = format!("fresh-{}", NEXT.fetch_add(1, Ordering::Relaxed));
        self.key(&key)
    }
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }
    pub fn json(mut self, body: Value) -> Self {
        self.request = self.request.json(&body);
        self
    }
    /// A form of several parts.
    pub fn multipart(mut self, form: reqwest::multipart::Form) -> Self {
        self.request = self.request.multipart(form);
        self
    }
    /// A body as it stands, said to be JSON.
    pub fn raw(mut self, body: impl Into<reqwest::Body>) -> Self {
        self.request = self.request.header("Content-Type", "application/json").body(body);
        self
    }
    pub async fn send(self) -> Reply {
        let response = self.request.send().await.unwrap_or_else(|error| panic!("{}: {error:?}", self.harness.url));
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.unwrap();
        Reply { status, headers, body: serde_json::from_str(&text).unwrap_or(Value::String(text)) }
    }
    /// The response as it comes in.
    pub async fn stream(self) -> reqwest::Response {
        self.request.send().await.unwrap()
    }
}

impl Reply {
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or("")
    }
    /// Ends the test unless this is the problem.
    #[track_caller]
    pub fn is(&self, status: u16, code: &str) {
        assert_eq!((self.status, self.code()), (status, code), "{}", self.body);
        assert_eq!(self.headers["content-type"], "application/problem+json");
        assert_eq!(self.body["status"], status);
    }
    #[track_caller]
    pub fn ok(self) -> Value {
        assert!(self.status < 300, "{} {}", self.status, self.body);
        self.body
    }
}

/// The body with ids, times and seqs made the same everywhere.
pub fn plain(value: &Value) -> String {
    fn walk(name: &str, value: &Value) -> Value {
        match value {
            Value::Object(map) => Value::Object(map.iter().map(|(name, value)| (name.clone(), walk(name, value))).collect()),
            Value::Array(items) => Value::Array(items.iter().map(|item| walk(name, item)).collect()),
            Value::Number(_) if name == "seq" => json!("#"),
            Value::String(text) if text.len() == 36 && text.as_bytes()[14] == b'7' => json!("[id]"),
            Value::String(text) if text.len() == 24 && text.ends_with('Z') => json!("[time]"),
            other => other.clone(),
        }
    }
    walk("", value).to_string()
}
