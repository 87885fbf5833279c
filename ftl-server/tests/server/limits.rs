//! Limits: who asks too often is told when to come again, and nothing is appended.

use serde_json::json;

use crate::harness::Harness;

#[tokio::test]
async fn a_trader_has_a_burst_and_is_told_what_is_left() {
    let harness = Harness::start().await;
    harness.list("lionel-messi").await;
    let token = harness.player("eager").await;
    let body = json!({"instrument": "lionel-messi", "direction": "long", "lots": 1});
    let mut limited = None;
    for n in 0..200 {
        let reply = harness.post("/api/positions/quote", body.clone()).bearer(&token).send().await;
        if reply.status == 429 {
            limited = Some((n, reply));
            break;
        }
        assert_eq!(reply.headers["ratelimit-policy"], "\"trading\";q=40;w=2");
        assert!(reply.headers["ratelimit"].to_str().unwrap().starts_with("\"trading\";r="));
    }
    let (granted, reply) = limited.expect("a limit");
    assert!(granted >= 40, "{granted}");
    reply.is(429, "rate_limited");
    assert!(reply.headers["retry-after"].to_str().unwrap().parse::<u64>().unwrap() >= 1);
}

#[tokio::test]
async fn who_is_refused_too_often_must_wait() {
    let harness = Harness::start().await;
    harness.list("lionel-messi").await;
    let token = harness.player("stubborn").await;
    let mut codes = Vec::new();
    for n in 0..12 {
        let body = json!({"instrument": "lionel-messi", "direction": "long", "lots": 11});
        codes.push(harness.post("/api/positions/open", body).bearer(&token).key(&n.to_string()).send().await.code().to_owned());
    }
    assert_eq!(codes[0], "invalid_lots");
    assert!(codes.contains(&"too_many_rejections".to_owned()), "{codes:?}");
}

#[tokio::test]
async fn logging_in_and_looking_without_a_token_are_limited() {
    let harness = Harness::start().await;
    let mut statuses = Vec::new();
    for n in 0..25 {
        statuses.push(harness.post("/api/auth/dev", json!({"name": format!("n{n}"), "district": "Kannur"})).send().await.status);
    }
    assert!(statuses.contains(&429), "{statuses:?}");
    assert!(statuses[..20].iter().all(|status| *status == 200), "{statuses:?}");
    let mut last = 200;
    for _ in 0..205 {
        last = harness.get("/api/instruments").send().await.status;
    }
    assert_eq!(last, 429);
    assert_eq!(harness.get("/healthz").send().await.status, 200);
}

#[tokio::test]
async fn limits_can_be_switched_off_in_development() {
    let harness = Harness::with(&[("DISABLE_RATE_LIMIT", "1")]).await;
    for _ in 0..300 {
        assert_eq!(harness.get("/api/instruments").send().await.status, 200);
    }
}
