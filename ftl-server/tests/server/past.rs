//! `?at=`: the league as it was, held against a replay of its journal.

use std::sync::Arc;

use ftl_core::id::{AccountId, BookId, Seq};
use ftl_core::journal::Journal;
use ftl_core::outcome::Entry;
use ftl_core::time::At;
use ftl_server::wire::instrument::InstrumentView;
use ftl_server::wire::portfolio::PortfolioAnswer;
use ftl_server::wire::{League, Time};
use ftl_store::conformance::ManualClock;
use ftl_store::data_dir::DataDir;
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::Harness;

const BEGIN: At = At(1_750_000_000_000);
const FOOTBALLERS: [&str; 3] = ["red-9", "blue-1", "lionel-messi"];

/// A league with a past: orders before and in play, a goal with its review, full time, trades after it.
struct Season {
    harness: Harness,
    clock: Arc<ManualClock>,
    now: u64,
    tokens: Vec<String>,
    accounts: Vec<AccountId>,
}

impl Season {
    async fn played() -> Self {
        let (harness, clock) = Harness::at(BEGIN).await;
        let mut season = Self { harness, clock, now: BEGIN.0, tokens: Vec::new(), accounts: Vec::new() };
        season.enter("early").await;
        season.harness.list("lionel-messi").await;
        season.harness.fixture("f").await;
        season.trade(0, "lionel-messi", "long").await;
        season.trade(0, "red-9", "long").await;
        season.later(60_000);
        season.harness.kick_off("f").await;
        season.tick(5_000).await;
        season.enter("late").await;
        season.trade(1, "red-9", "short").await;
        season.trade(0, "blue-1", "long").await;
        season.tick(10_000).await;
        season.later(9_000);
        season.tick(15_000).await;
        let goal = json!({"eventId": "goal", "type": "goal", "minute": 1, "instrument": "red-9"});
        season.operate("events", goal).await;
        for clock in [20_000, 25_000] {
            season.later(5_000);
            season.tick(clock).await;
        }
        season.operate("events", json!({"eventId": "restart", "type": "restart", "minute": 1})).await;
        season.later(70_000);
        season.tick(30_000).await;
        season.operate("phase", json!({"phase": "half_time"})).await;
        season.operate("phase", json!({"phase": "second_half"})).await;
        season.operate("finish", json!({})).await;
        season.later(1_900_000);
        season.trade(1, "lionel-messi", "short").await;
        season.trade(0, "red-9", "long").await;
        season
    }

    fn later(&mut self, ms: u64) {
        self.now += ms;
        self.clock.set(At(self.now));
    }
    async fn enter(&mut self, name: &str) {
        self.later(1_000);
        let token = self.harness.player(name).await;
        self.harness.get("/api/portfolio").bearer(&token).send().await.ok();
        let me = self.harness.get("/api/me").bearer(&token).send().await.ok();
        self.accounts.push(me["accountId"].as_str().unwrap().parse().unwrap());
        self.tokens.push(token);
    }
    async fn trade(&mut self, who: usize, slug: &str, direction: &str) {
        self.later(1_000);
        self.harness.open(&self.tokens[who], slug, direction, &self.now.to_string()).await.ok();
    }
    async fn tick(&mut self, clock_ms: u64) {
        self.later(1_000);
        self.harness.tick("f", clock_ms).await;
    }
    async fn operate(&mut self, what: &str, body: Value) {
        self.later(1_000);
        self.harness.operate(Method::POST, &format!("/api/admin/fixtures/f/{what}"), body).await;
    }

    /// Every entry, as another process reads them.
    async fn entries(&self) -> Vec<Entry> {
        let league = DataDir::at(self.harness.path()).open_for_reading().await.unwrap();
        let batches = league.journal.read(Seq(0), usize::MAX).await.unwrap();
        batches.iter().flat_map(|batch| batch.entries().collect::<Vec<_>>()).collect()
    }

    /// What the API says of a moment equals what a replay came to.
    async fn compare(&self, at: &str, league: &League) {
        let seq = json!(league.seq().0);
        for (token, account) in self.tokens.iter().zip(&self.accounts) {
            let reply = self.harness.get(&format!("/api/portfolio?at={at}")).bearer(token).send().await;
            match PortfolioAnswer::of(league, BookId::season(*account)) {
                Some(expected) => assert_eq!(reply.ok(), serde_json::to_value(&expected).unwrap(), "at {at}"),
                None => {
                    reply.is(404, "unknown_account");
                    assert_eq!(reply.body["seq"], seq);
                }
            }
        }
        for slug in FOOTBALLERS {
            let reply = self.harness.get(&format!("/api/instruments/{slug}?at={at}")).send().await;
            match league.find_instrument(slug) {
                Some(row) => {
                    let mut expected = serde_json::to_value(InstrumentView::of(league, row)).unwrap();
                    expected["seq"] = seq.clone();
                    assert_eq!(reply.ok(), expected, "at {at}");
                }
                None => reply.is(404, "unknown_instrument"),
            }
        }
        let list = self.harness.get(&format!("/api/instruments?limit=3&at={at}")).send().await.ok();
        let all: Vec<Value> = league.instruments().map(|row| serde_json::to_value(InstrumentView::of(league, row)).unwrap()).collect();
        assert_eq!((&list["seq"], list["items"].as_array().unwrap()), (&seq, &all[..all.len().min(3)].to_vec()), "at {at}");
    }
}

#[tokio::test]
async fn the_past_is_what_a_replay_up_to_it_comes_to() {
    let season = Season::played().await;
    let entries = season.entries().await;
    let mut league = League::new();
    let mut states = vec![league.clone()];
    for entry in &entries {
        league.apply(entry);
        states.push(league.clone());
    }
    let under_review = |league: &League| league.instruments().any(|row| row.review.is_some());
    assert!(states.iter().filter(|league| under_review(league)).count() > 2, "the goal is looked at");
    assert!(states.len() > 20, "{} entries", states.len());
    // Now forwards, now back: from what is in hand, from a snapshot, from the first entry.
    let order = (0..states.len()).map(|n| n * 17 % states.len());
    for n in order.chain(0..states.len()) {
        season.compare(&n.to_string(), &states[n]).await;
        let at = states[n].at();
        let last_then = |moment: At| states.iter().rposition(|league| league.seq() == Seq(0) || league.at() <= moment).unwrap();
        if n > 0 && n % 3 == 0 {
            season.compare(&Time(at).to_string(), &states[last_then(at)]).await;
            let between = At(at.0 + 400);
            season.compare(&Time(between).to_string(), &states[last_then(between)]).await;
        }
    }
}

#[tokio::test]
async fn what_is_yet_to_come_or_was_before_the_beginning_is_told_apart() {
    let season = Season::played().await;
    let head = season.harness.server.app.seq().0;
    let (harness, token) = (&season.harness, &season.tokens[0]);
    for (at, status, code) in [
        ((head + 1).to_string(), 400, "invalid_field"),
        (Time(At(season.now + 1)).to_string(), 400, "invalid_field"),
        ("yesterday".into(), 400, "invalid_field"),
        ("-1".into(), 400, "invalid_field"),
        ("0".into(), 404, "unknown_instrument"),
        ("1999-12-31T00:00:00Z".into(), 404, "unknown_instrument"),
    ] {
        harness.get(&format!("/api/instruments/red-9?at={at}")).send().await.is(status, code);
    }
    let before = harness.get("/api/instruments?at=1999-12-31T00:00:00Z").send().await.ok();
    assert_eq!((&before["seq"], &before["items"]), (&json!(0), &json!([])));
    harness.get("/api/portfolio?at=1").bearer(token).send().await.is(404, "unknown_account");
    harness.get("/api/portfolio?at=1").send().await.is(401, "unauthorized");
    let now = Time(At(season.now)).to_string();
    let mine = harness.get(&format!("/api/portfolio?at={now}")).bearer(token).send().await.ok();
    assert_eq!(mine, harness.get("/api/portfolio").bearer(token).send().await.ok());
}

#[tokio::test]
async fn one_looks_at_a_time_and_the_others_are_told_to_come_again() {
    let season = Season::played().await;
    let turn = season.harness.server.app.past.hold().await;
    let reply = season.harness.get("/api/instruments/red-9?at=20").send().await;
    reply.is(503, "past_busy");
    assert_eq!(reply.headers["retry-after"], "5");
    // What is now needs nobody's turn.
    let head = season.harness.server.app.seq();
    season.harness.get(&format!("/api/instruments/red-9?at={head}")).send().await.ok();
    drop(turn);
    season.harness.get("/api/instruments/red-9?at=20").send().await.ok();
}
