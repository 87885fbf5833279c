//! Clients: two to an account, each opening and closing small lots one call after another, at either api, and asking again under
//! the same key until somebody answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use ftl_core::id::{AccountId, CommandId};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::process::OPERATOR;
use crate::record::{Asked, Attempt, Call, History, Read, Told};
use crate::site::Site;

/// The league that the site serves where nobody names another.
pub const LEAGUE: &str = "main";
/// Forwards of the match that is announced, and never kicked off.
const SQUAD: usize = 8;
/// Positions that a client has open before it closes one.
const MOST_OPEN: usize = 6;
/// How long an attempt may take: longer than any that a server holds.
const PATIENCE: Duration = Duration::from_secs(12);
/// Some clients are less patient, so that a retry meets its first attempt under way.
const IMPATIENCE: Duration = Duration::from_millis(600);

/// What all clients look at.
pub struct Crowd {
    /// Accounts and their tokens.
    pub players: Vec<(AccountId, String)>,
    pub clients: Vec<JoinHandle<History>>,
    ending: watch::Sender<bool>,
    counts: Arc<Counts>,
}

/// Trades that were accepted.
#[derive(Default)]
struct Counts {
    all: AtomicU64,
    /// By api, of calls that were first made in this era.
    fresh: [AtomicU64; 2],
    era: AtomicU64,
}

struct Client {
    site: Arc<Site>,
    account: AccountId,
    token: String,
    name: String,
    random: Pcg64,
    ending: watch::Receiver<bool>,
    counts: Arc<Counts>,
    league_key: [u8; 32],
    open: Vec<String>,
    last_seq: u64,
    history: History,
}

/// Lists footballers and starts `count` clients.
pub async fn start(site: &Arc<Site>, count: usize, seed: u64) -> Crowd {
    let url = site.url(0).await.unwrap();
    let member = |team: &str, number: usize| json!({"instrument": format!("{}-{number}", team.to_lowercase()), "name": format!("{team} {number}"), "team": team, "position": "forward"});
    let squads: Vec<Value> = ["Red", "Blue"].iter().flat_map(|team| (0..SQUAD).map(move |number| member(team, number))).collect();
    let fixture = json!({"id": "final", "home": "Red", "away": "Blue", "kickOff": "2040-01-01T18:00:00Z", "coverage": ["goal"], "squads": squads, "reason": "test"});
    let request =
        site.http.post(format!("{url}/api/admin/fixtures")).bearer_auth(OPERATOR).header("Idempotency-Key", "list").json(&fixture);
    let listed = request.send().await.unwrap();
    assert_eq!(listed.status(), 200, "{}", listed.text().await.unwrap());
    let accounts: Vec<Value> = (0..count.div_ceil(2)).map(|n| json!({"name": format!("trader-{n}"), "district": "Kannur"})).collect();
    let login = site.http.post(format!("{url}/api/auth/dev/batch")).json(&json!({"accounts": accounts})).send().await.unwrap();
    let logins: Value = login.json().await.unwrap();
    let (ending, ended) = watch::channel(false);
    let counts: Arc<Counts> = Arc::default();
    let player = |login: &Value| (login["accountId"].as_str().unwrap().parse().unwrap(), login["token"].as_str().unwrap().to_owned());
    let players: Vec<(AccountId, String)> =
        logins["accounts"].as_array().unwrap_or_else(|| panic!("{logins}")).iter().map(player).collect();
    let client = |n: usize| {
        let (account, token) = players[n / 2].clone();
        let client = Client {
            site: Arc::clone(site),
            account,
            token,
            name: format!("client-{n}"),
            random: Pcg64::seed_from_u64(seed ^ (n as u64 + 1) << 32),
            ending: ended.clone(),
            counts: Arc::clone(&counts),
            league_key: blake3::derive_key("FTL 2026 command ids of idempotency keys", LEAGUE.as_bytes()),
            open: Vec::new(),
            last_seq: 0,
            history: History::default(),
        };
        tokio::spawn(client.run())
    };
    let clients = (0..count).map(client).collect();
    Crowd { players, clients, ending, counts }
}

impl Crowd {
    pub fn trades(&self) -> u64 {
        self.counts.all.load(Ordering::Relaxed)
    }

    /// From here on trades count as fresh.
    pub fn begin_anew(&self) {
        self.counts.era.fetch_add(1, Ordering::SeqCst);
        self.counts.fresh.iter().for_each(|of_one| of_one.store(0, Ordering::SeqCst));
    }

    /// Trades of calls that were first made since then, by api.
    pub fn fresh(&self) -> [u64; 2] {
        [0, 1].map(|api: usize| self.counts.fresh[api].load(Ordering::SeqCst))
    }

    /// Lets every call that is under way come to its answer, and returns what everybody did.
    pub async fn end(self) -> Vec<History> {
        self.ending.send_replace(true);
        let mut histories = Vec::new();
        for client in self.clients {
            histories.push(client.await.unwrap());
        }
        histories
    }
}

impl Client {
    async fn run(mut self) -> History {
        let mut number = 0;
        while !*self.ending.borrow() {
            number += 1;
            if self.random.random_range(0..32) == 0 {
                self.read().await;
            }
            let key = format!("{}-{number}", self.name);
            let asked = self.choose();
            let answered = self.call(key, asked).await;
            if !answered {
                break;
            }
        }
        self.history
    }

    fn choose(&mut self) -> Asked {
        let most = self.random.random_range(1..=MOST_OPEN);
        if self.open.len() >= most {
            let position = self.open.remove(self.random.random_range(0..self.open.len()));
            return Asked::Close { position, lots: None };
        }
        let team = ["red", "blue"][self.random.random_range(0..2)];
        let instrument = format!("{team}-{}", self.random.random_range(0..SQUAD));
        let direction = ["long", "short"][self.random.random_range(0..2)];
        let lots = format!("0.0{}", self.random.random_range(1..=9));
        Asked::Open { instrument, direction, lots }
    }

    /// Asks until somebody answers; whether somebody did.
    async fn call(&mut self, key: String, asked: Asked) -> bool {
        let id = self.id_of(&key);
        let mut call = Call { account: self.account, key, id, asked, attempts: Vec::new(), told: None };
        let mut api = self.random.random_range(0..2);
        let era = self.counts.era.load(Ordering::SeqCst);
        let mut ended_at: Option<Instant> = None;
        loop {
            let patience = if self.random.random_range(0..8) == 0 { IMPATIENCE } else { PATIENCE };
            let invoked = Instant::now();
            let answer = self.ask(api, &call, patience).await;
            let answer_status = answer.as_ref().map(|(status, _)| *status).map_err(|failure| *failure);
            call.attempts.push(Attempt { api, invoked, took: invoked.elapsed(), answer: answer_status });
            if let Ok((status, body)) = answer
                && !matches!(status, 502..=504)
            {
                self.learn(api, era, &call.asked, status, &body);
                call.told = Some(Told::now(status, &body));
                break;
            }
            // The other one may know; and both may need a moment.
            api = if self.random.random_range(0..3) == 0 { api } else { 1 - api };
            let pause = self.random.random_range(20..200);
            tokio::time::sleep(Duration::from_millis(pause)).await;
            if *self.ending.borrow() && ended_at.get_or_insert_with(Instant::now).elapsed() > Duration::from_secs(40) {
                break;
            }
        }
        let answered = call.told.is_some();
        self.history.calls.push(call);
        answered
    }

    async fn ask(&self, api: usize, call: &Call, patience: Duration) -> Result<(u16, Value), &'static str> {
        let url = self.site.url(api).await.ok_or("down")?;
        let request = match &call.asked {
            Asked::Open { instrument, direction, lots } => {
                let body = json!({"instrument": instrument, "direction": direction, "lots": lots});
                self.site.http.post(format!("{url}/api/positions/open")).json(&body)
            }
            Asked::Close { position, lots } => {
                let part = lots.as_ref().map(|lots| format!("?lots={lots}")).unwrap_or_default();
                self.site.http.request(Method::DELETE, format!("{url}/api/positions/{position}{part}"))
            }
        };
        let request = request.bearer_auth(&self.token).header("Idempotency-Key", &call.key).timeout(patience);
        answer(request).await
    }

    /// What an answer means for what this client does next.
    fn learn(&mut self, api: usize, era: u64, asked: &Asked, status: u16, body: &Value) {
        self.last_seq = self.last_seq.max(body["seq"].as_u64().unwrap_or_default());
        if status == 200 {
            self.counts.all.fetch_add(1, Ordering::Relaxed);
            if era == self.counts.era.load(Ordering::SeqCst) {
                self.counts.fresh[api].fetch_add(1, Ordering::SeqCst);
            }
            if let (Asked::Open { .. }, Some(position)) = (asked, body["position"]["id"].as_str()) {
                self.open.push(position.to_owned());
            }
        }
    }

    /// Its portfolio, at least as new as its last answer.
    async fn read(&mut self) {
        let api = self.random.random_range(0..2);
        let Some(url) = self.site.url(api).await else { return };
        let min_seq = self.last_seq;
        let request = self.site.http.get(format!("{url}/api/portfolio?minSeq={min_seq}")).bearer_auth(&self.token);
        if let Ok((200, body)) = answer(request.timeout(PATIENCE)).await {
            self.history.reads.push(Read { account: self.account, min_seq, body });
        }
    }

    /// The id that a key comes to: a keyed hash of account and key.
    fn id_of(&self, key: &str) -> CommandId {
        let mut hasher = blake3::Hasher::new_keyed(&self.league_key);
        hasher.update(&self.account.0.to_be_bytes()).update(key.as_bytes());
        let mut id = [0u8; 16];
        hasher.finalize_xof().fill(&mut id);
        CommandId(u128::from_be_bytes(id))
    }
}

/// Status and body, or how there is none.
async fn answer(request: reqwest::RequestBuilder) -> Result<(u16, Value), &'static str> {
    let failure = |error: reqwest::Error| if error.is_timeout() { "timed out" } else { "connection lost" };
    let response = request.send().await.map_err(failure)?;
    let status = response.status().as_u16();
    let body = response.json().await.map_err(failure)?;
    Ok((status, body))
}
