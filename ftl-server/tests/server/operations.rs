//! What an operator does to a league that several processes share, and how they go on behind it.

use std::time::Duration;

use ftl_core::id::Seq;
use ftl_server::config::Role;
use ftl_store::fork::{ForkError, in_database};
use ftl_store::postgres::connect::Database;
use ftl_store::redis::connect::RedisServer;
use serde_json::json;

use crate::shared::{Site, hash_of, until};

async fn cut_and_go_on(site: Site) {
    let harness = site.serve(Role::All).await;
    harness.list("lionel-messi").await;
    let token = harness.player("anna").await;
    harness.open(&token, "lionel-messi", "long", "k1").await.ok();
    let (at, before) = (harness.server.app.seq(), hash_of(&harness));
    for n in 0..30 {
        let body = json!({"instrument": "lionel-messi", "direction": "long", "lots": "0.01"});
        harness.post("/api/positions/open", body).bearer(&token).key(&format!("cut-{n}")).send().await.ok();
    }
    let last = harness.server.app.seq();
    let database = Database::at(&site.postgres.url()).unwrap();
    let redis = site.redis.as_ref().map(|redis| RedisServer::at(&redis.url()).unwrap());
    let cut = async || in_database(&database, redis.as_ref(), "main", at, "test", false).await;
    let refused = cut().await.unwrap_err();
    assert_eq!(refused.to_string(), "a process of role all lives: stop every process first");
    harness.stop().await;
    let done = loop {
        match cut().await {
            // The session of a process that has ended ends by and by.
            Err(ForkError::InUse(_)) => tokio::task::yield_now().await,
            done => break done.unwrap(),
        }
    };
    assert_eq!((done.at, done.cut_to), (at, last));

    let (flusher, api) = (site.serve(Role::Flusher).await, site.serve(Role::Api).await);
    until("service", Duration::from_secs(10), async || api.get("/readyz").send().await.body["status"] == json!("ready")).await;
    assert_eq!((api.server.app.seq(), hash_of(&api)), (at, before));
    // What was cut off never was: its keys are free.
    let again = api.open(&token, "lionel-messi", "short", "cut-0").await.ok();
    assert_eq!((&again["replayed"], &again["seq"]), (&json!(false), &json!(at.next().0)));
    until("history", Duration::from_secs(10), async || {
        let trades = api.get("/api/trades").bearer(&token).send().await;
        trades.status == 200 && trades.body["items"].as_array().is_some_and(|items| items.len() == 2)
    })
    .await;
    until("the flusher", Duration::from_secs(5), async || flusher.server.app.seq() == Seq(at.0 + 1)).await;
    assert_eq!(hash_of(&api), hash_of(&flusher));
    api.stop().await;
    flusher.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_league_on_postgres_goes_on_behind_a_cut() {
    cut_and_go_on(Site::on_postgres()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_league_on_redis_goes_on_behind_a_cut() {
    cut_and_go_on(Site::behind_redis("journal")).await;
}
