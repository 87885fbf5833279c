//! Everything that a client can do wrong ends with the documented status or close code, and nobody else notices.

use std::iter::{once, repeat_n};
use std::time::{Duration, Instant};

use futures::future::join_all;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

use super::client::Client;
use crate::harness::{Harness, config};
use ftl_core::time::At;
use ftl_server::stores::Stores;

#[tokio::test]
async fn a_ticket_is_checked_before_the_upgrade() {
    let harness = Harness::start().await;
    let token = harness.player("anna").await;
    let ticket = harness.ticket(&token).await;
    let path = format!("/ws?token={ticket}");
    drop(Client::open(&harness, &path, &[]).await.unwrap());
    let refused = async |path: &str, headers: &[(&'static str, &str)]| {
        let (status, body) = Client::open(&harness, path, headers).await.err().unwrap();
        (status, body["detail"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(refused(&path, &[]).await, (401, "the ticket was used already".into()));
    assert_eq!(refused("/ws", &[]).await.0, 401);
    assert_eq!(refused("/ws?token=e30.e30.AA", &[]).await, (401, "the token is not one of this league's".into()));
    assert_eq!(refused(&format!("/ws?token={token}"), &[]).await, (401, "the token is for something else".into()));
    let forged = format!("{}x", harness.ticket(&token).await);
    assert_eq!(refused(&format!("/ws?token={forged}"), &[]).await.0, 401);
    assert_eq!(refused("/ws?token=a&format=xml", &[]).await.0, 400);
    harness.get("/ws?token=a").send().await.is(426, "upgrade_required");
    let reply = harness.get("/ws?token=a").header("Upgrade", "websocket").send().await;
    reply.is(400, "bad_handshake");
}

#[tokio::test]
async fn a_ticket_ends_after_a_minute() {
    let (harness, clock) = Harness::at(At(1_700_000_000_000)).await;
    let token = harness.player("anna").await;
    let ticket = harness.ticket(&token).await;
    clock.set(At(1_700_000_060_000));
    let (status, body) = Client::open(&harness, &format!("/ws?token={ticket}"), &[]).await.err().unwrap();
    assert_eq!((status, &body["detail"]), (401, &json!("the token has ended")));
}

#[tokio::test]
async fn a_page_from_elsewhere_may_not_connect() {
    let harness = Harness::with(&[("CORS_ORIGINS", "https://Play.example/")]).await;
    let token = harness.player("anna").await;
    let here = format!("http://{}", harness.address());
    for (origin, expected) in [
        ("https://play.example", None),
        (here.as_str(), None),
        ("https://evil.example", Some(403)),
        ("http://play.example", Some(403)),
        ("null", Some(403)),
    ] {
        let path = format!("/ws?token={}", harness.ticket(&token).await);
        let refused = Client::open(&harness, &path, &[("origin", origin)]).await.err().map(|(status, _)| status);
        assert_eq!(refused, expected, "{origin}");
    }
}

#[tokio::test]
async fn one_more_connection_than_fits_is_told_to_come_again_and_its_ticket_stays_good() {
    let directory = tempfile::tempdir().unwrap();
    let mut config = config(directory.path(), &[]);
    config.streams = 2;
    let stores = Stores::in_directory(&config.data, &config.league).await.unwrap();
    let harness = Harness::over(directory, config, stores).await;
    harness.list("lionel-messi").await;
    let token = harness.player("anna").await;
    let (mut first, second) = (Client::connect(&harness, &token).await, Client::connect(&harness, &token).await);
    let path = format!("/ws?token={}", harness.ticket(&token).await);
    let (status, body) = Client::open(&harness, &path, &[]).await.err().unwrap();
    assert_eq!((status, &body["code"], &body["retryAfter"]), (503, &json!("too_many_connections"), &json!("5")));
    // Ticks still flow.
    first.subscribe("lionel-messi").await;
    first.first("status").await;
    harness.open(&token, "lionel-messi", "long", "k").await.ok();
    assert_eq!(first.first("price").await["mark"], "195.2500");
    drop(second);
    while harness.server.app.hub.connections() > 1 {
        tokio::task::yield_now().await;
    }
    assert!(Client::open(&harness, &path, &[]).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_client_sends_it_is_closed_with_its_code_and_nobody_else_notices() {
    let harness = Harness::with(&[("DISABLE_RATE_LIMIT", "1")]).await;
    harness.list("lionel-messi").await;
    let (token, other) = (harness.player("anna").await, harness.player("ben").await);
    let mut witness = Client::connect(&harness, &token).await;
    witness.subscribe("lionel-messi").await;
    witness.first("status").await;
    let closed_after = async |messages: Vec<Message>| {
        let mut client = Client::connect(&harness, &other).await;
        for message in messages {
            if !client.try_send(message).await {
                break;
            }
        }
        client.close().await.0
    };
    let text = |text: &str| vec![Message::text(text)];
    let raw = |frame: Frame| vec![Message::Frame(frame)];
    let empty = Frame::message("", OpCode::Data(Data::Continue), false);
    let cases = [
        (text("gossip"), 4000),
        (text("{}"), 4000),
        (text(r#"{"action":"buy"}"#), 4000),
        (text(r#"{"action":"subscribe"}"#), 4000),
        (text(r#"{"action":"subscribe","idx":0,"channel":"prices"}"#), 4000),
        (text(r#"{"action":"subscribe","idx":0,"more":1}"#), 4000),
        (text(r#"{"action":"resume","seq":-1}"#), 4000),
        (text(&"[".repeat(10_000)), 4000),
        (text(r#"{"action":"subscribe","idx":7}"#), 4004),
        (text(r#"{"action":"subscribe","instrumentId":"nobody"}"#), 4004),
        (text(r#"{"action":"subscribe","channel":"gossip"}"#), 4004),
        (text(r#"{"action":"subscribe","channel":"fixture:none"}"#), 4004),
        (text(&"x".repeat(16 * 1024 + 1)), 1009),
        (text(&"x".repeat(4 << 20)), 1009),
        (vec![Message::binary(vec![0x93, 1, 2, 3])], 1003),
        (raw(Frame::message(vec![0xff, 0xfe], OpCode::Data(Data::Text), true)), 1007),
        (raw(Frame::message(vec![0x20], OpCode::Data(Data::Continue), true)), 1002),
        (raw(Frame::message(vec![0x20], OpCode::Data(Data::Reserved(5)), true)), 1002),
        ((0..10_000).map(|_| Message::text(r#"{"action":"subscribe","idx":0}"#)).collect(), 4029),
        ((0..10_000).map(|_| Message::Ping(Default::default())).collect(), 4029),
        ((0..100).map(|_| Message::text(r#"{"action":"resume","seq":0}"#)).collect(), 4029),
        // A message that never ends: each of its fragments is empty, so it has no size.
        (once(Frame::message("x", OpCode::Data(Data::Text), false)).chain(repeat_n(empty, 400_000)).map(Message::Frame).collect(), 4029),
    ];
    for (n, (messages, code)) in cases.into_iter().enumerate() {
        let first = messages.first().map(ToString::to_string).unwrap_or_default();
        assert_eq!(closed_after(messages).await, code, "{}", &first[..first.len().min(80)]);
        let direction = if n % 2 == 0 { "long" } else { "short" };
        let opened = harness.open_lots(&other, "lionel-messi", direction, "0.01", &format!("k{n}")).await.ok();
        let seq = opened["seq"].as_u64();
        let told = witness.until(|frame| frame["type"] == "price" && frame["seq"].as_u64() == seq).await;
        assert!(told.iter().all(|frame| frame["type"] != "resync"), "{told:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_subscriptions_are_too_many() {
    let harness = Harness::with(&[("DISABLE_RATE_LIMIT", "1")]).await;
    for n in 0..2_001 {
        harness.list(&format!("p{n}")).await;
    }
    let token = harness.player("anna").await;
    let mut client = Client::connect(&harness, &token).await;
    for idx in 0..2_001 {
        client.say(json!({"action": "subscribe", "idx": idx})).await;
    }
    assert_eq!(client.close().await.0, 4029);
    // One who asks for all of them at once gets them.
    let mut client = Client::connect(&harness, &token).await;
    client.say(json!({"action": "subscribe", "channel": "prices"})).await;
    let told = client.until(|frame| frame["type"] == "status" && frame["idx"] == 2_000).await;
    assert_eq!(told.iter().filter(|frame| frame["type"] == "price").count(), 2_001);
}

/// The timers that keep the slow away are of HTTP/1: no other is spoken, whatever the client begins with.
#[tokio::test]
async fn a_client_that_begins_with_http_2_is_refused() {
    let harness = Harness::start().await;
    let mut stream = TcpStream::connect(harness.address()).await.unwrap();
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 400 ") || answer.is_empty(), "{}", String::from_utf8_lossy(&answer));
}

/// Who says nothing, or a byte at a time, is cut off before the handshake is over; the server takes others meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn a_handshake_that_does_not_come_is_not_waited_for() {
    let harness = Harness::start().await;
    let token = harness.player("anna").await;
    let begun = Instant::now();
    let slow = async |drip: &'static [u8]| {
        let mut stream = TcpStream::connect(harness.address()).await.unwrap();
        let mut answer = [0u8; 1_024];
        for byte in drip.iter().cycle() {
            let read = tokio::time::timeout(Duration::from_millis(200), stream.read(&mut answer)).await;
            match read {
                Ok(Ok(0) | Err(_)) => break,
                Ok(Ok(_)) => {}
                Err(_) if drip.len() > 1 => drop(stream.write_all(&[*byte]).await),
                Err(_) => {}
            }
            assert!(begun.elapsed() < Duration::from_secs(18), "it is still open");
        }
    };
    let silent = (0..50).map(|_| slow(b" "));
    let dripping = (0..50).map(|_| slow(b"GET /ws HTTP/1.1\r\nx: "));
    let others = async {
        let client = Client::connect(&harness, &token).await;
        drop(client);
    };
    tokio::join!(join_all(silent), join_all(dripping), others);
    assert!(begun.elapsed() >= Duration::from_secs(9), "{:?}", begun.elapsed());
}
