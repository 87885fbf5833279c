//! `GET me/while-away` is held against the journal, read and executed again by another process.

use std::sync::Arc;

use ftl_core::event::Event;
use ftl_core::id::{AccountId, BookId, Seq};
use ftl_core::journal::Journal;
use ftl_core::outcome::Entry;
use ftl_core::time::At;
use ftl_server::wire::League;
use ftl_server::wire::portfolio::PortfolioView;
use ftl_store::conformance::ManualClock;
use ftl_store::data_dir::DataDir;
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::Harness;

const BEGIN: At = At(1_750_000_000_000);

/// Somebody goes long with all that he has, looks away, and his forward has a day to forget.
pub struct Absence {
    pub harness: Harness,
    clock: Arc<ManualClock>,
    now: u64,
    pub token: String,
    me: AccountId,
    since: u64,
}

impl Absence {
    async fn of_a_bad_day() -> Self {
        let mut absence = Self::before().await;
        absence.begin().await;
        absence
    }

    /// He has an account, and the match is announced.
    pub async fn before() -> Self {
        let (harness, clock) = Harness::at(BEGIN).await;
        harness.fixture("f").await;
        let token = harness.player("absent").await;
        harness.get("/api/portfolio").bearer(&token).send().await.ok();
        let me = harness.get("/api/me").bearer(&token).send().await.ok();
        let me = me["accountId"].as_str().unwrap().parse().unwrap();
        Self { harness, clock, now: BEGIN.0, token, me, since: 0 }
    }

    /// He opens, the match is played.
    pub async fn begin(&mut self) {
        self.open("red-9", "3.50", "before").await;
        self.open("blue-8", "0.10", "small").await;
        self.harness.kick_off("f").await;
        self.later(5_000).await;
        self.harness.tick("f", 5_000).await;
        // It rests, and what happens in between cancels it.
        self.open("red-9", "0.10", "in play").await;
        self.since = self.harness.server.app.seq().0;
        self.report("own", "own_goal", 10_000).await;
        self.report("off", "red", 90_000).await;
        self.harness.operate(Method::POST, "/api/admin/fixtures/f/finish", json!({})).await;
    }

    async fn later(&mut self, ms: u64) {
        self.now += ms;
        self.clock.set(At(self.now));
    }

    async fn open(&self, slug: &str, lots: &str, key: &str) {
        let body = json!({"instrument": slug, "direction": "long", "lots": lots});
        self.harness.post("/api/positions/open", body).bearer(&self.token).key(key).send().await.ok();
    }

    /// Something happens to `red-9`, play goes on, and the review ends in the tick behind it.
    async fn report(&mut self, id: &str, kind: &str, clock_ms: u64) {
        let event = json!({"eventId": id, "type": kind, "minute": 1, "instrument": "red-9"});
        self.harness.operate(Method::POST, "/api/admin/fixtures/f/events", event).await;
        let restart = json!({"eventId": format!("{id}-over"), "type": "restart", "minute": 1});
        self.harness.operate(Method::POST, "/api/admin/fixtures/f/events", restart).await;
        self.later(70_000).await;
        self.harness.tick("f", clock_ms).await;
    }

    async fn report_since(&self, since: &str) -> Value {
        self.harness.get(&format!("/api/me/while-away?since={since}")).bearer(&self.token).send().await.ok()
    }

    async fn entries(&self) -> Vec<Entry> {
        let league = DataDir::at(self.harness.path()).open_for_reading().await.unwrap();
        let batches = league.journal.read(Seq(0), usize::MAX).await.unwrap();
        batches.iter().flat_map(|batch| batch.entries().collect::<Vec<_>>()).collect()
    }
}

/// What the journal says: results of closes with their reasons, reasons of cancelled orders, how many warnings.
#[derive(Debug, Default, PartialEq)]
struct Told {
    closes: Vec<(u64, String, String)>,
    cancelled: Vec<(u64, String)>,
    warnings: Vec<u64>,
}

fn journal_says(entries: &[Entry], book: BookId, since: u64) -> (Told, Option<Value>, Value) {
    let mut league = League::new();
    let (mut told, mut before) = (Told::default(), None);
    let portfolio = |league: &League| league.portfolio(book).map(|p| serde_json::to_value(PortfolioView::from(&p)).unwrap());
    for entry in entries {
        let seq = entry.seq.0;
        let outcome = league.apply(entry);
        if seq <= since {
            before = portfolio(&league);
            continue;
        }
        for event in &outcome.events {
            match event {
                Event::PositionClosed(closed) if closed.book == book => {
                    let reason = serde_json::to_value(closed.reason).unwrap().as_str().unwrap().to_owned();
                    told.closes.push((seq, closed.pnl.to_string(), reason));
                }
                Event::OrderCancelled { book: whose, reason, .. } if *whose == book => told.cancelled.push((seq, reason.code().to_owned())),
                Event::MarginWarned { book: whose } if *whose == book => told.warnings.push(seq),
                _ => {}
            }
        }
    }
    (told, before, portfolio(&league).unwrap())
}

fn report_says(report: &Value) -> Told {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let rows = |name: &str| report[name].as_array().unwrap().iter();
    let seq = |row: &Value| row["seq"].as_u64().unwrap();
    Told {
        closes: rows("closes").map(|row| (seq(row), text(&row["pnl"]), text(&row["reason"]))).collect(),
        cancelled: rows("cancelled").map(|row| (seq(row), text(&row["reason"]))).collect(),
        warnings: rows("warnings").map(seq).collect(),
    }
}

#[tokio::test]
async fn what_happened_while_i_was_away_is_what_the_journal_says() {
    let absence = Absence::of_a_bad_day().await;
    let entries = absence.entries().await;
    for since in [1, absence.since - 1, absence.since, absence.since + 2, absence.since + 4, absence.harness.server.app.seq().0] {
        let (told, before, after) = journal_says(&entries, BookId::season(absence.me), since);
        let report = absence.report_since(&since.to_string()).await;
        assert_eq!(report_says(&report), told, "since {since}");
        assert_eq!((&report["complete"], &report["before"], &report["after"]), (&json!(true), &json!(before), &after), "since {since}");
    }
    let report = absence.report_since(&absence.since.to_string()).await;
    let reasons: Vec<&str> = report["closes"].as_array().unwrap().iter().map(|row| row["reason"].as_str().unwrap()).collect();
    assert_eq!(reasons, ["washout", "auto_exit_ft"], "{report}");
    assert_eq!(report["closes"][0]["replayed"], true, "the book alone comes to the same washout");
    assert!(report["closes"][1].get("replayed").is_none());
    assert_eq!(report["cancelled"][0]["reason"], "event_intervened");
    assert_eq!(report["cancelled"][0]["instrument"], "red-9");
    assert!(!report["warnings"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn a_past_that_cannot_be_executed_now_is_told_by_history() {
    let absence = Absence::of_a_bad_day().await;
    let whole = absence.report_since(&absence.since.to_string()).await;
    let _turn = absence.harness.server.app.past.hold().await;
    let report = absence.report_since(&absence.since.to_string()).await;
    assert_eq!((&report["complete"], &report["before"]), (&json!(false), &Value::Null));
    assert_eq!((&report["after"], &report["realised"]), (&whole["after"], &whole["realised"]));
    assert_eq!(report_says(&report).closes, report_says(&whole).closes);
}

#[tokio::test]
async fn an_absence_has_a_beginning_and_an_account() {
    let absence = Absence::of_a_bad_day().await;
    let harness = &absence.harness;
    harness.get("/api/me/while-away?since=999999").bearer(&absence.token).send().await.is(400, "invalid_field");
    harness.get("/api/me/while-away").bearer(&absence.token).send().await.is(400, "invalid_field");
    harness.get("/api/me/while-away?since=1").send().await.is(401, "unauthorized");
    let stranger = harness.player("stranger").await;
    harness.get("/api/me/while-away?since=1").bearer(&stranger).send().await.is(404, "unknown_account");
}
