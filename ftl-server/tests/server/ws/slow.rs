//! Readers who do not read, and sockets with nobody at the other end.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use super::client::{Client, Seen};
use crate::harness::{Harness, config};
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

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_with_nobody_at_its_end_is_let_go() {
    let directory = tempfile::tempdir().unwrap();
    let mut config = config(directory.path(), &[]);
    config.ws_silence = SILENCE;
    let stores = Stores::in_directory(&config.data, &config.league).await.unwrap();
    let harness = Harness::over(directory, config, stores).await;
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
