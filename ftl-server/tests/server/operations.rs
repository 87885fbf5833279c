//! What an operator does to a league that several processes share, and how they go on behind it.

use std::time::Duration;

use ftl_core::audit::{Check, of_the_rows};
use ftl_core::command::{Action, Command};
use ftl_core::engine::NEWEST;
use ftl_core::id::{CommandId, Seq};
use ftl_core::mutant::Mutant;
use ftl_core::time::At;
use ftl_server::config::Role;
use ftl_server::replica::append::{Lane, SubmitError};
use ftl_store::backup::database::{Half, Restored, backup, restore};
use ftl_store::fork::{ForkError, in_database};
use ftl_store::postgres::connect::Database;
use ftl_store::postgres::leagues::OrderedBy;
use ftl_store::postgres::migrations;
use ftl_store::postgres::presence::Presence;
use ftl_store::redis::connect::RedisServer;
use reqwest::Method;
use serde_json::json;

use crate::events::Frames;
use crate::harness::{Harness, OPERATOR};
use crate::shared::{Site, hash_of, until};
use crate::ws::client::Client;

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

/// Another site with the journal of one backup and the accounts of another.
async fn restored(journal: &std::path::Path, accounts: &std::path::Path) -> (Site, Restored) {
    let site = Site::on_postgres();
    let database = Database::at(&site.postgres.url()).unwrap();
    migrations::run(&database).await.unwrap();
    restore(accounts, &database, "main", Some(Half::Accounts), OrderedBy::Postgres).await.unwrap();
    let done = restore(journal, &database, "main", Some(Half::Journal), OrderedBy::Postgres).await.unwrap();
    (site, done)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_journal_and_accounts_of_different_moments_make_a_sound_league() {
    let site = Site::on_postgres();
    let backups = tempfile::tempdir().unwrap();
    let (early, late) = (backups.path().join("early"), backups.path().join("late"));
    let harness = site.serve(Role::All).await;
    let database = Database::at(&site.postgres.url()).unwrap();
    harness.list("lionel-messi").await;
    let anna = harness.player("anna").await;
    harness.open(&anna, "lionel-messi", "long", "k1").await.ok();
    let at_early = hash_of(&harness);
    backup(&database, "main", &early, At(1)).await.unwrap();
    let bert = harness.player("bert").await;
    harness.open(&bert, "lionel-messi", "short", "k1").await.ok();
    let at_late = hash_of(&harness);
    backup(&database, "main", &late, At(2)).await.unwrap();
    harness.stop().await;

    // The journal knows bert, nobody has a name for him.
    let (site, done) = restored(&late, &early).await;
    assert_eq!((done.unnamed, done.unopened), (1, 0));
    let harness = site.serve(Role::All).await;
    assert_eq!(hash_of(&harness), at_late);
    let board = harness.get("/api/leaderboard/pnl").send().await.ok();
    // Whoever calls himself bert now is somebody else, and plays.
    let other_bert = harness.player("bert").await;
    let opened = harness.open(&other_bert, "lionel-messi", "long", "k1").await.ok();
    assert_eq!(opened["replayed"], json!(false), "{board}");
    let anna_again = harness.player("anna").await;
    let held = harness.get("/api/portfolio").bearer(&anna_again).send().await.ok();
    assert_eq!(held["positions"].as_array().unwrap().len(), 1);
    let state = harness.server.app.replica.read(Clone::clone).unwrap();
    for (name, look) in of_the_rows() {
        let mut check = Check::named(name);
        look(&state, &mut check);
        assert!(check.ok(), "{check:?}");
    }
    harness.stop().await;

    // Bert has a name, the journal does not know him yet.
    let (site, done) = restored(&early, &late).await;
    assert_eq!((done.unnamed, done.unopened), (0, 1));
    let harness = site.serve(Role::All).await;
    assert_eq!(hash_of(&harness), at_early);
    let bert = harness.player("bert").await;
    harness.open(&bert, "lionel-messi", "short", "k1").await.ok();
    until("history", Duration::from_secs(10), async || {
        let trades = harness.get("/api/trades").bearer(&bert).send().await;
        trades.status == 200 && trades.body["items"].as_array().is_some_and(|items| items.len() == 1)
    })
    .await;
    harness.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_computes_something_else_stops_and_the_others_go_on() {
    let site = Site::on_postgres();
    let flusher = site.serve(Role::Flusher).await;
    let (api, odd) = (site.serve(Role::Api).await, site.serve(Role::Api).await);
    api.list("lionel-messi").await;
    api.operate(Method::PATCH, "/api/admin/rules", json!({"rules": {"feeBps": 7}})).await;
    let token = api.player("anna").await;
    api.open(&token, "lionel-messi", "long", "k1").await.ok();
    until("the entry", Duration::from_secs(5), async || odd.server.app.seq() == api.server.app.seq()).await;
    odd.server.app.replica.go_wrong(Mutant::FeeGoesNowhere);
    let mut n = 0;
    until("the odd one to stop", Duration::from_secs(30), async || {
        n += 1;
        let body = json!({"instrument": "lionel-messi", "direction": if n % 2 == 0 { "long" } else { "short" }, "lots": "0.01"});
        api.post("/api/positions/open", body).bearer(&token).key(&format!("t{n}")).send().await;
        odd.get("/readyz").send().await.body["status"] == json!("stopped")
    })
    .await;
    let told = odd.get("/readyz").send().await;
    assert_eq!(told.status, 503);
    assert!(told.body["detail"].as_str().is_some_and(|text| text.contains("the odd one out")), "{}", told.body);
    for sound in [&api, &flusher] {
        assert_eq!(sound.get("/readyz").send().await.body["status"], json!("ready"));
    }
    // What the others have applied is not set aside at the one that stopped: it would begin anew without it.
    let aside = json!({"seq": told.body["seq"], "reason": "panic"});
    let refused = odd.post("/api/admin/quarantine", aside).bearer(OPERATOR).send().await;
    assert_eq!((refused.status, &refused.body["code"]), (409, &json!("entry_applied")), "{}", refused.body);
    assert_eq!(odd.get("/readyz").send().await.body["status"], json!("stopped"));
    api.open(&token, "lionel-messi", "short", "behind").await.ok();
    for harness in [odd, api, flusher] {
        harness.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_sees_how_every_process_is() {
    let site = Site::on_postgres();
    let (api, ws) = (site.serve(Role::Api).await, site.serve(Role::Ws).await);
    let listed = async || api.get("/api/admin/processes").bearer(OPERATOR).send().await.ok();
    let told = |rows: &serde_json::Value| -> Vec<(String, String, u64)> {
        let text = |row: &serde_json::Value, name: &str| row[name].as_str().unwrap().to_owned();
        rows.as_array().unwrap().iter().map(|row| (text(row, "role"), text(row, "status"), row["seq"].as_u64().unwrap())).collect()
    };
    api.list("lionel-messi").await;
    let seq = api.server.app.seq().0;
    let ready = |role: &str| (role.to_owned(), "ready".to_owned(), seq);
    let expected = [ready("api"), ready("ws")];
    until("both to be ready at the same entry", Duration::from_secs(10), async || told(&listed().await) == expected).await;
    ws.stop().await;
    until("the other to be gone", Duration::from_secs(10), async || told(&listed().await) == expected[..1]).await;
    api.get("/api/admin/processes").send().await.is(401, "unauthorized");
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_at_several_processes_is_here_once_until_its_last_stream_ends() {
    let site = Site::on_postgres();
    let (api, one, other) = (site.serve(Role::Api).await, site.serve(Role::Ws).await, site.serve(Role::Ws).await);
    let (anna, ben) = (api.player("anna").await, api.player("ben").await);
    let here = async |accounts: u64| {
        let what = format!("{accounts} accounts");
        let counted = async || api.get("/api/admin/presence").bearer(OPERATOR).send().await.ok()["accounts"] == accounts;
        until(&what, Duration::from_secs(20), counted).await;
    };
    let connect = async |at: &Harness, token: &str| Client::open(at, &format!("/ws?token={}", api.ticket(token).await), &[]).await.unwrap();
    let at_one = [connect(&one, &anna).await, connect(&one, &anna).await];
    let at_other = connect(&other, &anna).await;
    here(1).await;
    let bens = Frames::open(&api, &ben, "", None).await;
    here(2).await;
    // The sum over the processes counts anna twice.
    let rows = api.get("/api/admin/processes").bearer(OPERATOR).send().await.ok();
    assert_eq!(rows.as_array().unwrap().iter().filter_map(|row| row["accounts"].as_u64()).sum::<u64>(), 3);
    drop(at_one);
    drop(bens);
    here(1).await;
    // A process that ends takes its streams with it.
    other.stop().await;
    here(0).await;
    drop(at_other);
    api.get("/api/admin/presence").send().await.is(401, "unauthorized");
    one.stop().await;
    api.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_later_engine_comes_into_force_when_every_process_knows_it_and_one_that_does_not_stops() {
    let site = Site::on_postgres();
    let (api, flusher) = (site.serve(Role::Api).await, site.serve(Role::Flusher).await);
    let database = Database::at(&site.postgres.url()).unwrap();
    let switch = async |to: u32| api.try_operate(Method::POST, "/api/admin/engine", json!({"to": to})).await;
    switch(NEWEST + 1).await.is(409, "engine_not_known");
    // A process of an older program lives.
    let old = Presence::begin(&database, "main", "ws", NEWEST - 1).await.unwrap();
    let refused = switch(NEWEST).await;
    refused.is(409, "engine_not_known");
    assert!(refused.body["detail"].as_str().is_some_and(|text| text.contains("role ws")), "{}", refused.body);
    drop(old);
    until("the old process to be gone", Duration::from_secs(5), async || switch(NEWEST).await.status == 200).await;
    switch(NEWEST).await.is(400, "invalid_field");
    let at = api.server.app.seq();
    until("the entry", Duration::from_secs(5), async || flusher.server.app.seq() >= at).await;
    for harness in [&api, &flusher] {
        assert_eq!(harness.server.app.replica.read(|league| league.engine()).unwrap(), NEWEST);
    }
    assert_eq!(hash_of(&api), hash_of(&flusher));

    // What a newer program has appended is not guessed at.
    let replica = &api.server.app.replica;
    let head = replica.applied();
    let command = Command { id: CommandId(7), body: 0, not_after: None, action: Action::UseEngine { engine: NEWEST + 1 } };
    let fate = replica.submit(Lane::Feed, command).await.unwrap_err();
    assert!(matches!(fate, SubmitError::Stopped(_) | SubmitError::Unknown), "{fate:?}");
    let ready = api.get("/readyz").send().await;
    assert_eq!((&ready.body["status"], &ready.body["seq"]), (&json!("stopped"), &json!(head.next().0)));
    assert!(ready.body["detail"].as_str().is_some_and(|text| text.contains("use a later program")), "{}", ready.body);
    api.stop().await;
    flusher.stop().await;
}
