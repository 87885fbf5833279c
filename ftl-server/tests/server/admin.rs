//! `admin`: the operator's commands, and what is wrong with some of them.

use reqwest::Method;
use serde_json::json;

use crate::harness::{Harness, OPERATOR};

#[tokio::test]
async fn a_match_is_played_over_the_wire() {
    let harness = Harness::start().await;
    harness.fixture("f").await;
    harness.kick_off("f").await;
    harness.tick("f", 60_000).await;
    let before = harness.get("/api/instruments/red-9").send().await.ok();
    let goal = json!({"eventId": "e1", "type": "goal", "minute": 2, "instrument": "red-9", "related": "red-8"});
    let told = harness.operate(Method::POST, "/api/admin/fixtures/f/events", goal).await;
    assert!(told["events"].as_array().unwrap().len() > 2, "{told}");
    let after = harness.get("/api/instruments/red-9").send().await.ok();
    assert!(after["mark"].as_str() > before["mark"].as_str(), "{before} {after}");
    assert!(after["underReview"].is_object());
    assert_eq!(harness.get("/api/fixtures/f").send().await.ok()["score"], json!({"home": 1, "away": 0}));

    let other = json!({"instrument": "red-8", "related": null});
    harness.operate(Method::PATCH, "/api/admin/fixtures/f/events/e1", other).await;
    let listed = harness.get("/api/fixtures/f/events").send().await.ok();
    assert_eq!((&listed["events"][0]["instrument"], &listed["events"][0]["minute"]), (&json!("red-8"), &json!(2)));
    harness.operate(Method::DELETE, "/api/admin/fixtures/f/events/e1", json!({})).await;
    assert_eq!(harness.get("/api/fixtures/f").send().await.ok()["score"], json!({"home": 0, "away": 0}));

    harness.operate(Method::POST, "/api/admin/fixtures/f/phase", json!({"phase": "half_time"})).await;
    harness.operate(Method::POST, "/api/admin/fixtures/f/phase", json!({"phase": "second_half"})).await;
    harness.operate(Method::POST, "/api/admin/fixtures/f/finish", json!({})).await;
    let token = harness.player("late").await;
    harness.open(&token, "red-9", "long", "k").await.is(422, "frozen");
    harness.operate(Method::POST, "/api/admin/fixtures/f/finalise", json!({})).await;
    harness.open(&token, "red-9", "long", "k2").await.ok();
}

#[tokio::test]
async fn what_a_feed_gets_wrong_is_refused_and_changes_nothing() {
    let harness = Harness::start().await;
    harness.fixture("f").await;
    let events = "/api/admin/fixtures/f/events";
    let goal = |id: &str, minute: u16| json!({"eventId": id, "type": "goal", "minute": minute, "instrument": "red-9"});
    harness.try_operate(Method::POST, events, goal("early", 1)).await.is(409, "wrong_phase");
    harness.kick_off("f").await;
    harness.tick("f", 1_200_000).await;
    harness.operate(Method::POST, events, goal("e1", 20)).await;
    harness.try_operate(Method::POST, events, goal("e1", 20)).await.is(409, "duplicate_event");
    harness.try_operate(Method::POST, events, goal("e2", 3)).await.is(409, "clock_back");
    harness.try_operate(Method::PATCH, &format!("{events}/none"), json!({"minute": 4})).await.is(404, "unknown_event");
    harness.try_operate(Method::DELETE, &format!("{events}/none"), json!({})).await.is(404, "unknown_event");
    harness.try_operate(Method::POST, "/api/admin/fixtures/f/clock", json!({"clockMs": 5})).await.is(409, "clock_back");
    harness.try_operate(Method::POST, "/api/admin/fixtures/none/clock", json!({"clockMs": 5})).await.is(404, "unknown_fixture");
    let stranger = json!({"eventId": "e3", "type": "goal", "minute": 20, "instrument": "nobody"});
    let refused = harness.try_operate(Method::POST, events, stranger).await;
    assert!([404, 422].contains(&refused.status), "{}", refused.body);
    harness.try_operate(Method::POST, events, json!({"eventId": "e4", "type": "throw_in", "minute": 20})).await.is(400, "invalid_field");
    harness.try_operate(Method::POST, events, json!({"eventId": "e4", "type": "goal", "minute": 70_000})).await.is(400, "invalid_field");
    assert_eq!(harness.get("/api/fixtures/f/events").send().await.ok()["events"].as_array().unwrap().len(), 1);
    harness.try_operate(Method::POST, "/api/admin/instruments/nobody/freeze", json!({})).await.is(404, "unknown_instrument");
    let wrong_team = json!({"id": "g", "home": "A", "away": "B", "kickOff": "2030-01-01T00:00:00Z", "coverage": [],
        "squads": [{"instrument": "x", "name": "X", "team": "C", "position": "forward"}]});
    harness.try_operate(Method::POST, "/api/admin/fixtures", wrong_team).await.is(400, "invalid_field");
}

#[tokio::test]
async fn a_dry_run_says_what_would_happen() {
    let harness = Harness::start().await;
    harness.list("lionel-messi").await;
    let path = "/api/admin/instruments/lionel-messi/freeze";
    let dry = harness.post(path, json!({"reason": "test", "dryRun": true})).bearer(OPERATOR).send().await.ok();
    assert_eq!((&dry["dryRun"], dry["events"].as_array().unwrap().len()), (&json!(true), 1));
    let after = harness.get("/api/instruments/lionel-messi").send().await.ok();
    assert_eq!((&after["frozen"], &after["seq"]), (&json!(false), &dry["seq"]));
    harness.post(path, json!({"dryRun": true})).bearer(OPERATOR).send().await.is(400, "invalid_field");
    harness.post(path, json!({"reason": "Not A Code", "dryRun": true})).bearer(OPERATOR).send().await.is(400, "invalid_field");
    harness.post(path, json!({"reason": "test"})).bearer(OPERATOR).send().await.is(400, "idempotency_key_required");
}

#[tokio::test]
async fn rules_change_field_by_field() {
    let harness = Harness::start().await;
    let rules = harness.get("/api/admin/rules").bearer(OPERATOR).send().await.ok();
    assert_eq!(rules["rules"]["preset"], "fair");
    harness.operate(Method::PATCH, "/api/admin/rules", json!({"rules": {"inPlay": {"minDelay": 7000}, "priceLimit": null}})).await;
    let after = harness.get("/api/admin/rules").bearer(OPERATOR).send().await.ok();
    assert_eq!((&after["rules"]["inPlay"]["minDelay"], &after["rules"]["priceLimit"]), (&json!(7000), &json!(null)));
    assert_eq!(after["rules"]["inPlay"]["overLag"], rules["rules"]["inPlay"]["overLag"]);
    harness.try_operate(Method::PATCH, "/api/admin/rules", json!({"rules": {"inPlay": {"minDelai": 1}}})).await.is(400, "invalid_field");
    harness.try_operate(Method::PATCH, "/api/admin/rules", json!({"rules": {"seed": 1.5}})).await.is(400, "invalid_field");
}

#[tokio::test]
async fn an_account_is_barred_and_let_back() {
    let harness = Harness::start().await;
    harness.list("lionel-messi").await;
    let login = harness.post("/api/auth/dev", json!({"name": "asha", "district": "Kannur"})).send().await.ok();
    let (token, id) = (login["token"].as_str().unwrap(), login["accountId"].as_str().unwrap());
    let opened = harness.open(token, "lionel-messi", "long", "1").await.ok();
    harness.operate(Method::POST, &format!("/api/admin/accounts/{id}/suspend"), json!({})).await;
    harness.open(token, "lionel-messi", "long", "2").await.is(422, "account_suspended");
    harness.operate(Method::POST, &format!("/api/admin/accounts/{id}/readmit"), json!({})).await;
    harness.open(token, "lionel-messi", "long", "3").await.ok();
    let grant = json!({"account": id, "amount": "12.5", "key": "gift"});
    harness.operate(Method::POST, "/api/admin/grants", grant.clone()).await;
    harness.try_operate(Method::POST, "/api/admin/grants", grant).await.is(409, "already_granted");
    let position = opened["position"]["id"].as_str().unwrap();
    harness.operate(Method::POST, &format!("/api/admin/positions/{position}/void"), json!({})).await;
    assert_eq!(harness.get("/api/positions").bearer(token).send().await.ok()["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_bundled_match_is_played_into_the_league() {
    let harness = Harness::start().await;
    harness.try_operate(Method::POST, "/api/admin/replays", json!({"source": "none", "speed": 10})).await.is(400, "invalid_field");
    let body = json!({"source": "wc2022-final", "speed": 600});
    let replay = harness.operate(Method::POST, "/api/admin/replays", body.clone()).await;
    assert_eq!(replay["status"], "playing");
    let fixture = format!("/api/fixtures/{}", replay["fixture"].as_str().unwrap());
    let mut applied = harness.server.app.replica.follow();
    loop {
        let reply = harness.get(&fixture).bearer(OPERATOR).send().await;
        if reply.body["live"] == json!(true) && reply.body["clockMs"].as_u64() > Some(0) {
            break;
        }
        applied.changed().await.unwrap();
    }
    assert_eq!(harness.operate(Method::POST, "/api/admin/replays", body).await["id"], replay["id"]);
    let id = replay["id"].as_str().unwrap();
    assert_eq!(harness.operate(Method::DELETE, &format!("/api/admin/replays/{id}"), json!({})).await["status"], "stopped");
}
