//! `leaderboard`, `districts`, `risk`.

use ftl_core::time::{At, Week};
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::Harness;

#[tokio::test]
async fn boards_rank_by_result_and_know_who_asks() {
    let harness = Harness::start().await;
    harness.list("lionel-messi").await;
    let (one, two) = (harness.player("one").await, harness.player("two").await);
    let first = harness.open(&one, "lionel-messi", "long", "a").await.ok();
    let second = harness.open(&two, "lionel-messi", "long", "a").await.ok();
    // Whoever bought first sells above what he paid, because another bought behind him.
    let close = async |token: &str, opened: &serde_json::Value| {
        let path = format!("/api/positions/{}", opened["position"]["id"].as_str().unwrap());
        harness.delete(&path).bearer(token).key("c").send().await.ok()
    };
    close(&one, &first).await;
    close(&two, &second).await;
    let board = harness.get("/api/leaderboard/pnl").bearer(&two).send().await.ok();
    assert_eq!((&board["total"], &board["rows"][0]["name"], &board["own"]["rank"]), (&json!(2), &json!("one"), &json!(2)));
    assert_eq!(board["rows"][0]["score"], "5.000000");
    assert_eq!(board["neighbours"].as_array().unwrap().len(), 2);
    let district = harness.get("/api/leaderboard/pnl?scope=district&district=Kollam").send().await.ok();
    assert_eq!((&district["total"], &district["district"]), (&json!(0), &json!("Kollam")));
    let own = harness.get("/api/leaderboard/pnl?scope=district").bearer(&one).send().await.ok();
    assert_eq!((&own["total"], &own["district"]), (&json!(2), &json!("Kannur")));
    let equity = harness.get("/api/leaderboard/equity").send().await.ok();
    assert_eq!((&equity["rows"][0]["name"], &equity["rows"][0]["score"]), (&json!("one"), &json!("5.000000")));
    assert_eq!(harness.get("/api/leaderboard/roi").send().await.ok()["total"], 0);
    harness.get("/api/leaderboard/fame").send().await.is(404, "not_found");
    harness.get("/api/leaderboard/pnl?scope=galaxy").send().await.is(400, "invalid_field");
    let districts = harness.get("/api/districts").send().await.ok();
    for week in ["week", "lastWeek"] {
        assert_eq!(districts[week]["districts"].as_array().unwrap().len(), 14);
    }
    let risk = harness.get("/api/risk").send().await.ok();
    assert_eq!((&risk["house"], &risk["positions"]), (&json!("0.000000"), &json!(0)));
}

/// A position there and back.
async fn trade(harness: &Harness, token: &str, key: &str) {
    let opened = harness.open(token, "lionel-messi", "long", &format!("open-{key}")).await.ok();
    let path = format!("/api/positions/{}", opened["position"]["id"].as_str().unwrap());
    harness.delete(&path).bearer(token).key(&format!("close-{key}")).send().await.ok();
}

fn names(board: &Value) -> Vec<&str> {
    board["rows"].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_week_is_over_at_midnight_before_monday_whether_or_not_anybody_trades() {
    let monday = Week(2_900).begins();
    let (harness, clock) = Harness::at(At(monday.0 - 60_000)).await;
    harness.list("lionel-messi").await;
    let early = harness.player("early").await;
    trade(&harness, &early, "1").await;
    let board = async |window: &str| harness.get(&format!("/api/leaderboard/pnl?window={window}")).send().await.ok();
    let sunday = board("week").await;
    assert_eq!((names(&sunday), &sunday["window"]), (vec!["early"], &json!("week")));
    assert_eq!(
        (&sunday["week"]["begins"], &sunday["week"]["ends"]),
        (&json!("2025-07-21T00:00:00.000Z"), &json!("2025-07-28T00:00:00.000Z"))
    );
    assert_eq!(names(&board("last_week").await), [""; 0]);

    clock.set(monday);
    assert_eq!(names(&board("week").await), [""; 0]);
    assert_eq!(names(&board("last_week").await), ["early"]);
    let late = harness.player("late").await;
    trade(&harness, &late, "1").await;
    assert_eq!(names(&board("week").await), ["late"]);
    assert_eq!(names(&board("last_week").await), ["early"]);
    assert_eq!(names(&board("season").await), ["early", "late"]);
    let own = harness.get("/api/leaderboard/pnl?window=week&scope=district").bearer(&late).send().await.ok();
    assert_eq!((&own["own"]["rank"], &own["total"]), (&json!(1), &json!(1)));

    harness.get("/api/leaderboard/pnl?window=month").send().await.is(400, "invalid_field");
    harness.get("/api/leaderboard/equity?window=week").send().await.is(400, "invalid_field");
    harness.get("/api/leaderboard/pnl?scope=friends").send().await.is(400, "invalid_field");
}

#[tokio::test]
async fn a_district_counts_members_since_before_the_week_with_three_matches_of_it() {
    let monday = Week(2_900).begins();
    let (harness, clock) = Harness::at(At(monday.0 - 60_000)).await;
    let member = harness.player("member").await;
    harness.get("/api/portfolio").bearer(&member).send().await.ok();
    for id in ["one", "two", "three"] {
        harness.fixture(id).await;
    }
    clock.set(monday);
    let (member, newcomer) = (harness.player("member").await, harness.player("newcomer").await);
    for id in ["one", "two", "three"] {
        for token in [&member, &newcomer] {
            harness.open(token, "red-9", "long", &format!("{id}-open")).await.ok();
        }
        harness.kick_off(id).await;
        harness.operate(Method::POST, &format!("/api/admin/fixtures/{id}/phase"), json!({"phase": "half_time"})).await;
        harness.operate(Method::POST, &format!("/api/admin/fixtures/{id}/phase"), json!({"phase": "second_half"})).await;
        harness.operate(Method::POST, &format!("/api/admin/fixtures/{id}/finish"), json!({})).await;
        harness.operate(Method::POST, &format!("/api/admin/fixtures/{id}/finalise"), json!({})).await;
        let line = harness.get("/api/districts/Kannur").send().await.ok();
        let played = if id == "three" { 1 } else { 0 };
        assert_eq!((&line["week"]["contenders"], &line["week"]["ranked"]), (&json!(played), &json!(2)), "{id}: {line}");
    }
    let line = harness.get("/api/districts/Kannur").send().await.ok();
    let best = &line["week"]["best"][0];
    assert_eq!((&line["week"]["rank"], &best["name"], &line["lastWeek"]["rank"]), (&json!(1), &json!("member"), &json!(null)));
    let pnl: f64 = best["score"].as_str().unwrap().parse().unwrap();
    let score: f64 = line["week"]["score"].as_str().unwrap().parse().unwrap();
    assert!((score - pnl / 10.0).abs() < 0.000_001, "{line}");
    let table = harness.get("/api/districts").send().await.ok();
    assert_eq!((&table["week"]["districts"][0]["district"], &table["week"]["districts"][1]["rank"]), (&json!("Kannur"), &json!(null)));
    clock.set(Week(2_901).begins());
    let line = harness.get("/api/districts/Kannur").send().await.ok();
    assert_eq!((&line["week"]["rank"], &line["lastWeek"]["rank"]), (&json!(null), &json!(1)));
    harness.get("/api/districts/Atlantis").send().await.is(404, "not_found");
}
