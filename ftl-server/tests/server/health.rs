//! `healthz`, `readyz`, and the entry that stops a league.

use reqwest::Method;
use serde_json::json;

use crate::harness::{Harness, OPERATOR};

#[tokio::test]
async fn a_server_that_serves_says_so() {
    let harness = Harness::start().await;
    assert_eq!(harness.get("/healthz").send().await.ok(), json!({"status": "ok"}));
    let ready = harness.get("/readyz").send().await.ok();
    assert_eq!((&ready["status"], &ready["seq"]), (&json!("ready"), &json!(1)));
}

#[tokio::test]
async fn a_panic_in_apply_stops_the_league_until_the_entry_is_set_aside() {
    let harness = Harness::start().await;
    harness.list("lionel-messi").await;
    let login = harness.post("/api/auth/dev", json!({"name": "asha", "district": "Kannur"})).send().await.ok();
    let (token, id) = (login["token"].as_str().unwrap(), login["accountId"].as_str().unwrap());
    let opened = harness.open(token, "lionel-messi", "long", "before").await.ok();

    let poison = json!({"account": id, "amount": "1", "key": "panic-now", "reason": "test"});
    let reply = harness.post("/api/admin/grants", poison).bearer(OPERATOR).key("poison").send().await;
    reply.is(503, "stopped");
    let ready = harness.get("/readyz").send().await;
    assert_eq!((ready.status, &ready.body["status"]), (503, &json!("stopped")));
    let seq = ready.body["seq"].as_u64().unwrap();
    assert!(seq > opened["seq"].as_u64().unwrap());
    assert_eq!(harness.get("/healthz").send().await.status, 200);
    let read = harness.get("/api/portfolio").bearer(token).send().await;
    read.is(503, "stopped");
    assert_eq!(read.body["seq"], seq);
    harness.open(token, "lionel-messi", "long", "meanwhile").await.is(503, "stopped");

    // The process starts again with the entry still there: up, not ready, no loop.
    let harness = Harness::on(harness.stop().await, &[]).await;
    let ready = harness.get("/readyz").send().await;
    assert_eq!((ready.status, ready.body["seq"].as_u64()), (503, Some(seq)));

    let aside = async |seq: u64| harness.try_operate(Method::POST, "/api/admin/quarantine", json!({"seq": seq})).await;
    aside(seq - 1).await.is(409, "entry_applied");
    aside(seq + 100).await.is(400, "invalid_field");
    assert_eq!(aside(seq).await.ok()["quarantined"], seq);
    harness.server.app.replica.caught_up().await;
    assert_eq!(harness.get("/readyz").send().await.ok()["status"], "ready");
    let portfolio = harness.get("/api/portfolio").bearer(token).send().await.ok();
    assert_eq!(portfolio["positions"][0]["id"], opened["position"]["id"]);
    let after = harness.open(token, "lionel-messi", "long", "after").await.ok();
    assert!(after["seq"].as_u64().unwrap() > seq);
    let poison = json!({"account": id, "amount": "1", "key": "panic-now", "reason": "test"});
    harness.post("/api/admin/grants", poison).bearer(OPERATOR).key("poison").send().await.is(409, "quarantined");

    // And once more from the disk.
    let harness = Harness::on(harness.stop().await, &[]).await;
    assert_eq!(harness.get("/readyz").send().await.ok()["status"], "ready");
    assert_eq!(harness.get("/api/positions").bearer(token).send().await.ok()["items"].as_array().unwrap().len(), 2);
}
