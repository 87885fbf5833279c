//! Readers: one thread that reads as many sockets as there are, and counts.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream as Blocking;
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

/// Nothing takes longer.
const PATIENCE: Duration = Duration::from_secs(60);

/// A pong without a word, masked with zeros.
const PONG: [u8; 6] = [0x8a, 0x80, 0, 0, 0, 0];

/// See the module.
pub struct Crowd {
    poll: Poll,
    events: Events,
    sockets: Vec<TcpStream>,
    /// Bytes that came to each since the count began.
    got: Vec<usize>,
    buffer: Vec<u8>,
}

impl Crowd {
    /// Takes over connections that have nothing more to read.
    pub fn of(streams: Vec<Blocking>) -> io::Result<Self> {
        let poll = Poll::new()?;
        let mut sockets = Vec::with_capacity(streams.len());
        for (place, stream) in streams.into_iter().enumerate() {
            stream.set_nonblocking(true)?;
            let mut socket = TcpStream::from_std(stream);
            poll.registry().register(&mut socket, Token(place), Interest::READABLE)?;
            sockets.push(socket);
        }
        let got = vec![0; sockets.len()];
        Ok(Self { poll, events: Events::with_capacity(1_024), sockets, got, buffer: vec![0; 64 * 1024] })
    }

    /// Says that everybody is still here, to a server that lets go of who is silent for a minute.
    pub fn live(&mut self) -> io::Result<()> {
        self.sockets.iter_mut().try_for_each(|socket| socket.write_all(&PONG))
    }

    /// Reads until `bytes` have come to everybody, and says when the last of them had them. What came too much counts
    /// for nothing the next time.
    pub fn read(&mut self, bytes: usize) -> io::Result<Instant> {
        let mut missing = self.sockets.len();
        self.got.fill(0);
        let deadline = Instant::now() + PATIENCE;
        while missing > 0 {
            self.poll.poll(&mut self.events, Some(PATIENCE))?;
            for event in &self.events {
                let place = event.token().0;
                let had = self.got[place];
                loop {
                    match self.sockets[place].read(&mut self.buffer) {
                        Ok(0) => return Err(io::Error::new(ErrorKind::UnexpectedEof, "a reader was cut off")),
                        Ok(read) => {
                            self.got[place] += read;
                            // Less than there was room for: that was all.
                            if read < self.buffer.len() {
                                break;
                            }
                        }
                        Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                        Err(error) => return Err(error),
                    }
                }
                if had < bytes && self.got[place] >= bytes {
                    missing -= 1;
                }
            }
            if Instant::now() > deadline {
                return Err(io::Error::new(ErrorKind::TimedOut, format!("{missing} readers still wait")));
            }
        }
        Ok(Instant::now())
    }
}
