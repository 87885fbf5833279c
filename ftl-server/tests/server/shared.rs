//! A league that several processes share: Postgres alone, and Redis in front of it. The processes are servers in this one;
//! killed ones are the fault test's.

use std::time::{Duration, Instant};

use ftl_core::hash::Hash;
use ftl_server::config::{Config, Role};
use ftl_server::serve::Server;
use ftl_server::stores::{Stores, default_genesis};
use ftl_store::throwaway::{AppendFsync, ThrowawayPostgres, ThrowawayRedis};
use serde_json::{Value, json};

use crate::harness::{Harness, config};

/// The databases of a test, and servers on them.
pub struct Site {
    pub postgres: ThrowawayPostgres,
    pub redis: Option<ThrowawayRedis>,
    ack: &'static str,
    /// Everybody signs and checks with the same keys, which lie here.
    data: tempfile::TempDir,
}

impl Site {
    fn with(redis: Option<ThrowawayRedis>, ack: &'static str) -> Self {
        Self { postgres: ThrowawayPostgres::start().unwrap(), redis, ack, data: tempfile::tempdir().unwrap() }
    }

    pub fn on_postgres() -> Self {
        Self::with(None, "postgres")
    }

    pub fn behind_redis(ack: &'static str) -> Self {
        Self::with(Some(ThrowawayRedis::start(AppendFsync::EverySecond).unwrap()), ack)
    }

    /// What processes here are started with, and these variables.
    pub fn config(&self, more: &[(&str, &str)]) -> Config {
        let url = self.postgres.url();
        let redis = self.redis.as_ref().map(ThrowawayRedis::url).unwrap_or_default();
        let given = [("DATABASE_URL", url.as_str()), ("REDIS_URL", &redis), ("ACK", self.ack), ("DISABLE_RATE_LIMIT", "1")];
        let mut config = config(self.data.path(), &[&given[..], more].concat());
        config.api_port = 0;
        config.ws_port = 0;
        config.snapshot_every = 20;
        config
    }

    pub async fn serve(&self, role: Role) -> Harness {
        self.serve_with(role, &[]).await
    }

    /// With these variables too.
    pub async fn serve_with(&self, role: Role, more: &[(&str, &str)]) -> Harness {
        let directory = tempfile::tempdir().unwrap();
        let mut config = self.config(more);
        config.role = role;
        let stores = Stores::of(&config).await.unwrap();
        Harness::over(directory, config, stores).await
    }
}

pub fn hash_of(harness: &Harness) -> Hash {
    harness.server.app.replica.read(Clone::clone).unwrap().hash()
}

/// Until `holds`; a test that waits too long says for what.
pub async fn until(what: &str, longest: Duration, mut holds: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !holds().await {
        assert!(begun.elapsed() < longest, "{what}: not within {longest:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn trade_and_look(site: Site) {
    let flusher = site.serve(Role::Flusher).await;
    let (one, other) = (site.serve(Role::Api).await, site.serve(Role::Api).await);
    one.list("lionel-messi").await;
    let token = one.player("anna").await;
    let opened = one.open(&token, "lionel-messi", "long", "k1").await.ok();
    let seq = opened["seq"].as_u64().unwrap();
    // Read your writes, at another process.
    let seen = other.get(&format!("/api/portfolio?minSeq={seq}")).bearer(&token).send().await.ok();
    assert_eq!(seen["positions"].as_array().unwrap().len(), 1, "{seen}");
    // The same key at another process is the same command.
    let again = other.open(&token, "lionel-messi", "long", "k1").await.ok();
    assert_eq!((&again["replayed"], &again["position"]["id"]), (&json!(true), &opened["position"]["id"]));
    let id = opened["position"]["id"].as_str().unwrap();
    let closed = other.delete(&format!("/api/positions/{id}")).bearer(&token).key("k2").send().await.ok();
    assert_eq!(closed["position"], Value::Null);
    // History comes from the flusher.
    until("history", Duration::from_secs(5), async || {
        let trades = one.get("/api/trades").bearer(&token).send().await;
        trades.status == 200 && trades.body["items"].as_array().is_some_and(|items| items.len() == 2)
    })
    .await;
    let last = closed["seq"].as_u64().unwrap();
    for harness in [&one, &flusher] {
        until("the last entry", Duration::from_secs(5), async || harness.server.app.seq().0 >= last).await;
    }
    assert_eq!(hash_of(&one), hash_of(&flusher));
    assert_eq!(flusher.get("/api/portfolio").send().await.status, 404);
    // Whoever starts now has the same league.
    let late = site.serve(Role::Ws).await;
    assert_eq!(hash_of(&late), hash_of(&one));
    for harness in [late, one, other, flusher] {
        harness.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_share_a_league_on_postgres() {
    trade_and_look(Site::on_postgres()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_share_a_league_on_redis_that_postgres_acknowledges() {
    trade_and_look(Site::behind_redis("postgres")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_share_a_league_on_redis_that_redis_acknowledges() {
    trade_and_look(Site::behind_redis("journal")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_journal_that_is_away_refuses_at_once_and_service_resumes_by_itself() {
    for mut site in [Site::on_postgres(), Site::behind_redis("journal")] {
        let harness = site.serve(Role::All).await;
        harness.list("lionel-messi").await;
        let token = harness.player("anna").await;
        harness.open(&token, "lionel-messi", "long", "before").await.ok();
        match &mut site.redis {
            Some(redis) => redis.kill(),
            None => site.postgres.kill(),
        }
        // A backend may outlive its server for as long as it works, and take one more.
        let killed = Instant::now();
        while harness.open(&token, "lionel-messi", "short", &format!("{:?}", killed.elapsed())).await.status != 503 {
            assert!(killed.elapsed() < Duration::from_secs(1), "it lives");
        }
        for n in 0..3 {
            let begun = Instant::now();
            let refused = harness.open(&token, "lionel-messi", "short", &format!("away-{n}")).await;
            assert_eq!(refused.status, 503, "{}", refused.body);
            assert!(refused.headers.contains_key("retry-after"));
            assert!(begun.elapsed() < Duration::from_millis(1_500), "{:?}", begun.elapsed());
        }
        // Reads go on, and readyz says how old they are.
        assert_eq!(harness.get("/api/instruments/lionel-messi").send().await.status, 200);
        until("readyz to say so", Duration::from_secs(2), async || {
            let ready = harness.get("/readyz").send().await;
            assert_eq!(ready.status, 200);
            ready.body["status"] == json!("degraded")
        })
        .await;
        match &mut site.redis {
            Some(redis) => redis.restart().unwrap(),
            None => site.postgres.restart().unwrap(),
        }
        until("service", Duration::from_secs(5), async || harness.open(&token, "lionel-messi", "short", "after").await.status == 200).await;
        harness.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_postgres_acknowledged_survives_a_redis_that_forgets_everything() {
    let site = Site::behind_redis("postgres");
    let (flusher, api) = (site.serve(Role::Flusher).await, site.serve(Role::Api).await);
    api.list("lionel-messi").await;
    let token = api.player("anna").await;
    let mut opened = Vec::new();
    for n in 0..30 {
        let body = json!({"instrument": "lionel-messi", "direction": if n % 2 == 0 { "long" } else { "short" }, "lots": "0.01"});
        let reply = api.post("/api/positions/open", body).bearer(&token).key(&format!("k{n}")).send().await.ok();
        opened.push(reply["position"]["id"].clone());
    }
    let before = hash_of(&api);
    forget_everything(site.redis.as_ref().unwrap());
    until("a new epoch", Duration::from_secs(15), async || api.server.app.replica.epoch() == 1).await;
    until("service", Duration::from_secs(5), async || api.get("/readyz").send().await.body["status"] == json!("ready")).await;
    assert_eq!(hash_of(&api), before);
    let portfolio = api.get("/api/portfolio").bearer(&token).send().await.ok();
    let held: Vec<Value> = portfolio["positions"].as_array().unwrap().iter().map(|position| position["id"].clone()).collect();
    assert!(opened.iter().all(|id| held.contains(id)), "{portfolio}");
    api.open(&token, "lionel-messi", "long", "behind").await.ok();
    let last = api.server.app.seq();
    until("the flusher", Duration::from_secs(5), async || flusher.server.app.seq() >= last).await;
    assert_eq!(hash_of(&api), hash_of(&flusher));
    api.stop().await;
    flusher.stop().await;
}

/// `FLUSHALL`, as an operator's slip.
fn forget_everything(redis: &ThrowawayRedis) {
    use std::io::{Read, Write};
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", redis.port())).unwrap();
    stream.write_all(b"FLUSHALL\r\n").unwrap();
    let mut answer = [0u8; 5];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"+OK\r\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_waits_for_databases_that_start_later() {
    let mut site = Site::behind_redis("postgres");
    site.postgres.kill();
    if let Some(redis) = &mut site.redis {
        redis.kill();
    }
    let directory = tempfile::tempdir().unwrap();
    let (url, redis) = (site.postgres.url(), site.redis.as_ref().map(ThrowawayRedis::url).unwrap_or_default());
    let config = config(directory.path(), &[("DATABASE_URL", &url), ("REDIS_URL", &redis)]);
    let starting = tokio::spawn(async move {
        let stores = Stores::of(&config).await.unwrap();
        let genesis = default_genesis(&config.league);
        Server::start(config, stores, genesis).await.unwrap()
    });
    site.postgres.restart().unwrap();
    assert!(!starting.is_finished());
    if let Some(redis) = &mut site.redis {
        redis.restart().unwrap();
    }
    let server = tokio::time::timeout(Duration::from_secs(20), starting).await.unwrap().unwrap();
    server.app.replica.caught_up().await;
    server.stop().await.unwrap();
}

/// A wall clock that is wrong by so many milliseconds.
struct Off(i64);

impl ftl_core::journal::Clock for Off {
    fn now(&self) -> ftl_core::time::At {
        let now = ftl_core::journal::Clock::now(&ftl_store::clock::SystemClock);
        ftl_core::time::At(now.0.saturating_add_signed(self.0))
    }
}

async fn a_wrong_clock_is_told(site: Site) {
    for off in [90_000, -90_000] {
        let mut config = site.config(&[]);
        config.role = Role::Api;
        let mut stores = Stores::of(&config).await.unwrap();
        stores.clock = std::sync::Arc::new(Off(off));
        let wrong = Harness::over(tempfile::tempdir().unwrap(), config, stores).await;
        until("degraded", Duration::from_secs(10), async || {
            let ready = wrong.get("/readyz").send().await;
            let named = ready.body["detail"].as_str().is_some_and(|detail| detail.starts_with("this process's clock is "));
            ready.status == 200 && ready.body["status"] == "degraded" && named
        })
        .await;
        // What it has is read as before.
        assert_eq!(wrong.get("/api/instruments").send().await.status, 200);
        wrong.stop().await;
    }
    let right = site.serve(Role::Api).await;
    right.list("lionel-messi").await;
    assert_eq!(right.get("/readyz").send().await.ok()["status"], "ready");
    right.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_whose_clock_is_off_that_of_postgres_says_so() {
    a_wrong_clock_is_told(Site::on_postgres()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_whose_clock_is_off_that_of_redis_says_so() {
    a_wrong_clock_is_told(Site::behind_redis("journal")).await;
}
