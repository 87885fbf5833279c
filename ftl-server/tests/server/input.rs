//! Bad input of every kind: a clear problem with its code, and nothing changes.

use reqwest::Method;
use serde_json::json;

use crate::harness::{Harness, OPERATOR};

#[tokio::test]
async fn bad_bodies_are_refused_with_their_field() {
    let harness = Harness::start().await;
    harness.list("lionel-messi").await;
    let token = harness.player("clumsy").await;
    harness.get("/api/portfolio").bearer(&token).send().await.ok();
    let before = harness.server.app.seq();
    let order = |rest: &str| format!(r#"{{"instrument":"lionel-messi","direction":"long",{rest}}}"#);
    let cases = [
        ("{".to_owned(), "malformed_json", ""),
        (String::new(), "malformed_json", ""),
        ("\u{0}".to_owned(), "malformed_json", ""),
        (order(r#""lots":1}"#) + "x", "malformed_json", ""),
        ("[]".to_owned(), "invalid_field", ""),
        ("null".to_owned(), "invalid_field", ""),
        (order(r#""lots":"1","leverage":100"#), "invalid_field", "leverage"),
        (order(r#""lots":true"#), "invalid_field", "lots"),
        (order(r#""lots":"one""#), "invalid_field", "lots"),
        (order(r#""lots":"1.001""#), "invalid_field", "lots"),
        (order(r#""lots":1e400"#), "invalid_field", "lots"),
        (order(r#""lots":1e2"#), "invalid_field", "lots"),
        (order(r#""lots":"99999999999999999999""#), "invalid_field", "lots"),
        (order(r#""lots":99999999999999999999"#), "invalid_field", "lots"),
        (order(r#""lots":1,"clientPrice":"-""#), "invalid_field", "clientPrice"),
        (order(r#""lots":1,"stopLoss":{}"#), "invalid_field", "stopLoss"),
        (order(r#""lots":1,"slippageTolerance":"0.01""#), "invalid_field", "slippageTolerance"),
        (order(r#""lots":1,"clientPrice":195,"slippageTolerance":"2""#), "invalid_field", "slippageTolerance"),
        (order(r#""lots":1,"limitPrice":"150""#), "invalid_field", "limitPrice"),
        (order(r#""lots":1,"type":"limit""#), "invalid_field", "limitPrice"),
        (order(r#""lots":1,"type":"iceberg""#), "invalid_field", "type"),
        (r#"{"instrument":"lionel-messi","direction":"sideways","lots":1}"#.to_owned(), "invalid_field", "direction"),
        (r#"{"instrument":7,"direction":"long","lots":1}"#.to_owned(), "invalid_field", "instrument"),
        (r#"{"direction":"long","lots":1}"#.to_owned(), "invalid_field", "instrument"),
    ];
    for (n, (body, code, field)) in cases.into_iter().enumerate() {
        let reply = harness.post("/api/positions/open", json!(null)).bearer(&token).key(&n.to_string());
        let reply = reply.raw(body.clone()).send().await;
        assert_eq!((reply.status, reply.code()), (400, code), "{body}: {}", reply.body);
        assert!(reply.body.to_string().contains(field), "{body}: {}", reply.body);
    }
    assert_eq!(harness.server.app.seq(), before);
}

#[tokio::test]
async fn orders_that_no_market_takes_are_refused() {
    let harness = Harness::start().await;
    harness.list("lionel-messi").await;
    let token = harness.player("clumsy").await;
    let mut n = 0;
    let mut open = async |rest: serde_json::Value| {
        n += 1;
        let mut body = json!({"instrument": "lionel-messi", "direction": "long", "lots": 1});
        body.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        harness.post("/api/positions/open", body).bearer(&token).key(&format!("k{n}")).send().await
    };
    open(json!({"instrument": "nobody"})).await.is(404, "unknown_instrument");
    open(json!({"lots": "92233720368547758.07"})).await.is(422, "invalid_lots");
    open(json!({"lots": 0})).await.is(422, "invalid_lots");
    open(json!({"lots": "-1"})).await.is(422, "invalid_lots");
    let far = open(json!({"clientPrice": "100"})).await;
    far.is(422, "slippage_exceeded");
}

#[tokio::test]
async fn huge_bodies_and_strange_requests_are_refused() {
    let harness = Harness::start().await;
    let token = harness.player("clumsy").await;
    let huge = format!(r#"{{"instrument":"{}"}}"#, "x".repeat(10 * 1024 * 1024));
    harness.call(Method::POST, "/api/positions/open").bearer(&token).key("k").raw(huge).send().await.is(413, "body_too_large");
    let text = harness.call(Method::POST, "/api/positions/open").bearer(&token).key("k").header("Content-Type", "text/plain").send().await;
    text.is(415, "unsupported_media_type");
    harness.get("/api/nothing").send().await.is(404, "not_found");
    harness.get("/nothing").send().await.is(404, "not_found");
    harness.delete("/api/portfolio").bearer(&token).send().await.is(405, "method_not_allowed");
    harness.get("/api/portfolio?seq=1").bearer(&token).send().await.is(400, "invalid_field");
    harness.get("/api/instruments?minSeq=x").send().await.is(400, "invalid_field");
    harness.delete("/api/positions/not-an-id").bearer(&token).key("k1").send().await.is(404, "unknown_position");
    let unknown = "/api/positions/0193e5a0-0000-7000-8000-000000000000";
    harness.get("/api/portfolio").bearer(&token).send().await.ok();
    harness.delete(unknown).bearer(&token).key("k2").send().await.is(404, "unknown_position");
    harness.delete(&format!("{unknown}?lots=x")).bearer(&token).key("k3").send().await.is(400, "invalid_field");
    harness.delete(&format!("{unknown}?wait=9s")).bearer(&token).key("k3").send().await.is(400, "invalid_field");
    harness.delete("/api/orders/7").bearer(&token).key("k4").send().await.is(404, "unknown_order");
    let nobody = json!({"account": "nobody", "amount": "1", "key": "k", "reason": "test"});
    harness.post("/api/admin/grants", nobody).bearer(OPERATOR).fresh_key().send().await.is(404, "unknown_account");
}

#[tokio::test]
async fn orders_on_what_cannot_be_traded_are_refused() {
    let harness = Harness::start().await;
    harness.fixture("f").await;
    harness.list("lionel-messi").await;
    let token = harness.player("hopeful").await;
    harness.operate(Method::POST, "/api/admin/instruments/lionel-messi/freeze", json!({})).await;
    harness.open(&token, "lionel-messi", "long", "1").await.is(422, "frozen");
    harness.operate(Method::POST, "/api/admin/instruments/lionel-messi/deactivate", json!({})).await;
    harness.open(&token, "lionel-messi", "long", "2").await.is(422, "inactive_instrument");
    harness.kick_off("f").await;
    harness.tick("f", 60_000).await;
    let goal = json!({"eventId": "e1", "type": "goal", "minute": 2, "instrument": "red-9"});
    harness.operate(Method::POST, "/api/admin/fixtures/f/events", goal).await;
    harness.open(&token, "red-9", "long", "3").await.is(422, "under_review");
}
