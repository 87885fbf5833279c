//! The stream: a ticket, the subscriptions, and the last entry that was seen whole. Cut, it comes again by itself, and
//! tells every frame of the account once.
//!
//! A cut can fall into the middle of an entry, whose first frames then come a second time: what was seen behind the last
//! cursor is left out by its place.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use futures::{SinkExt, StreamExt};
use serde_json::json;
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::frame::Frame;
use super::player::{Market, Player};
use crate::failure::Failure;

/// A server pings every 20 s; one that is silent for so long is gone.
const SILENT: Duration = Duration::from_secs(60);

/// Closed with one of these, a client would be closed again: it asked for what is not there, or not as it is asked for.
const MISUNDERSTOOD: [u16; 3] = [1003, 4000, 4004];

/// What is subscribed to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    instruments: BTreeSet<String>,
    channels: BTreeSet<String>,
}

impl Wanted {
    /// The prices of those named, or of everybody, and what happens in their fixtures.
    pub fn of(named: &[String], market: &Market) -> Self {
        let mut channels: BTreeSet<_> =
            market.instruments.iter().filter_map(|row| Some(format!("fixture:{}", row.fixture.as_ref()?))).collect();
        if named.is_empty() {
            channels.insert("prices".into());
        }
        Self { instruments: named.iter().cloned().collect(), channels }
    }

    /// What asks for all that is not in `had`.
    fn beyond(&self, had: &Self) -> Vec<Message> {
        let instruments =
            self.instruments.difference(&had.instruments).map(|slug| json!({"action": "subscribe", "instrumentId": slug}).to_string());
        let channels = self.channels.difference(&had.channels).map(|name| json!({"action": "subscribe", "channel": name}).to_string());
        instruments.chain(channels).map(Message::text).collect()
    }
}

/// What a stream has to say.
pub enum News {
    /// It flows.
    Connected {
        at: String,
    },
    /// It was cut, and tries again.
    Cut {
        why: String,
        again_in: Duration,
    },
    /// Trying again would not help.
    Refused(Failure),
    Frame(Frame),
}

/// Where a client stands among the frames of its account.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Cursor {
    /// Everything up to here was seen.
    whole: u64,
    /// The batch that it came in, by which a server knows its own journal; of what was read over HTTP it is not known.
    batch: Option<String>,
    /// The last entry behind it of which something was seen, and up to which place.
    part: Option<(u64, u64)>,
}

impl Cursor {
    fn at(whole: u64) -> Self {
        Self { whole, batch: None, part: None }
    }

    /// Whether a frame is new; then it is seen.
    fn is_new(&mut self, seq: u64, n: u64) -> bool {
        let new = seq > self.whole && self.part.is_none_or(|seen| seen < (seq, n));
        if new {
            self.part = Some((seq, n));
        }
        new
    }

    /// What asks for everything behind it.
    fn resume(&self) -> Message {
        let mut resume = json!({"action": "resume", "seq": self.whole});
        if let Some(batch) = &self.batch {
            resume["batch"] = json!(batch);
        }
        Message::text(resume.to_string())
    }
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Follows until nobody listens any more or the server refuses for good.
pub async fn follow(
    player: Arc<Player>,
    url: String,
    places: Arc<HashMap<u16, String>>,
    wants: watch::Receiver<Wanted>,
    from: u64,
    news: mpsc::Sender<News>,
) {
    let mut follower =
        Follower { player, url, places, wants, cursor: Cursor::at(from), resuming: false, of_matches: BTreeSet::new(), news };
    let mut waits = waits();
    loop {
        let (why, asked_for) = match follower.once().await {
            Ok(End::Unheard) => return,
            Ok(End::Cut { why, again_in, flowed }) => {
                if flowed {
                    waits = self::waits();
                }
                (why, again_in)
            }
            Err(failure @ Failure::Refused(_)) => {
                let _ = follower.news.send(News::Refused(failure)).await;
                return;
            }
            Err(failure) => (failure.to_string(), None),
        };
        let again_in = asked_for.or_else(|| waits.next()).unwrap_or(Duration::from_secs(10));
        if follower.news.send(News::Cut { why, again_in }).await.is_err() {
            return;
        }
        tokio::time::sleep(again_in).await;
    }
}

fn waits() -> impl Iterator<Item = Duration> {
    ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(100))
        .with_max_delay(Duration::from_secs(10))
        .with_jitter()
        .without_max_times()
        .build()
}

struct Follower {
    player: Arc<Player>,
    url: String,
    places: Arc<HashMap<u16, String>>,
    wants: watch::Receiver<Wanted>,
    cursor: Cursor,
    /// A resume is on its way: what comes before its answer comes again behind it.
    resuming: bool,
    /// What was told of matches behind the cursor: a resume tells it again.
    of_matches: BTreeSet<(u64, u64)>,
    news: mpsc::Sender<News>,
}

/// Why a connection ended.
enum End {
    /// Nobody listens.
    Unheard,
    Cut {
        why: String,
        /// As the server asks.
        again_in: Option<Duration>,
        /// Whether anything came.
        flowed: bool,
    },
}

impl Follower {
    /// One connection, to its end.
    async fn once(&mut self) -> Result<End, Failure> {
        let ticket = self.player.ticket().await?;
        let address = format!("{}/ws?token={ticket}", self.url.trim_end_matches('/').replacen("http", "ws", 1));
        let mut socket = match connect_async(&address).await {
            Ok((socket, _)) => socket,
            Err(Error::Http(response)) => {
                return Err(Failure::could_not_run(format!("{} refuses a stream: {}", self.url, response.status())));
            }
            Err(error) => return Err(Failure::could_not_run(format!("{} does not answer: {error}", self.url))),
        };
        let mut had = Wanted::default();
        if let Err(error) = self.ask(&mut socket, &mut had, true).await {
            return Ok(cut(error, false));
        }
        if self.news.send(News::Connected { at: self.url.clone() }).await.is_err() {
            return Ok(End::Unheard);
        }
        let mut flowed = false;
        loop {
            let message = tokio::select! {
                message = tokio::time::timeout(SILENT, socket.next()) => message,
                changed = self.wants.changed() => {
                    if changed.is_err() {
                        return Ok(End::Unheard);
                    }
                    if let Err(error) = self.ask(&mut socket, &mut had, false).await {
                        return Ok(cut(error, flowed));
                    }
                    continue;
                }
            };
            let frame = match message {
                Err(_) => return Ok(cut(format!("{} has been silent for {SILENT:?}", self.url), flowed)),
                Ok(None) => return Ok(cut("the stream ended", flowed)),
                Ok(Some(Err(error))) => return Ok(cut(error, flowed)),
                Ok(Some(Ok(Message::Binary(bytes)))) => Frame::price(&bytes, &self.places),
                Ok(Some(Ok(Message::Text(text)))) => Frame::text(text.as_str()),
                Ok(Some(Ok(Message::Close(close)))) => {
                    let Some(close) = close else { return Ok(cut("the stream was closed", flowed)) };
                    let why = format!("the stream was closed: {} {}", u16::from(close.code), close.reason.as_str());
                    if MISUNDERSTOOD.contains(&close.code.into()) {
                        return Err(Failure::refused(format!("{why}; is this ftl older than the server?")));
                    }
                    // A server that restarts says when each client shall come back.
                    let again_in = (close.code == CloseCode::Restart).then(|| hint(close.reason.as_str())).flatten();
                    return Ok(End::Cut { why, again_in, flowed });
                }
                Ok(Some(Ok(_))) => continue,
            };
            flowed = true;
            let frame = frame.map_err(Failure::could_not_run)?;
            if self.is_new(&frame) && self.news.send(News::Frame(frame)).await.is_err() {
                return Ok(End::Unheard);
            }
        }
    }

    /// Subscribes to what is wanted and not had yet, and on a new connection goes on where the last one was cut.
    async fn ask(&mut self, socket: &mut Socket, had: &mut Wanted, resume: bool) -> Result<(), Error> {
        let wanted = self.wants.borrow_and_update().clone();
        for message in wanted.beyond(had) {
            socket.feed(message).await?;
        }
        if resume {
            self.resuming = true;
            socket.feed(self.cursor.resume()).await?;
        }
        *had = wanted;
        socket.flush().await
    }

    fn is_new(&mut self, frame: &Frame) -> bool {
        match frame {
            Frame::Resumed => {
                self.resuming = false;
                false
            }
            Frame::Resync => {
                // The account as it is comes next, all of one entry; frames count from there.
                self.resuming = false;
                self.cursor = Cursor::at(0);
                self.of_matches.clear();
                true
            }
            Frame::Account { .. } | Frame::Cursor { .. } if self.resuming => false,
            Frame::Account { seq, n, .. } => self.cursor.is_new(*seq, *n),
            Frame::Cursor { seq, batch } => {
                self.of_matches = self.of_matches.split_off(&(seq.saturating_add(1), 0));
                self.cursor = Cursor { whole: *seq, batch: batch.clone(), part: self.cursor.part.filter(|seen| seen.0 > *seq) };
                false
            }
            Frame::Other(value) if value["type"] == "event" => {
                let place = (value["seq"].as_u64(), value["n"].as_u64());
                let (Some(seq), Some(n)) = place else { return true };
                self.of_matches.insert((seq, n))
            }
            Frame::Price { .. } | Frame::Other(_) => true,
        }
    }
}

fn cut(why: impl ToString, flowed: bool) -> End {
    End::Cut { why: why.to_string(), again_in: None, flowed }
}

/// The milliseconds in what a server says when it ends.
fn hint(reason: &str) -> Option<Duration> {
    let digits: String = reason.chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit).collect();
    digits.parse().ok().map(Duration::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is told of frames that come as (seq, n).
    fn told(cursor: &mut Cursor, frames: &[(u64, u64)]) -> Vec<(u64, u64)> {
        frames.iter().copied().filter(|(seq, n)| cursor.is_new(*seq, *n)).collect()
    }

    #[test]
    fn a_cut_within_an_entry_tells_each_of_its_frames_once() {
        let mut cursor = Cursor::at(10);
        assert_eq!(told(&mut cursor, &[(9, 0), (10, 0), (12, 0), (12, 1)]), [(12, 0), (12, 1)]);
        assert_eq!(cursor.whole, 10);
        // Resumed from 10: the whole of entry 12 comes again.
        assert_eq!(told(&mut cursor, &[(12, 0), (12, 1), (12, 2), (13, 0)]), [(12, 2), (13, 0)]);
        assert_eq!(told(&mut cursor, &[(12, 2), (13, 0), (13, 1)]), [(13, 1)]);
        assert_eq!(cursor.resume(), Message::text(r#"{"action":"resume","seq":10}"#));
        cursor.batch = Some("0a0b0c0d".into());
        assert_eq!(cursor.resume(), Message::text(r#"{"action":"resume","batch":"0a0b0c0d","seq":10}"#));
    }

    #[test]
    fn only_what_is_new_is_asked_for() {
        let set = |names: &[&str]| names.iter().map(|name| name.to_string()).collect::<BTreeSet<_>>();
        let had = Wanted { instruments: set(&["a"]), channels: set(&[]) };
        let wanted = Wanted { instruments: set(&["a", "b"]), channels: set(&["fixture:f"]) };
        let asked: Vec<String> = wanted.beyond(&had).iter().map(|message| message.to_text().unwrap().to_owned()).collect();
        assert_eq!(asked, [r#"{"action":"subscribe","instrumentId":"b"}"#, r#"{"action":"subscribe","channel":"fixture:f"}"#]);
    }
}
