//! Reads one connection: checks what the client says and passes it on. It writes nothing; what the protocol answers (a
//! pong, a close) goes to the shard like everything else, so that frames never mix.

use std::io::{self, ErrorKind, Read, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use ftl_core::id::AccountId;
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tungstenite::protocol::{Role, WebSocketConfig, WebSocketContext};
use tungstenite::{Error, Message};

use super::close::Close;
use super::connection::Slot;
use super::hub::{Outlet, Place};
use super::message::Format;
use super::request::{Request, Topic};
use super::shard::Task;
use super::socket::Socket;
use crate::app::App;
use crate::wire::cursor::Cursor;
use crate::wire::frame::channel::Channel;

/// Bytes of a message.
pub(super) const LARGEST: usize = 16 * 1024;
/// Bytes that a connection holds ready for what comes in.
const BUFFER: usize = 512;
/// Messages in a second.
const MESSAGES: u32 = 4_000;
/// Bytes in a second: fragments without anything in them make no message, and reading them keeps others waiting.
const BYTES: usize = 1024 * 1024;
/// A resume, and the whole market shown, cost as many messages as this.
const RESUME: u32 = 200;
/// How long a client that was told to go may take to go.
const FAREWELL: Duration = Duration::from_secs(5);
/// Bytes that are read from him meanwhile: a client who does not stop is cut off.
const OVERHEARD: usize = 16 * 1024 * 1024;

/// Who connected, and how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Guest {
    pub account: AccountId,
    pub format: Format,
    /// He resumes from here.
    pub from: Option<Cursor>,
}

/// Serves a connection from its upgrade to its end. `rest` is what came in behind the request.
pub(crate) async fn serve(app: App, stream: TcpStream, rest: Vec<u8>, guest: Guest, place: Place) {
    let outlet = app.hub.shard_of(guest.account).clone();
    let socket = Arc::new(Socket::new(stream));
    if let Some(cursor) = guest.from {
        // He may have seen it at another process, which is ahead; where it does not come he begins anew.
        let _ = app.replica.wait_for(Some(cursor.seq.0)).await;
    }
    let (sender, slot) = oneshot::channel();
    let join = Task::Join { socket: Arc::clone(&socket), guest, slot: sender };
    if outlet.tasks.send(join).await.is_ok()
        && let Ok(slot) = slot.await
    {
        let reader = Reader { app, outlet: &outlet, socket: &socket, slot, pace: Pace::new() };
        if let Err(close) = reader.read(rest).await {
            let _ = outlet.tasks.send(Task::Close(slot, close)).await;
            // A socket that is closed with something unread takes the close frame with it.
            Box::pin(overhear(&socket.stream)).await;
        }
        let _ = outlet.tasks.send(Task::Left(slot)).await;
    }
    drop(place);
}

struct Reader<'a> {
    app: App,
    outlet: &'a Outlet,
    socket: &'a Socket,
    slot: Slot,
    pace: Pace,
}

impl Reader<'_> {
    /// Until the connection ends; an error is how it is to be closed.
    async fn read(mut self, rest: Vec<u8>) -> Result<(), Close> {
        let config = WebSocketConfig::default()
            .read_buffer_size(BUFFER)
            .write_buffer_size(0)
            .max_message_size(Some(LARGEST))
            .max_frame_size(Some(LARGEST));
        let mut context = WebSocketContext::from_partially_read(rest, Role::Server, Some(config));
        loop {
            let mut sides = Sides { stream: &self.socket.stream, pace: &mut self.pace, answers: Vec::new() };
            let read = context.read(&mut sides);
            let answers = sides.answers;
            if !answers.is_empty() && !self.send(Task::Say(self.slot, answers.into())).await {
                return Ok(());
            }
            match read {
                Ok(message) => {
                    self.socket.heard_now();
                    if !self.socket.is_closing() && !self.take(message).await? {
                        return Ok(());
                    }
                }
                Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => {
                    if self.socket.stream.readable().await.is_err() {
                        return Ok(());
                    }
                }
                Err(Error::Io(error)) if error.kind() == ErrorKind::QuotaExceeded => return Err(Close::TooMany),
                Err(Error::Capacity(_)) => return Err(Close::TooBig),
                Err(Error::Utf8(_)) => return Err(Close::NotUtf8),
                // He went without a word.
                Err(Error::Protocol(tungstenite::error::ProtocolError::ResetWithoutClosingHandshake)) => return Ok(()),
                Err(Error::Protocol(_)) => return Err(Close::Protocol),
                Err(_) => return Ok(()),
            }
        }
    }

    /// Takes a message; `false` when nobody is there any more to take it.
    async fn take(&mut self, message: Message) -> Result<bool, Close> {
        self.pace.spend(1)?;
        let text = match message {
            Message::Text(text) => text,
            Message::Binary(_) => return Err(Close::Binary),
            Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_) => {
                // Whoever sends nothing but these waits for nobody: others have their turn.
                tokio::task::yield_now().await;
                return Ok(true);
            }
        };
        let request = Request::read(&self.app, &text)?;
        if request == Request::Subscribe(Topic::Channel(Channel::Prices)) {
            self.pace.spend(RESUME)?;
        }
        if let Request::Resume(cursor) = request {
            self.pace.spend(RESUME)?;
            let _ = self.app.replica.wait_for(Some(cursor.seq.0)).await;
        }
        Ok(self.send(Task::Ask(self.slot, request)).await)
    }

    async fn send(&self, task: Task) -> bool {
        self.outlet.tasks.send(task).await.is_ok()
    }
}

/// Reads and forgets until the other side ends, or for too long, or too much.
async fn overhear(stream: &TcpStream) {
    let mut forgotten = vec![0u8; 4_096];
    let reading = async {
        let mut left = OVERHEARD;
        while left > 0 && stream.readable().await.is_ok() {
            match stream.try_read(&mut forgotten) {
                Ok(0) => return,
                Ok(read) => {
                    left = left.saturating_sub(read);
                    // Others have their turn.
                    tokio::task::yield_now().await;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(_) => return,
            }
        }
    };
    let _ = tokio::time::timeout(FAREWELL, reading).await;
}

/// How much a client says.
struct Pace {
    began: Instant,
    spent: u32,
    bytes: usize,
}

impl Pace {
    fn new() -> Self {
        Self { began: Instant::now(), spent: 0, bytes: 0 }
    }

    fn begin_another_second(&mut self) {
        if self.began.elapsed() > Duration::from_secs(1) {
            *self = Self::new();
        }
    }

    fn spend(&mut self, messages: u32) -> Result<(), Close> {
        self.begin_another_second();
        self.spent = self.spent.saturating_add(messages);
        if self.spent > MESSAGES { Err(Close::TooMany) } else { Ok(()) }
    }

    /// The same of bytes, message or not.
    fn hear(&mut self, bytes: usize) -> io::Result<()> {
        self.begin_another_second();
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > BYTES { Err(ErrorKind::QuotaExceeded.into()) } else { Ok(()) }
    }
}

/// A socket as the protocol reads it, and what it would write.
struct Sides<'a> {
    stream: &'a TcpStream,
    pace: &'a mut Pace,
    answers: Vec<u8>,
}

impl Read for Sides<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.stream.try_read(buffer)?;
        self.pace.hear(read)?;
        Ok(read)
    }
}

impl Write for Sides<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.answers.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
