//! `auth/dev`, `me`, and who may do what.

use serde_json::json;

use crate::harness::{Harness, OPERATOR};

#[tokio::test]
async fn a_name_is_an_account() {
    let harness = Harness::start().await;
    let login = async |name: &str, district: &str| harness.post("/api/auth/dev", json!({"name": name, "district": district})).send().await;
    let one = login("asha", "Kannur").await.ok();
    let again = login("asha", "Kannur").await.ok();
    let other = login("biju", "Kannur").await.ok();
    assert_eq!(one["accountId"], again["accountId"]);
    assert_ne!(one["accountId"], other["accountId"]);
    login("asha", "Kollam").await.is(409, "district_chosen");
    login("cini", "Atlantis").await.is(422, "unknown_district");
    login(" cini", "Kannur").await.is(400, "invalid_field");
    login("", "Kannur").await.is(400, "invalid_field");

    let token = one["token"].as_str().unwrap();
    let me = harness.get("/api/me").bearer(token).send().await.ok();
    assert_eq!((&me["name"], &me["district"], &me["playing"]), (&json!("asha"), &json!("Kannur"), &json!(false)));
    harness.get("/api/portfolio").bearer(token).send().await.ok();
    let me = harness.get("/api/me").bearer(token).send().await.ok();
    assert_eq!((&me["playing"], &me["portfolio"]["balance"]), (&json!(true), &json!("10000.000000")));
}

#[tokio::test]
async fn a_batch_logs_in_many() {
    let harness = Harness::start().await;
    let accounts: Vec<_> = (0..1000).map(|n| json!({"name": format!("fan-{n}"), "district": "Kollam"})).collect();
    let batch = harness.post("/api/auth/dev/batch", json!({ "accounts": accounts })).send().await;
    assert_eq!(batch.status, 200, "{}", batch.body);
    assert_eq!(batch.body["accounts"].as_array().unwrap().len(), 1000);
    harness.post("/api/auth/dev/batch", json!({"accounts": []})).send().await.is(400, "invalid_field");
}

#[tokio::test]
async fn nobody_gets_in_without_a_token() {
    let harness = Harness::start().await;
    for path in
        ["/api/me", "/api/portfolio", "/api/positions", "/api/orders", "/api/ledger", "/api/trades", "/api/events", "/api/admin/rules"]
    {
        let reply = harness.get(path).send().await;
        reply.is(401, "unauthorized");
        assert_eq!(reply.headers["www-authenticate"], "Bearer");
    }
    harness.get("/api/me").bearer("not-a-token").send().await.is(401, "unauthorized");
    harness.get("/api/me").header("Authorization", "Basic YTpi").send().await.is(401, "unauthorized");
    let token = harness.player("somebody").await;
    harness.get("/api/admin/rules").bearer(&token).send().await.is(403, "forbidden");
    harness.get("/api/me").bearer(OPERATOR).send().await.is(403, "forbidden");
    harness.get("/api/admin/rules").bearer(OPERATOR).send().await.ok();
}

#[tokio::test]
async fn production_has_no_development_login() {
    // The first test vector of RFC 8032.
    let key = "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g";
    let harness = Harness::with(&[("ENV", "production"), ("JWT_PRIVATE_KEY_B64", key)]).await;
    harness.post("/api/auth/dev", json!({"name": "asha", "district": "Kannur"})).send().await.is(404, "not_found");
}
