//! `admin/imports`: a tournament's file into a league that is served.

use ftl_core::command::Action;
use ftl_core::id::Seq;
use ftl_core::journal::Journal;
use ftl_store::data_dir::DataDir;
use reqwest::Method;
use reqwest::multipart::Form;
use serde_json::{Value, json};

use crate::harness::{Harness, OPERATOR, Reply};

const CUP: &str = r#"{"name": "Cup 2030", "matches": [
  {"date": "2030-07-14", "time": "18:00 UTC+3", "team1": "Redland", "team2": "Blueland", "score": {"ft": [2, 1]},
   "goals1": [{"name": "Ann Roe", "minute": 12}, {"name": "Roe", "minute": "90+4", "penalty": true}], "goals2": [{"name": "Bea Poe", "minute": 45, "offset": 2}]},
  {"date": "2030-07-21", "team1": "Redland", "team2": "Greenland", "score": [0, 1], "goals2": [{"name": "Cay Doe", "minute": 88}]}]}"#;

fn form(file: &str) -> Form {
    Form::new().text("reason", "test").text("file", file.to_owned())
}

async fn send(harness: &Harness, form: Form) -> Reply {
    harness.call(Method::POST, "/api/admin/imports").bearer(OPERATOR).multipart(form).send().await
}

fn figures(body: &Value) -> Value {
    json!([body["matches"], body["goals"], body["instruments"], body["added"], body["corrections"], body["refused"]])
}

#[tokio::test]
async fn a_tournament_is_imported_once() {
    let harness = Harness::start().await;
    let dry = send(&harness, form(CUP).text("dryRun", "true")).await.ok();
    assert_eq!((figures(&dry), &dry["seqBefore"]), (json!([2, 4, 3, 2, 0, 0]), &dry["seqAfter"]), "{dry}");
    let first = send(&harness, form(CUP)).await.ok();
    assert_eq!(figures(&first), json!([2, 4, 3, 2, 0, 0]), "{first}");
    assert!(first["seqAfter"].as_u64() > first["seqBefore"].as_u64());
    let fixture = harness.get("/api/fixtures/2030-07-14-redland-blueland").send().await.ok();
    assert_eq!((&fixture["score"], &fixture["phase"]), (&json!({"home": 2, "away": 1}), &json!("finalised")), "{fixture}");
    let again = send(&harness, form(CUP)).await.ok();
    assert_eq!((&again["seqBefore"], &again["seqAfter"]), (&first["seqAfter"], &first["seqAfter"]), "{again}");
    // What was imported can be traded, at prices that know the result.
    let token = harness.player("late").await;
    harness.open(&token, "ann-roe", "long", "k").await.ok();
}

#[tokio::test]
async fn a_match_is_not_played_while_somebody_holds_a_position_in_it() {
    let harness = Harness::start().await;
    send(&harness, form(CUP)).await.ok();
    let token = harness.player("early").await;
    harness.open(&token, "ann-roe", "long", "k").await.ok();
    let next = CUP.replace("2030-07-14", "2030-07-28").replace("2030-07-21", "2030-07-29");
    let answer = send(&harness, form(&next)).await.ok();
    assert_eq!(figures(&answer), json!([0, 0, 3, 0, 0, 2]), "{answer}");
    assert!(answer["warnings"].to_string().contains("somebody holds a position"), "{answer}");
    let held = harness.get("/api/positions").bearer(&token).send().await.ok();
    assert_eq!(held["items"].as_array().map(Vec::len), Some(1), "{held}");
}

#[tokio::test]
async fn nobodys_order_stands_inside_an_imported_match() {
    let harness = Harness::start().await;
    harness.list("lionel-messi").await;
    let mut tokens = Vec::new();
    for n in 0..10 {
        tokens.push(harness.player(&format!("trader-{n}")).await);
    }
    let row = |day: u16| {
        format!(
            r#"{{"date": "2030-07-{day}", "team1": "Redland", "team2": "Blueland", "score": [1, 0], "goals1": [{{"name": "Ann", "minute": 5}}]}}"#
        )
    };
    let cup = format!(r#"{{"name": "Cup", "matches": [{}]}}"#, (10..31).map(row).collect::<Vec<_>>().join(","));
    let trading = futures::future::join_all(tokens.iter().map(|token| async {
        for n in 0..10 {
            harness.open(token, "lionel-messi", if n % 2 == 0 { "long" } else { "short" }, &format!("k{n}")).await;
        }
    }));
    let (imported, _) = tokio::join!(send(&harness, form(&cup)), trading);
    assert_eq!(imported.ok()["added"], 21);
    let directory = harness.stop().await;
    let league = DataDir::at(directory.path()).open_for_reading().await.unwrap();
    let batches = league.journal.read(Seq(0), usize::MAX).await.unwrap();
    let mut playing = false;
    let mut opened = 0;
    for command in batches.iter().flat_map(|batch| &batch.commands) {
        playing |= matches!(command.action, Action::CreateFixture(_));
        let of_trader = matches!(command.action, Action::OpenPosition(_));
        assert!(!(playing && of_trader), "{:?}", command.action);
        opened += usize::from(of_trader);
        playing &= !matches!(command.action, Action::FinaliseFixture { .. });
    }
    assert!(!playing && opened > 50, "{opened}");
}

#[tokio::test]
async fn what_is_no_import_is_refused_with_its_reason() {
    let harness = Harness::start().await;
    let broken = send(&harness, form(&CUP.replace("\"minute\": 12", "\"minute\": \"noon\""))).await;
    broken.is(400, "invalid_field");
    let told = broken.body["detail"].as_str().unwrap();
    assert!(told.contains("line 3") && told.contains("matches[0].goals1[0].minute"), "{told}");
    send(&harness, Form::new().text("reason", "test")).await.is(400, "invalid_field");
    send(&harness, form(CUP).text("other", "x")).await.is(400, "invalid_field");
    send(&harness, form(CUP).text("dryRun", "perhaps")).await.is(400, "invalid_field");
    send(&harness, Form::new().text("reason", "Not a code").text("file", CUP)).await.is(400, "invalid_field");
    send(&harness, form(CUP).text("squads", "x".repeat(9 * 1024 * 1024))).await.is(413, "body_too_large");
    // Larger than any other body may be, and read: the route has a limit of its own.
    let long = format!("{}{}", CUP, " ".repeat(1024 * 1024));
    send(&harness, form(&long)).await.ok();
    harness.call(Method::POST, "/api/admin/imports").multipart(form(CUP)).send().await.is(401, "unauthorized");
}
