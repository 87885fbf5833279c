//! `instruments`, `fixtures`: what everybody may read.

use reqwest::Method;
use serde_json::json;

use crate::harness::Harness;

#[tokio::test]
async fn the_market_lists_instruments_and_their_prices() {
    let harness = Harness::start().await;
    harness.list("lionel-messi").await;
    harness.fixture("red-blue").await;
    let one = harness.get("/api/instruments/lionel-messi").send().await.ok();
    assert_eq!(
        (&one["id"], &one["idx"], &one["mark"], &one["liveBase"]),
        (&json!("lionel-messi"), &json!(0), &json!("195.2000"), &json!("195.2000"))
    );
    harness.get("/api/instruments/nobody").send().await.is(404, "unknown_instrument");

    let first = harness.get("/api/instruments?limit=5").send().await;
    assert_eq!(first.body["items"].as_array().unwrap().len(), 5);
    let cursor = first.body["nextCursor"].as_str().unwrap();
    let second = harness.get(&format!("/api/instruments?limit=5&cursor={cursor}")).send().await.ok();
    assert_eq!((second["items"].as_array().unwrap().len(), &second["nextCursor"]), (4, &json!(null)));
    let tag = first.headers["etag"].to_str().unwrap();
    assert_eq!(harness.get("/api/instruments?limit=5").header("If-None-Match", tag).send().await.status, 304);

    let token = harness.player("buyer").await;
    let bought = harness.open(&token, "lionel-messi", "long", "k").await.ok();
    let seq = bought["seq"].as_u64().unwrap();
    let now = harness.get(&format!("/api/instruments/lionel-messi?minSeq={seq}")).send().await.ok();
    assert_eq!((&now["mark"], &now["settlementPrice"], &now["net"]), (&json!("195.2500"), &json!("195.2250"), &json!("1.00")));
    let history = harness.get("/api/instruments/lionel-messi/price-history?interval=1m").send().await.ok();
    assert_eq!(history["bars"][0]["close"], "195.2500");
    harness.get("/api/instruments/lionel-messi/price-history?interval=2m").send().await.is(400, "invalid_field");
}

#[tokio::test]
async fn an_entry_that_is_not_here_yet_is_waited_for() {
    let harness = Harness::start().await;
    let seq = harness.get("/api/instruments").send().await.ok()["seq"].as_u64().unwrap();
    harness.get(&format!("/api/instruments?minSeq={}", seq + 5)).send().await.is(503, "behind");
    harness.get(&format!("/api/instruments?minSeq={}", seq + 1_000_001)).send().await.is(400, "invalid_field");
}

#[tokio::test]
async fn a_price_in_play_is_measured_against_what_he_brought() {
    let harness = Harness::start().await;
    harness.fixture("red-blue").await;
    let squads = harness.get("/api/fixtures/red-blue/squads").send().await.ok();
    let forward = squads["home"].as_array().unwrap().iter().find(|row| row["position"] == "forward").unwrap()["instrument"].clone();
    let row = format!("/api/instruments/{}", forward.as_str().unwrap());
    let before = harness.get(&row).send().await.ok();
    assert_eq!(before["openingPrice"], before["liveBase"]);
    harness.kick_off("red-blue").await;
    let goal = json!({"eventId": "e1", "type": "goal", "minute": 1, "instrument": forward});
    harness.operate(Method::POST, "/api/admin/fixtures/red-blue/events", goal).await;
    let after = harness.get(&row).send().await.ok();
    assert_eq!(after["openingPrice"], before["liveBase"]);
    assert_ne!(after["liveBase"], before["liveBase"]);
}

#[tokio::test]
async fn a_match_shows_its_squads_and_events() {
    let harness = Harness::start().await;
    harness.fixture("red-blue").await;
    let fixture = harness.get("/api/fixtures/red-blue").send().await.ok();
    assert_eq!(
        (&fixture["phase"], &fixture["kickOff"], &fixture["live"]),
        (&json!("scheduled"), &json!("2030-01-01T18:00:00.000Z"), &json!(false))
    );
    let squads = harness.get("/api/fixtures/red-blue/squads").send().await.ok();
    assert_eq!(squads["home"].as_array().unwrap().len(), 4);
    assert_eq!(harness.get("/api/fixtures/red-blue/events").send().await.ok()["events"], json!([]));
    harness.get("/api/fixtures/none").send().await.is(404, "unknown_fixture");
    assert_eq!(harness.get("/api/fixtures").send().await.ok()["items"][0]["id"], "red-blue");
}
