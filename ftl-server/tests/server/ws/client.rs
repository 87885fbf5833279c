//! A client that keeps what it was told: its account's frames each once, the last price and bars of each instrument.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, client_async, connect_async};

use crate::harness::Harness;

/// Longer than anything takes, shorter than a test may.
const PATIENCE: Duration = Duration::from_secs(20);

pub struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// Its last complete entry.
    pub cursor: Option<u64>,
    /// The batch of that.
    pub batch: Option<String>,
    /// It has asked for what it missed and was not answered yet.
    resuming: bool,
}

impl Client {
    /// Everything as JSON.
    pub async fn connect(harness: &Harness, token: &str) -> Self {
        Self::with(harness, token, "&format=json").await
    }

    /// With more behind the ticket.
    pub async fn with(harness: &Harness, token: &str, more: &str) -> Self {
        let ticket = harness.ticket(token).await;
        Self::open(harness, &format!("/ws?token={ticket}{more}"), &[]).await.unwrap()
    }

    pub async fn open(harness: &Harness, path: &str, headers: &[(&'static str, &str)]) -> Result<Self, (u16, Value)> {
        let mut request = format!("ws://{}{path}", harness.address()).into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        match connect_async(request).await {
            Ok((socket, _)) => Ok(Self { socket, cursor: None, batch: None, resuming: false }),
            Err(Error::Http(response)) => {
                let body = response.body().as_deref().unwrap_or_default();
                let mut body: Value = serde_json::from_slice(body).unwrap_or_default();
                if let Some(seconds) = response.headers().get("retry-after") {
                    body["retryAfter"] = json!(seconds.to_str().unwrap());
                }
                Err((response.status().as_u16(), body))
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// As JSON, over a socket that holds no more than this for its reader.
    pub async fn with_receive_buffer(harness: &Harness, token: &str, bytes: u32) -> Self {
        let request = format!("ws://{}/ws?token={}&format=json", harness.address(), harness.ticket(token).await);
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(bytes).unwrap();
        let stream = socket.connect(harness.address().parse().unwrap()).await.unwrap();
        let (socket, _) = client_async(request, MaybeTlsStream::Plain(stream)).await.unwrap();
        Self { socket, cursor: None, batch: None, resuming: false }
    }

    pub async fn say(&mut self, message: Value) {
        self.send(Message::text(message.to_string())).await;
    }

    /// Asks for what is behind `cursor`.
    pub async fn resume(&mut self, cursor: u64) {
        (self.cursor, self.resuming) = (Some(cursor), true);
        self.say(json!({"action": "resume", "seq": cursor})).await;
    }

    pub async fn subscribe(&mut self, slug: &str) {
        self.say(json!({"action": "subscribe", "instrumentId": slug})).await;
    }

    pub async fn send(&mut self, message: Message) {
        self.socket.send(message).await.unwrap();
    }

    /// Says it, or finds out that nobody listens any more.
    pub async fn try_send(&mut self, message: Message) -> bool {
        self.socket.send(message).await.is_ok()
    }

    /// The next message that is no ping.
    pub async fn message(&mut self) -> Message {
        loop {
            let message = tokio::time::timeout(PATIENCE, self.socket.next()).await.expect("a frame in time");
            match message.expect("the socket goes on").unwrap() {
                Message::Ping(_) | Message::Pong(_) => {}
                other => return other,
            }
        }
    }

    /// The next frame.
    pub async fn next(&mut self) -> Value {
        let frame: Value = match self.message().await {
            Message::Text(text) => serde_json::from_str(&text).unwrap(),
            other => panic!("{other:?}"),
        };
        match frame["type"].as_str() {
            Some("cursor") if !self.resuming => {
                (self.cursor, self.batch) = (frame["seq"].as_u64(), frame["batch"].as_str().map(str::to_owned));
            }
            Some("resumed" | "resync") => self.resuming = false,
            _ => {}
        }
        frame
    }

    /// Frames up to the one that `ends`.
    pub async fn until(&mut self, ends: impl Fn(&Value) -> bool) -> Vec<Value> {
        frames_until(async || self.next().await, ends).await
    }

    /// The first frame of a type.
    pub async fn first(&mut self, kind: &str) -> Value {
        self.until(|frame| frame["type"] == kind).await.pop().unwrap()
    }

    /// How the server closes, whatever it says before.
    pub async fn close(self) -> (u16, String) {
        let (_, code, reason) = self.until_it_ends().await;
        (code, reason)
    }

    /// What it says before it closes, and how it does.
    pub async fn until_it_ends(mut self) -> (Vec<Value>, u16, String) {
        let mut frames = Vec::new();
        loop {
            match tokio::time::timeout(PATIENCE, self.socket.next()).await.expect("a close in time") {
                Some(Ok(Message::Close(Some(frame)))) => return (frames, frame.code.into(), frame.reason.to_string()),
                Some(Ok(Message::Text(text))) => frames.push(serde_json::from_str(&text).unwrap()),
                Some(Ok(_)) => {}
                other => panic!("{other:?}"),
            }
        }
    }
}

/// Frames up to the one that `ends`.
pub async fn frames_until(mut next: impl AsyncFnMut() -> Value, ends: impl Fn(&Value) -> bool) -> Vec<Value> {
    let mut frames = vec![next().await];
    while !frames.last().is_some_and(&ends) {
        frames.push(next().await);
    }
    frames
}

/// What a client ends with.
#[derive(Debug, Default, PartialEq)]
pub struct Seen {
    /// By entry and place in it.
    pub account: BTreeMap<(u64, u64), Value>,
    pub prices: BTreeMap<String, Value>,
    /// By instrument and beginning.
    pub bars: BTreeMap<(String, String), Value>,
    pub events: BTreeMap<(u64, u64), Value>,
}

impl Seen {
    pub fn take(&mut self, frames: impl IntoIterator<Item = Value>) {
        for frame in frames {
            let text = |name: &str| frame[name].as_str().unwrap_or_default().to_owned();
            let place = (frame["seq"].as_u64().unwrap_or_default(), frame["n"].as_u64().unwrap_or_default());
            match frame["type"].as_str().unwrap() {
                // A price of an earlier entry than the last says nothing.
                "price" => {
                    let last = self.prices.entry(text("instrument")).or_insert_with(|| frame.clone());
                    if last["seq"].as_u64() <= Some(place.0) {
                        *last = frame;
                    }
                }
                "bar" => {
                    let last = self.bars.entry((text("instrument"), text("start"))).or_insert_with(|| frame.clone());
                    if last["seq"].as_u64() <= Some(place.0) {
                        *last = frame;
                    }
                }
                "order" | "position" | "wallet" | "level" | "notification" => drop(self.account.insert(place, frame)),
                "event" => drop(self.events.insert(place, frame)),
                "cursor" | "resumed" | "status" | "fixture" | "activity" | "leaderboard" => {}
                other => panic!("{other}: {frame}"),
            }
        }
    }
}
