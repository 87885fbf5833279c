//! `leaderboard`, `districts`, `risk`.

use serde_json::json;

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
    assert_eq!(districts["districts"].as_array().unwrap().len(), 14);
    let risk = harness.get("/api/risk").send().await.ok();
    assert_eq!((&risk["house"], &risk["positions"]), (&json!("0.000000"), &json!(0)));
}
