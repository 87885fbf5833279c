//! `ftl watch --json` as the reference client: over connections that are cut it tells what one tells that never was cut.

use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, ChildStdout, Command};
use tokio::sync::broadcast;

use super::serving::{Serving, TOKEN};
use super::{code, ftl};

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(30);
/// Trades, each an open and a close: no more than the limit lets through at once.
const TRADES: usize = 18;

/// `ftl watch --json`, and what it has told.
struct Watcher {
    _process: Child,
    lines: Lines<BufReader<ChildStdout>>,
    told: Vec<Value>,
}

impl Watcher {
    fn start(server: &Serving, streams: &str, token: &str) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_ftl"))
            .args(["watch", "lionel-messi", "--json", "--url", &server.url, "--ws-url", streams, "--token", token])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        Self { _process: process, lines, told: Vec::new() }
    }

    /// Until it has told a frame that is `wanted`.
    async fn until(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) {
        let reading = async {
            while !self.told.iter().any(&wanted) {
                let line = self.lines.next_line().await.unwrap().expect("it goes on");
                self.told.push(serde_json::from_str(&line).unwrap());
            }
        };
        if tokio::time::timeout(PATIENCE, reading).await.is_err() {
            panic!("no {what} in {:#?}", self.told);
        }
    }

    fn of_account(&self) -> Vec<&Value> {
        self.told.iter().filter(|frame| frame["n"].is_u64()).collect()
    }

    fn last_price(&self) -> Option<&Value> {
        self.told.iter().rev().find(|frame| frame["type"] == "price")
    }
}

/// A way to `server` whose connections end when somebody says so.
async fn cuttable(server: SocketAddr) -> (String, broadcast::Sender<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (cut, _) = broadcast::channel(1);
    let cuts = cut.clone();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let mut cut = cuts.subscribe();
            tokio::spawn(async move {
                let Ok(mut upstream) = TcpStream::connect(server).await else { return };
                tokio::select! {
                    _ = tokio::io::copy_bidirectional(&mut client, &mut upstream) => {}
                    _ = cut.recv() => {}
                }
            });
        }
    });
    (url, cut)
}

/// Sends and reads a request that must be accepted.
async fn send(request: reqwest::RequestBuilder) -> Value {
    let response = request.send().await.unwrap();
    let (status, body) = (response.status(), response.text().await.unwrap());
    assert!(status.is_success(), "{status}: {body}");
    serde_json::from_str(&body).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watcher_that_is_cut_again_and_again_misses_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let server = Serving::start(&directory.path().join("league"));
    let http = reqwest::Client::new();
    let api = |path: &str| format!("{}/api/{path}", server.url);
    let squad = json!([{"instrument": "lionel-messi", "name": "Lionel Messi", "team": "Argentina", "position": "forward"}]);
    let kick_off = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24);
    let fixture = json!({"id": "a", "home": "Argentina", "away": "France", "kickOff": kick_off.to_string(), "coverage": [], "squads": squad, "reason": "test"});
    send(http.post(api("admin/fixtures")).bearer_auth(TOKEN).header("Idempotency-Key", "fixture").json(&fixture)).await;
    let districts = send(http.get(api("districts"))).await;
    let district = &districts["week"]["districts"][0]["district"];
    let login = send(http.post(api("auth/dev")).json(&json!({"name": "watched", "district": district}))).await;
    let token = login["token"].as_str().unwrap();

    let (streams, cut) = cuttable(server.url.trim_start_matches("http://").parse().unwrap()).await;
    let mut whole = Watcher::start(&server, &server.url, token);
    let mut often_cut = Watcher::start(&server, &streams, token);
    for watcher in [&mut whole, &mut often_cut] {
        watcher.until("first price", |frame| frame["type"] == "price").await;
    }
    let trade = async |n: usize| {
        let open = json!({"instrument": "lionel-messi", "direction": "long", "lots": "0.10", "clientRequestId": format!("open-{n}")});
        let opened = send(http.post(api("positions/open")).bearer_auth(token).json(&open)).await;
        let position = opened["position"]["id"].as_str().unwrap().to_owned();
        let close = http.delete(api(&format!("positions/{position}"))).header("Idempotency-Key", format!("close-{n}"));
        send(close.bearer_auth(token)).await["seq"].as_u64().unwrap()
    };
    let mut last = 0;
    for n in 0..TRADES {
        last = trade(n).await;
        if n % 3 == 1 {
            let _ = cut.send(());
        }
    }
    for (name, watcher) in [("whole", &mut whole), ("often cut", &mut often_cut)] {
        watcher.until(&format!("{name}: wallet of {last}"), |frame| frame["type"] == "wallet" && frame["seq"] == last).await;
        watcher.until(&format!("{name}: price of {last}"), |frame| frame["type"] == "price" && frame["seq"] == last).await;
    }
    assert_eq!(often_cut.of_account(), whole.of_account());
    // An order, a position and a wallet for each open, and more for each close.
    assert!(whole.of_account().len() >= TRADES * 6, "{}", whole.of_account().len());
    assert_eq!(often_cut.last_price().map(|frame| &frame["mark"]), whole.last_price().map(|frame| &frame["mark"]));
    server.stop();
}

#[test]
fn whoever_is_not_on_the_market_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let server = Serving::start(&directory.path().join("league"));
    let output = ftl(&["watch", "nobody", "--json", "--url", &server.url]);
    assert_eq!(code(&output), Some(1), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("there is no instrument nobody"), "{output:?}");
    server.stop();
}

#[test]
fn without_a_terminal_it_says_what_to_do() {
    let output = ftl(&["watch"]);
    assert_eq!(code(&output), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--json"), "{output:?}");
}
