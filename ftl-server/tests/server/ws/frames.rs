//! What a client is told.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use super::client::Client;
use crate::harness::Harness;
use crate::shared::until;

#[tokio::test(flavor = "multi_thread")]
async fn a_trader_sees_his_trade_and_the_price_it_made() {
    let harness = Harness::start().await;
    harness.list("lionel-messi").await;
    let token = harness.player("anna").await;
    let mut client = Client::connect(&harness, &token).await;
    let start = client.first("cursor").await;
    client.subscribe("lionel-messi").await;
    let shown = client.first("price").await;
    assert_eq!((&shown["idx"], &shown["mark"]), (&json!(0), &json!("195.2000")));
    assert_eq!(client.first("status").await["active"], true);
    let opened = harness.open(&token, "lionel-messi", "long", "k").await.ok();
    let seq = opened["seq"].as_u64().unwrap();
    assert!(seq > start["seq"].as_u64().unwrap());
    // Its account is opened first.
    let mut frames = client.until(|frame| frame["type"] == "bar").await;
    frames.retain(|frame| frame["seq"].as_u64() >= Some(seq));
    let kinds: Vec<&str> = frames.iter().map(|frame| frame["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["order", "position", "wallet", "price", "cursor", "bar"]);
    let at = |place: usize| (frames[place]["seq"].as_u64().unwrap(), frames[place]["n"].as_u64());
    assert_eq!([at(0), at(1), at(2)], [(seq, Some(0)), (seq, Some(1)), (seq, Some(2))]);
    assert_eq!(frames[1]["data"]["position"]["id"], opened["position"]["id"]);
    assert_eq!(frames[2]["data"], opened["portfolio"]);
    let price = &frames[3];
    let figures = [&price["mark"], &price["liveBase"], &price["settlement"]];
    assert_eq!(figures, [&json!("195.2500"), &json!("195.2000"), &json!("195.2250")]);
    let batch = client.batch.clone().unwrap();
    assert_eq!((batch.len(), &frames[4]), (8, &json!({"type": "cursor", "seq": seq, "batch": batch})));
    let bar = &frames[5];
    assert_eq!((&bar["interval"], &bar["open"], &bar["close"]), (&json!("1m"), &json!("195.2500"), &json!("195.2500")));
    // History has the same bar.
    let history = harness.get(&format!("/api/instruments/lionel-messi/price-history?minSeq={seq}")).send().await.ok();
    let written = history["bars"].as_array().unwrap().iter().find(|written| written["start"] == bar["start"]);
    if let Some(written) = written {
        for name in ["open", "high", "low", "close"] {
            assert_eq!(written[name], bar[name]);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn prices_are_messagepack_unless_asked_otherwise() {
    let harness = Harness::start().await;
    harness.list("lionel-messi").await;
    let token = harness.player("anna").await;
    let mut client = Client::with(&harness, &token, "").await;
    client.say(json!({"action": "subscribe", "idx": 0})).await;
    harness.open(&token, "lionel-messi", "long", "k").await.ok();
    let mut rows = Vec::new();
    while rows.last() != Some(&(1_952_500i64, 1_952_000i64, 1_952_250i64)) {
        match client.message().await {
            Message::Binary(bytes) => {
                let (kind, idx, _seq, at, mark, live_base, settlement): (u8, u16, u64, u64, i64, i64, i64) =
                    rmp_serde::from_slice(&bytes).unwrap();
                assert_eq!((kind, idx), (1, 0));
                assert!(at > 1_600_000_000_000);
                rows.push((mark, live_base, settlement));
            }
            Message::Text(text) => assert_ne!(serde_json::from_str::<Value>(&text).unwrap()["type"], "price"),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_gets_his_own_and_only_what_he_asked_for() {
    let harness = Harness::start().await;
    harness.list("lionel-messi").await;
    harness.list("other").await;
    let (anna, ben) = (harness.player("anna").await, harness.player("ben").await);
    let mut hers = Client::connect(&harness, &anna).await;
    let mut his = Client::connect(&harness, &ben).await;
    hers.subscribe("other").await;
    his.say(json!({"action": "subscribe", "channel": "prices"})).await;
    hers.first("status").await;
    his.until(|frame| frame["type"] == "status" && frame["instrument"] == "other").await;
    his.say(json!({"action": "subscribe", "idx": 1})).await;
    harness.open(&anna, "lionel-messi", "long", "1").await.ok();
    harness.open(&ben, "other", "short", "2").await.ok();
    let last = |frame: &Value| frame["type"] == "bar" && frame["instrument"] == "other";
    let told = hers.until(last).await;
    assert!(told.iter().all(|frame| frame["instrument"] == "other" || frame["instrument"].is_null()), "{told:?}");
    assert!(told.iter().any(|frame| frame["type"] == "position" && frame["data"]["position"]["direction"] == "long"));
    let told = his.until(last).await;
    assert!(told.iter().all(|frame| frame["data"].to_string().find("long").is_none()), "{told:?}");
    for slug in ["lionel-messi", "other"] {
        let prices: Vec<&Value> = told.iter().filter(|frame| frame["type"] == "price" && frame["instrument"] == slug).collect();
        assert!(prices.iter().all(|price| **price == *prices[0]) || slug == "other", "{prices:?}");
        assert!(!prices.is_empty(), "{slug}");
    }
    hers.say(json!({"action": "unsubscribe", "instrumentId": "other"})).await;
    hers.subscribe("lionel-messi").await;
    hers.first("status").await;
    harness.open(&ben, "other", "short", "3").await.ok();
    harness.open(&ben, "lionel-messi", "short", "4").await.ok();
    let told = hers.first("price").await;
    assert_eq!(told["instrument"], "lionel-messi");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_match_is_told_as_it_is_reported_and_corrected() {
    let harness = Harness::start().await;
    harness.fixture("final").await;
    let token = harness.player("anna").await;
    let mut client = Client::connect(&harness, &token).await;
    client.say(json!({"action": "subscribe", "channel": "fixture:final"})).await;
    client.say(json!({"action": "subscribe", "channel": "activity"})).await;
    assert_eq!(client.first("fixture").await["phase"], "scheduled");
    harness.kick_off("final").await;
    let began = client.first("fixture").await;
    assert_eq!((&began["phase"], &began["live"], &began["score"]), (&json!("first_half"), &json!(true), &json!({"home": 0, "away": 0})));
    harness.tick("final", 60_000).await;
    assert_eq!(client.until(|frame| frame["type"] == "fixture" && frame["clockMs"] == 60_000).await.pop().unwrap()["minute"], 1);
    let goal = json!({"eventId": "e1", "type": "goal", "minute": 2, "offset": 0, "instrument": "red-9"});
    harness.operate(Method::POST, "/api/admin/fixtures/final/events", goal).await;
    let event = client.first("event").await;
    assert_eq!((&event["fixture"], &event["change"], &event["eventId"]), (&json!("final"), &json!("reported"), &json!("e1")));
    assert_eq!(event["event"]["instrument"], "red-9");
    let activity = client.first("activity").await;
    assert_eq!((&activity["kind"], &activity["instrument"]), (&json!("goal"), &json!("red-9")));
    assert_eq!(client.first("fixture").await["score"], json!({"home": 1, "away": 0}));
    harness.operate(Method::DELETE, "/api/admin/fixtures/final/events/e1", json!({})).await;
    let event = client.first("event").await;
    assert_eq!((&event["change"], &event["event"]), (&json!("taken_back"), &Value::Null));
    assert_eq!(client.first("fixture").await["score"], json!({"home": 0, "away": 0}));
    harness.operate(Method::POST, "/api/admin/instruments/red-9/freeze", json!({})).await;
    let status = client.until(|frame| frame["type"] == "status" && frame["frozen"] == true).await.pop().unwrap();
    assert_eq!((&status["instrument"], &status["fixture"]), (&json!("red-9"), &json!("final")));
}

#[tokio::test(flavor = "multi_thread")]
async fn activity_names_neither_who_nor_for_how_much() {
    let harness = Harness::start().await;
    harness.list("lionel-messi").await;
    let (anna, ben) = (harness.player("anna").await, harness.player("ben").await);
    let mut client = Client::connect(&harness, &anna).await;
    client.say(json!({"action": "subscribe", "channel": "activity"})).await;
    client.say(json!({"action": "subscribe", "channel": "leaderboard"})).await;
    client.first("leaderboard").await;
    let opened = harness.open(&ben, "lionel-messi", "short", "1").await.ok();
    let frame = client.first("activity").await;
    let names: Vec<&str> = frame.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, ["at", "direction", "district", "instrument", "kind", "lots", "n", "seq", "type"]);
    assert_eq!((&frame["kind"], &frame["lots"], &frame["district"]), (&json!("opened"), &json!("1.00"), &json!("Kannur")));
    let id = opened["position"]["id"].as_str().unwrap();
    harness.delete(&format!("/api/positions/{id}")).bearer(&ben).key("2").send().await.ok();
    let frame = client.first("activity").await;
    assert_eq!((&frame["kind"], &frame["reason"]), (&json!("closed"), &json!("user")));
    let board = client.first("leaderboard").await;
    assert_eq!((&board["total"], &board["rows"][0]["name"]), (&json!(1), &json!("ben")));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_here_while_it_has_a_connection() {
    let harness = Harness::start().await;
    let token = harness.player("anna").await;
    let (one, other) = (Client::connect(&harness, &token).await, Client::connect(&harness, &token).await);
    let hub = &harness.server.app.hub;
    assert_eq!((hub.connections(), hub.presence.count()), (2, 1));
    drop((one, other));
    until("nobody", Duration::from_secs(5), async || (hub.connections(), hub.presence.count()) == (0, 0)).await;
}
