//! `events`: the stream, its resume, and where it begins anew.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::Harness;
use crate::ws::client::{Client, frames_until};

/// Reads frames off a stream.
pub struct Frames {
    response: reqwest::Response,
    buffer: String,
    pub last_id: Option<String>,
}

impl Frames {
    pub async fn open(harness: &Harness, token: &str, query: &str, last_id: Option<&str>) -> Self {
        let mut call = harness.get(&format!("/api/events{query}")).bearer(token);
        if let Some(id) = last_id {
            call = call.header("Last-Event-ID", id);
        }
        let response = call.stream().await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { response, buffer: String::new(), last_id: last_id.map(str::to_owned) }
    }

    /// The next frame; comments and bare ids are taken note of.
    pub async fn next(&mut self) -> Value {
        loop {
            while let Some(end) = self.buffer.find("\n\n") {
                let block: String = self.buffer.drain(..end + 2).collect();
                let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name).map(|rest| rest.trim().to_owned()));
                if let Some(id) = field("id:") {
                    self.last_id = Some(id);
                }
                if let Some(data) = field("data:") {
                    return serde_json::from_str(&data).unwrap();
                }
            }
            let chunk = self.response.chunk().await.unwrap().expect("the stream goes on");
            self.buffer.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    /// Frames up to the one that `ends`.
    pub async fn until(&mut self, ends: impl Fn(&Value) -> bool) -> Vec<Value> {
        frames_until(async || self.next().await, ends).await
    }
}

fn is_price_of(slug: &'static str, mark: &'static str) -> impl Fn(&Value) -> bool {
    move |frame| frame["type"] == "price" && frame["instrument"] == slug && frame["mark"] == mark
}

/// The account's frames in order, each once; and the last price of each instrument.
fn told(frames: &[Value]) -> (Vec<Value>, BTreeMap<String, Value>) {
    let mut account: Vec<Value> = Vec::new();
    let mut prices = BTreeMap::new();
    for frame in frames {
        if frame["type"] == "bar" || frame["type"] == "status" {
            continue;
        }
        if frame["type"] == "price" {
            prices.insert(frame["instrument"].as_str().unwrap().to_owned(), frame.clone());
        } else if !account.iter().any(|seen| (&seen["seq"], &seen["n"]) == (&frame["seq"], &frame["n"])) {
            account.push(frame.clone());
        }
    }
    (account, prices)
}

#[tokio::test]
async fn a_reader_that_was_cut_ends_with_what_an_uncut_one_has() {
    let harness = Harness::start().await;
    harness.list("lionel-messi").await;
    harness.list("last").await;
    let (token, other) = (harness.player("reader").await, harness.player("other").await);
    let third = harness.player("third").await;
    harness.get("/api/portfolio").bearer(&token).send().await.ok();
    let mut uncut = Frames::open(&harness, &token, "", None).await;
    let mut cut = Frames::open(&harness, &token, "", None).await;
    let mut pieces = Vec::new();
    for n in 0..6 {
        harness.open(&token, "lionel-messi", "long", &format!("o{n}")).await;
        harness.open(&other, "lionel-messi", "short", &format!("o{n}")).await;
        if n % 2 == 0 {
            // Cut in the middle of what it gets, even within an entry.
            pieces.push(cut.next().await);
            pieces.push(cut.next().await);
            let id = cut.last_id.as_deref();
            assert!(id.is_none_or(|id| id.parse::<u64>().is_ok()), "{id:?} is the number of an entry");
            cut = Frames::open(&harness, &token, "", id).await;
        }
    }
    harness.open(&third, "last", "long", "end").await.ok();
    let whole = uncut.until(is_price_of("last", "195.2500")).await;
    pieces.extend(cut.until(is_price_of("last", "195.2500")).await);
    assert_eq!(told(&pieces), told(&whole));
    let kinds: Vec<&str> = whole.iter().map(|frame| frame["type"].as_str().unwrap()).collect();
    for kind in ["price", "order", "position", "wallet"] {
        assert!(kinds.contains(&kind), "{kinds:?}");
    }
    // A bar may come before it, once a second.
    let price = whole.iter().find(|frame| frame["type"] == "price").unwrap();
    assert_eq!(
        (&price["idx"], &price["mark"], &price["liveBase"], &price["settlement"]),
        (&json!(0), &json!("195.2500"), &json!("195.2000"), &json!("195.2250"))
    );
    // Nothing of the other account's.
    assert!(whole.iter().all(|frame| frame["type"] == "price" || frame["data"].to_string().find("short").is_none()));
    // The bar comes once a second, and what is resumed from before it has it too.
    let bar = uncut.until(|frame| frame["type"] == "bar" && frame["instrument"] == "last").await.pop().unwrap();
    assert_eq!((&bar["interval"], &bar["close"]), (&json!("1m"), &json!("195.2500")));
    let mut again = Frames::open(&harness, &token, "", Some("1")).await;
    assert_eq!(again.until(|frame| frame["type"] == "bar" && frame["instrument"] == "last").await.pop().unwrap(), bar);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_has_the_channels_of_the_websocket() {
    let harness = Harness::start().await;
    harness.fixture("final").await;
    let token = harness.player("reader").await;
    harness.get("/api/events?channels=fixture:none").bearer(&token).send().await.is(404, "unknown_fixture");
    let mut frames = Frames::open(&harness, &token, "?channels=fixture:final,activity,leaderboard", None).await;
    frames.until(|frame| frame["type"] == "leaderboard").await;
    harness.kick_off("final").await;
    let goal = json!({"eventId": "e1", "type": "goal", "minute": 2, "offset": 0, "instrument": "red-9"});
    harness.operate(Method::POST, "/api/admin/fixtures/final/events", goal).await;
    let told = frames.until(|frame| frame["type"] == "fixture" && frame["score"]["home"] == 1).await;
    let kinds: Vec<&str> = told.iter().map(|frame| frame["type"].as_str().unwrap()).collect();
    for kind in ["status", "event", "activity", "fixture"] {
        assert!(kinds.contains(&kind), "{kinds:?}");
    }
    assert!(!kinds.contains(&"price") && !kinds.contains(&"order"), "{kinds:?}");
}

#[tokio::test]
async fn a_cursor_from_too_long_ago_begins_anew() {
    let harness = Harness::start().await;
    harness.list("lionel-messi").await;
    let token = harness.player("reader").await;
    let opened = harness.open(&token, "lionel-messi", "long", "k").await.ok();
    let mut frames = Frames::open(&harness, &token, "", Some("999999")).await;
    assert_eq!(frames.next().await, json!({"type": "resync"}));
    let (account, prices) = told(&frames.until(|frame| frame["type"] == "price").await);
    assert_eq!(account[0]["type"], "position");
    assert_eq!(account[0]["data"]["position"]["id"], opened["position"]["id"]);
    assert_eq!(prices["lionel-messi"]["mark"], "195.2500");
}

#[tokio::test]
async fn a_stream_is_narrowed_and_opened_by_a_ticket() {
    let harness = Harness::start().await;
    harness.list("lionel-messi").await;
    harness.list("other").await;
    let token = harness.player("reader").await;
    harness.get("/api/events?channels=gossip").bearer(&token).send().await.is(400, "invalid_field");
    harness.get("/api/events?instruments=nobody").bearer(&token).send().await.is(404, "unknown_instrument");
    let ticket = harness.call(Method::POST, "/api/ws/token").bearer(&token).send().await.ok();
    let path = format!("/api/events?token={}&instruments=other&channels=prices", ticket["token"].as_str().unwrap());
    let response = harness.get(&path).stream().await;
    assert_eq!(response.status(), 200);
    let mut frames = Frames { response, buffer: String::new(), last_id: None };
    harness.get(&path).send().await.is(401, "unauthorized");
    harness.open(&token, "lionel-messi", "long", "1").await.ok();
    harness.open(&token, "other", "long", "2").await.ok();
    assert_eq!(frames.next().await["instrument"], "other");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_has_so_many_streams_of_either_kind_and_is_here_while_it_has_one() {
    let harness = Harness::with(&[("STREAMS_PER_ACCOUNT", "3"), ("STREAMS", "4")]).await;
    harness.list("lionel-messi").await;
    let (anna, ben) = (harness.player("anna").await, harness.player("ben").await);
    let socket = Client::connect(&harness, &anna).await;
    let streams = [Frames::open(&harness, &anna, "", None).await, Frames::open(&harness, &anna, "", None).await];
    let hub = &harness.server.app.hub;
    assert_eq!((hub.connections(), hub.presence.count()), (3, 1));
    // One more of either kind is told what to do, and keeps its ticket.
    let path = format!("/api/events?token={}", harness.ticket(&anna).await);
    for refused in [harness.get("/api/events").bearer(&anna).send().await, harness.get(&path).send().await] {
        refused.is(429, "too_many_streams");
        assert_eq!(refused.headers["retry-after"].to_str().unwrap(), "5");
        assert_eq!(refused.body["detail"], "an account has at most 3 streams at a process: end one");
    }
    let socket_path = format!("/ws?token={}", harness.ticket(&anna).await);
    let (status, body) = Client::open(&harness, &socket_path, &[]).await.err().unwrap();
    assert_eq!((status, &body["code"], &body["retryAfter"]), (429, &json!("too_many_streams"), &json!("5")));
    // Another account is not concerned, until the process is full.
    let mut other = Frames::open(&harness, &ben, "", None).await;
    harness.get("/api/events").bearer(&ben).send().await.is(503, "too_many_connections");
    harness.open(&ben, "lionel-messi", "long", "k").await.ok();
    other.until(is_price_of("lionel-messi", "195.2500")).await;
    drop((streams, other));
    while hub.connections() > 1 {
        tokio::task::yield_now().await;
    }
    assert_eq!(harness.get(&path).stream().await.status(), 200);
    drop(Client::open(&harness, &socket_path, &[]).await.unwrap());
    drop(socket);
    while hub.presence.count() > 0 {
        tokio::task::yield_now().await;
    }
}
