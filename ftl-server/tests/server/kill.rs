//! `kill -9` under load: what was acknowledged is there after the restart, nothing is there twice, and the state is what
//! the journal makes.
//!
//! The server is this test binary, started again with a variable that names its directory.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command as Process, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use ftl_core::journal::{ChainCheck, Journal};
use ftl_core::outcome::Receipt;
use ftl_core::rejection::Rejection;
use ftl_core::state::State;
use ftl_server::serve::Server;
use ftl_server::stores::{Stores, default_genesis};
use serde_json::{Value, json};

use crate::harness::{Harness, config};

const DIRECTORY: &str = "FTL_TEST_KILL_DIRECTORY";
const ROUNDS: u64 = 20;
const TRADERS: usize = 8;

/// The server to be killed; in an ordinary run of the tests there is no directory, and nothing to do.
#[test]
fn serve_until_killed() {
    let Some(directory) = std::env::var_os(DIRECTORY).map(PathBuf::from) else { return };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let mut config = config(&directory, &[("DISABLE_RATE_LIMIT", "1")]);
        config.snapshot_every = 100;
        let stores = Stores::in_directory(&config.data, &config.league).await.unwrap();
        let server = Server::start(config, stores, default_genesis("main")).await.unwrap();
        server.app.replica.caught_up().await;
        let draft = directory.join("address.new");
        std::fs::write(&draft, server.address().to_string()).unwrap();
        std::fs::rename(draft, directory.join("address")).unwrap();
        std::future::pending::<()>().await;
    });
}

/// What a client was told under a key.
#[derive(Clone, Debug)]
struct Acknowledged {
    trader: usize,
    key: String,
    asked: Asked,
    reply: Value,
}

#[derive(Clone, Debug)]
enum Asked {
    Open(&'static str),
    Close(String),
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_and_nothing_is_done_twice() {
    let directory = tempfile::tempdir().unwrap();
    let harness = Harness::on(directory, &[("DISABLE_RATE_LIMIT", "1")]).await;
    for slug in ["a", "b", "c", "d"] {
        harness.list(slug).await;
    }
    let mut tokens = Vec::new();
    for n in 0..TRADERS {
        tokens.push(harness.player(&format!("trader-{n}")).await);
    }
    let directory = harness.stop().await;

    let mut all: Vec<Acknowledged> = Vec::new();
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    for round in 0..ROUNDS {
        let mut child = spawn(directory.path());
        let address = address_of(directory.path(), &mut child).await;
        // What the round before was told is asked for again, under the same keys.
        let last: Vec<Acknowledged> = all.iter().rev().take(200).cloned().collect();
        for told in last {
            let again = ask(&address, &tokens[told.trader], &told).await.expect("the server answers");
            assert_eq!(again["replayed"], true, "{told:?} {again}");
            let what = |reply: &Value| (reply["seq"].clone(), reply["position"]["id"].clone(), reply["closed"].clone());
            assert_eq!(what(&again), what(&told.reply), "{told:?}");
        }
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let until = Instant::now() + Duration::from_millis(30 + (random >> 33) % 300);
        let next = Arc::new(AtomicU64::new(0));
        let traders: Vec<_> = (0..TRADERS)
            .map(|trader| {
                let (address, token, next) = (address.clone(), tokens[trader].clone(), Arc::clone(&next));
                tokio::spawn(async move {
                    let mut told = Vec::new();
                    loop {
                        let n = next.fetch_add(1, Ordering::Relaxed);
                        let direction = if n % 2 == 0 { "long" } else { "short" };
                        let mut open =
                            Acknowledged { trader, key: format!("{round}-{n}"), asked: Asked::Open(direction), reply: Value::Null };
                        let Some(reply) = ask(&address, &token, &open).await else { return told };
                        let opened = reply["position"]["id"].as_str().map(str::to_owned);
                        open.reply = reply;
                        told.push(open);
                        let Some(position) = opened else { continue };
                        let mut close =
                            Acknowledged { trader, key: format!("{round}-{n}-close"), asked: Asked::Close(position), reply: Value::Null };
                        let Some(reply) = ask(&address, &token, &close).await else { return told };
                        close.reply = reply;
                        told.push(close);
                    }
                })
            })
            .collect();
        tokio::time::sleep_until(until.into()).await;
        child.kill().unwrap();
        child.wait().unwrap();
        for trader in traders {
            all.extend(trader.await.unwrap().into_iter().filter(|told| told.reply["order"]["status"] == "filled"));
        }
        std::fs::remove_file(directory.path().join("address")).unwrap();
    }
    assert!(all.len() > 100, "only {} acknowledged", all.len());

    // The state of a start from snapshot and tail is the state that the journal makes from its first entry.
    let harness = Harness::on(directory, &[("DISABLE_RATE_LIMIT", "1")]).await;
    let served = harness.server.app.replica.read(Clone::clone).unwrap().hash();
    let directory = harness.stop().await;
    let stores = Stores::in_directory(directory.path(), "main").await.unwrap();
    let (state, first_answers, twice) = execute_again(&*stores.journal).await;
    let mut state = state;
    assert_eq!(state.hash(), served);
    assert_eq!(twice, 0, "a command had effect twice");
    for told in &all {
        let seq = told.reply["seq"].as_u64().unwrap();
        let made = match first_answers.get(&seq) {
            Some(Ok(Receipt::Opened { position, .. })) => json!(position.id.to_string()),
            Some(Ok(Receipt::Closed { pnl, .. })) => json!(pnl.to_string()),
            other => panic!("{told:?} became {other:?}"),
        };
        let said = if matches!(told.asked, Asked::Open(_)) { &told.reply["position"]["id"] } else { &told.reply["closed"]["pnl"] };
        assert_eq!(said, &made, "{told:?}");
    }
}

/// The journal from its first entry: the state, what each entry that was no retry was answered, and how many ids had
/// effect twice.
async fn execute_again(journal: &dyn Journal) -> (State, BTreeMap<u64, Result<Receipt, Rejection>>, usize) {
    let (mut state, mut chain) = (State::new(), ChainCheck::default());
    let (mut answers, mut ids, mut twice) = (BTreeMap::new(), std::collections::BTreeSet::new(), 0);
    loop {
        let batches = journal.read(chain.tip.seq, 1_000).await.unwrap();
        if batches.is_empty() {
            assert_eq!(journal.head().await.unwrap().seq, chain.tip.seq);
            return (state, answers, twice);
        }
        for batch in batches {
            chain.follow(&batch).unwrap();
            for entry in batch.entries() {
                let outcome = state.apply(&entry);
                if !outcome.replayed {
                    twice += usize::from(!ids.insert(entry.command.id));
                    answers.insert(outcome.seq.0, outcome.answer.result);
                }
            }
        }
    }
}

fn spawn(directory: &Path) -> Child {
    Process::new(std::env::current_exe().unwrap())
        .args(["kill::serve_until_killed", "--exact", "--nocapture"])
        .env(DIRECTORY, directory)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

async fn address_of(directory: &Path, child: &mut Child) -> String {
    loop {
        if let Ok(address) = std::fs::read_to_string(directory.join("address")) {
            return address;
        }
        assert!(child.try_wait().unwrap().is_none(), "the server ended by itself");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Asks; `None` when the server is gone. A refusal is an answer.
async fn ask(address: &str, token: &str, told: &Acknowledged) -> Option<Value> {
    let client = reqwest::Client::new();
    let request = match &told.asked {
        Asked::Open(direction) => {
            let slug = ["a", "b", "c", "d"][told.trader % 4];
            let body = json!({"instrument": slug, "direction": direction, "lots": "0.01"});
            client.post(format!("http://{address}/api/positions/open")).json(&body)
        }
        Asked::Close(position) => client.delete(format!("http://{address}/api/positions/{position}")),
    };
    request.bearer_auth(token).header("Idempotency-Key", &told.key).send().await.ok()?.json().await.ok()
}
