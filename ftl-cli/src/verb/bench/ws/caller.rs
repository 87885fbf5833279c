//! One client's connection, as cheap as can be: a handshake, masked messages out, JSON frames in.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use ftl_core::id::Seq;
use serde_json::{Value, json};

/// Longer than an answer takes.
const PATIENCE: Duration = Duration::from_secs(30);
/// Opcodes.
const TEXT: u8 = 0x1;
const CLOSE: u8 = 0x8;

/// See the module.
pub struct Caller {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Caller {
    /// Connects with a ticket; JSON throughout, and from `from` on where that is said.
    pub fn connect(address: SocketAddr, ticket: &str, from: Option<Seq>) -> io::Result<Self> {
        Self::over(TcpStream::connect(address)?, address, ticket, from)
    }

    /// The same over a socket that is connected.
    pub fn over(stream: TcpStream, address: SocketAddr, ticket: &str, from: Option<Seq>) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let from = from.map(|seq| format!("&seq={seq}")).unwrap_or_default();
        let request = format!(
            "GET /ws?token={ticket}&format=json{from} HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        let mut caller = Self { stream, read: Vec::new() };
        caller.stream.write_all(request.as_bytes())?;
        let head = caller.head()?;
        if head.starts_with("HTTP/1.1 101") { Ok(caller) } else { Err(io::Error::other(head)) }
    }

    /// Asks for an instrument, and waits until it is shown.
    pub fn subscribe(&mut self, idx: u16) -> io::Result<()> {
        self.stream.write_all(&masked(json!({"action": "subscribe", "idx": idx}).to_string().as_bytes()))?;
        // The price and the status, which is the last where no bar forms.
        while self.next()?["type"] != "status" {}
        Ok(())
    }

    /// The next frame.
    pub fn next(&mut self) -> io::Result<Value> {
        loop {
            match self.frame() {
                Some((TEXT, payload)) => return serde_json::from_slice(&payload).map_err(io::Error::other),
                Some((CLOSE, payload)) => return Err(io::Error::other(format!("closed: {}", String::from_utf8_lossy(&payload)))),
                Some(_) => {}
                None => self.more()?,
            }
        }
    }

    /// The socket, with nothing of a frame left behind.
    pub fn into_stream(self) -> TcpStream {
        self.stream
    }

    fn head(&mut self) -> io::Result<String> {
        loop {
            if let Some(end) = self.read.windows(4).position(|four| four == b"\r\n\r\n") {
                let head: Vec<u8> = self.read.drain(..end + 4).collect();
                return Ok(String::from_utf8_lossy(&head).into_owned());
            }
            self.more()?;
        }
    }

    fn more(&mut self) -> io::Result<()> {
        let mut buffer = [0u8; 4_096];
        match self.stream.read(&mut buffer)? {
            0 => Err(io::Error::new(ErrorKind::UnexpectedEof, "cut off")),
            n => {
                self.read.extend_from_slice(&buffer[..n]);
                Ok(())
            }
        }
    }

    /// Takes a whole frame off what came in. A server does not mask, and ours sends no fragments.
    fn frame(&mut self) -> Option<(u8, Vec<u8>)> {
        let (opcode, short) = (self.read.first()? & 0x0f, usize::from(self.read.get(1)? & 0x7f));
        let (header, length) = match short {
            126 => (4, usize::from(u16::from_be_bytes(self.read.get(2..4)?.try_into().ok()?))),
            127 => (10, usize::try_from(u64::from_be_bytes(self.read.get(2..10)?.try_into().ok()?)).ok()?),
            short => (2, short),
        };
        let payload = self.read.get(header..header + length)?.to_vec();
        self.read.drain(..header + length);
        Some((opcode, payload))
    }
}

/// A short text frame of a client's, masked with zeros.
fn masked(text: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x80 | TEXT, 0x80 | u8::try_from(text.len()).unwrap_or(125), 0, 0, 0, 0];
    frame.extend_from_slice(text);
    frame
}
