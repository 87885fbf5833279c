//! A hundred cuts during a match, at two processes of which one is restarted: the client ends with exactly what one has that
//! was never cut.

use std::cell::Cell;
use std::time::{Duration, Instant};

use ftl_server::config::Role;
use reqwest::Method;
use serde_json::{Value, json};

use super::client::{Client, Seen};
use crate::harness::Harness;
use crate::shared::{Site, until};

const CUTS: u32 = 100;
/// After which the process is restarted.
const RESTART: u32 = 50;

/// A number below `n`, the next of a fixed sequence.
fn draw(state: &mut u64, n: u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state % n
}

/// Opens, closes, ticks, goals and corrections, until `ended`; the last entry.
async fn play(api: &Harness, token: &str, other: &str, ended: &Cell<bool>) -> u64 {
    let mut n = 0u64;
    while !ended.get() {
        n += 1;
        let direction = if n.is_multiple_of(2) { "long" } else { "short" };
        let opened = api.open_lots(token, "lionel-messi", direction, "0.01", &format!("a{n}")).await.ok();
        let his = api.open_lots(other, "lionel-messi", "short", "0.01", &format!("b{n}")).await.ok();
        // A book holds 200 positions: a few stay, the others are closed.
        let close = async |opened: &Value, token: &str, key: String| {
            let id = opened["position"]["id"].as_str().unwrap();
            api.delete(&format!("/api/positions/{id}")).bearer(token).key(&key).send().await.ok();
        };
        if !n.is_multiple_of(16) {
            close(&opened, token, format!("c{n}")).await;
        }
        close(&his, other, format!("d{n}")).await;
        api.tick("final", n * 1_000).await;
        let path = "/api/admin/fixtures/final/events";
        match n % 6 {
            1 => {
                let shot = json!({"eventId": format!("e{n}"), "type": "shot_on_target", "minute": 1, "offset": 0, "instrument": "red-9"});
                api.operate(Method::POST, path, shot).await;
            }
            4 => {
                let path = format!("{path}/e{}", n - 3);
                api.operate(Method::DELETE, &path, json!({})).await;
            }
            _ => {}
        }
    }
    let last = api.open_lots(other, "last", "long", "1.00", "end").await.ok();
    last["seq"].as_u64().unwrap()
}

async fn ask(client: &mut Client) {
    client.say(json!({"action": "subscribe", "channel": "prices"})).await;
    client.say(json!({"action": "subscribe", "channel": "fixture:final"})).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_is_cut_a_hundred_times_ends_with_what_an_uncut_one_has() {
    let site = Site::on_postgres();
    let api = site.serve(Role::All).await;
    let (stays, mut restarts) = (site.serve(Role::Ws).await, Some(site.serve(Role::Ws).await));
    for slug in ["lionel-messi", "last"] {
        api.list(slug).await;
    }
    api.fixture("final").await;
    api.kick_off("final").await;
    let (token, other) = (api.player("anna").await, api.player("ben").await);
    let seq = api.open_lots(&other, "lionel-messi", "long", "0.01", "begin").await.ok()["seq"].as_u64().unwrap();
    for harness in [Some(&stays), restarts.as_ref()].into_iter().flatten() {
        until("the beginning", Duration::from_secs(10), async || harness.server.app.seq().0 >= seq).await;
    }
    // Tickets come from the api, and open a stream at any process.
    let mut uncut = connect(&api, &stays, &token).await;
    ask(&mut uncut).await;
    let mut cursor = uncut.first("cursor").await["seq"].as_u64().unwrap();
    let begun = Instant::now();
    let ended = Cell::new(false);
    let mut pieces = Seen::default();
    let cutting = async {
        let mut state = 0x9E37_79B9_7F4A_7C15;
        for n in 0..CUTS {
            if n == RESTART {
                restarts.take().unwrap().stop().await;
                restarts = Some(site.serve(Role::Ws).await);
            }
            let at = if draw(&mut state, 2) == 0 { &stays } else { restarts.as_ref().unwrap() };
            let mut client = connect(&api, at, &token).await;
            // Asked for first, so that what it is resumed from has the match's events too.
            ask(&mut client).await;
            client.resume(cursor).await;
            let frames = draw(&mut state, 120);
            for _ in 0..frames {
                // Cut after so many frames, or in a silence.
                match tokio::time::timeout(Duration::from_millis(150), client.next()).await {
                    Ok(frame) => pieces.take([frame]),
                    Err(_) => break,
                }
            }
            cursor = client.cursor.unwrap_or(cursor);
        }
        ended.set(true);
    };
    let (last, ()) = tokio::join!(play(&api, &token, &other, &ended), cutting);
    let mut client = connect(&api, restarts.as_ref().unwrap(), &token).await;
    ask(&mut client).await;
    client.resume(cursor).await;
    let over = |frame: &Value| frame["type"] == "bar" && frame["instrument"] == "last" && frame["seq"].as_u64() >= Some(last);
    let mut whole = Seen::default();
    for (client, seen) in [(&mut client, &mut pieces), (&mut uncut, &mut whole)] {
        seen.take(client.until(over).await);
        // Of the bars of a second none stands before another: the others come with it.
        while let Ok(frame) = tokio::time::timeout(Duration::from_millis(1_200), client.next()).await {
            seen.take([frame]);
        }
    }
    println!("{} frames of the account, {} events, {CUTS} cuts in {:?}", whole.account.len(), whole.events.len(), begun.elapsed());
    assert!(whole.account.len() > 100 && whole.events.len() > 10, "{} {}", whole.account.len(), whole.events.len());
    assert_eq!(pieces.account, whole.account);
    assert_eq!(pieces.events, whole.events);
    assert_eq!(pieces.bars, whole.bars);
    let figures = |seen: &Seen| -> Vec<_> {
        seen.prices.values().map(|frame| ["instrument", "mark", "liveBase", "settlement"].map(|name| frame[name].clone())).collect()
    };
    assert_eq!(figures(&pieces), figures(&whole));
    for harness in [stays, restarts.unwrap(), api] {
        harness.stop().await;
    }
}

async fn connect(api: &Harness, at: &Harness, token: &str) -> Client {
    let ticket = api.ticket(token).await;
    Client::open(at, &format!("/ws?token={ticket}&format=json"), &[]).await.unwrap()
}
