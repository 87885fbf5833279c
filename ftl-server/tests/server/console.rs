//! The console as a browser gets it, and as a person uses it: a real Chromium on a real server.

mod browser;

use std::time::Duration;

use ftl_core::feed::announce;
use ftl_core::source::MatchSource;
use reqwest::Method;
use serde_json::{Value, json};

use self::browser::{Chromium, LOOKS};
use crate::harness::{Harness, OPERATOR};

const FINAL: &str = "wc2022-final";
/// Between two ticks of the match clock, five seconds of the match each.
const TICK: Duration = Duration::from_millis(350);

/// A match that goes on by itself; what happens in it is the test's.
struct MatchDay {
    harness: Harness,
    source: MatchSource,
    clock_ms: u64,
    events: u32,
}

impl MatchDay {
    async fn announced() -> Self {
        let harness = Harness::start().await;
        let source = MatchSource::bundled(FINAL).unwrap().unwrap();
        let kick_off = harness.server.app.now();
        for action in announce(&source, kick_off) {
            harness.submit(action).await;
        }
        Self { harness, source, clock_ms: 0, events: 0 }
    }

    /// The match clock ticks while somebody does something.
    async fn meanwhile<T>(&mut self, doing: impl Future<Output = T>) -> T {
        tokio::pin!(doing);
        loop {
            tokio::select! {
                done = &mut doing => return done,
                () = tokio::time::sleep(TICK) => {}
            }
            self.clock_ms += 5_000;
            self.harness.tick(FINAL, self.clock_ms).await;
        }
    }

    /// Something happens to a footballer, as the feed tells it, and play goes on.
    async fn happens(&mut self, kind: &str, who: &str) -> String {
        let id = self.report(kind, Some(who)).await;
        self.goes_on().await;
        id
    }

    async fn goes_on(&mut self) {
        self.report("restart", None).await;
    }

    async fn report(&mut self, kind: &str, who: Option<&str>) -> String {
        self.events += 1;
        let id = format!("e{}", self.events);
        let minute = 1 + self.clock_ms / 60_000;
        let body = json!({"eventId": id, "type": kind, "minute": minute, "instrument": who});
        self.harness.operate(Method::POST, &format!("/api/admin/fixtures/{FINAL}/events"), body).await;
        id
    }

    async fn mark(&self, who: &str) -> f64 {
        let row = self.harness.get(&format!("/api/instruments/{who}")).send().await.ok();
        row["mark"].as_str().unwrap().parse().unwrap()
    }

    fn url(&self) -> String {
        format!("http://{}", self.harness.server.address())
    }
}

#[tokio::test]
async fn the_console_is_served_whole_and_nothing_of_it_runs_inline() {
    let harness = Harness::start().await;
    let page = harness.get("/").send().await;
    assert_eq!((page.status, page.headers["content-type"].to_str().unwrap()), (200, "text/html"));
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'self'") && !policy.contains("unsafe"), "{policy}");
    let text = page.body.as_str().unwrap().to_owned();
    let files: Vec<&str> = text.split('"').filter(|part| part.starts_with("/console/")).collect();
    assert!(files.len() >= 5, "{files:?}");
    for path in files {
        let file = harness.get(path).send().await;
        let tag = file.headers["etag"].to_str().unwrap().to_owned();
        assert_eq!(file.status, 200, "{path}");
        assert_eq!(harness.get(path).header("If-None-Match", &tag).send().await.status, 304, "{path}");
    }
    harness.get("/console/js/nothing.js").send().await.is(404, "not_found");
    harness.get("/console/%2e%2e/Cargo.toml").send().await.is(404, "not_found");
}

#[tokio::test]
async fn dozens_of_files_are_no_dozens_of_requests_to_the_league() {
    let harness = Harness::start().await;
    // Far more than an address without a token may ask in a minute.
    for _ in 0..300 {
        assert_eq!(harness.get("/console/js/main.js").send().await.status, 200);
    }
    harness.get("/api/districts").send().await.ok();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newcomer_trades_a_match_in_a_browser() {
    let mut day = MatchDay::announced().await;
    let rival = day.harness.player("rival").await;
    let won = day.harness.open(&rival, "kylian-mbappe", "long", "rival").await.ok();
    let position = won["position"]["id"].as_str().unwrap().to_owned();
    day.harness.delete(&format!("/api/positions/{position}")).bearer(&rival).key("rival-out").send().await.ok();

    let page = Chromium::launch().await;
    page.goto(&day.url()).await;
    page.until("document.querySelector('select[name] option')").await;
    page.inspect("login").await;
    page.fill("input[name=name]", "newcomer").await;
    page.choose("select", "Kannur").await;
    page.key("input[name=name]", "Enter").await;

    page.until_text("Argentina").await;
    page.until("document.querySelector('.connection')?.dataset.state === 'live'").await;
    page.press("a.fixture").await;
    page.press(r#"a[href$="/lionel-messi"]"#).await;
    page.until("document.querySelector('#player-name')?.textContent === 'Lionel Messi'").await;
    page.until("document.querySelector('.chart path[data-part=price]')").await;

    nobody_gets_lost(&page).await;
    day.harness.kick_off(FINAL).await;
    day.meanwhile(prices_tick_and_nothing_moves(&page)).await;
    a_goal_moves_the_chart(&mut day, &page).await;
    an_order_rests_and_fills(&mut day, &page).await;
    the_goal_is_taken_back(&mut day, &page).await;
    a_stop_loss_closes(&mut day, &page).await;
    a_bad_day_washes_out(&mut day, &page).await;
    the_operator_freezes_a_footballer(&mut day, &page).await;
    who_was_away_is_told(&mut day, &page).await;

    for (screen, name) in
        [("stadium", "stadium"), ("ledger", "ledger"), ("ranks", "ranks"), ("activity", "activity"), ("operator", "operator")]
    {
        page.open(screen).await;
        page.until(&format!("document.querySelector('h1')?.textContent.toLowerCase() === '{name}'")).await;
        page.inspect(name).await;
    }
    page.close().await;
}

async fn nobody_gets_lost(page: &Chromium) {
    // Over the navigation, not away from the match.
    page.eval("document.querySelector('.skip').click(), true").await;
    page.until("document.activeElement.id === 'content' && location.hash.endsWith('/lionel-messi')").await;
    // Nor past fifty players on the way to the ticket.
    page.until("document.querySelector('.ticket').compareDocumentPosition(document.querySelector('.squad a')) & 4").await;
    // On a phone the squads are far below the chart: it comes, and so does the focus.
    page.look(LOOKS[2]).await;
    for (slug, name) in [("hugo-lloris", "Hugo Lloris"), ("lionel-messi", "Lionel Messi")] {
        page.press(&format!(r#"a[href$="/{slug}"]"#)).await;
        page.until(&format!("document.querySelector('#player-name')?.textContent === '{name}'")).await;
        page.until("document.activeElement.id === 'player-name'").await;
        page.until("(({ top }) => top > 54 && top < innerHeight / 2)(document.activeElement.getBoundingClientRect())").await;
    }
    page.look(LOOKS[0]).await;
    for (address, what) in [("match/nothing", "match"), ("match/%E0%A4%A", "match"), ("player/nobody", "player")] {
        page.open("stadium").await;
        page.open(address).await;
        page.until_text(&format!("There is no such {what} in this league.")).await;
    }
    page.open(&format!("match/{FINAL}/lionel-messi")).await;
    page.until("document.querySelector('.chart path[data-part=price]')").await;
}

async fn prices_tick_and_nothing_moves(page: &Chromium) {
    page.until("document.querySelector('.scoreboard .clock[data-live]')").await;
    let path = page.eval("document.querySelector('[data-part=price]').getAttribute('d')").await;
    page.eval("audit.still()").await;
    // The chart has moved on several times, and nothing else has.
    for _ in 0..4 {
        let before = page.eval("document.querySelector('[data-part=price]').getAttribute('d')").await;
        page.until(&format!("document.querySelector('[data-part=price]').getAttribute('d') !== {before}")).await;
    }
    assert_ne!(page.eval("document.querySelector('[data-part=price]').getAttribute('d')").await, path);
    assert_eq!(page.eval("audit.shifts()").await, Value::Array(Vec::new()), "something moved by itself");
}

async fn a_goal_moves_the_chart(day: &mut MatchDay, page: &Chromium) {
    let before = day.mark("lionel-messi").await;
    let path = page.eval("document.querySelector('[data-part=price]').getAttribute('d')").await;
    day.report("goal", Some("lionel-messi")).await;
    page.until(&format!("document.querySelector('[data-part=price]').getAttribute('d') !== {path}")).await;
    page.until(&format!("Number(document.querySelector('.big').textContent) > {}", before + 8.0)).await;
    page.until("document.querySelector('.scoreboard .score').textContent === '1 \u{2013} 0'").await;
    page.until_text("Under review").await;
    page.until("document.querySelector('.chart .event.goal')").await;
    page.until("document.querySelector('.events [data-kind=goal]')?.textContent.includes('Lionel Messi')").await;
    page.inspect("match-review").await;
    day.goes_on().await;
    day.meanwhile(page.until("!document.querySelector('.banner:not([hidden])')")).await;
}

async fn an_order_rests_and_fills(day: &mut MatchDay, page: &Chromium) {
    day.meanwhile(async {
        page.fill(".lots input", "2.00").await;
        page.until("/^5,4/.test(document.querySelectorAll('.quote dd')[2].textContent)").await;
        page.until("document.querySelector('.ticket [role=meter]').getAttribute('aria-valuetext').startsWith('185 %')").await;
        page.until("document.querySelectorAll('.quote dd')[4].textContent.startsWith('\u{2212}2,571')").await;
        page.until_text("after the in-play delay").await;
        page.press(".ticket button[type=submit]").await;
        page.until("/may fill in [0-4]\\./.test(document.querySelector('[role=timer]')?.textContent)").await;
        page.inspect("match-waiting").await;
        page.until("/^Filled at 2\\d\\d\\.\\d\\d: long, 2.00 lots/.test(document.querySelector('.filled')?.textContent)").await;
        page.until("document.querySelector('.chart .fill.buy')").await;
        page.inspect("match").await;
        page.press(".chart-tools .option[data-value=candles]").await;
        page.until("document.querySelector('.chart .candle')").await;
        page.press(".ticket summary").await;
        page.inspect("match-candles").await;
        page.press(".chart-tools .option[data-value=line]").await;
        a_limit_order_waits_and_nobody_waits_for_it(page).await;
        page.until("document.querySelector('.position')?.textContent.includes('Lionel Messi')").await;
        page.until("document.querySelector('.summary [role=meter]').getAttribute('aria-valuetext').includes('Safe')").await;
        let worth = page.text(".position .result").await;
        page.until(&format!("document.querySelector('.position .result').textContent !== {}", Value::from(worth))).await;
        page.inspect("portfolio").await;
    })
    .await;
}

async fn a_limit_order_waits_and_nobody_waits_for_it(page: &Chromium) {
    page.fill(".lots input", "0.10").await;
    page.fill(".ticket .fields .field:last-child input", "120").await;
    page.until_text("120.00 or better").await;
    page.press(".ticket button[type=submit]").await;
    page.until_text("The limit order waits for its price.").await;
    page.until("!document.querySelector('.ticket button[type=submit]').disabled").await;
    page.open("portfolio").await;
    page.press(".orders .button").await;
    page.until_text("is being taken back").await;
    page.until("!document.querySelector('.orders li')").await;
}

async fn the_goal_is_taken_back(day: &mut MatchDay, page: &Chromium) {
    let high = day.mark("lionel-messi").await;
    day.meanwhile(async {
        page.open("operator").await;
        page.fill("input[type=password]", OPERATOR).await;
        page.press("form.door button").await;
        page.press("button[aria-label^='Take back'][aria-label*='Goal']").await;
        page.until_text("It is taken back").await;
        page.open(&format!("match/{FINAL}/lionel-messi")).await;
        page.until("document.querySelector('.scoreboard .score').textContent === '0 \u{2013} 0'").await;
        page.until(&format!("Number(document.querySelector('.big').textContent) < {}", high - 8.0)).await;
        page.until("!document.querySelector('.events [data-kind=goal]')").await;
        page.until("!document.querySelector('.chart .event.goal')").await;
    })
    .await;
    day.goes_on().await;
}

async fn a_stop_loss_closes(day: &mut MatchDay, page: &Chromium) {
    day.meanwhile(async {
        page.open("ranks").await;
        page.until_text("You stand on this board once").await;
        page.open("portfolio").await;
        page.until(
            "!document.querySelector('.position') || document.querySelector('.position .result').textContent.startsWith('\u{2212}')",
        )
        .await;
        page.press(".position summary").await;
        page.until("document.querySelector('.more[open]')").await;
    })
    .await;
    // A forward's price falls a little while nothing happens: it will come past.
    let stop = format!("{:.2}", day.mark("lionel-messi").await - 0.15);
    day.meanwhile(async {
        page.fill(".more form:last-of-type .field:first-child input", &stop).await;
        page.press(".more form:last-of-type button").await;
        page.until_text("Levels of Lionel Messi are set").await;
        page.until("document.querySelector('.closed [data-reason=stop_loss]')").await;
        page.until_text("The price reached your stop loss.").await;
        page.open("ranks").await;
        page.until_text("You are 2nd of 2").await;
    })
    .await;
}

async fn a_bad_day_washes_out(day: &mut MatchDay, page: &Chromium) {
    let player = "julian-alvarez";
    day.meanwhile(async {
        page.open(&format!("match/{FINAL}/{player}")).await;
        page.until("document.querySelector('#player-name')?.textContent.startsWith('Juli')").await;
        page.fill(".lots input", "2.50").await;
        page.until("document.querySelector('.ticket button[type=submit]:not(:disabled)')?.textContent.includes('2.50')").await;
        page.press(".ticket button[type=submit]").await;
        page.until_text("Filled at").await;
        page.open("portfolio").await;
        page.until("document.querySelector('.position')").await;
    })
    .await;
    day.happens("own_goal", player).await;
    day.meanwhile(page.until("/low|gone/.test(document.querySelector('.summary .meter').dataset.zone)")).await;
    day.meanwhile(page.inspect("portfolio-warned")).await;
    day.happens("red", player).await;
    day.meanwhile(async {
        page.until("document.querySelector('.closed [data-reason=washout]')").await;
        page.until_text("Your margin level had fallen to 50 % or below").await;
        page.inspect("portfolio-washed-out").await;
    })
    .await;
    assert_eq!(day.source.id.as_str(), FINAL);
}

async fn the_operator_freezes_a_footballer(day: &mut MatchDay, page: &Chromium) {
    day.meanwhile(async {
        page.open("operator").await;
        page.until_text("Processes of the league").await;
        page.fill("input[type=search]", "griez").await;
        page.press("button[aria-label^='Freeze: Antoine']").await;
        page.until("document.querySelector(\"button[aria-label^='Let go on: Antoine']\")").await;
        page.open(&format!("match/{FINAL}/antoine-griezmann")).await;
        page.until_text("Frozen by the operator").await;
        page.until("document.querySelector('.squad a[aria-current] .state').textContent === 'Frozen'").await;
        page.until("document.querySelector('.ticket button[type=submit]').disabled").await;
        // The switch, against what the system says.
        page.press("[aria-label='Dark colours']").await;
        page.until("getComputedStyle(document.body).color === 'rgb(233, 238, 235)'").await;
        page.press("[aria-label='Light colours']").await;
        page.eval("localStorage.removeItem('ftl.theme'), delete document.documentElement.dataset.theme").await;
    })
    .await;
}

async fn who_was_away_is_told(day: &mut MatchDay, page: &Chromium) {
    day.meanwhile(async {
        page.open(&format!("match/{FINAL}/kylian-mbappe")).await;
        page.until("document.querySelector('#player-name')?.textContent.startsWith('Kylian')").await;
        page.fill(".lots input", "0.50").await;
        page.until("document.querySelector('.ticket button[type=submit]:not(:disabled)')?.textContent.includes('0.50')").await;
        page.press(".ticket button[type=submit]").await;
        page.until_text("Filled at").await;
        page.goto("about:blank").await;
    })
    .await;
    for phase in ["half_time", "second_half"] {
        day.harness.operate(Method::POST, &format!("/api/admin/fixtures/{FINAL}/phase"), json!({"phase": phase})).await;
    }
    day.harness.operate(Method::POST, &format!("/api/admin/fixtures/{FINAL}/finish"), json!({})).await;
    page.goto(&format!("{}/#/stadium", day.url())).await;
    page.until("document.querySelector('.absence')?.textContent.includes('settled at full time')").await;
    page.until_text("Full time").await;
    page.inspect("while-away").await;
    page.press("[aria-label='Dismiss this report']").await;
    page.until("!document.querySelector('.absence')").await;
}
