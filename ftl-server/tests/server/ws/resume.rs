//! Cuts: what a client missed it gets, and nothing else.

use serde_json::{Value, json};

use super::client::{Client, Seen};
use crate::events::Frames;
use crate::harness::{Harness, config};
use crate::shared::until;
use ftl_core::id::Seq;
use ftl_core::time::At;
use ftl_server::stores::Stores;
use ftl_store::data_dir::DataDir;
use ftl_store::fork::in_directory;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_was_cut_ends_with_what_an_uncut_one_has() {
    let harness = Harness::with(&[("DISABLE_RATE_LIMIT", "1")]).await;
    harness.list("lionel-messi").await;
    harness.list("last").await;
    let (token, other) = (harness.player("anna").await, harness.player("ben").await);
    let mut uncut = Client::connect(&harness, &token).await;
    let mut cut = Client::connect(&harness, &token).await;
    for client in [&mut uncut, &mut cut] {
        for slug in ["lionel-messi", "last"] {
            client.subscribe(slug).await;
        }
        client.until(|frame| frame["type"] == "status" && frame["instrument"] == "last").await;
    }
    let mut pieces = Seen::default();
    for n in 0..12 {
        let direction = if n % 3 == 0 { "short" } else { "long" };
        harness.open_lots(&token, "lionel-messi", direction, "0.02", &format!("a{n}")).await.ok();
        harness.open_lots(&other, "lionel-messi", "short", "0.02", &format!("b{n}")).await.ok();
        if n % 2 == 0 {
            pieces.take([cut.next().await]);
            let cursor = cut.cursor.unwrap();
            drop(cut);
            // By its address or by a message: it is the same.
            cut = if n % 4 == 0 {
                Client::with(&harness, &token, &format!("&format=json&seq={cursor}")).await
            } else {
                let mut client = Client::connect(&harness, &token).await;
                client.resume(cursor).await;
                client
            };
            for slug in ["lionel-messi", "last"] {
                cut.subscribe(slug).await;
            }
            if n % 4 == 0 {
                cut.cursor = Some(cursor);
            }
        }
    }
    let opened = harness.open(&token, "last", "long", "end").await.ok();
    let seq = opened["seq"].as_u64().unwrap();
    let ends = |frame: &Value| frame["type"] == "bar" && frame["instrument"] == "last" && frame["seq"].as_u64() >= Some(seq);
    let mut whole = Seen::default();
    whole.take(uncut.until(ends).await);
    pieces.take(cut.until(ends).await);
    assert!(whole.account.len() > 36, "{}", whole.account.len());
    assert_eq!(pieces.account, whole.account);
    assert_eq!(pieces.prices, whole.prices);
    assert_eq!(pieces.bars, whole.bars);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_that_nobody_has_begins_anew() {
    let harness = Harness::start().await;
    harness.list("lionel-messi").await;
    let token = harness.player("anna").await;
    let opened = harness.open(&token, "lionel-messi", "long", "k").await.ok();
    let mut client = Client::with(&harness, &token, "&format=json&seq=999999").await;
    client.subscribe("lionel-messi").await;
    assert_eq!(client.next().await, json!({"type": "resync"}));
    let told = client.until(|frame| frame["type"] == "cursor").await;
    assert_eq!(told[0]["data"]["position"]["id"], opened["position"]["id"]);
    assert_eq!(told[1]["type"], "wallet");
    assert_eq!(client.first("price").await["mark"], "195.2500");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_ends_says_when_to_come_again() {
    let harness = Harness::start().await;
    let token = harness.player("anna").await;
    let mut hints = Vec::new();
    let mut clients = Vec::new();
    for _ in 0..5 {
        let mut client = Client::connect(&harness, &token).await;
        client.first("cursor").await;
        clients.push(client);
    }
    let told = async {
        for client in clients {
            let (code, reason) = client.close().await;
            assert_eq!(code, 1012);
            let hint: Value = serde_json::from_str(&reason).unwrap();
            hints.push(hint["reconnectInMs"].as_u64().unwrap());
        }
    };
    tokio::join!(harness.stop(), told);
    hints.sort_unstable();
    hints.dedup();
    assert_eq!(hints.len(), 5, "{hints:?}");
    assert!(hints.iter().all(|hint| (250..1_000).contains(hint)), "{hints:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_starts_serves_what_was_before_its_last_snapshot() {
    let directory = tempfile::tempdir().unwrap();
    let start = async |directory: tempfile::TempDir| {
        let mut config = config(directory.path(), &[("DISABLE_RATE_LIMIT", "1")]);
        config.snapshot_every = 5;
        let stores = Stores::in_directory(&config.data, &config.league).await.unwrap();
        Harness::over(directory, config, stores).await
    };
    let harness = start(directory).await;
    harness.list("lionel-messi").await;
    let token = harness.player("anna").await;
    let mut uncut = Client::connect(&harness, &token).await;
    uncut.subscribe("lionel-messi").await;
    let cursor = uncut.first("cursor").await["seq"].as_u64().unwrap();
    uncut.first("status").await;
    let mut last = 0;
    for n in 0..25 {
        let opened = harness.open_lots(&token, "lionel-messi", "long", "0.01", &format!("k{n}")).await.ok();
        last = opened["seq"].as_u64().unwrap();
    }
    let ends = |frame: &Value| frame["type"] == "bar" && frame["seq"].as_u64() == Some(last);
    let (mut before, mut behind) = (Seen::default(), Seen::default());
    before.take(uncut.until(ends).await);
    let harness = start(harness.stop().await).await;
    assert_eq!(harness.server.app.seq().0, last);
    assert_eq!(harness.server.app.replica.last_snapshot().await.0, last);
    let mut again = Client::with(&harness, &token, &format!("&format=json&seq={cursor}")).await;
    again.subscribe("lionel-messi").await;
    behind.take(again.until(ends).await);
    assert_eq!(behind, before);
    harness.stop().await;
}

/// What was cut off others have the numbers of: a client that saw it is told that its cursor is of no use.
#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_of_entries_that_were_cut_off_begins_anew() {
    let harness = Harness::with(&[("DISABLE_RATE_LIMIT", "1")]).await;
    harness.list("lionel-messi").await;
    let token = harness.player("anna").await;
    let open = async |harness: &Harness, key: &str| {
        harness.open_lots(&token, "lionel-messi", "long", "0.01", key).await.ok()["seq"].as_u64().unwrap()
    };
    let kept = open(&harness, "kept").await;
    let mut client = Client::connect(&harness, &token).await;
    let mut stream = Frames::open(&harness, &token, "?channels=account&batch=true", None).await;
    let first = client.first("cursor").await;
    assert_eq!(first["seq"], kept);
    let mut last = 0;
    for n in 0..5 {
        last = open(&harness, &format!("cut-{n}")).await;
    }
    let is_last = |frame: &Value| frame["type"] == "cursor" && frame["seq"] == last;
    let cursor = client.until(is_last).await.pop().unwrap();
    stream.until(|frame| frame["type"] == "wallet" && frame["seq"] == last).await;
    let id = stream.last_id.clone().unwrap();
    assert_eq!(id, format!("{last}-{}", cursor["batch"].as_str().unwrap()));
    drop((client, stream));

    let directory = harness.stop().await;
    in_directory(&DataDir::at(directory.path()), Seq(kept), "test", At(0), false).await.unwrap();
    let harness = Harness::on(directory, &[("DISABLE_RATE_LIMIT", "1")]).await;
    for n in 0..8 {
        open(&harness, &format!("anew-{n}")).await;
    }
    until("the entries", Duration::from_secs(5), async || harness.server.app.seq().0 > last).await;
    let resumed = async |cursor: &Value| {
        let more = format!("&format=json&seq={}&batch={}", cursor["seq"], cursor["batch"].as_str().unwrap());
        Client::with(&harness, &token, &more).await.next().await
    };
    assert_eq!(resumed(&cursor).await, json!({"type": "resync"}));
    // What was not cut is as it was, and so is a cursor of it.
    assert_eq!(resumed(&first).await, json!({"type": "resumed", "seq": kept}));
    let mut said = Client::connect(&harness, &token).await;
    said.first("cursor").await;
    said.say(json!({"action": "resume", "seq": last, "batch": cursor["batch"]})).await;
    assert_eq!(said.next().await, json!({"type": "resync"}));
    said.say(json!({"action": "resume", "seq": last, "batch": "no batch"})).await;
    assert_eq!(said.close().await.0, 4000);
    let mut stream = Frames::open(&harness, &token, "?channels=account", Some(&id)).await;
    assert_eq!(stream.next().await, json!({"type": "resync"}));
    harness.get("/api/events").bearer(&token).header("Last-Event-ID", "7-").send().await.is(400, "invalid_field");
    harness.stop().await;
}
