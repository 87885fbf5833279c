//! One request and its response over a connection that stays open, as cheap as can be: the load must not be what is
//! measured. Requests are made before the clock starts; of a response only its status and its length are read.

use std::io::{self, Read, Write};

use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Header lines that are looked at.
const HEADERS: usize = 48;

/// A request as it goes over the wire, with a place for an idempotency key that is new each time.
#[derive(Clone)]
pub struct Request {
    bytes: Vec<u8>,
    key_at: usize,
}

/// Digits of a key.
const KEY: usize = 16;

impl Request {
    /// `method` and `path`, with a token and a JSON body.
    pub fn new(method: &str, path: &str, token: &str, body: &str) -> Self {
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\nidempotency-key: ",
            body.len()
        );
        let text = format!("{head}{}\r\n\r\n{body}", "0".repeat(KEY));
        Self { key_at: head.len(), bytes: text.into_bytes() }
    }

    /// The same under another key.
    pub fn keyed(&mut self, mut key: u64) -> &[u8] {
        for digit in self.bytes[self.key_at..self.key_at + KEY].iter_mut().rev() {
            *digit = b"0123456789abcdef"[(key % 16) as usize];
            key /= 16;
        }
        &self.bytes
    }
}

/// The status and the whole length, once the head is there.
fn head_of(bytes: &[u8]) -> io::Result<Option<(u16, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let status = response.parse(bytes).map_err(io::Error::other)?;
    let httparse::Status::Complete(head) = status else { return Ok(None) };
    let code = response.code.unwrap_or_default();
    let length = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case("content-length"));
    let length = length.and_then(|header| std::str::from_utf8(header.value).ok()?.parse::<usize>().ok()).unwrap_or(0);
    Ok(Some((code, head + length)))
}

/// A connection whose user waits without blocking a thread.
pub struct Connection {
    stream: tokio::net::TcpStream,
    read: Vec<u8>,
}

impl Connection {
    pub async fn open(address: std::net::SocketAddr) -> io::Result<Self> {
        let stream = tokio::net::TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, read: Vec::with_capacity(4_096) })
    }

    /// Sends a request; the status of its response.
    pub async fn ask(&mut self, request: &[u8]) -> io::Result<u16> {
        self.stream.write_all(request).await?;
        self.read.clear();
        let mut whole = None;
        loop {
            if self.stream.read_buf(&mut self.read).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if whole.is_none() {
                whole = head_of(&self.read)?;
            }
            if let Some((status, length)) = whole
                && self.read.len() >= length
            {
                return Ok(status);
            }
        }
    }
}

/// A connection whose user is a thread: it wakes within microseconds of when it wants to.
pub struct Blocking {
    stream: std::net::TcpStream,
    read: Vec<u8>,
}

impl Blocking {
    pub fn open(address: std::net::SocketAddr) -> io::Result<Self> {
        let stream = std::net::TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, read: Vec::new() })
    }

    /// Sends a request; the status of its response.
    pub fn ask(&mut self, request: &[u8]) -> io::Result<u16> {
        self.stream.write_all(request)?;
        self.read.clear();
        let (mut whole, mut chunk) = (None, [0; 4_096]);
        loop {
            let n = self.stream.read(&mut chunk)?;
            if n == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.read.extend_from_slice(&chunk[..n]);
            if whole.is_none() {
                whole = head_of(&self.read)?;
            }
            if let Some((status, length)) = whole
                && self.read.len() >= length
            {
                return Ok(status);
            }
        }
    }
}
