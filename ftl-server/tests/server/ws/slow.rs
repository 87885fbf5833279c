//! Readers who do not read, and sockets with nobody at the other end.

use std::time::{Duration, Instant};

use ftl_core::time::At;
use ftl_core::units::Price;
use ftl_server::wire::Time;
use ftl_server::wire::frame::PriceFrame;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpSocket;
use tokio_tungstenite::tungstenite::Message;

use super::client::{Client, Seen};
use crate::events::Frames;
use crate::harness::{Harness, config};
use crate::shared::until;
use ftl_server::stores::Stores;

/// Less than a test may take, more than a busy machine stands still.
const SILENCE: Duration = Duration::from_secs(2);

/// Opens and closes of somebody's; the last entry.
async fn trade(harness: &Harness, token: &str, key: &str, times: u32) -> u64 {
    let mut last = 0;
    for n in 0..times {
        let opened = harness.open_lots(token, "lionel-messi", "long", "0.01", &format!("{key}-o{n}")).await.ok();
        let path = format!("/api/positions/{}", opened["position"]["id"].as_str().unwrap());
        let closed = harness.delete(&path).bearer(token).key(&format!("{key}-c{n}")).send().await.ok();
        last = closed["seq"].as_u64().unwrap();
    }
    last
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_who_reads_nothing_is_closed_and_misses_nothing_of_his_account() {
    let harness = Harness::with(&[("DISABLE_RATE_LIMIT", "1")]).await;
    harness.list("lionel-messi").await;
    let token = harness.player("anna").await;
    // The first trade opens the account too.
    trade(&harness, &token, "first", 1).await;
    let mut reads = Client::connect(&harness, &token).await;
    let mut idles = Client::with_receive_buffer(&harness, &token, 4_096).await;
    for client in [&mut reads, &mut idles] {
        client.subscribe("lionel-messi").await;
        client.first("status").await;
    }
    let before = idles.cursor.unwrap();
    let mut whole = Seen::default();
    let reading = async {
        let until_the_end = |frame: &Value| frame["type"] == "cursor" && frame["seq"].as_u64() >= Some(before + 600);
        whole.take(reads.until(until_the_end).await);
    };
    let (last, ()) = tokio::join!(trade(&harness, &token, "many", 300), reading);
    let (frames, code, _) = idles.until_it_ends().await;
    assert_eq!(code, 4008);
    // Of prices the newest is enough; of the account nothing is left out before the end.
    let cursor = frames.iter().filter(|frame| frame["type"] == "cursor").filter_map(|frame| frame["seq"].as_u64()).max().unwrap_or(before);
    assert!(cursor < last, "it was not behind");
    let mut pieces = Seen::default();
    pieces.take(frames);
    let mut again = Client::with(&harness, &token, &format!("&format=json&seq={cursor}")).await;
    pieces.take(again.until(|frame| frame["type"] == "cursor" && frame["seq"].as_u64() >= Some(last)).await);
    assert!(whole.account.len() > 2_000, "{}", whole.account.len());
    let of_the_trades = |seen: Seen| seen.account.into_iter().filter(|((seq, _), _)| *seq > before && *seq <= last).collect::<Vec<_>>();
    assert_eq!(of_the_trades(pieces), of_the_trades(whole));
}

/// A server that takes no more than two seconds for gone.
async fn impatient() -> Harness {
    let directory = tempfile::tempdir().unwrap();
    let mut config = config(directory.path(), &[("DISABLE_RATE_LIMIT", "1")]);
    config.stream_silence = SILENCE;
    let stores = Stores::in_directory(&config.data, &config.league).await.unwrap();
    Harness::over(directory, config, stores).await
}

/// How many connections were closed with this code.
async fn closed_with(harness: &Harness, code: u16) -> u64 {
    let figures = harness.get("/metrics").send().await.body;
    let name = format!("ftl_ws_closes_total{{code=\"{code}\"}} ");
    let found = figures.as_str().unwrap().lines().find_map(|line| line.strip_prefix(&name)?.parse().ok());
    found.unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_who_lives_and_takes_nothing_is_closed_although_only_prices_wait() {
    let harness = impatient().await;
    harness.list("lionel-messi").await;
    let token = harness.player("anna").await;
    let mut idles = Client::with_receive_buffer(&harness, &token, 4_096).await;
    idles.subscribe("lionel-messi").await;
    let shown = idles.first("price").await;
    let price = |seq: u64| PriceFrame {
        idx: 0,
        instrument: "lionel-messi".into(),
        seq,
        at: Time(At(1)),
        mark: Price::from_units(1_952_000),
        live_base: Price::from_units(1_952_000),
        settlement: Price::from_units(1_952_000),
    };
    let (begun, before) = (Instant::now(), closed_with(&harness, 4008).await);
    let first = shown["seq"].as_u64().unwrap();
    let mut last = first;
    while closed_with(&harness, 4008).await == before {
        assert!(begun.elapsed() < SILENCE + Duration::from_secs(12), "it is still held");
        // More than the system holds for him; then only the newest waits.
        for _ in 0..200 {
            last += 1;
            harness.server.app.hub.tell_price(price(last)).await;
        }
        // He is not silent.
        idles.send(Message::Ping(Default::default())).await;
    }
    assert!(begun.elapsed() >= SILENCE, "{:?}", begun.elapsed());
    let (frames, code, reason) = idles.until_it_ends().await;
    assert_eq!((code, reason.as_str()), (4008, "too slow: resume"));
    let prices = frames.iter().filter(|frame| frame["type"] == "price").count() as u64;
    assert!(prices < (last - first) / 2, "{prices} of {}", last - first);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_stream_that_nobody_reads_is_cut() {
    let harness = impatient().await;
    harness.list("lionel-messi").await;
    let token = harness.player("anna").await;
    let ask = format!("GET /api/events?token={} HTTP/1.1\r\nHost: here\r\n\r\n", harness.ticket(&token).await);
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let mut unread = socket.connect(harness.address().parse().unwrap()).await.unwrap();
    unread.write_all(ask.as_bytes()).await.unwrap();
    let hub = &harness.server.app.hub;
    until("the stream", SILENCE, async || hub.connections() == 1).await;
    let mut read = Frames::open(&harness, &token, "", None).await;
    let last = trade(&harness, &token, "many", 60).await;
    read.until(|frame| frame["seq"].as_u64() >= Some(last)).await;
    until("the cut", SILENCE + Duration::from_secs(12), async || hub.connections() == 1).await;
    // Who reads is not cut, however long he waits for more.
    let last = trade(&harness, &token, "more", 1).await;
    read.until(|frame| frame["seq"].as_u64() >= Some(last)).await;
    drop(unread);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_with_nobody_at_its_end_is_let_go() {
    let harness = impatient().await;
    let token = harness.player("anna").await;
    // Neither reads, so neither answers; one says that it is there.
    let (mut lives, gone) = (Client::connect(&harness, &token).await, Client::connect(&harness, &token).await);
    let begun = Instant::now();
    while harness.server.app.hub.connections() > 1 {
        assert!(begun.elapsed() < SILENCE + Duration::from_secs(12), "it is still held");
        lives.send(Message::Ping(Default::default())).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(begun.elapsed() >= SILENCE, "{:?}", begun.elapsed());
    assert_eq!(gone.close().await.0, 4010);
    lives.say(json!({"action": "resume", "seq": 1})).await;
    assert_eq!(lives.first("resumed").await["seq"], 1);
}
