//! `GET activity`, and every change of a price.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::Harness;

fn kinds(activity: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
    let rows = activity["items"].as_array().unwrap().iter();
    rows.map(|row| (text(&row["kind"]), if row["kind"] == "match" { text(&row["event"]["type"]) } else { text(&row["action"]) })).collect()
}

#[tokio::test]
async fn activity_tells_of_goals_and_trades_and_of_no_account() {
    let harness = Harness::start().await;
    harness.list("lionel-messi").await;
    harness.fixture("f").await;
    let token = harness.player("somebody").await;
    let me = harness.get("/api/me").bearer(&token).send().await.ok();
    let opened = harness.open(&token, "lionel-messi", "long", "k").await.ok();
    let id = opened["position"]["id"].as_str().unwrap();
    harness.delete(&format!("/api/positions/{id}")).bearer(&token).key("c").send().await.ok();
    harness.kick_off("f").await;
    let goal = json!({"eventId": "g", "type": "goal", "minute": 1, "instrument": "red-9"});
    harness.operate(Method::POST, "/api/admin/fixtures/f/events", goal).await;
    let activity = harness.get("/api/activity").send().await.ok();
    let expected = [("match", "goal"), ("trade", "close"), ("trade", "open")].map(|(kind, what)| (kind.to_owned(), what.to_owned()));
    assert_eq!(kinds(&activity), expected);
    assert!(!activity.to_string().contains(me["accountId"].as_str().unwrap()) && !activity.to_string().contains("somebody"));
    assert_eq!((&activity["items"][2]["district"], &activity["items"][2]["price"]), (&json!("Kannur"), &json!("195.2250")));

    harness.operate(Method::DELETE, "/api/admin/fixtures/f/events/g", json!({})).await;
    let news = harness.get("/api/activity?kind=match").send().await.ok();
    assert_eq!((&news["items"][0]["takenBack"], kinds(&news).len()), (&json!(true), 1));
    assert_eq!(kinds(&harness.get("/api/activity?kind=trade&district=Wayanad").send().await.ok()), []);
    harness.get("/api/activity?kind=gossip").send().await.is(400, "invalid_field");
    harness.get("/api/activity?district=Atlantis").send().await.is(422, "unknown_district");
}

#[tokio::test]
async fn ticks_are_every_change_of_a_price_in_order() {
    let harness = Harness::start().await;
    harness.list("lionel-messi").await;
    let token = harness.player("somebody").await;
    for key in ["a", "b", "c"] {
        harness.open(&token, "lionel-messi", "long", key).await.ok();
    }
    let path = "/api/instruments/lionel-messi/price-history?interval=tick";
    let all = harness.get(path).send().await.ok();
    let marks =
        |page: &Value| page["ticks"].as_array().unwrap().iter().map(|tick| tick["mark"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!(marks(&all), ["195.2500", "195.3000", "195.3500"]);
    assert!(all.get("bars").is_none() && all.get("nextCursor").is_none());
    let first = harness.get(&format!("{path}&limit=2")).send().await.ok();
    let rest = harness.get(&format!("{path}&limit=2&cursor={}", first["nextCursor"].as_str().unwrap())).send().await.ok();
    assert_eq!([marks(&first), marks(&rest)].concat(), marks(&all));
    harness.get(&format!("{path}&cursor=x")).send().await.is(400, "invalid_field");
    harness.get("/api/instruments/lionel-messi/price-history?interval=1m&cursor=1-1").send().await.is(400, "invalid_field");
}
