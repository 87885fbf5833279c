//! `positions`, `orders`, `portfolio`, `ledger`, `trades`: the trading wire.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Harness, plain};

#[tokio::test]
async fn the_trading_wire_is_as_published() {
    let harness = Harness::start().await;
    harness.list("lionel-messi").await;
    let login = harness.post("/api/auth/dev", json!({"name": "player-1", "district": "Kannur"})).send().await.ok();
    let token = login["token"].as_str().unwrap();
    assert_eq!(login.as_object().unwrap().keys().collect::<Vec<_>>(), ["accountId", "expiresAt", "token"]);

    let body = json!({"instrument":"lionel-messi","direction":"long","lots":"1.00","clientPrice":"195.2000","slippageTolerance":"0.0050","stopLoss":"180.0000"});
    let opened = harness.post("/api/positions/open", body).bearer(token).key("7f3a").send().await;
    assert_eq!(opened.status, 200, "{}", opened.body);
    assert_eq!(
        plain(&opened.body),
        plain(&json!({
            "seq": 1, "replayed": false, "order": {"id": "[id]", "status": "filled"},
            "position": {"id": "[id]", "instrument": "lionel-messi", "direction": "long", "lots": "1.00", "entryPrice": "195.2250",
                "entryCost": "19522.500000", "margin": "2700.020000", "stopLoss": "180.0000", "takeProfit": null, "openedAt": "[time]"},
            "portfolio": {"balance": "10000.000000", "equity": "10002.500000", "used": "2700.020000", "reserved": "0.000000",
                "free": "7302.480000", "levelBps": 37046}
        }))
    );
    let id = opened.body["position"]["id"].as_str().unwrap();

    let closed = harness.delete(&format!("/api/positions/{id}?lots=0.50")).bearer(token).key("c1").send().await;
    assert_eq!(closed.status, 200, "{}", closed.body);
    assert_eq!(closed.body["closed"], json!({"lots": "0.50", "exitPrice": "195.2375", "pnl": "0.625000", "reason": "user"}));
    assert_eq!(closed.body["position"]["lots"], "0.50");

    let portfolio = harness.get("/api/portfolio").bearer(token).send().await.ok();
    let held = &portfolio["positions"][0];
    assert_eq!((&held["mark"], &held["id"]), (&json!("195.2250"), &json!(id)));
    assert_eq!(portfolio["realised"], "0.625000");
    for name in ["seq", "balance", "equity", "used", "reserved", "free", "levelBps", "unrealised", "realised", "positions", "orders"] {
        assert!(portfolio.get(name).is_some(), "{name}");
    }
    assert!(held.get("settlementPrice").is_some() && held.get("unrealised").is_some());

    let rest = harness.delete(&format!("/api/positions/{id}")).bearer(token).key("c2").send().await.ok();
    assert_eq!((&rest["closed"]["pnl"], &rest["position"]), (&json!("-0.625000"), &Value::Null));
    assert_eq!(rest["portfolio"]["balance"], "10000.000000");
    assert_eq!(rest["portfolio"]["levelBps"], Value::Null);

    let gone = harness.delete(&format!("/api/positions/{id}")).bearer(token).key("c3").send().await;
    assert_eq!(gone.body["status"], gone.status);
    assert!(["position_gone", "unknown_position"].contains(&gone.code()), "{}", gone.body);
}

#[tokio::test]
async fn a_refusal_of_a_rule_says_its_figures() {
    let harness = Harness::start().await;
    harness.list("lionel-messi").await;
    let token = harness.player("short-of-money").await;
    let big = json!({"instrument": "lionel-messi", "direction": "long", "lots": "10.00"});
    let reply = harness.post("/api/positions/open", big).bearer(&token).key("k").send().await;
    reply.is(422, "insufficient_margin");
    assert_eq!(reply.body["title"], "Not enough free margin");
    assert!(reply.body["detail"].as_str().unwrap().starts_with("needs 27"), "{}", reply.body);
    assert!(reply.body["type"].as_str().unwrap().ends_with("/rejections/insufficient_margin"));
    assert_eq!(reply.body["instance"], "/api/positions/open");
    assert!(reply.body["seq"].is_u64());
}

#[tokio::test]
async fn a_key_gives_its_first_outcome_again() {
    let harness = Harness::start().await;
    harness.list("lionel-messi").await;
    let token = harness.player("twice").await;
    let first = harness.open(&token, "lionel-messi", "long", "same").await.ok();
    let again = harness.open(&token, "lionel-messi", "long", "same").await.ok();
    assert_eq!((&again["replayed"], &first["replayed"]), (&json!(true), &json!(false)));
    assert_eq!((&again["seq"], &again["order"], &again["position"]), (&first["seq"], &first["order"], &first["position"]));

    harness.open(&token, "lionel-messi", "short", "same").await.is(409, "idempotency_key_reused");
    let other = harness.player("another").await;
    assert_eq!(harness.open(&other, "lionel-messi", "short", "same").await.ok()["replayed"], false);

    let no_key = json!({"instrument": "lionel-messi", "direction": "long", "lots": 1});
    harness.post("/api/positions/open", no_key.clone()).bearer(&token).send().await.is(400, "idempotency_key_required");
    let long = "k".repeat(129);
    harness.post("/api/positions/open", no_key).bearer(&token).key(&long).send().await.is(400, "invalid_field");
    let in_body = json!({"instrument": "lionel-messi", "direction": "long", "lots": 1, "clientRequestId": "in-body"});
    assert_eq!(harness.post("/api/positions/open", in_body.clone()).bearer(&token).send().await.ok()["replayed"], false);
    assert_eq!(harness.post("/api/positions/open", in_body).bearer(&token).send().await.ok()["replayed"], true);

    let held = harness.get("/api/positions").bearer(&token).send().await.ok();
    assert_eq!(held["items"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_rejection_is_an_outcome_too() {
    let harness = Harness::start().await;
    harness.list("lionel-messi").await;
    harness.operate(Method::POST, "/api/admin/instruments/lionel-messi/freeze", json!({})).await;
    let token = harness.player("early").await;
    let first = harness.open(&token, "lionel-messi", "long", "k").await;
    first.is(422, "frozen");
    harness.operate(Method::POST, "/api/admin/instruments/lionel-messi/unfreeze", json!({})).await;
    let again = harness.open(&token, "lionel-messi", "long", "k").await;
    again.is(422, "frozen");
    assert_eq!(again.body["seq"], first.body["seq"]);
    harness.open(&token, "lionel-messi", "long", "a new key").await.ok();
}

#[tokio::test]
async fn stop_loss_and_take_profit_change_one_by_one() {
    let harness = Harness::start().await;
    harness.list("lionel-messi").await;
    let token = harness.player("careful").await;
    let opened = harness.open(&token, "lionel-messi", "long", "o").await.ok();
    let path = format!("/api/positions/{}", opened["position"]["id"].as_str().unwrap());
    let change = async |key: &str, body: Value| {
        let reply = harness.patch(&path, body).bearer(&token).key(key).send().await;
        (reply.status, reply.body)
    };
    let (_, one) = change("1", json!({"stopLoss": "180"})).await;
    assert_eq!(
        (&one["position"]["stopLoss"], &one["position"]["takeProfit"], &one["due"]),
        (&json!("180.0000"), &Value::Null, &Value::Null)
    );
    let (_, two) = change("2", json!({"takeProfit": 210.5})).await;
    assert_eq!((&two["position"]["stopLoss"], &two["position"]["takeProfit"]), (&json!("180.0000"), &json!("210.5000")));
    let (status, retried) = change("1", json!({"stopLoss": "180"})).await;
    assert_eq!((status, &retried["replayed"]), (200, &json!(true)));
    let (_, three) = change("3", json!({"stopLoss": null})).await;
    assert_eq!((&three["position"]["stopLoss"], &three["position"]["takeProfit"]), (&Value::Null, &json!("210.5000")));
    assert_eq!(change("4", json!({"stopLoss": "300"})).await.1["code"], "stop_loss_wrong_side");
    assert_eq!(change("5", json!({})).await.0, 400);
}

#[tokio::test]
async fn in_play_an_order_rests_until_the_next_tick() {
    let harness = Harness::start().await;
    harness.fixture("f").await;
    harness.hurry().await;
    harness.kick_off("f").await;
    harness.tick("f", 5_000).await;
    let token = harness.player("live").await;
    let rests = harness.open(&token, "red-9", "long", "o").await;
    assert_eq!(rests.status, 202, "{}", rests.body);
    assert_eq!((&rests.body["order"]["status"], &rests.body["position"]), (&json!("resting"), &Value::Null));
    assert!(rests.body["order"]["due"].is_string());
    let order = rests.body["order"]["id"].as_str().unwrap();
    let listed = harness.get("/api/orders").bearer(&token).send().await.ok();
    assert_eq!(listed["items"][0]["id"], order);

    let body = json!({"instrument": "red-9", "direction": "long", "lots": "1.00"});
    let held = harness.post("/api/positions/open?wait=8s", body).bearer(&token).key("held").send();
    let tick = async {
        // The order is in the book before the tick that fills it.
        while harness.get("/api/orders").bearer(&token).send().await.ok()["items"].as_array().unwrap().len() < 2 {}
        harness.tick("f", 10_000).await;
    };
    let (held, ()) = tokio::join!(held, tick);
    assert_eq!((held.status, &held.body["order"]["status"]), (200, &json!("filled")), "{}", held.body);
    assert_eq!(held.body["position"]["instrument"], "red-9");
    let ended = harness.get(&format!("/api/orders/{order}")).bearer(&token).send().await.ok();
    assert_eq!(ended["order"]["status"], "filled");

    let id = held.body["position"]["id"].as_str().unwrap();
    let closing = harness.delete(&format!("/api/positions/{id}")).bearer(&token).key("close").send().await;
    assert_eq!((closing.status, &closing.body["closed"]), (202, &Value::Null), "{}", closing.body);
    harness.tick("f", 15_000).await;
    let again = harness.delete(&format!("/api/positions/{id}?wait=1s")).bearer(&token).key("close").send().await.ok();
    assert_eq!((&again["order"]["status"], &again["closed"]["reason"]), (&json!("filled"), &json!("user")));

    let limit = json!({"instrument": "red-9", "direction": "long", "lots": 1, "type": "limit", "limitPrice": "150.0000"});
    let resting = harness.post("/api/positions/open", limit).bearer(&token).key("limit").send().await;
    assert_eq!(resting.status, 202, "{}", resting.body);
    let path = format!("/api/orders/{}", resting.body["order"]["id"].as_str().unwrap());
    assert_eq!(harness.delete(&path).bearer(&token).key("back").send().await.status, 202);
    harness.tick("f", 20_000).await;
    let ended = harness.get(&path).bearer(&token).send().await.ok();
    assert_eq!((&ended["order"]["status"], &ended["order"]["reason"]), (&json!("cancelled"), &json!("user")));
}

#[tokio::test]
async fn a_quote_changes_nothing_and_says_what_would_come() {
    let harness = Harness::start().await;
    harness.list("lionel-messi").await;
    let token = harness.player("asks").await;
    let body = json!({"instrument": "lionel-messi", "direction": "long", "lots": "1.00"});
    let quote = harness.post("/api/positions/quote", body.clone()).bearer(&token).send().await.ok();
    assert_eq!((&quote["entryCost"], &quote["margin"], &quote["due"]), (&json!("19522.500000"), &json!("2700.020000"), &Value::Null));
    assert_eq!(quote["portfolio"]["free"], "7302.480000");
    let again = harness.post("/api/positions/quote", body).bearer(&token).send().await.ok();
    assert_eq!(again["seq"], quote["seq"]);
}

#[tokio::test]
async fn the_past_is_paged_and_tagged() {
    let harness = Harness::start().await;
    harness.list("lionel-messi").await;
    let token = harness.player("trader").await;
    for n in 0..5 {
        let opened = harness.open(&token, "lionel-messi", "long", &format!("o{n}")).await.ok();
        let path = format!("/api/positions/{}", opened["position"]["id"].as_str().unwrap());
        harness.delete(&path).bearer(&token).key(&format!("c{n}")).send().await.ok();
    }
    let mut path = "/api/trades?limit=4".to_owned();
    let mut seen = Vec::new();
    loop {
        let page = harness.get(&path).bearer(&token).send().await.ok();
        seen.extend(page["items"].as_array().unwrap().clone());
        let Some(cursor) = page["nextCursor"].as_str() else { break };
        path = format!("/api/trades?limit=4&cursor={cursor}");
    }
    assert_eq!(seen.len(), 10);
    assert!(seen.windows(2).all(|pair| pair[0]["seq"].as_u64() >= pair[1]["seq"].as_u64()));
    assert_eq!((&seen[9]["action"], &seen[9]["price"]), (&json!("open"), &json!("195.2250")));

    let closed = harness.get("/api/positions?status=closed").bearer(&token).send().await.ok();
    assert_eq!(closed["items"].as_array().unwrap().len(), 5);
    let ledger = harness.get("/api/ledger").bearer(&token).send().await;
    let lines = ledger.body["items"].as_array().unwrap();
    assert_eq!((&lines.last().unwrap()["reason"], &lines.last().unwrap()["amount"]), (&json!("seed"), &json!("10000.000000")));
    let tag = ledger.headers["etag"].to_str().unwrap().to_owned();
    let known = harness.get("/api/ledger").bearer(&token).header("If-None-Match", &tag).send().await;
    assert_eq!(known.status, 304);
    harness.get("/api/trades?cursor=x").bearer(&token).send().await.is(400, "invalid_field");
    harness.get("/api/trades?limit=1000").bearer(&token).send().await.is(400, "invalid_field");
}

#[tokio::test]
async fn a_timer_fires_though_nobody_says_anything() {
    let harness = Harness::start().await;
    harness.fixture("f").await;
    harness.operate(Method::PATCH, "/api/admin/rules", json!({"rules": {"inPlay": {"minDelay": 0, "overLag": 0, "staleAfter": 50}}})).await;
    harness.kick_off("f").await;
    harness.tick("f", 5_000).await;
    let token = harness.player("forgotten").await;
    let body = json!({"instrument": "red-9", "direction": "long", "lots": "1.00"});
    let ended = harness.post("/api/positions/open?wait=8s", body).bearer(&token).key("k").send().await.ok();
    assert_eq!((&ended["order"]["status"], &ended["order"]["reason"]), (&json!("cancelled"), &json!("feed_stale")));
    assert_eq!(ended["position"], Value::Null);
}
